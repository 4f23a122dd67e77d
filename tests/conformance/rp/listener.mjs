// The relying party's own web server on loopback: where browsers come back to, and what the provider fetches or calls.

import { createServer } from 'node:http'

export class Listener {
  static async start(port = 0) {
    const listener = new Listener()
    await new Promise((resolve) => listener.server.listen(port, '127.0.0.1', resolve))
    listener.origin = `http://127.0.0.1:${listener.server.address().port}`
    return listener
  }

  constructor() {
    this.routes = new Map()
    this.server = createServer((request, response) => {
      this.#answer(request, response).catch((error) => response.writeHead(500).end(String(error)))
    })
  }

  /** Serves `path` with what `answer` gives: a status, headers and a body. Returns the address for the provider. */
  serve(path, answer) {
    this.routes.set(path, answer)
    return this.origin + path
  }

  /** A JSON document that may change between two fetches; counts them. */
  serveJson(path, current) {
    const document = { fetches: 0 }
    document.url = this.serve(path, () => {
      document.fetches += 1
      return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(current()) }
    })
    return document
  }

  async #answer(request, response) {
    const pieces = []
    for await (const piece of request) pieces.push(piece)
    const seen = {
      method: request.method,
      path: request.url,
      contentType: (request.headers['content-type'] ?? '').split(';')[0].trim(),
      body: Buffer.concat(pieces).toString(),
    }
    const route = this.routes.get(new URL(request.url, this.origin).pathname)
    // What no module serves is a redirect URI: it tells the browser what has arrived.
    const answer = route ? await route(seen) : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(seen) }
    response.writeHead(answer.status ?? 200, { 'cache-control': 'no-store', ...answer.headers }).end(answer.body ?? '')
  }

  close() {
    this.server.close()
    this.server.closeAllConnections()
  }
}
