// A small application that signs people in with openid-client and shows what it received.
// GET /login?client=ID[&scope=…] leaves for the provider, GET /callback answers with JSON, GET / says that we are here.
// Settings come by environment: ISSUER, PORT, CLIENT_SECRET.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'

import * as client from 'openid-client'

const { ISSUER, PORT, CLIENT_SECRET } = process.env
const HERE = `http://127.0.0.1:${PORT}`

// How each client authenticates. The stock one passes the secret and nothing else, as the library's readme does.
const CLIENTS = {
  stock: [CLIENT_SECRET, undefined],
  client_secret_basic: [undefined, client.ClientSecretBasic(CLIENT_SECRET)],
  client_secret_post: [undefined, client.ClientSecretPost(CLIENT_SECRET)],
  none: [undefined, client.None()],
}

const configurations = new Map()

async function configurationFor(id) {
  if (!configurations.has(id)) {
    const [metadata, authentication] = CLIENTS[id]
    // The library refuses plain http unless told so; a real issuer is https and needs no such option.
    const options = { execute: [client.allowInsecureRequests] }
    configurations.set(id, await client.discovery(new URL(ISSUER), id, metadata, authentication, options))
  }
  return configurations.get(id)
}

// What must be remembered while the person is away; the cookie names it.
const visits = new Map()

async function login(url, response) {
  const id = url.searchParams.get('client')
  const config = await configurationFor(id)
  const visit = {
    id,
    verifier: client.randomPKCECodeVerifier(),
    nonce: client.randomNonce(),
    state: client.randomState(),
  }
  const target = client.buildAuthorizationUrl(config, {
    redirect_uri: `${HERE}/callback`,
    scope: url.searchParams.get('scope') ?? 'openid profile',
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
  const config = await configurationFor(visit.id)
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
