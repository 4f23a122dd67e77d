// Request objects by value and by reference (OIDC Core §6): done, or refused with the error that says so, never ignored.

import * as jose from 'jose'

import { authorize, expectCode, expectErrorAnswer, redeem, requestOf } from '../rp/login.mjs'
import { now, random, unsecured } from '../rp/keys.mjs'
import { module } from '../rp/module.mjs'
import { reviewErrorPage } from './codes.mjs'

/** The suite skips when the metadata names algorithms and `none` is not among them. */
function skipWithoutNone(t) {
  const algorithms = t.provider.metadata.request_object_signing_alg_values_supported
  if (Array.isArray(algorithms) && !algorithms.includes('none')) {
    t.skip('none is not in request_object_signing_alg_values_supported')
  }
}

async function finish(t, request, walk) {
  const answer = await expectCode(t, t.client, request, walk)
  await redeem(t, { client: t.client, request, walk, answer, code: answer.get('code') })
}

/** An answer whose `error` is this one; its state was only inside the object, so it is not compared. */
function isRefused(walk, error) {
  if (!walk.callback) return false
  const { url, body } = walk.callback
  return url.searchParams.get('error') === error || new URLSearchParams(body).get('error') === error
}

module('oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported', { before: skipWithoutNone }, async (t) => {
  const inner = requestOf(t, t.client)
  // state and nonce only inside: whoever ignores the object answers without them.
  const outer = { ...inner, state: undefined, nonce: undefined, request: unsecured(inner) }
  const walk = await authorize(t, JSON.parse(JSON.stringify(outer)))
  if (isRefused(walk, 'request_not_supported')) t.skip('request objects are refused with request_not_supported')
  await finish(t, inner, walk)
})

module('oidcc-ensure-request-object-with-redirect-uri', { before: skipWithoutNone }, async (t) => {
  const inner = requestOf(t, t.client)
  const outer = { ...inner, redirect_uri: `${t.client.redirectUri}/${random(8)}`, request: unsecured(inner) }
  const walk = await authorize(t, outer)
  if (!walk.callback) return reviewErrorPage(t, walk, 'an error page says that the redirect URI is not registered (#error)')
  t.demand(!isRefused(walk, 'request_not_supported'), 'the error went to a default redirect URI instead of a page')
  await finish(t, inner, walk)
})

module('oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported', {
  before: skipWithoutNone,
  registration: (t) => ({ request_uris: [`${t.listener.origin}/${t.id}/request#${random(16)}`] }),
}, async (t) => {
  const inner = requestOf(t, t.client)
  const walk = await authorize(t, byReference(t, inner, unsecured(inner)))
  if (isRefused(walk, 'request_uri_not_supported')) t.skip('request_uri is refused with request_uri_not_supported')
  await finish(t, inner, walk)
})

function byReference(t, inner, object) {
  const body = { headers: { 'content-type': 'application/jwt' }, body: object }
  const url = t.listener.serve(`/${t.id}/request`, () => body)
  const { client_id, redirect_uri, scope, response_type } = inner
  return { client_id, redirect_uri, scope, response_type, request_uri: url }
}

const references = {
  'oidcc-request-uri-unsigned': ['none', (t, inner) => unsecured(inner)],
  'oidcc-request-uri-signed-rs256': ['RS256', (t, inner) => signed(t, inner)],
}
for (const [name, [algorithm, make]] of Object.entries(references)) {
  const registration = (t) => ({
    request_uris: [`${t.listener.origin}/${t.id}/request`],
    request_object_signing_alg: algorithm === 'none' ? undefined : algorithm,
  })
  // `request_uri` of somebody's server is refused by design; the module then fails in the suite, too.
  module(name, { registration }, async (t) => {
    if (algorithm === 'none') skipWithoutNone(t)
    t.check(t.provider.metadata.request_uri_parameter_supported !== false, 'request_uri_parameter_supported is false')
    if (algorithm !== 'none') {
      const announced = t.provider.supports('request_object_signing_alg_values_supported', algorithm)
      t.check(announced, `${algorithm} is not in request_object_signing_alg_values_supported`)
    }
    const inner = requestOf(t, t.client)
    const walk = await authorize(t, byReference(t, inner, await make(t, inner)))
    if (isRefused(walk, 'request_uri_not_supported')) {
      expectErrorAnswer(t, { ...inner, state: undefined }, walk, ['request_uri_not_supported'])
      t.demand(false, 'request_uri is refused with request_uri_not_supported')
    }
    await finish(t, inner, walk)
  })
}

function signed(t, inner) {
  const claims = { ...inner, iss: t.client.id, aud: t.provider.issuer, iat: now(), exp: now() + 300 }
  return new jose.SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: t.client.key.kid }).sign(t.client.key.privateKey)
}
