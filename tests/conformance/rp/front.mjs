// The proxy that ends TLS in front of the provider, as an operator would have one; the issuer is its address.
// `spoilerOf` gives what falsifies the traffic of one module, told by its address, or nothing.

import { readFileSync } from 'node:fs'
import { Agent, request as ask } from 'node:http'
import { createServer } from 'node:https'

/** Listens on `port` with the certificate and sends everything on to `backend`. */
export async function startFront({ port, backend, key, certificate }, spoilerOf = () => undefined) {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 })
  const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (request, response) => {
    const spoiler = spoilerOf(request.headers['x-forwarded-for'])
    const serve = spoiler ? spoiled(spoiler, agent, backend) : passed(agent, backend)
    serve(request, response).catch(() => (response.headersSent ? response.destroy() : response.writeHead(502).end()))
  })
  await new Promise((resolve, reject) => server.on('error', reject).listen(port, '127.0.0.1', resolve))
  return () => {
    server.close()
    server.closeAllConnections()
    agent.destroy()
  }
}

/** Everything as it is, with what a proxy adds. */
const passed = (agent, backend) => async (request, response) => {
  const { method, url: path } = request
  // Raw, so that a field that came twice goes on twice.
  const headers = [...request.rawHeaders, 'x-forwarded-proto', 'https']
  if (!request.headers['x-forwarded-for']) headers.push('x-forwarded-for', '192.0.2.1')
  await new Promise((resolve, reject) => {
    const onward = ask({ agent, host: '127.0.0.1', port: backend, method, path, headers })
    onward.on('error', reject).on('response', (answer) => {
      response.writeHead(answer.statusCode, answer.rawHeaders)
      answer.pipe(response).on('finish', resolve)
    })
    request.pipe(onward)
  })
}

/**
 * A spoiler's `request` may change what goes to the provider or answer in its place; its `response` may change what comes
 * back. Both see `{ method, url, headers, body }`, the second also `{ status, headers, body }`.
 */
const spoiled = (spoiler, agent, backend) => async (request, response) => {
  const { host: _host, 'content-length': _length, 'accept-encoding': _encoding, ...headers } = request.headers
  const asked = { method: request.method, url: new URL(request.url, 'https://front.test'), headers, body: await whole(request) }
  const instead = spoiler.request?.(asked)
  const answer = instead ?? (await sent(agent, backend, asked, request.headers.host))
  const changed = instead ? answer : (spoiler.response?.(answer, asked) ?? answer)
  const { 'content-length': _old, 'transfer-encoding': _chunks, ...rest } = changed.headers ?? {}
  response.writeHead(changed.status, rest).end(changed.body ?? '')
}

async function sent(agent, backend, { method, url, headers, body }, host) {
  const all = { ...headers, host, 'x-forwarded-proto': 'https', 'content-length': Buffer.byteLength(body) }
  const answer = await new Promise((resolve, reject) => {
    const path = url.pathname + url.search
    ask({ agent, host: '127.0.0.1', port: backend, method, path, headers: all }).on('error', reject).on('response', resolve).end(body)
  })
  return { status: answer.statusCode, headers: answer.headers, body: await whole(answer) }
}

async function whole(stream) {
  const pieces = []
  for await (const piece of stream) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}
