// Serves a single-page application that signs people in with oidc-client-ts and shows what it received.
// The page is the whole application: this server hands out files and sees neither code nor token.
// Settings come by environment: ISSUER, PORT.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'

const { ISSUER, PORT } = process.env
const LIBRARY = new URL('node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js', import.meta.url)

const PAGE = `<!doctype html><meta charset="utf-8"><title>SPA</title>
<button id="login">Sign in with Magpie</button><pre id="state"></pre>
<script src="/oidc-client-ts.min.js"></script><script type="module" src="/application.js"></script>`

// What a page of one's own would have in its bundle.
function application(issuer) {
  const manager = new oidc.UserManager({
    authority: issuer,
    client_id: 'none',
    redirect_uri: `${location.origin}/callback`,
    scope: 'openid profile',
    loadUserInfo: true,
  })

  const show = (id, value) => {
    const element = document.createElement('pre')
    element.id = id
    element.textContent = typeof value === 'string' ? value : JSON.stringify(value)
    document.body.append(element)
  }

  const decoded = (token) => {
    const bytes = Uint8Array.from(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt())
    return JSON.parse(new TextDecoder().decode(bytes))
  }

  const callback = async () => {
    const user = await manager.signinRedirectCallback()
    history.replaceState(null, '', '/')
    show('received', { id_token: decoded(user.id_token), userinfo: user.profile })
  }

  document.getElementById('login').addEventListener('click', () => {
    manager.signinRedirect().catch((error) => show('failed', `${error}`))
  })
  if (location.pathname === '/callback') callback().catch((error) => show('failed', `${error}`))
}

const FILES = {
  '/oidc-client-ts.min.js': ['text/javascript', await readFile(LIBRARY)],
  '/application.js': ['text/javascript', `(${application})(${JSON.stringify(ISSUER)})`],
}

createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost')
  const [type, body] = FILES[pathname] ?? ['text/html', PAGE]
  response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body)
}).listen(Number(PORT), '127.0.0.1')
