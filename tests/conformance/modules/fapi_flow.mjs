// FAPI 2.0 Security Profile: the flows that must work, and what may be sent along with them.

import { expectErrorAnswer } from '../rp/login.mjs'
import { callbackParameters, complete, FAPI_ALGORITHMS, Flow, Proofs } from '../rp/fapi.mjs'
import { random } from '../rp/keys.mjs'
import { read } from '../rp/client.mjs'
import { module } from '../rp/module.mjs'
import { expectSoundMetadata } from './discovery.mjs'

export const fapi = (name, options, run) =>
  module(`fapi2-security-profile-final-${name}`, {
    needs: ['pushed_authorization_request_endpoint', 'dpop_signing_alg_values_supported'], ...options,
  }, run)

fapi('discovery-end-point-verification', { client: false }, (t) => {
  const { metadata } = t.provider
  expectSoundMetadata(t, metadata)
  t.check(metadata.response_types_supported?.includes('code'), 'code is not in response_types_supported')
  t.check(metadata.authorization_response_iss_parameter_supported === true, 'authorization_response_iss_parameter_supported is not true')
  t.check(metadata.code_challenge_methods_supported?.includes('S256'), 'S256 is not announced')
  const required = metadata.require_pushed_authorization_requests
  t.check(required === undefined || typeof required === 'boolean', 'require_pushed_authorization_requests is no boolean')
  t.check(metadata.token_endpoint_auth_methods_supported?.includes('private_key_jwt'), 'private_key_jwt is not announced')
  t.check(metadata.scopes_supported?.includes('openid'), 'openid is not in scopes_supported')
  t.check(metadata.subject_types_supported?.length > 0, 'subject_types_supported is missing')
  for (const name of ['dpop_signing_alg_values_supported', 'id_token_signing_alg_values_supported', 'token_endpoint_auth_signing_alg_values_supported']) {
    const allowed = (metadata[name] ?? []).some((algorithm) => FAPI_ALGORITHMS.includes(algorithm))
    t.check(allowed, `${name} has none of the algorithms that FAPI allows`, metadata[name])
  }
})

/** Both clients, the second with a query in its redirect URI and a nonce of 43 characters. */
fapi('happy-flow', {}, async (t) => {
  await complete(t)
  const second = await t.declared('client2')
  const flow = await complete(t, second, { changes: { nonce: random(43) } })
  // FAPI 2.0 §5.3.4: not in the query.
  const url = new URL(t.provider.metadata.userinfo_endpoint)
  url.searchParams.set('access_token', flow.accessToken)
  const dpop = await flow.proofs.make('GET', url.href, { accessToken: flow.accessToken })
  const answer = await read(await t.fetch(url, { headers: { dpop } }))
  t.check(answer.status >= 400 && answer.status < 500, 'userinfo takes an access token from the query', answer.status)
})

fapi('par-without-duplicate-parameters', {}, (t) => complete(t, t.client, { authorize: { alone: true } }))

fapi('ensure-other-scope-order-succeeds', {}, (t) =>
  complete(t, t.client, { changes: { scope: t.client.scope.split(' ').reverse().join(' ') } }))

fapi('ensure-authorization-request-without-state-success', {}, async (t) => {
  const { walk, request } = await complete(t, t.client, { changes: { state: undefined } })
  t.check(!callbackParameters(t, request, walk).has('state'), 'the answer has a state that nobody sent')
})

fapi('ensure-authorization-request-without-nonce-success', {}, async (t) => {
  const { claims } = await complete(t, t.client, { changes: { nonce: undefined } })
  t.check(claims.nonce === undefined, 'the ID token has a nonce that nobody sent')
})

fapi('ensure-authorization-request-with-64-char-nonce-success', {}, (t) => complete(t, t.client, { changes: { nonce: random(64) } }))

/** Whole, or refused with invalid_request; never cut short. oauth4webapi compares what comes back. */
const long = { 'ensure-authorization-request-with-long-nonce': ['nonce', 384], 'ensure-authorization-request-with-long-state': ['state', 1000] }
for (const [name, [parameter, length]] of Object.entries(long)) {
  fapi(name, {}, async (t) => {
    const flow = await Flow.start(t, t.client, { [parameter]: random(length) })
    const answer = await flow.push()
    if (answer.status !== 201) {
      t.check(answer.json?.error === 'invalid_request', 'the long value is refused with another error', answer.text)
      if (parameter === 'state') t.warn('a long state is refused')
      return
    }
    await complete(t, t.client, { changes: { [parameter]: random(length) } })
  })
}

/** What is outside of the pushed request does not count (RFC 9101 §6.3); an error would be invalid_request. */
const outside = { 'ensure-different-nonce-inside-and-outside-request-object': 'nonce', 'ensure-different-state-inside-and-outside-request-object': 'state' }
for (const [name, parameter] of Object.entries(outside)) {
  fapi(name, {}, async (t) => {
    const flow = await (await Flow.start(t)).pushed()
    await flow.authorized({ outer: { [parameter]: random(16) } })
    t.demand(flow.walk.callback, 'the browser did not come back', flow.walk.page?.marker)
    if (callbackParameters(t, flow.request, flow.walk).has('error')) {
      expectErrorAnswer(t, flow.request, flow.walk, ['invalid_request'])
      return
    }
    await (await (await flow.coded()).redeemed()).resourced()
  })
}

fapi('state-only-outside-request-object-not-used', {}, async (t) => {
  const flow = await (await Flow.start(t, t.client, { state: undefined })).pushed()
  await flow.authorized({ outer: { state: random(16) } })
  t.check(!callbackParameters(t, flow.request, flow.walk).has('state'), 'a state from outside of the pushed request came back')
  await (await (await flow.coded()).redeemed()).resourced()
})

/** The person says no on the page that asks; both clients hear access_denied with the long state. */
fapi('user-rejects-authentication', {}, async (t) => {
  for (const client of [t.client, await t.declared('client2')]) {
    const flow = await (await Flow.start(t, client, { state: random(128) })).pushed()
    await flow.authorized({ person: 'ben', refuse: true })
    expectErrorAnswer(t, flow.request, flow.walk, ['access_denied'])
  }
})

fapi('test-claims-parameter-identity-claims', {
  before: (t) => {
    if (!t.provider.metadata.claims_parameter_supported) t.skip('claims_parameter_supported is not true')
  },
}, async (t) => {
  const standard = ['name', 'given_name', 'picture', 'preferred_username', 'gender', 'locale', 'updated_at', 'email', 'email_verified']
  const asked = Object.fromEntries(standard.filter((name) => t.provider.supports('claims_supported', name)).map((name) => [name, null]))
  await complete(t, t.client, { changes: { claims: JSON.stringify({ id_token: asked, userinfo: asked }) } })
})

/** RFC 9110 §11.1: the scheme's case means nothing. */
fapi('access-token-type-header-case-sensitivity', {}, async (t) => {
  const flow = await complete(t)
  for (const scheme of ['dPoP', 'DPOP', 'dpop']) await flow.resourced({ scheme })
})

/** Each proof of the flow is changed in the same way, at PAR, at the token endpoint and at userinfo. */
function withProofs(t, change, { atPar = true } = {}) {
  const options = { change }
  return complete(t, t.client, {
    push: (flow) => (atPar ? { proof: flow.proof(options) } : {}),
    redeem: { proofOptions: options },
    resource: { proofOptions: options },
  })
}

const seconds = () => Math.floor(Date.now() / 1000)

fapi('check-dpop-proof-nbf-exp', {}, (t) =>
  withProofs(t, ({ claims }) => Object.assign(claims, { nbf: seconds(), exp: seconds() + 300 }), { atPar: false }))
fapi('ensure-dpopproof-with-iat-10seconds-before-succeeds', {}, (t) => withProofs(t, ({ claims }) => Object.assign(claims, { iat: seconds() - 10 })))
fapi('ensure-dpopproof-with-iat-10seconds-after-succeeds', {}, (t) => withProofs(t, ({ claims }) => Object.assign(claims, { iat: seconds() + 8 })))
fapi('ensure-dpopproof-at-par-endpoint-binding-success', {}, (t) => complete(t, t.client, { push: (flow) => ({ proof: flow.proof() }) }))

fapi('ensure-dpop-auth-code-binding-success', {}, async (t) => {
  const proofs = await Proofs.create()
  await complete(t, t.client, { proofs, changes: { dpop_jkt: proofs.thumbprint }, push: (flow) => ({ proof: flow.proof() }) })
})

fapi('par-ensure-reused-request-uri-prior-to-auth-completion-succeeds', {}, async (t) => {
  const flow = await (await Flow.start(t)).pushed()
  const browser = t.browser()
  const first = await browser.visit(flow.address(), { look: true })
  t.demand(!first.callback, 'somebody was signed in before acting')
  await flow.authorized({ browser })
  await (await (await flow.coded()).redeemed()).resourced()
})

fapi('par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted', {}, async (t) => {
  const change = (claims) => Object.assign(claims, { iat: seconds() + 8, nbf: seconds() + 8 })
  const flow = await Flow.start(t)
  const answer = await flow.push({ change })
  if (answer.status !== 201) t.warn('an assertion from 8 seconds ahead is refused', answer.text)
})
