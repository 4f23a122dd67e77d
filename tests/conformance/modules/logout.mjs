// RP-initiated logout and back-channel logout (OIDC RP-Initiated Logout §2, §3; Back-Channel Logout §2).

import * as jose from 'jose'

import { authorize, expectErrorAnswer, requestOf, signIn } from '../rp/login.mjs'
import { keyPair, now, random, unsecured } from '../rp/keys.mjs'
import { module } from '../rp/module.mjs'
import { NEEDS_A_PAGE } from './sessions.mjs'

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

const registration = (t) => ({ post_logout_redirect_uris: [t.at(`/${t.id}/post_logout`)] })

/** Signs in, then sends the same browser to the end session endpoint with the changed request. */
async function signOut(t, changes = {}, { look = false } = {}) {
  const browser = t.browser()
  const session = await signIn(t, t.client, { browser })
  const request = {
    id_token_hint: session.idToken,
    post_logout_redirect_uri: t.client.postLogoutRedirectUri,
    state: random(128),
    ...(typeof changes === 'function' ? await changes(session) : changes),
  }
  const url = new URL(t.provider.metadata.end_session_endpoint)
  for (const [name, value] of Object.entries(request)) if (value !== undefined) url.searchParams.set(name, value)
  const walk = await browser.visit(url, { look })
  return { browser, session, request, walk }
}

/** Back at the registered address with the state that was sent and nothing else. */
function expectReturn(t, { walk, request }) {
  t.demand(walk.callback, 'the browser did not come back to the post-logout redirect URI', walk.page?.marker)
  const { url } = walk.callback
  t.check(url.href.split('?')[0] === t.client.postLogoutRedirectUri, 'the browser came back to another address', url.href)
  t.check((url.searchParams.get('state') ?? undefined) === request.state, 'the state is not the one that was sent', url.search)
  const extra = [...url.searchParams.keys()].filter((name) => name !== 'state')
  t.wish(extra.length === 0, 'the return has unexpected parameters', extra)
}

/** Nobody is signed in any more: prompt=none says so. */
async function expectSignedOut(t, browser) {
  const request = requestOf(t, t.client, { prompt: 'none', state: random(128) })
  expectErrorAnswer(t, request, await authorize(t, request, { browser }), NEEDS_A_PAGE)
}

const returning = {
  'oidcc-rp-initiated-logout': {},
  'oidcc-rp-initiated-logout-no-state': { state: undefined },
}
for (const [name, changes] of Object.entries(returning)) {
  module(name, { needs: ['end_session_endpoint'], registration }, async (t) => {
    const done = await signOut(t, changes)
    expectReturn(t, done)
    await expectSignedOut(t, done.browser)
  })
}

/** Requests that must not be answered with a redirect: an error, or a page that asks first. */
const refused = {
  'oidcc-rp-initiated-logout-bad-post-logout-redirect-uri': (t) => () => ({ post_logout_redirect_uri: `${t.client.postLogoutRedirectUri}${random(8)}` }),
  'oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri': (t) => () => ({ post_logout_redirect_uri: `${t.client.postLogoutRedirectUri}?foo=bar` }),
  'oidcc-rp-initiated-logout-no-id-token-hint': () => () => ({ id_token_hint: undefined }),
  'oidcc-rp-initiated-logout-modified-id-token-hint': () => ({ idToken }) => ({ id_token_hint: unsecured(jose.decodeJwt(idToken)) }),
  'oidcc-rp-initiated-logout-bad-id-token-hint': (t) => async ({ claims }) => ({ id_token_hint: await forged(t, claims) }),
}
for (const [name, changes] of Object.entries(refused)) {
  module(name, { needs: ['end_session_endpoint'], registration }, async (t) => {
    const { walk } = await signOut(t, changes(t), { look: true })
    t.demand(!walk.callback, 'the browser was sent to the relying party', walk.callback?.url.href)
    const { page } = walk
    const kind = ['error', 'confirm-sign-out', 'signed-out'].find((marker) => page.marker === marker)
    t.demand(kind, 'the page is neither an error nor a question nor the end', page.marker)
    t.review(PAGES[kind])
    // Whatever the person presses there must not lead back either.
    const pressed = (await signOut(t, changes(t))).walk
    t.check(!pressed.callback, 'pressing the button leads to the relying party after all', pressed.callback?.url.href)
  })
}

const PAGES = {
  error: 'an error page and no redirect (#error)',
  'confirm-sign-out': 'a page asks whether to sign out, and no redirect (#continue)',
  'signed-out': 'the page says that the person is signed out, and no redirect (#signed-out)',
}

/** The real claims, signed by somebody else. */
async function forged(t, claims) {
  const key = await keyPair('RS256', t.provider.jwks.keys[0].kid)
  return new jose.SignJWT({ ...claims, iat: now(), exp: now() + 300 })
    .setProtectedHeader({ alg: 'RS256', kid: key.kid }).sign(key.privateKey)
}

/** Requests that name nowhere to go back to: the person ends on a page that says so, and is signed out. */
const ending = {
  'oidcc-rp-initiated-logout-no-params': { id_token_hint: undefined, post_logout_redirect_uri: undefined, state: undefined },
  'oidcc-rp-initiated-logout-only-state': { id_token_hint: undefined, post_logout_redirect_uri: undefined },
  'oidcc-rp-initiated-logout-no-post-logout-redirect-uri': { post_logout_redirect_uri: undefined },
}
for (const [name, changes] of Object.entries(ending)) {
  module(name, { needs: ['end_session_endpoint'], registration }, async (t) => {
    const { walk, browser } = await signOut(t, changes)
    t.demand(!walk.callback, 'the browser was sent to the relying party', walk.callback?.url.href)
    t.demand(walk.page.has('signed-out'), 'the page has no #signed-out', walk.page.marker)
    t.review('the page says that the person is signed out (#signed-out)')
    await expectSignedOut(t, browser)
  })
}

module('oidcc-backchannel-rp-initiated-logout', {
  needs: ['end_session_endpoint', 'backchannel_logout_supported'],
  registration: (t) => ({
    ...registration(t),
    backchannel_logout_uri: `${t.listener.origin}/backchannel_logout/${t.id}`,
    backchannel_logout_session_required: true,
  }),
}, async (t) => {
  const calls = backchannelCalls(t, t.dynamic ? `/backchannel_logout/${t.id}` : '/backchannel_logout')
  const done = await signOut(t)
  expectReturn(t, done)
  for (let turn = 0; turn < 40 && !calls.length; turn += 1) await t.wait(0.5)
  t.demand(calls.length, 'the back-channel logout URI was not called within 20 seconds')
  await expectLogoutToken(t, calls[0], done.session)
  await expectSignedOut(t, done.browser)
})

/** The calls of the provider at this path, each answered as a relying party that did as told. */
function backchannelCalls(t, path) {
  const calls = []
  t.listener.serve(path, (seen) => {
    calls.push(seen)
    return { status: 200 }
  })
  return calls
}

/** Back-Channel Logout §2.4 to §2.6. */
async function expectLogoutToken(t, call, session) {
  t.check(call.method === 'POST', 'the back-channel call is not a POST', call.method)
  t.check(call.contentType === 'application/x-www-form-urlencoded', 'the back-channel call is not a form', call.contentType)
  const form = new URLSearchParams(call.body)
  t.wish([...form.keys()].every((name) => name === 'logout_token'), 'the back-channel call has unexpected parameters')
  const token = form.get('logout_token')
  t.demand(token, 'the back-channel call has no logout_token')
  const { payload: claims } = await t.provider.proved(t, token, 'logout token')
  t.check(jose.decodeProtectedHeader(token).alg === session.client.idTokenAlgorithm, 'the logout token has another algorithm than the ID token')
  t.check(claims.iss === t.provider.issuer, 'iss of the logout token is not the issuer', claims.iss)
  t.check([claims.aud].flat().includes(session.client.id), 'the logout token is for somebody else', claims.aud)
  t.check(Math.abs(now() - claims.iat) <= 300, 'iat of the logout token is not now', claims.iat)
  t.check(typeof claims.exp === 'number', 'the logout token has no exp')
  t.check(typeof claims.jti === 'string' && claims.jti, 'the logout token has no jti')
  const event = claims.events?.[EVENT]
  t.check(event && typeof event === 'object', 'the logout token does not name the event')
  t.check(!('nonce' in claims), 'the logout token has a nonce')
  t.check(claims.sub || claims.sid, 'the logout token has neither sub nor sid')
  if (claims.sub) t.check(claims.sub === session.claims.sub, 'sub of the logout token is another one')
  t.check(claims.sid && claims.sid === session.claims.sid, 'sid of the logout token is not that of the ID token')
}
