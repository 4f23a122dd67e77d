// Codes: used once, and redirect URIs compared exactly (RFC 6749 §4.1.2, §3.1.2.3; RFC 9700 §2.1).

import { expectOAuthError, read, tokenRequest } from '../rp/client.mjs'
import { authorize, codeFields, expectCode, expectErrorAnswer, redeem, requestOf, signIn } from '../rp/login.mjs'
import { random } from '../rp/keys.mjs'
import { module } from '../rp/module.mjs'

module('oidcc-codereuse', {}, async (t) => {
  const session = await signIn(t)
  const again = await tokenRequest(t, t.client, codeFields(session))
  if (again.status === 200) t.warn('the code could be used twice')
  else expectOAuthError(t, again, [400], ['invalid_grant'])
})

module('oidcc-codereuse-30seconds', { waits: 30 }, async (t) => {
  const session = await signIn(t)
  await t.wait(30)
  expectOAuthError(t, await tokenRequest(t, t.client, codeFields(session)), [400], ['invalid_grant'])
  const headers = { authorization: `Bearer ${session.accessToken}` }
  const answer = await read(await t.fetch(t.provider.metadata.userinfo_endpoint, { headers }))
  t.wish(answer.status >= 400 && answer.status < 500, 'the access token outlives the second use of its code', answer.status)
})

module('oidcc-ensure-post-request-succeeds', {}, async (t) => {
  const request = requestOf(t, t.client)
  const walk = await authorize(t, request, { post: true })
  // The suite waits 30 seconds for the browser to come back and warns; it is back at once or never.
  if (!walk.callback) return t.warn('an authorization request by POST did not come back')
  const answer = await expectCode(t, t.client, request, walk)
  await redeem(t, { client: t.client, request, walk, answer, code: answer.get('code') })
})

/** The browser must stay with the provider, on a page that says so; that page is what the suite wants to see. */
export function reviewErrorPage(t, walk, remark) {
  t.demand(!walk.callback, 'the browser was sent to the relying party', walk.callback?.url.href)
  const { page } = walk
  t.demand(page.status >= 400 && page.status < 500, 'the page is not answered as an error', page.status)
  t.demand(page.has('error'), 'the page has no #error', page.marker)
  t.review(remark)
}

module('oidcc-response-type-missing', {}, async (t) => {
  const request = requestOf(t, t.client, { response_type: undefined })
  const walk = await authorize(t, request)
  if (walk.callback) expectErrorAnswer(t, request, walk, ['unsupported_response_type', 'invalid_request'])
  else reviewErrorPage(t, walk, 'an error page says that response_type is missing (#error)')
})

const REDIRECT_PAGE = 'an error page says that the redirect URI is not registered (#error)'

/** Requests whose redirect URI is not the registered one, and how it differs. */
const mismatches = {
  'oidcc-ensure-registered-redirect-uri': [{}, (uri) => `${uri}/${random(8)}`],
  'oidcc-redirect-uri-query-added': [{}, (uri) => `${uri}?foo=bar`],
  'oidcc-redirect-uri-query-mismatch': [{ query: '?foo=bar' }, (uri) => uri.replace('foo=bar', 'bar=foo')],
}
for (const [name, [{ query = '' }, changed]] of Object.entries(mismatches)) {
  const registration = (t) => ({ redirect_uris: [t.at(`/${t.id}/callback${query}`)] })
  module(name, { registration }, async (t) => {
    const walk = await authorize(t, requestOf(t, t.client, { redirect_uri: changed(t.client.redirectUri) }))
    reviewErrorPage(t, walk, REDIRECT_PAGE)
  })
}

module('oidcc-redirect-uri-query-OK', {
  registration: (t) => ({ redirect_uris: [t.at(`/${t.id}/callback?foo=bar`)] }),
}, (t) => signIn(t))

module('oidcc-ensure-redirect-uri-in-authorization-request', {
  registration: (t) => ({ redirect_uris: ['one', 'two'].map((name) => t.at(`/${t.id}/${name}`)) }),
}, async (t) => {
  const walk = await authorize(t, requestOf(t, t.client, { redirect_uri: undefined }))
  reviewErrorPage(t, walk, 'an error page says that the redirect URI is missing (#error)')
})

module('oidcc-redirect-uri-regfrag', { client: false }, async (t) => {
  const answer = await t.callRegistration({
    client_name: `Conformance ${t.id}`,
    grant_types: ['authorization_code'],
    response_types: ['code'],
    redirect_uris: [t.at(`/${t.id}/callback#foobar`)],
  })
  const errors = ['invalid_redirect_uri', 'invalid_client_metadata']
  expectOAuthError(t, answer, [400], errors, { what: 'registration endpoint', severity: 'warn' })
})
