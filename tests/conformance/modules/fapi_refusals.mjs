// FAPI 2.0 Security Profile: what must be refused at the PAR endpoint, at the authorization endpoint and at the token endpoint.

import { expectErrorAnswer } from '../rp/login.mjs'
import {
  callbackParameters, complete, expectClientError, expectGrantOrProofError, expectPushRefused, Flow, Proofs, upToCode,
} from '../rp/fapi.mjs'
import { clientAssertion, now, random } from '../rp/keys.mjs'
import { expectOAuthError, tokenRequest } from '../rp/client.mjs'
import { fapi } from './fapi_flow.mjs'

/** Pushed requests that are refused at once, and with what. */
const refusedWhenPushed = {
  'ensure-request-object-without-redirect-uri-fails': [{ redirect_uri: undefined }, ['invalid_request', 'invalid_request_object']],
  'ensure-redirect-uri-in-authorization-request': [{ redirect_uri: undefined }, ['invalid_request', 'invalid_request_object']],
  'par-ensure-pkce-required': [{ code_challenge: undefined, code_challenge_method: undefined }],
  'plain-fapi-tolerate-unregistered-redirect-uri': [(t) => ({ redirect_uri: `${t.client.redirectUri}/${random(8)}` }), ['invalid_request', 'invalid_request_object']],
  'ensure-response-type-code-idtoken-fails': [{ response_type: 'code id_token' }, ['unsupported_response_type', 'invalid_request', 'unauthorized_client']],
  'ensure-response-type-token-fails': [{ response_type: 'token' }, ['unsupported_response_type', 'invalid_request', 'unauthorized_client']],
}
for (const [name, [changes, errors]] of Object.entries(refusedWhenPushed)) {
  fapi(name, {}, async (t) => {
    const flow = await Flow.start(t, t.client, typeof changes === 'function' ? changes(t) : changes)
    expectPushRefused(t, await flow.push(), errors)
  })
}

fapi('par-plain-pkce-rejected', {}, async (t) => {
  const plain = random(43)
  const flow = await Flow.start(t, t.client, { code_challenge: plain, code_challenge_method: 'plain' })
  expectPushRefused(t, await flow.push())
  // An absent method means plain (RFC 7636 §4.3).
  const silent = await Flow.start(t, t.client, { code_challenge: plain, code_challenge_method: undefined })
  expectPushRefused(t, await silent.push())
})

fapi('par-authorization-request-containing-request_uri-form-param', {}, async (t) => {
  const flow = await Flow.start(t)
  const answer = await flow.push({ extra: { request_uri: `urn:ietf:params:oauth:request_uri:${random(32)}` } })
  expectPushRefused(t, answer, ['invalid_request', 'invalid_request_object', 'request_uri_not_supported'])
})

fapi('par-attempt-invalid-http-method', {}, async (t) => {
  const answer = await (await Flow.start(t)).push({ verb: 'PUT' })
  t.check(answer.status >= 400 && answer.status < 500, 'PUT at the PAR endpoint is not refused', answer.status)
})

/** The key of the proof is not the one that `dpop_jkt` names (RFC 9449 §10.1). */
fapi('ensure-mismatched-dpop-jkt-fails', {}, async (t) => {
  const flow = await Flow.start(t, t.client, { dpop_jkt: (await Proofs.create()).thumbprint })
  expectPushRefused(t, await flow.push({ proof: flow.proof() }), ['invalid_request', 'invalid_dpop_proof'])
})

fapi('ensure-token-endpoint-fails-with-mismatched-dpop-jkt', {}, async (t) => {
  const flow = await upToCode(t, t.client, { changes: { dpop_jkt: (await Proofs.create()).thumbprint } })
  expectGrantOrProofError(t, await flow.redeem())
})

fapi('ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt', {}, async (t) => {
  const flow = await upToCode(t, t.client, { push: (one) => ({ proof: one.proof() }) })
  flow.proofs = await Proofs.create()
  expectGrantOrProofError(t, await flow.redeem())
})

fapi('ensure-holder-of-key-required', {}, async (t) => {
  const flow = await upToCode(t)
  expectGrantOrProofError(t, await flow.redeem({ bare: true }))
})

fapi('ensure-unsigned-authorization-request-without-using-par-fails', {}, async (t) => {
  const flow = await Flow.start(t)
  const url = new URL(t.provider.metadata.authorization_endpoint)
  for (const [name, value] of Object.entries(flow.request)) url.searchParams.set(name, value)
  const walk = await t.browser().visit(url, { look: true })
  if (walk.callback) return void expectErrorAnswer(t, flow.request, walk, ['invalid_request'])
  expectErrorPage(t, walk, 'an error page says that the request must be pushed (#error)')
})

function expectErrorPage(t, walk, remark) {
  t.demand(walk.page.has('error'), 'the browser sees neither an error page nor an error answer', walk.page.marker ?? walk.page.url.href)
  t.review(remark)
}

/** A reference that must not work any more, or not for this client: an error answer or an error page. */
function expectDeadReference(t, flow, errors) {
  if (!flow.walk.callback) return expectErrorPage(t, flow.walk, 'an error page says that the request is not known (#error)')
  const parameters = callbackParameters(t, flow.request, flow.walk)
  t.demand(!parameters.has('code'), 'the reference worked')
  t.check(errors.includes(parameters.get('error')), 'the provider answered with another error', parameters.get('error'))
}

fapi('par-attempt-reuse-request_uri', {}, async (t) => {
  const flow = await (await Flow.start(t)).pushed()
  await (await (await (await flow.authorized()).coded()).redeemed()).resourced()
  await flow.authorized()
  const reused = flow.walk.callback && callbackParameters(t, flow.request, flow.walk).has('code')
  if (reused) t.warn('request_uri can be used twice')
  else expectDeadReference(t, flow, ['invalid_request_uri'])
})

fapi('par-attempt-to-use-expired-request_uri', { waits: 61 }, async (t) => {
  const flow = await (await Flow.start(t)).pushed()
  await t.wait(flow.expiresIn + 1)
  await flow.authorized()
  expectDeadReference(t, flow, ['invalid_request_uri'])
})

fapi('par-attempt-to-use-request_uri-for-different-client', {}, async (t) => {
  const flow = await (await Flow.start(t)).pushed()
  await flow.authorized({ clientId: (await t.declared('client2')).id })
  expectDeadReference(t, flow, ['invalid_request', 'invalid_request_object', 'invalid_request_uri'])
})

/** Codes (RFC 6749 §4.1.2, RFC 7636 §4.6). */
const expectInvalidGrant = (t, answer) => expectOAuthError(t, answer, [400], ['invalid_grant'])

fapi('ensure-pkce-code-verifier-required', {}, async (t) => {
  expectInvalidGrant(t, await (await upToCode(t)).redeem({ fields: { code_verifier: undefined } }))
})

fapi('incorrect-pkce-code-verifier-rejected', {}, async (t) => {
  expectInvalidGrant(t, await (await upToCode(t)).redeem({ fields: { code_verifier: random(43) } }))
})

fapi('ensure-authorization-code-is-bound-to-client', {}, async (t) => {
  const client = await t.declared('client2')
  expectInvalidGrant(t, await (await upToCode(t)).redeem({ client }))
})

fapi('attempt-reuse-authorization-code-after-one-second', {}, async (t) => {
  const flow = await complete(t)
  await t.wait(1)
  expectInvalidGrant(t, await flow.redeem())
  const answer = await flow.resource()
  t.wish(answer.status >= 400 && answer.status < 500, 'the access token outlives the second use of its code', answer.status)
})

fapi('ensure-token-endpoint-fails-with-expired-auth-code', { waits: 62 }, async (t) => {
  const flow = await upToCode(t)
  await t.wait(62)
  expectInvalidGrant(t, await flow.redeem())
})

/** Assertions at the token endpoint that prove nobody, each after a flow that was in order until then. */
const assertions = {
  'ensure-client-assertion-with-exp-is-5-minutes-in-past-fails': { change: (claims) => Object.assign(claims, { exp: now() - 300 }) },
  'ensure-client-assertion-with-wrong-aud-fails': { change: (claims) => Object.assign(claims, { aud: 'https://somebody.else.test' }) },
  'ensure-client-assertion-with-no-sub-fails': { change: (claims) => delete claims.sub },
}
for (const [name, options] of Object.entries(assertions)) {
  fapi(name, {}, async (t) => {
    expectClientError(t, await (await upToCode(t)).redeem(options), ['invalid_client', 'invalid_request'])
  })
}

fapi('ensure-signed-client-assertion-with-RS256-fails', {}, async (t) => {
  if (t.client.key.algorithm !== 'PS256') t.skip('the key of the client is not an RSA key')
  expectClientError(t, await (await upToCode(t)).redeem({ algorithm: 'RS256' }), ['invalid_client'])
})

fapi('ensure-client-assertion-in-token-endpoint', {}, async (t) => {
  const flow = await upToCode(t)
  expectClientError(t, await flow.redeem({ method: 'none' }), ['invalid_client', 'invalid_request'])
})

/** The name and the assertion are of the second client, the signature is of the first. */
fapi('ensure-client-id-in-token-endpoint', {}, async (t) => {
  const flow = await upToCode(t)
  const second = await t.declared('client2')
  const assertion = await clientAssertion({ id: second.id, key: t.client.key }, t.provider.issuer)
  const answer = await flow.redeem({ assertion, fields: { client_id: second.id } })
  expectClientError(t, answer, ['invalid_client', 'invalid_grant'])
})

/** Assertions at the PAR endpoint: the audience is the issuer as a string, and nobody is far in the future. */
const pushedAssertions = {
  'par-test-array-as-audience-fails': (t, claims) => Object.assign(claims, { aud: [t.provider.issuer, 'https://somebody.else.test'] }),
  'par-test-par-endpoint-url-as-audience-fails': (t, claims) => Object.assign(claims, { aud: t.provider.metadata.pushed_authorization_request_endpoint }),
  'par-test-token-endpoint-url-as-audience-fails': (t, claims) => Object.assign(claims, { aud: t.provider.metadata.token_endpoint }),
  'par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails': (t, claims) =>
    Object.assign(claims, { iat: now() + 65, nbf: now() + 65, exp: now() + 125 }),
}
for (const [name, change] of Object.entries(pushedAssertions)) {
  fapi(name, {}, async (t) => {
    const answer = await (await Flow.start(t)).push({ change: (claims) => change(t, claims) })
    expectPushRefused(t, answer, ['invalid_client', 'invalid_request'], [400, 401])
  })
}

/** Refresh tokens: bound to the client, not handed to who cannot authenticate or prove a key, and kept (§5.3.2.1). */
fapi('refresh-token', { waits: 30 }, async (t) => {
  const flows = []
  for (const client of [t.client, await t.declared('client2')]) {
    const offline = t.provider.supports('scopes_supported', 'offline_access')
    const changes = offline ? { scope: `${client.scope} offline_access`, prompt: 'consent' } : {}
    const flow = await complete(t, client, { changes })
    const announced = t.provider.supports('grant_types_supported', 'refresh_token')
    if (!flow.tokens.refresh_token) {
      t.wish(!announced, 'refresh_token is announced and was not issued')
      t.skip('no refresh token was issued')
    }
    t.wish(announced, 'a refresh token was issued and refresh_token is not announced')
    await refreshed(t, flow)
    flows.push(flow)
  }
  const [first, second] = flows
  const fields = refreshFields(first)
  const anonymous = await tokenRequest(t, t.client, fields, { anonymous: true, proof: first.proof() })
  expectOAuthError(t, anonymous, [400, 401], ['invalid_client', 'invalid_request', 'invalid_grant'])
  const bare = await tokenRequest(t, t.client, fields)
  expectOAuthError(t, bare, [400], ['invalid_request', 'invalid_grant', 'invalid_dpop_proof'])
  const stolen = await tokenRequest(t, t.client, refreshFields(second), { proof: first.proof() })
  expectInvalidGrant(t, stolen)
})

const refreshFields = ({ tokens }) => ({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token })

/** One refresh with a new DPoP key, as a confidential client may; a rotated token must not end the old one at once. */
async function refreshed(t, flow) {
  const before = flow.tokens.refresh_token
  await t.wait(1)
  flow.proofs = await Proofs.create()
  const answer = await tokenRequest(t, flow.client, refreshFields(flow), { proof: flow.proof() })
  t.demand(answer.status === 200, 'the refresh token was refused', answer.text)
  t.check(answer.json.token_type?.toLowerCase() === 'dpop', 'token_type of the refreshed token is not DPoP')
  flow.accessToken = answer.json.access_token
  await flow.resourced()
  const after = answer.json.refresh_token
  t.wish(!after || after === before, 'the refresh token of a FAPI client was rotated')
  if (!after || after === before) return
  await t.wait(30)
  const again = await tokenRequest(t, flow.client, refreshFields(flow), { proof: flow.proof() })
  t.check(again.status === 200, 'the rotated refresh token does not work 30 seconds later', again.text)
  flow.tokens = { ...flow.tokens, refresh_token: again.json?.refresh_token ?? after }
}

