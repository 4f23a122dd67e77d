// What the provider says of itself (OIDC Discovery §3, RFC 8414 §2), and the rotation of its keys.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { read } from '../rp/client.mjs'
import { Provider } from '../rp/provider.mjs'
import { module } from '../rp/module.mjs'

const KNOWN = `issuer authorization_endpoint token_endpoint userinfo_endpoint jwks_uri registration_endpoint scopes_supported
  response_types_supported response_modes_supported grant_types_supported acr_values_supported subject_types_supported
  id_token_signing_alg_values_supported id_token_encryption_alg_values_supported id_token_encryption_enc_values_supported
  userinfo_signing_alg_values_supported userinfo_encryption_alg_values_supported userinfo_encryption_enc_values_supported
  request_object_signing_alg_values_supported request_object_encryption_alg_values_supported
  request_object_encryption_enc_values_supported token_endpoint_auth_methods_supported
  token_endpoint_auth_signing_alg_values_supported display_values_supported claim_types_supported claims_supported
  service_documentation claims_locales_supported ui_locales_supported claims_parameter_supported
  request_parameter_supported request_uri_parameter_supported require_request_uri_registration op_policy_uri op_tos_uri
  revocation_endpoint revocation_endpoint_auth_methods_supported revocation_endpoint_auth_signing_alg_values_supported
  introspection_endpoint introspection_endpoint_auth_methods_supported
  introspection_endpoint_auth_signing_alg_values_supported code_challenge_methods_supported signed_metadata
  device_authorization_endpoint pushed_authorization_request_endpoint require_pushed_authorization_requests
  authorization_response_iss_parameter_supported dpop_signing_alg_values_supported prompt_values_supported
  tls_client_certificate_bound_access_tokens mtls_endpoint_aliases require_signed_request_object end_session_endpoint
  backchannel_logout_supported backchannel_logout_session_supported frontchannel_logout_supported
  frontchannel_logout_session_supported check_session_iframe authorization_signing_alg_values_supported
  authorization_details_types_supported protected_resources introspection_signing_alg_values_supported`.split(/\s+/)

const isFilledArray = (value) => Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string' && one)

/** What both the OpenID and the FAPI plan ask of the document. */
export function expectSoundMetadata(t, metadata) {
  t.check(metadata.issuer === t.settings.issuer, 'the issuer is not the address of the document', metadata.issuer)
  const issuer = new URL(metadata.issuer)
  t.check(!metadata.issuer.includes('?') && !metadata.issuer.includes('#'), 'the issuer has a query or a fragment')
  t.check(issuer.protocol === 'https:', 'the issuer is not https', metadata.issuer)
  for (const [name, value] of Object.entries(metadata)) {
    if (!KNOWN.includes(name)) t.warn('the metadata has members that no specification names', name)
    if (/_supported$/.test(name) && Array.isArray(value)) t.check(isFilledArray(value), `${name} is empty or no list of texts`, value)
    if (/(_endpoint|_uri|check_session_iframe|service_documentation)$/.test(name)) {
      const sound = typeof value === 'string' && URL.canParse(value) && new URL(value).protocol === 'https:' && !value.includes('#')
      t.check(sound, `${name} is no https address`, value)
    }
    if (/_parameter_supported$|^require_|_logout_(session_)?supported$/.test(name)) {
      t.check(typeof value === 'boolean', `${name} is no boolean`, value)
    }
  }
  for (const scope of metadata.scopes_supported ?? []) {
    t.check(/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope), 'scopes_supported has a malformed scope', scope)
  }
  for (const tag of [...(metadata.ui_locales_supported ?? []), ...(metadata.claims_locales_supported ?? [])]) {
    expectLanguageTag(t, tag)
  }
}

/** BCP 47 by the runtime's own parser, which also knows the canonical spelling. */
function expectLanguageTag(t, tag) {
  try {
    t.wish(Intl.getCanonicalLocales(tag)[0] === tag, 'a language tag is not in its canonical spelling', tag)
  } catch {
    t.fail('a language tag is malformed', tag)
  }
}

async function readMetadata(t) {
  const url = `${t.settings.issuer}/.well-known/openid-configuration`
  const answer = await read(await t.fetch(url))
  t.demand(answer.status === 200, 'the discovery document is not answered with 200', answer.status)
  t.demand(answer.json, 'the discovery document is not application/json', answer.type)
  return answer.json
}

module('oidcc-discovery-endpoint-verification', { client: false }, async (t) => {
  const metadata = await readMetadata(t)
  expectSoundMetadata(t, metadata)
  for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri']) t.check(metadata[name], `${name} is missing`)
  t.wish(metadata.userinfo_endpoint, 'userinfo_endpoint is missing')
  expectTypes(t, metadata)
  t.check(isFilledArray(metadata.subject_types_supported), 'subject_types_supported is missing')
  const algorithms = metadata.id_token_signing_alg_values_supported ?? []
  t.check(algorithms.includes('RS256'), 'RS256 is not in id_token_signing_alg_values_supported', algorithms)
  const ofObjects = metadata.request_object_signing_alg_values_supported
  t.wish(!ofObjects || ofObjects.includes('RS256'), 'RS256 is not in request_object_signing_alg_values_supported')
  t.wish(isFilledArray(metadata.claims_supported), 'claims_supported is missing')
  if (metadata.scopes_supported) t.check(metadata.scopes_supported.includes('openid'), 'openid is not in scopes_supported')
  else t.warn('scopes_supported is missing')
  const challenges = metadata.code_challenge_methods_supported
  if (challenges !== undefined) t.check(Array.isArray(challenges), 'code_challenge_methods_supported is no array')
})

/** A dynamic provider must know the implicit types as well (OIDC Core §15.2); a code-only one does not. */
function expectTypes(t, metadata) {
  const types = metadata.response_types_supported ?? []
  const grants = metadata.grant_types_supported ?? ['authorization_code', 'implicit']
  const [wantedTypes, wantedGrants] = t.dynamic
    ? [['code', 'id_token', 'id_token token'], ['authorization_code', 'implicit']]
    : [['code'], ['authorization_code']]
  const lacking = [...wantedTypes.filter((one) => !types.includes(one)), ...wantedGrants.filter((one) => !grants.includes(one))]
  t.check(lacking.length === 0, `not announced: ${lacking.join(', ')}`)
}

const logoutDiscovery = {
  'oidcc-rp-initiated-logout-discovery-endpoint-verification': [],
  'oidcc-backchannel-logout-discovery-endpoint-verification': ['backchannel_logout_supported', 'backchannel_logout_session_supported'],
}
for (const [name, flags] of Object.entries(logoutDiscovery)) {
  module(name, { client: false }, async (t) => {
    const metadata = await readMetadata(t)
    for (const [member, value] of Object.entries(metadata)) {
      if (member.endsWith('_endpoint')) t.check(String(value).startsWith('https://'), `${member} is no https address`, value)
    }
    t.check(metadata.end_session_endpoint, 'end_session_endpoint is not announced')
    for (const flag of flags) t.check(metadata[flag] === true, `${flag} is not announced`)
  })
}

/** The operator rotates, as the suite asks a person to; then the new key is there, and the old one still is. */
module('oidcc-server-rotate-keys', { client: false }, async (t) => {
  const before = t.provider.jwks.keys.map((key) => key.kid)
  const [program, ...fixed] = t.settings.rotate
  await promisify(execFile)(program, fixed)
  // The running server notices by its own polling; half a minute is far beyond that.
  let after = before
  for (let turn = 0; turn < 30 && after.every((kid) => before.includes(kid)); turn += 1) {
    await t.wait(1)
    const provider = await new Provider(t.settings.issuer).discover(t)
    after = provider.jwks.keys.map((key) => key.kid)
  }
  t.check(after.some((kid) => !before.includes(kid)), 'the JWKS has no new key after a rotation', after)
  t.wish(before.every((kid) => after.includes(kid)), 'the JWKS lost a key that may still have signed something')
})
