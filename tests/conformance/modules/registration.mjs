// Dynamic registration (OIDC Registration 1.0, RFC 7591): what a client may say of itself, and what is then done with it.

import { decodeProtectedHeader } from 'jose'

import { expectOAuthError, tokenRequest } from '../rp/client.mjs'
import { authorize, codeFields, expectCode, expectIdToken, requestOf, signIn } from '../rp/login.mjs'
import { clientAssertion, keyPair } from '../rp/keys.mjs'
import { module } from '../rp/module.mjs'

module('oidcc-idtoken-signature', {}, (t) => expectRs256(t))
module('oidcc-idtoken-rs256', { registration: () => ({ id_token_signed_response_alg: 'RS256' }) }, (t) => expectRs256(t))

async function expectRs256(t) {
  const { idToken } = await signIn(t)
  const { alg } = decodeProtectedHeader(idToken)
  t.check(alg === 'RS256', 'the ID token is not signed with RS256', alg)
}

module('oidcc-idtoken-unsigned', {
  client: false,
  before: (t) => {
    if (!t.provider.supports('id_token_signing_alg_values_supported', 'none')) {
      t.skip('none is not in id_token_signing_alg_values_supported')
    }
  },
}, (t) => t.fail('the provider announces unsigned ID tokens'))

/** What a person sees of the client before signing in; the suite asks for a picture of that page. */
const shown = {
  'oidcc-registration-logo-uri': ['logo_uri', (page, url) => page.all('img', 'src').includes(url), 'the logo of the client'],
  'oidcc-registration-policy-uri': ['policy_uri', (page, url) => page.all('a', 'href').includes(url), 'a link to the policy'],
  'oidcc-registration-tos-uri': ['tos_uri', (page, url) => page.all('a', 'href').includes(url), 'a link to the terms of service'],
}
for (const [name, [member, shows, what]] of Object.entries(shown)) {
  const address = (t) => t.at(`/${t.id}/${member}`)
  module(name, { registration: (t) => ({ [member]: address(t) }) }, async (t) => {
    const request = requestOf(t, t.client)
    const walk = await authorize(t, request)
    await expectCode(t, t.client, request, walk)
    const page = walk.pages.find((one) => one.marker && shows(one, address(t)))
    t.demand(page, `no page before the answer shows ${what}`, walk.pages.map((one) => one.marker ?? one.url.href))
    t.review(`a page of the login shows ${what}`)
  })
}

module('oidcc-registration-jwks-uri', { client: false }, async (t) => {
  const key = await keyPair('RS256')
  const document = t.listener.serveJson(`/${t.id}/jwks`, () => ({ keys: [key.publicJwk] }))
  const client = await t.register({ jwks: undefined, jwks_uri: document.url })
  client.key = key
  await signIn(t, client)
  if (client.authentication === 'private_key_jwt') t.check(document.fetches > 0, 'jwks_uri was never fetched')
})

module('oidcc-ensure-client-assertion-with-iss-aud-succeeds', {}, async (t) => {
  const request = requestOf(t, t.client)
  const walk = await authorize(t, request)
  const answer = await expectCode(t, t.client, request, walk)
  const assertion = await clientAssertion(t.client, t.provider.issuer)
  const token = await tokenRequest(t, t.client, codeFields({ code: answer.get('code'), request }), { assertion })
  if (token.status !== 200) return t.warn('an assertion whose audience is the issuer is refused', token.text)
  await expectIdToken(t, t.client, token.json.id_token)
})

function skipWithoutPairwise(t) {
  if (!t.provider.supports('subject_types_supported', 'pairwise')) t.skip('pairwise is not in subject_types_supported')
}

/** Pairwise with a file of redirect URIs (OIDC Core §8.1). */
function sector(t, uris) {
  return { subject_type: 'pairwise', sector_identifier_uri: t.listener.serveJson(`/${t.id}/sector`, () => uris).url }
}

module('oidcc-registration-sector-uri', {
  before: skipWithoutPairwise,
  registration: (t) => sector(t, [t.at(`/${t.id}/callback`)]),
}, async (t) => {
  t.check(t.client.registration.subject_type === 'pairwise', 'the registration is not pairwise')
})

module('oidcc-registration-sector-bad', { client: false, before: skipWithoutPairwise }, async (t) => {
  const answer = await t.callRegistration({
    client_name: `Conformance ${t.id}`,
    grant_types: ['authorization_code'],
    response_types: ['code'],
    redirect_uris: [t.at(`/${t.id}/callback`)],
    ...sector(t, [t.at(`/${t.id}/another`)]),
  })
  expectOAuthError(t, answer, [400], ['invalid_client_metadata'], { what: 'registration endpoint', severity: 'warn' })
})

module('oidcc-3rd_party-init-login', {
  registration: (t) => ({ initiate_login_uri: t.at(`/${t.id}/initiate`) }),
}, async (t) => {
  const wanted = t.at(`/${t.id}/initiate`)
  t.check(t.client.registration.initiate_login_uri === wanted, 'the registration response lacks initiate_login_uri')
  const answer = await t.manage(t.client, 'GET')
  t.check(answer.status === 200, 'the client configuration endpoint does not answer 200', answer.status)
  t.demand(answer.json, 'the client configuration is not JSON', answer.type)
  t.check(answer.json.initiate_login_uri === wanted, 'the client configuration lacks initiate_login_uri')
})

module('oidcc-3rd_party-init-login-nohttps', { client: false }, async (t) => {
  const answer = await t.callRegistration({
    client_name: `Conformance ${t.id}`,
    grant_types: ['authorization_code'],
    response_types: ['code'],
    redirect_uris: [t.at(`/${t.id}/callback`)],
    initiate_login_uri: t.at(`/${t.id}/initiate`).replace('https:', 'http:'),
  })
  expectOAuthError(t, answer, [400], ['invalid_client_metadata'], { what: 'registration endpoint' })
})
