// A small application that signs people in with Auth.js and shows what it received.
// GET /login has the button that Auth.js wants pressed, GET / answers with JSON once somebody is signed in.
// Settings come by environment: ISSUER, PORT, CLIENT_SECRET.
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'

import { Auth } from '@auth/core'

const { ISSUER, PORT, CLIENT_SECRET } = process.env
const HERE = `http://127.0.0.1:${PORT}`

const config = {
  basePath: '/auth',
  trustHost: true,
  secret: randomBytes(32).toString('hex'),
  providers: [
    {
      id: 'magpie',
      name: 'Magpie',
      type: 'oidc',
      issuer: ISSUER,
      clientId: 'stock',
      clientSecret: CLIENT_SECRET,
    },
  ],
  callbacks: {
    // The subject is not in the session unless it is put there; the test wants all the claims besides.
    jwt: ({ token, profile }) => (profile ? { ...token, sub: profile.sub, profile } : token),
    session: ({ session, token }) => ({ ...session, user: { ...session.user, id: token.sub }, profile: token.profile }),
  },
}

async function ask(path, cookie) {
  return Auth(new Request(`${HERE}${path}`, { headers: { cookie } }), config)
}

// A session starts with a POST that carries a token against forgery, which the framework's own button does, too.
async function login(cookie) {
  const answer = await ask('/auth/csrf', cookie)
  const { csrfToken } = await answer.json()
  const page = `<form method="post" action="/auth/signin/magpie">
    <input type="hidden" name="csrfToken" value="${csrfToken}"><input type="hidden" name="callbackUrl" value="${HERE}/">
    <button id="continue">Sign in with Magpie</button></form>`
  return new Response(page, { headers: [['content-type', 'text/html; charset=utf-8'], ...cookiesOf(answer)] })
}

async function home(cookie) {
  const session = await (await ask('/auth/session', cookie)).json()
  if (!session) return new Response('ready\n')
  return Response.json({ id_token: session.profile, environment: session.user })
}

const cookiesOf = (answer) => answer.headers.getSetCookie().map((value) => ['set-cookie', value])

async function answerTo(request) {
  const cookie = request.headers.cookie ?? ''
  const url = new URL(request.url, HERE)
  if (url.pathname === '/login') return login(cookie)
  if (!url.pathname.startsWith('/auth/')) return home(cookie)
  const { method, headers } = request
  const body = method === 'POST' ? await text(request) : undefined
  return Auth(new Request(url, { method, headers, body }), config)
}

createServer(async (request, response) => {
  try {
    const answer = await answerTo(request)
    const headers = [...answer.headers].filter(([name]) => name !== 'set-cookie')
    response.writeHead(answer.status, [...headers, ...cookiesOf(answer)].flat())
    response.end(Buffer.from(await answer.arrayBuffer()))
  } catch (error) {
    console.error(error)
    response.writeHead(502, { 'content-type': 'text/plain; charset=utf-8' }).end(`${error}`)
  }
}).listen(Number(PORT), '127.0.0.1')
