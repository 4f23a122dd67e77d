// The proxy that ends TLS in front of the provider, as an operator would have one; the issuer is its address.

import { readFileSync } from 'node:fs'
import { Agent, request as ask } from 'node:http'
import { createServer } from 'node:https'

/** Listens on `port` with the certificate and sends everything on to `backend`. */
export async function startFront({ port, backend, key, certificate }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 })
  const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (request, response) => {
    const { method, url: path } = request
    // Raw, so that a field that came twice goes on twice.
    const headers = [...request.rawHeaders, 'x-forwarded-proto', 'https']
    if (!request.headers['x-forwarded-for']) headers.push('x-forwarded-for', '192.0.2.1')
    const onward = ask({ agent, host: '127.0.0.1', port: backend, method, path, headers })
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode, answer.rawHeaders)
      answer.pipe(response)
    })
    onward.on('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()))
    request.pipe(onward)
  })
  await new Promise((resolve, reject) => server.on('error', reject).listen(port, '127.0.0.1', resolve))
  return () => {
    server.close()
    server.closeAllConnections()
    agent.destroy()
  }
}
