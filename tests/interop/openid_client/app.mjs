// A small application that signs people in with openid-client and shows what it received.
// GET /login?auth=METHOD leaves for the provider, GET /callback answers with JSON, GET / says that we are here.
// Settings come by environment: ISSUER, PORT, CLIENT_ID, CLIENT_SECRET, PUBLIC_CLIENT_ID.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'

import * as client from 'openid-client'

const { ISSUER, PORT, CLIENT_ID, CLIENT_SECRET, PUBLIC_CLIENT_ID } = process.env
const HERE = `http://127.0.0.1:${PORT}`

// What each value of `auth` means to openid-client. `default` passes the secret and nothing else, as its readme does.
const CLIENTS = {
  default: () => [CLIENT_ID, CLIENT_SECRET, undefined],
  client_secret_basic: () => [CLIENT_ID, undefined, client.ClientSecretBasic(CLIENT_SECRET)],
  client_secret_post: () => [CLIENT_ID, undefined, client.ClientSecretPost(CLIENT_SECRET)],
  none: () => [PUBLIC_CLIENT_ID, undefined, client.None()],
}

const configurations = new Map()

async function configurationFor(auth) {
  if (!configurations.has(auth)) {
    const [id, metadata, authentication] = CLIENTS[auth]()
    // The library refuses plain http unless told so; a real issuer is https and needs no such option.
    const options = { execute: [client.allowInsecureRequests] }
    configurations.set(auth, await client.discovery(new URL(ISSUER), id, metadata, authentication, options))
  }
  return configurations.get(auth)
}

// What must be remembered while the person is away; the cookie names it.
const visits = new Map()

async function login(url, response) {
  const auth = url.searchParams.get('auth') ?? 'default'
  const config = await configurationFor(auth)
  const visit = {
    auth,
    verifier: client.randomPKCECodeVerifier(),
    nonce: client.randomNonce(),
    state: client.randomState(),
  }
  const target = client.buildAuthorizationUrl(config, {
    redirect_uri: `${HERE}/callback`,
    scope: 'openid profile',
    code_challenge: await client.calculatePKCECodeChallenge(visit.verifier),
    code_challenge_method: 'S256',
    nonce: visit.nonce,
    state: visit.state,
  })
  const name = randomUUID()
  visits.set(name, visit)
  response.writeHead(302, { location: target.href, 'set-cookie': `visit=${name}; HttpOnly; Path=/` }).end()
}

async function callback(url, request, response) {
  const name = /(?:^|; )visit=([^;]+)/.exec(request.headers.cookie ?? '')?.[1]
  const visit = visits.get(name)
  if (!visit) throw new Error('nobody left for the provider with this cookie')
  visits.delete(name)
  const config = await configurationFor(visit.auth)
  const tokens = await client.authorizationCodeGrant(config, url, {
    pkceCodeVerifier: visit.verifier,
    expectedNonce: visit.nonce,
    expectedState: visit.state,
    idTokenExpected: true,
  })
  const claims = tokens.claims()
  const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub)
  const { access_token, id_token, ...token } = tokens
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
  response.end(JSON.stringify({ id_token: claims, userinfo, token, nonce: visit.nonce }))
}

function causes(error) {
  return error ? [`${error.name} ${error.code ?? ''}: ${error.message}`, ...causes(error.cause)] : []
}

createServer(async (request, response) => {
  const url = new URL(request.url, HERE)
  try {
    if (url.pathname === '/login') await login(url, response)
    else if (url.pathname === '/callback') await callback(url, request, response)
    else response.writeHead(200, { 'content-type': 'text/plain' }).end('ready\n')
  } catch (error) {
    console.error(error)
    response.writeHead(502, { 'content-type': 'text/plain; charset=utf-8' }).end(causes(error).join('\n'))
  }
}).listen(Number(PORT), '127.0.0.1')
