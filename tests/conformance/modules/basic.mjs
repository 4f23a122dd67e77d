// The happy paths, and everything that an authorization request may carry without harm (OIDC Core §3.1.2.1).

import * as openid from 'openid-client'

import { challengeOf, read, strictly } from '../rp/client.mjs'
import { CLAIMS_OF } from '../rp/claims.mjs'
import { authorize, expectCode, redeem, requestOf, signIn, userinfo } from '../rp/login.mjs'
import { random } from '../rp/keys.mjs'
import { module } from '../rp/module.mjs'

/** The same login once more with openid-client, which is a client of its own and not this runner. */
async function signInWithOpenidClient(t, client) {
  const methods = {
    client_secret_basic: () => openid.ClientSecretBasic(client.secret),
    client_secret_post: () => openid.ClientSecretPost(client.secret),
    private_key_jwt: () => openid.PrivateKeyJwt({ key: client.key.privateKey, kid: client.key.kid }),
    none: () => openid.None(),
  }
  const config = new openid.Configuration(t.provider.metadata, client.id, client.metadata, methods[client.authentication]())
  config[openid.customFetch] = (...request) => t.fetch(...request)
  const [state, nonce] = [openid.randomState(), openid.randomNonce()]
  const parameters = { redirect_uri: client.redirectUri, scope: client.scope, state, nonce }
  if (t.formPost) parameters.response_mode = 'form_post'
  const walk = await t.browser().visit(openid.buildAuthorizationUrl(config, parameters))
  t.demand(walk.callback, 'openid-client never got its answer', walk.page?.marker)
  const { url, method, body } = walk.callback
  const arrived = method === 'POST'
    ? new Request(url, { method, body, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
    : url
  await strictly(t, 'openid-client refused the answer', async () => {
    const checks = { expectedState: state, expectedNonce: nonce, idTokenExpected: true }
    const tokens = await openid.authorizationCodeGrant(config, arrived, checks)
    await openid.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)
  })
}

module('oidcc-server', {}, async (t) => {
  await signIn(t)
  await signInWithOpenidClient(t, t.client)
})

module('oidcc-server-client-secret-post', {
  client: false,
  before: async (t) => {
    const client = t.dynamic ? await t.register({ token_endpoint_auth_method: 'client_secret_post' }) : await t.declared('client_secret_post')
    t.client = client
  },
}, async (t) => {
  const announced = t.provider.supports('token_endpoint_auth_methods_supported', 'client_secret_post')
  t.check(announced, 'client_secret_post is not announced')
  await signIn(t)
  await signInWithOpenidClient(t, t.client)
})

module('oidcc-ensure-request-without-nonce-succeeds-for-code-flow', {}, async (t) => {
  const { claims } = await signIn(t, t.client, { changes: { nonce: undefined } })
  t.check(claims.nonce === undefined, 'the ID token has a nonce that nobody sent')
})

const tolerated = {
  'oidcc-ensure-request-with-unknown-parameter-succeeds': () => ({ extra: 'foobar' }),
  'oidcc-display-page': () => ({ display: 'page' }),
  'oidcc-display-popup': () => ({ display: 'popup' }),
  'oidcc-login-hint': (t) => ({ login_hint: `buffy@${new URL(t.settings.issuer).hostname}` }),
  'oidcc-ui-locales': () => ({ ui_locales: 'se' }),
  'oidcc-claims-locales': () => ({ claims_locales: 'se' }),
}
for (const [name, changes] of Object.entries(tolerated)) {
  module(name, {}, async (t) => {
    await signIn(t, t.client, { changes: changes(t) })
  })
}

module('oidcc-ensure-request-with-acr-values-succeeds', {}, async (t) => {
  const values = t.provider.metadata.acr_values_supported ?? ['1', '2']
  const { claims } = await signIn(t, t.client, { changes: { acr_values: values.join(' ') } })
  t.wish(values.includes(claims.acr), 'the ID token has none of the acr values asked for', claims.acr)
})

module('oidcc-ensure-request-with-valid-pkce-succeeds', {}, async (t) => {
  const verifier = random(43)
  const request = requestOf(t, t.client, { code_challenge: challengeOf(verifier), code_challenge_method: 'S256' })
  const walk = await authorize(t, request)
  const answer = await expectCode(t, t.client, request, walk)
  const session = { client: t.client, request, walk, answer, verifier, code: answer.get('code') }
  await redeem(t, session)
  await userinfo(t, session)
})

/** The parameters backwards, the scopes backwards (RFC 6749 §3.3: order means nothing). */
module('oidcc-alternate-happy-flow', { before: (t) => skipWithoutScopes(t, ['email']) }, async (t) => {
  t.client.scope = 'email openid'
  const forwards = requestOf(t, t.client)
  const request = Object.fromEntries(Object.entries(forwards).reverse())
  const walk = await authorize(t, request)
  const answer = await expectCode(t, t.client, request, walk)
  const session = { client: t.client, request, walk, answer, code: answer.get('code') }
  await redeem(t, session)
  expectScopeClaims(t, await userinfo(t, session), ['email'])
})

function skipWithoutScopes(t, scopes) {
  const supported = t.provider.metadata.scopes_supported
  const missing = scopes.filter((scope) => supported && !supported.includes(scope))
  if (missing.length) t.skip(`not in scopes_supported: ${missing.join(', ')}`)
}

function expectScopeClaims(t, claims, scopes) {
  for (const scope of scopes) {
    const missing = CLAIMS_OF[scope].filter((name) => !(name in claims))
    t.wish(missing.length === 0, `userinfo lacks claims of scope ${scope}: ${missing.join(', ')}`)
  }
}

const scopes = { profile: ['profile'], email: ['email'], address: ['address'], phone: ['phone'], all: ['email', 'phone', 'address', 'profile'] }
for (const [name, wanted] of Object.entries(scopes)) {
  module(`oidcc-scope-${name}`, { before: (t) => skipWithoutScopes(t, wanted) }, async (t) => {
    t.client.scope = ['openid', ...wanted].join(' ')
    const session = await signIn(t)
    expectScopeClaims(t, session.userinfo, wanted)
    if (name === 'email') {
      t.wish(!('name' in session.claims) && !('email' in session.claims), 'claims that belong to userinfo are in the ID token')
      t.wish(!('name' in session.userinfo), 'userinfo has a name that was not asked for')
    }
  })
}

module('oidcc-claims-essential', {}, async (t) => {
  const claims = JSON.stringify({ userinfo: { name: { essential: true } } })
  const session = await signIn(t, t.client, { changes: { claims } })
  t.wish('name' in session.userinfo, 'userinfo lacks the name that was asked for as essential')
  t.wish(!('name' in session.claims), 'the ID token has the name that was asked for in userinfo')
})

/** OIDC Core §5.3: GET and POST, the token in the header or in the form. */
const presentations = {
  'oidcc-userinfo-get': { method: 'GET' },
  'oidcc-userinfo-post-header': { method: 'POST' },
}
for (const [name, how] of Object.entries(presentations)) {
  module(name, {}, async (t) => {
    const session = await signIn(t)
    await userinfo(t, session, { ...how, headers: { authorization: `Bearer ${session.accessToken}` } })
    t.check(session.userinfoAnswer.type === 'application/json', 'userinfo is not application/json', session.userinfoAnswer.type)
  })
}

module('oidcc-userinfo-post-body', {}, async (t) => {
  const session = await signIn(t)
  const body = new URLSearchParams({ access_token: session.accessToken })
  const answer = await read(await t.fetch(t.provider.metadata.userinfo_endpoint, { method: 'POST', body }))
  t.wish(answer.status === 200, 'userinfo does not take the access token in a form', answer.status)
  if (answer.status === 200) t.check(answer.json?.sub === session.claims.sub, 'sub of userinfo is another one')
})

module('oidcc-userinfo-rs256', { registration: () => ({ userinfo_signed_response_alg: 'RS256' }) }, async (t) => {
  t.check(t.provider.supports('userinfo_signing_alg_values_supported', 'RS256'), 'RS256 for userinfo is not announced')
  t.client.skipUserinfo = true
  const session = await signIn(t)
  const headers = { authorization: `Bearer ${session.accessToken}` }
  const answer = await read(await t.fetch(t.provider.metadata.userinfo_endpoint, { headers }))
  t.demand(answer.status === 200, 'userinfo refused the access token', answer.status)
  t.check(answer.type === 'application/jwt', 'signed userinfo is not application/jwt', answer.type)
  const { payload, protectedHeader } = await t.provider.proved(t, answer.text.trim(), 'userinfo response')
  t.check(protectedHeader.alg === 'RS256', 'userinfo is signed with another algorithm', protectedHeader.alg)
  t.check(payload.iss === t.provider.issuer, 'iss of userinfo is not the issuer', payload.iss)
  t.check([payload.aud].flat().includes(t.client.id), 'userinfo is for somebody else', payload.aud)
  t.check(payload.sub === session.claims.sub, 'sub of userinfo is another one')
})
