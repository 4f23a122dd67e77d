// The base flow of nearly every module: authorization request, answer, tokens, ID token, userinfo, each checked as the
// suite checks it. What the answers mean is judged by oauth4webapi; signatures are proved with jose.

import { challengeOf, expectErrorTexts, oauth, read, strictly, tokenRequest } from './client.mjs'
import { expectStandardClaims } from './claims.mjs'
import { now, random } from './keys.mjs'

const ERROR_PARAMETERS = ['error', 'error_description', 'error_uri', 'state', 'session_state', 'iss']
/** RFC 6750: an access token is not eternal; a year is what the suite allows. */
const A_YEAR = 365 * 24 * 3600

/** The authorization request of a client: what the suite sends, with changes. `undefined` leaves a parameter out. */
export function requestOf(t, client, changes = {}) {
  const request = {
    client_id: client.id,
    redirect_uri: client.redirectUri,
    scope: client.scope,
    state: random(10),
    nonce: random(10),
    response_type: 'code',
    response_mode: t.formPost ? 'form_post' : undefined,
    ...changes,
  }
  for (const [name, value] of Object.entries(request)) if (value === undefined) delete request[name]
  return request
}

/** Sends a browser with the request; `walk` says where it ended. */
export async function authorize(t, request, { browser = t.browser(), post = false, ...visit } = {}) {
  const url = new URL(t.provider.metadata.authorization_endpoint)
  const parameters = new URLSearchParams(request)
  if (!post) for (const [name, value] of parameters) url.searchParams.append(name, value)
  return browser.visit(url, { ...visit, ...(post ? { method: 'POST', body: parameters } : {}) })
}

/** What arrived at the redirect URI, from the place that the response mode prescribes. */
export function callbackParameters(t, request, walk) {
  t.demand(walk.callback, 'the browser did not come back to the redirect URI', walk.page && `${walk.page.status} ${walk.page.marker}`)
  t.check(!walk.repeated, 'a redirect would repeat a form (307 or 308)')
  const { url, method, contentType, body } = walk.callback
  const registered = new URL(request.redirect_uri ?? url)
  t.check(url.origin === registered.origin && url.pathname === registered.pathname, 'the answer went to another address', url.href)
  for (const [name, value] of registered.searchParams) {
    t.check(url.searchParams.getAll(name).includes(value), 'the query of the redirect URI was lost', url.href)
  }
  const ours = [...registered.searchParams.keys()]
  if (request.response_mode !== 'form_post') {
    return new URLSearchParams([...url.searchParams].filter(([name]) => !ours.includes(name)))
  }
  t.check(method === 'POST', 'form_post was answered without a POST', method)
  t.check(contentType === 'application/x-www-form-urlencoded', 'form_post was answered with another content type', contentType)
  t.check(!url.searchParams.has('code') && !url.searchParams.has('error'), 'a form_post answer is in the query', url.search)
  return new URLSearchParams(body)
}

/** A successful answer, proved by oauth4webapi: `iss`, the exact `state`, a code. */
export async function expectCode(t, client, request, walk) {
  const parameters = callbackParameters(t, request, walk)
  t.demand(!parameters.has('error'), 'the provider answered with an error', Object.fromEntries(parameters))
  t.demand(parameters.get('code'), 'the answer has no code')
  const state = request.state ?? oauth.expectNoState
  return strictly(t, 'the authorization response is not sound', () =>
    oauth.validateAuthResponse(t.provider.metadata, client.metadata, parameters, state))
}

/** An error answer: one of `errors`, with the state, the issuer and nothing else. */
export function expectErrorAnswer(t, request, walk, errors) {
  const parameters = callbackParameters(t, request, walk)
  t.check((parameters.get('state') ?? undefined) === request.state, 'the error does not carry the exact state', parameters.get('state'))
  if (parameters.has('iss')) t.check(parameters.get('iss') === t.provider.issuer, 'iss is not the issuer', parameters.get('iss'))
  t.check(!parameters.has('code'), 'an error came with a code')
  t.demand(parameters.has('error'), 'the provider answered without an error', [...parameters.keys()])
  const extra = [...parameters.keys()].filter((name) => !ERROR_PARAMETERS.includes(name))
  t.wish(extra.length === 0, 'the error has unexpected parameters', extra)
  expectErrorTexts(t, parameters.get('error_description'), parameters.get('error_uri'))
  t.check(errors.includes(parameters.get('error')), 'the provider answered with another error', parameters.get('error'))
  return parameters
}

/** Everything from the request to the person's claims. */
export async function signIn(t, client = t.client, { changes, verifier, tokens, ...visit } = {}) {
  const challenge = verifier ? { code_challenge: challengeOf(verifier), code_challenge_method: 'S256' } : {}
  const request = requestOf(t, client, { ...challenge, ...changes })
  const walk = await authorize(t, request, visit)
  const answer = await expectCode(t, client, request, walk)
  const session = { client, request, walk, answer, verifier, code: answer.get('code') }
  await redeem(t, session, tokens)
  if (!client.skipUserinfo) session.userinfo = await userinfo(t, session)
  return session
}

/** The fields of the token request for a session's code. */
export const codeFields = ({ code, request, verifier }) => ({
  grant_type: 'authorization_code',
  code,
  redirect_uri: request.redirect_uri,
  code_verifier: verifier,
})

/** Exchanges the code and checks what comes. */
export async function redeem(t, session, options = {}) {
  const answer = await tokenRequest(t, session.client, codeFields(session), options)
  t.demand(answer.status === 200, 'the token endpoint refused the code', `${answer.status} ${answer.text}`)
  expectTokenAnswer(t, answer)
  const expectedNonce = session.request.nonce ?? oauth.expectNoNonce
  const result = await strictly(t, 'the token response is not sound', () =>
    oauth.processAuthorizationCodeResponse(t.provider.metadata, session.client.metadata, answer.response, {
      expectedNonce, requireIdToken: true,
    }))
  Object.assign(session, { tokens: result, accessToken: result.access_token, idToken: result.id_token })
  session.claims = await expectIdToken(t, session.client, result.id_token)
  return session
}

/** Status, caching and lifetimes of a token answer (RFC 6749 §5.1). */
export function expectTokenAnswer(t, { headers, json }) {
  t.demand(json, 'the token response is not JSON')
  t.check((headers.get('cache-control') ?? '').includes('no-store'), 'the token response may be stored', headers.get('cache-control'))
  if (json.expires_in === undefined) return
  const sound = typeof json.expires_in === 'number' && json.expires_in > 0 && json.expires_in <= A_YEAR
  t.check(sound, 'expires_in is no number of seconds up to a year', json.expires_in)
}

/** OIDC Core §3.1.3.7 where oauth4webapi does not look: the signature, times, and the types of claims. */
export async function expectIdToken(t, client, token) {
  const { payload: claims, protectedHeader: header } = await t.provider.proved(t, token, 'ID token')
  t.check(header.alg === client.idTokenAlgorithm, 'the ID token is signed with another algorithm', header.alg)
  t.check(claims.iss === t.provider.issuer, 'iss of the ID token is not the issuer', claims.iss)
  t.check([claims.aud].flat().includes(client.id), 'the ID token is for somebody else', claims.aud)
  t.check(Math.abs(now() - claims.iat) <= 300, 'iat of the ID token is not now', claims.iat)
  t.check(typeof claims.sub === 'string' && claims.sub.length > 0 && claims.sub.length <= 255, 'sub is no identifier', claims.sub)
  t.check(claims.acr !== '', 'acr is blank')
  expectStandardClaims(t, claims, 'ID token')
  return claims
}

/** Userinfo by GET with the header, judged by oauth4webapi. */
export async function userinfo(t, session, send = {}) {
  const answer = await read(await t.fetch(t.provider.metadata.userinfo_endpoint, {
    headers: { authorization: `Bearer ${session.accessToken}` }, ...send,
  }))
  t.demand(answer.status === 200, 'userinfo refused the access token', `${answer.status} ${answer.text}`)
  const claims = await strictly(t, 'the userinfo response is not sound', () =>
    oauth.processUserInfoResponse(t.provider.metadata, session.client.metadata, session.claims.sub, answer.response))
  expectStandardClaims(t, claims, 'userinfo')
  session.userinfoAnswer = answer
  return claims
}
