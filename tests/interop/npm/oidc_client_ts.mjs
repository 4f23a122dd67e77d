// Serves a single-page application that signs people in with oidc-client-ts and shows what it received.
// The page is the whole application: this server hands out files and sees neither code nor token.
// Settings come by environment: ISSUER, PORT.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'

const { ISSUER, PORT } = process.env
const LIBRARY = new URL('node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js', import.meta.url)

const PAGE = `<!doctype html><meta charset="utf-8"><title>SPA</title>
<button id="login">Sign in with Magpie</button> <button id="renew">Renew</button> <button id="logout">Sign out</button>
<script src="/oidc-client-ts.min.js"></script><script type="module" src="/application.js"></script>`

// What a page of one's own would have in its bundle.
function application(issuer) {
  const manager = new oidc.UserManager({
    authority: issuer,
    client_id: 'none',
    redirect_uri: `${location.origin}/callback`,
    post_logout_redirect_uri: `${location.origin}/bye`,
    scope: 'openid profile offline_access',
    loadUserInfo: true,
    revokeTokensOnSignout: true,
  })

  const show = (id, value) => {
    const element = document.createElement('pre')
    element.id = id
    element.textContent = typeof value === 'string' ? value : JSON.stringify(value)
    document.body.append(element)
  }
  const or = (failed) => (error) => show(failed, `${error}`)

  const decoded = (token) => {
    const bytes = Uint8Array.from(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt())
    return JSON.parse(new TextDecoder().decode(bytes))
  }

  const callback = async () => {
    const user = await manager.signinRedirectCallback()
    history.replaceState(null, '', '/')
    show('received', { id_token: decoded(user.id_token), userinfo: user.profile })
  }

  const renew = async () => {
    const before = await manager.getUser()
    const user = await manager.signinSilent()
    const stale = await fetch(`${issuer}/oauth2/userinfo`, { headers: { authorization: 'Bearer wrong' } })
    show('renewed', {
      sub: user.profile.sub,
      changed: user.access_token !== before.access_token && user.refresh_token !== before.refresh_token,
      refused: [stale.status, stale.headers.get('www-authenticate'), (await stale.json()).error],
    })
  }

  const bye = async () => {
    await manager.signoutRedirectCallback()
    show('signed-out-here', { user: await manager.getUser() })
  }

  const on = (id, act) => document.getElementById(id).addEventListener('click', () => act().catch(or('failed')))
  on('login', () => manager.signinRedirect())
  on('renew', renew)
  on('logout', () => manager.signoutRedirect())
  if (location.pathname === '/callback') callback().catch(or('failed'))
  if (location.pathname === '/bye') bye().catch(or('failed'))
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
