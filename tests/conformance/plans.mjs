// The plans of the Foundation's suite that we run, with the variant of each and its modules in the suite's order.

import './modules/basic.mjs'
import './modules/codes.mjs'
import './modules/discovery.mjs'
import './modules/fapi_dpop.mjs'
import './modules/fapi_flow.mjs'
import './modules/fapi_refusals.mjs'
import './modules/logout.mjs'
import './modules/refresh.mjs'
import './modules/registration.mjs'
import './modules/request_objects.mjs'
import './modules/sessions.mjs'

const words = (text) => text.trim().split(/\s+/)

const BASIC_DYNAMIC = words(`
  oidcc-server oidcc-response-type-missing oidcc-idtoken-signature oidcc-idtoken-unsigned oidcc-userinfo-get
  oidcc-userinfo-post-header oidcc-userinfo-post-body oidcc-ensure-request-without-nonce-succeeds-for-code-flow
  oidcc-scope-profile oidcc-scope-email oidcc-scope-address oidcc-scope-phone oidcc-scope-all oidcc-alternate-happy-flow
  oidcc-display-page oidcc-display-popup oidcc-prompt-login oidcc-prompt-none-not-logged-in oidcc-prompt-none-logged-in
  oidcc-max-age-1 oidcc-max-age-10000 oidcc-ensure-request-with-unknown-parameter-succeeds oidcc-id-token-hint
  oidcc-login-hint oidcc-ui-locales oidcc-claims-locales oidcc-ensure-request-with-acr-values-succeeds oidcc-codereuse
  oidcc-codereuse-30seconds oidcc-ensure-registered-redirect-uri oidcc-ensure-post-request-succeeds
  oidcc-server-client-secret-post oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported
  oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported oidcc-claims-essential
  oidcc-ensure-request-object-with-redirect-uri oidcc-refresh-token oidcc-ensure-request-with-valid-pkce-succeeds`)

/** The suite leaves these out when the client is declared and not registered. */
const DYNAMIC_ONLY = words(`
  oidcc-idtoken-signature oidcc-idtoken-unsigned oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported`)

const BASIC_STATIC = BASIC_DYNAMIC.filter((name) => !DYNAMIC_ONLY.includes(name))

const COMPREHENSIVE = words(`
  oidcc-discovery-endpoint-verification oidcc-registration-jwks-uri oidcc-registration-logo-uri
  oidcc-registration-policy-uri oidcc-registration-sector-uri oidcc-registration-tos-uri oidcc-server oidcc-refresh-token
  oidcc-ensure-request-without-nonce-succeeds-for-code-flow oidcc-idtoken-rs256 oidcc-idtoken-signature
  oidcc-idtoken-unsigned oidcc-claims-essential oidcc-scope-address oidcc-scope-all oidcc-scope-email oidcc-scope-phone
  oidcc-scope-profile oidcc-alternate-happy-flow oidcc-prompt-login oidcc-prompt-none-logged-in
  oidcc-prompt-none-not-logged-in oidcc-redirect-uri-query-OK oidcc-claims-locales oidcc-id-token-hint oidcc-login-hint
  oidcc-max-age-1 oidcc-max-age-10000 oidcc-userinfo-get oidcc-userinfo-post-body oidcc-userinfo-post-header
  oidcc-userinfo-rs256 oidcc-ensure-request-with-acr-values-succeeds
  oidcc-ensure-request-with-unknown-parameter-succeeds oidcc-ui-locales oidcc-display-page oidcc-display-popup
  oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported oidcc-request-uri-unsigned
  oidcc-request-uri-signed-rs256 oidcc-refresh-token-rp-key-rotation oidcc-server-rotate-keys
  oidcc-ensure-request-with-valid-pkce-succeeds oidcc-ensure-client-assertion-with-iss-aud-succeeds oidcc-codereuse
  oidcc-codereuse-30seconds oidcc-ensure-redirect-uri-in-authorization-request oidcc-ensure-registered-redirect-uri
  oidcc-ensure-request-object-with-redirect-uri oidcc-redirect-uri-query-added oidcc-redirect-uri-query-mismatch
  oidcc-redirect-uri-regfrag oidcc-registration-sector-bad oidcc-response-type-missing`)

const LOGOUT = words(`
  oidcc-rp-initiated-logout-discovery-endpoint-verification oidcc-rp-initiated-logout
  oidcc-rp-initiated-logout-bad-post-logout-redirect-uri oidcc-rp-initiated-logout-modified-id-token-hint
  oidcc-rp-initiated-logout-no-id-token-hint oidcc-rp-initiated-logout-no-params
  oidcc-rp-initiated-logout-no-post-logout-redirect-uri oidcc-rp-initiated-logout-no-state
  oidcc-rp-initiated-logout-only-state oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri
  oidcc-rp-initiated-logout-bad-id-token-hint`)

const BACKCHANNEL = words(`
  oidcc-backchannel-logout-discovery-endpoint-verification oidcc-backchannel-rp-initiated-logout`)

const FAPI = words(`
  discovery-end-point-verification happy-flow user-rejects-authentication
  ensure-authorization-request-without-state-success ensure-authorization-request-without-nonce-success
  ensure-authorization-request-with-64-char-nonce-success ensure-other-scope-order-succeeds
  test-claims-parameter-identity-claims access-token-type-header-case-sensitivity check-dpop-proof-nbf-exp
  ensure-dpopproof-with-iat-10seconds-before-succeeds ensure-dpopproof-with-iat-10seconds-after-succeeds
  ensure-mismatched-dpop-jkt-fails ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt
  ensure-token-endpoint-fails-with-mismatched-dpop-jkt ensure-dpopproof-at-par-endpoint-binding-success
  ensure-dpop-auth-code-binding-success ensure-different-nonce-inside-and-outside-request-object
  ensure-different-state-inside-and-outside-request-object ensure-authorization-request-with-long-nonce
  ensure-authorization-request-with-long-state state-only-outside-request-object-not-used
  ensure-request-object-without-redirect-uri-fails plain-fapi-tolerate-unregistered-redirect-uri
  ensure-unsigned-authorization-request-without-using-par-fails ensure-redirect-uri-in-authorization-request
  ensure-response-type-code-idtoken-fails ensure-response-type-token-fails ensure-client-id-in-token-endpoint
  ensure-holder-of-key-required ensure-authorization-code-is-bound-to-client
  attempt-reuse-authorization-code-after-one-second ensure-token-endpoint-fails-with-expired-auth-code
  ensure-signed-client-assertion-with-RS256-fails ensure-client-assertion-in-token-endpoint
  ensure-client-assertion-with-exp-is-5-minutes-in-past-fails ensure-client-assertion-with-wrong-aud-fails
  ensure-client-assertion-with-no-sub-fails dpop-negative-tests refresh-token
  par-ensure-reused-request-uri-prior-to-auth-completion-succeeds par-attempt-reuse-request_uri
  par-attempt-to-use-expired-request_uri par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted
  par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails
  par-attempt-to-use-request_uri-for-different-client par-authorization-request-containing-request_uri-form-param
  par-attempt-invalid-http-method par-ensure-pkce-required ensure-pkce-code-verifier-required
  incorrect-pkce-code-verifier-rejected par-plain-pkce-rejected par-without-duplicate-parameters
  par-test-array-as-audience-fails par-test-par-endpoint-url-as-audience-fails
  par-test-token-endpoint-url-as-audience-fails`).map((name) => `fapi2-security-profile-final-${name}`)

/** One plan in one variant. The key names it here, in the expectations and in the tests. */
const plan = (suite, variant, modules) => ({ suite, variant, modules })
const declared = { client_registration: 'static_client' }
const registered = { client_registration: 'dynamic_client' }
const formPost = { response_mode: 'form_post' }

export const PLANS = {
  config: plan('oidcc-config-certification-test-plan', declared, ['oidcc-discovery-endpoint-verification']),
  'basic-static': plan('oidcc-basic-certification-test-plan', declared, BASIC_STATIC),
  'basic-dynamic': plan('oidcc-basic-certification-test-plan', registered, BASIC_DYNAMIC),
  'form-post-static': plan('oidcc-formpost-basic-certification-test-plan', { ...declared, ...formPost }, BASIC_STATIC),
  'form-post-dynamic': plan('oidcc-formpost-basic-certification-test-plan', { ...registered, ...formPost }, BASIC_DYNAMIC),
  'rp-initiated-logout-static': plan('oidcc-rp-initiated-logout-certification-test-plan', declared, LOGOUT),
  'rp-initiated-logout-dynamic': plan('oidcc-rp-initiated-logout-certification-test-plan', registered, LOGOUT),
  'backchannel-logout-static': plan('oidcc-backchannel-rp-initiated-logout-certification-test-plan', declared, BACKCHANNEL),
  'backchannel-logout-dynamic': plan('oidcc-backchannel-rp-initiated-logout-certification-test-plan', registered, BACKCHANNEL),
  '3rd-party-init-login': plan('oidcc-3rdparty-init-login-certification-test-plan', registered, [
    'oidcc-3rd_party-init-login', 'oidcc-3rd_party-init-login-nohttps',
  ]),
  comprehensive: plan('oidcc-test-plan', { ...registered, client_auth_type: 'private_key_jwt' }, COMPREHENSIVE),
  fapi2: plan('fapi2-security-profile-final-test-plan', {
    ...declared, client_auth_type: 'private_key_jwt', sender_constrain: 'dpop', fapi_profile: 'plain_fapi', openid: 'openid_connect',
  }, FAPI),
}
