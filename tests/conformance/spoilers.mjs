// A test that cannot fail proves nothing: for each module, traffic falsified so that the module must notice.
// `node run.mjs` with `"spoiled": true` runs the modules behind these, and each must end as its spoiler says.

const RELYING_PARTY = 'https://rp.conformance.test'
const AUTHORIZE = '/oauth2/authorize'
const TOKEN = '/oauth2/token'
const USERINFO = '/oauth2/userinfo'
const PAR = '/oauth2/par'
const REGISTER = '/oauth2/register'
const LOGOUT = '/oauth2/logout'
const METADATA = '/.well-known/openid-configuration'
const JWKS = '/oauth2/jwks'

const at = (path, change) => (asked) => (asked.url.pathname === path ? change(asked) : undefined)
const after = (path, change) => (answer, asked) => (asked.url.pathname === path ? change(answer, asked) : undefined)
const json = (status, value) => ({ status, headers: { 'content-type': 'application/json', 'cache-control': 'no-store' }, body: JSON.stringify(value) })
const page = (status) => ({ status, headers: { 'content-type': 'text/html' }, body: '<p>no' })
const failed = (spoiler) => ({ ends: 'FAILED', ...spoiler })
const warned = (spoiler) => ({ ends: 'WARNING', ...spoiler })

/** The parameters of authorization requests, in the query or in the form, changed. */
const requests = (change) => ({
  request: at(AUTHORIZE, (asked) => {
    change(asked.url.searchParams)
    if (asked.method !== 'POST') return
    const form = new URLSearchParams(asked.body)
    change(form)
    asked.body = form.toString()
  }),
})
const without = (...names) => requests((parameters) => names.forEach((name) => parameters.delete(name)))
const instead = (name, value) => requests((parameters) => parameters.has(name) && parameters.set(name, value))
/** Whoever sends this parameter is shown an error. */
const refusing = (name) => ({ request: at(AUTHORIZE, (asked) => (asked.url.searchParams.has(name) ? page(400) : undefined)) })

/** JSON of an answer, changed. */
const edited = (path, change, only = () => true) => ({
  response: after(path, (answer, asked) => {
    if (answer.status >= 400 || !only(asked)) return undefined
    const value = JSON.parse(answer.body)
    change(value)
    return { ...answer, body: JSON.stringify(value) }
  }),
})
const metadata = (change) => edited(METADATA, change)

/** Refusals of an endpoint, turned into successes. */
const accepting = (path, answer) => ({ response: after(path, (real) => (real.status >= 400 ? answer : undefined)) })
const acceptingTokens = () => accepting(TOKEN, json(200, { access_token: 'x', token_type: 'DPoP' }))
const acceptingPushes = () => accepting(PAR, json(201, { request_uri: 'urn:spoiled', expires_in: 60 }))
const refusingAt = (path, error = 'invalid_client', only = () => true) => ({
  request: at(path, (asked) => (only(asked) ? json(401, { error }) : undefined)),
})
const isRefresh = ({ body }) => body.includes('grant_type=refresh_token')

/** The answer to the relying party, in a redirect or in a form, with another value for one of its parameters. */
const answers = (name, value) => ({
  response: (answer) => {
    const { location } = answer.headers
    if (location?.startsWith(RELYING_PARTY)) {
      const changed = new URL(location)
      if (!changed.searchParams.has(name)) return undefined
      if (value === null) changed.searchParams.delete(name)
      else changed.searchParams.set(name, value)
      return { ...answer, headers: { ...answer.headers, location: changed.href } }
    }
    const field = new RegExp(`(name="${name}" value=")[^"]*`)
    return field.test(answer.body) ? { ...answer, body: answer.body.replace(field, `$1${value}`) } : undefined
  },
})

/** Error pages of the authorization endpoint, turned into redirects to wherever the request said. */
const sentBack = (error = 'invalid_request', fallback = `${RELYING_PARTY}/callback`) => ({
  response: after(AUTHORIZE, (answer, { url }) => {
    if (answer.status < 400) return undefined
    const location = new URL(url.searchParams.get('redirect_uri') ?? fallback)
    location.searchParams.set('error', error)
    return { status: 303, headers: { location: location.href } }
  }),
})

/** The first good answer to a code is given again to whoever comes with it again. */
const replaying = () => {
  let first
  return {
    response: after(TOKEN, (answer, { body }) => {
      if (!body.includes('grant_type=authorization_code')) return undefined
      if (answer.status === 200) first = answer
      return first
    }),
  }
}

/** The first answer of an address for ever. */
const frozen = (path) => {
  let first
  return { response: after(path, (answer) => (first ??= answer)) }
}

/** The end session endpoint sends people back and tells the provider nothing. */
const pretendedLogout = () => ({
  request: at(LOGOUT, ({ url }) => {
    const back = new URL(url.searchParams.get('post_logout_redirect_uri') ?? `${RELYING_PARTY}/post_logout`)
    if (url.searchParams.has('state')) back.searchParams.set('state', url.searchParams.get('state'))
    return { status: 303, headers: { location: back.href } }
  }),
})

const anotherHeader = (token) => ['eyJhbGciOiJFUzI1NiJ9', ...token.split('.').slice(1)].join('.')
const badState = () => failed(answers('state', 'another'))

/** The members of the metadata that would make these modules run. */
const moreScopes = (...scopes) => warned(metadata((all) => all.scopes_supported?.push(...scopes)))

const OIDC = {
  'oidcc-discovery-endpoint-verification': () => failed(metadata((all) => { all.subject_types_supported = [] })),
  'oidcc-server': badState,
  'oidcc-response-type-missing': () => failed(answers('error', 'server_error')),
  'oidcc-idtoken-signature': () => failed(edited(TOKEN, (all) => { all.id_token = anotherHeader(all.id_token) })),
  'oidcc-idtoken-rs256': () => failed(edited(TOKEN, (all) => { all.id_token = anotherHeader(all.id_token) })),
  'oidcc-idtoken-unsigned': () => failed(metadata((all) => all.id_token_signing_alg_values_supported.push('none'))),
  'oidcc-userinfo-get': () => failed(edited(USERINFO, (all) => { all.sub = 'another' })),
  'oidcc-userinfo-post-header': () => failed({ request: at(USERINFO, ({ method }) => (method === 'POST' ? page(405) : undefined)) }),
  'oidcc-userinfo-post-body': () => warned({ request: at(USERINFO, ({ method }) => (method === 'POST' ? page(401) : undefined)) }),
  'oidcc-userinfo-rs256': () => failed({ response: after(USERINFO, (answer) => ({ ...answer, headers: { 'content-type': 'application/json' } })) }),
  'oidcc-ensure-request-without-nonce-succeeds-for-code-flow': () => failed(requests((parameters) => parameters.has('client_id') && parameters.set('nonce', 'unasked'))),
  'oidcc-scope-profile': () => failed(edited(USERINFO, (all) => { all.name = '' })),
  'oidcc-scope-email': () => failed(edited(USERINFO, (all) => { all.email_verified = 'true' })),
  'oidcc-scope-address': () => moreScopes('address'),
  'oidcc-scope-phone': () => moreScopes('phone'),
  'oidcc-scope-all': () => moreScopes('address', 'phone', 'email'),
  'oidcc-alternate-happy-flow': badState,
  'oidcc-display-page': () => failed(refusing('display')),
  'oidcc-display-popup': () => failed(refusing('display')),
  'oidcc-prompt-login': () => failed(without('prompt')),
  'oidcc-prompt-none-not-logged-in': () => failed(without('prompt')),
  'oidcc-prompt-none-logged-in': () => failed(instead('prompt', 'login')),
  'oidcc-max-age-1': () => failed(without('max_age')),
  'oidcc-max-age-10000': () => failed(instead('max_age', '0')),
  'oidcc-ensure-request-with-unknown-parameter-succeeds': () => failed(refusing('extra')),
  'oidcc-id-token-hint': () => failed(refusing('id_token_hint')),
  'oidcc-login-hint': () => failed(refusing('login_hint')),
  'oidcc-ui-locales': () => failed(refusing('ui_locales')),
  'oidcc-claims-locales': () => failed(refusing('claims_locales')),
  'oidcc-ensure-request-with-acr-values-succeeds': () => warned(metadata((all) => { all.acr_values_supported = ['urn:another'] })),
  'oidcc-codereuse': () => warned(replaying()),
  'oidcc-codereuse-30seconds': () => failed(replaying()),
  'oidcc-ensure-registered-redirect-uri': () => failed(sentBack()),
  'oidcc-ensure-redirect-uri-in-authorization-request': () => failed(sentBack()),
  'oidcc-redirect-uri-query-added': () => failed(sentBack()),
  'oidcc-redirect-uri-query-mismatch': () => failed(sentBack()),
  'oidcc-redirect-uri-query-OK': () => failed(answers('foo', null)),
  'oidcc-redirect-uri-regfrag': () => failed(accepting(REGISTER, json(201, { client_id: 'x' }))),
  'oidcc-ensure-post-request-succeeds': () => warned({ request: at(AUTHORIZE, ({ method }) => (method === 'POST' ? page(405) : undefined)) }),
  'oidcc-server-client-secret-post': () => failed(refusingAt(TOKEN, 'invalid_client', ({ body }) => body.includes('client_secret='))),
  'oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported': () => failed(withUnsigned(without('request_uri'))),
  'oidcc-request-uri-unsigned': () => failed(withUnsigned(without('request_uri'))),
  'oidcc-request-uri-signed-rs256': () => failed(without('request_uri')),
  'oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported': () => failed(withUnsigned(without('request'))),
  'oidcc-ensure-request-object-with-redirect-uri': () => failed(withUnsigned(sentBack('request_not_supported'))),
  'oidcc-claims-essential': () => warned(edited(USERINFO, (all) => { delete all.name })),
  'oidcc-refresh-token': () => failed({
    ...refusingAt(TOKEN, 'invalid_grant', isRefresh),
    ...edited(TOKEN, (all) => { all.refresh_token ??= 'invented' }),
  }),
  'oidcc-refresh-token-rp-key-rotation': () => failed(refusingAt(TOKEN, 'invalid_client', isRefresh)),
  'oidcc-ensure-request-with-valid-pkce-succeeds': () => failed(without('code_challenge', 'code_challenge_method')),
  'oidcc-ensure-client-assertion-with-iss-aud-succeeds': () => warned(refusingAt(TOKEN)),
  'oidcc-registration-jwks-uri': () => failed(refusingAt(TOKEN)),
  'oidcc-registration-logo-uri': () => failed(pages((html) => html.replace(/<img /g, '<i '))),
  'oidcc-registration-policy-uri': () => failed(pages((html) => html.replace(/href=/g, 'title='))),
  'oidcc-registration-tos-uri': () => failed(pages((html) => html.replace(/href=/g, 'title='))),
  'oidcc-registration-sector-uri': () => failed(edited(REGISTER, (all) => { all.subject_type = 'public' })),
  'oidcc-registration-sector-bad': () => failed(accepting(REGISTER, json(201, { client_id: 'x' }))),
  'oidcc-server-rotate-keys': () => failed(frozen(JWKS)),
  'oidcc-3rd_party-init-login': () => failed(edited(REGISTER, (all) => { delete all.initiate_login_uri })),
  'oidcc-3rd_party-init-login-nohttps': () => failed(accepting(REGISTER, json(201, { client_id: 'x' }))),
}

/** As if the provider did not name the algorithms of request objects, so that the module is not skipped. */
function withUnsigned(spoiler) {
  const silent = metadata((all) => { delete all.request_object_signing_alg_values_supported })
  return { ...spoiler, response: (answer, asked) => silent.response(answer, asked) ?? spoiler.response?.(answer, asked) }
}

function pages(change) {
  return {
    response: (answer) => ((answer.headers['content-type'] ?? '').startsWith('text/html') ? { ...answer, body: change(answer.body) } : undefined),
  }
}

const LOGOUTS = {
  'oidcc-rp-initiated-logout-discovery-endpoint-verification': () => failed(metadata((all) => { delete all.end_session_endpoint })),
  'oidcc-backchannel-logout-discovery-endpoint-verification': () => failed(metadata((all) => { all.backchannel_logout_session_supported = false })),
  'oidcc-rp-initiated-logout': () => failed(pretendedLogout()),
  'oidcc-rp-initiated-logout-no-state': () => failed(pretendedLogout()),
  'oidcc-rp-initiated-logout-bad-post-logout-redirect-uri': () => failed(pretendedLogout()),
  'oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri': () => failed(pretendedLogout()),
  'oidcc-rp-initiated-logout-no-id-token-hint': () => failed(pretendedLogout()),
  'oidcc-rp-initiated-logout-modified-id-token-hint': () => failed(pretendedLogout()),
  'oidcc-rp-initiated-logout-bad-id-token-hint': () => failed(pretendedLogout()),
  'oidcc-rp-initiated-logout-no-params': () => failed(pretendedLogout()),
  'oidcc-rp-initiated-logout-only-state': () => failed(pretendedLogout()),
  'oidcc-rp-initiated-logout-no-post-logout-redirect-uri': () => failed(pretendedLogout()),
  'oidcc-backchannel-rp-initiated-logout': () => failed(pretendedLogout()),
}

/** Every claim about a proof is worth nothing when userinfo takes anything. */
const openUserinfo = () => accepting(USERINFO, json(200, { sub: 'somebody' }))

const FAPI = {
  'discovery-end-point-verification': () => failed(metadata((all) => { all.authorization_response_iss_parameter_supported = false })),
  'happy-flow': () => failed(answers('iss', 'https://somebody.else.test')),
  'user-rejects-authentication': () => failed(answers('error', 'server_error')),
  'test-claims-parameter-identity-claims': () => failed(edited(USERINFO, (all) => { all.name = '' })),
  'access-token-type-header-case-sensitivity': () => failed(refusingAt(USERINFO, 'invalid_token', ({ headers }) => !(headers.authorization ?? '').startsWith('DPoP '))),
  'ensure-authorization-request-without-nonce-success': () => failed({
    request: at(PAR, (asked) => { asked.body += '&nonce=unasked' }),
  }),
  'ensure-authorization-request-without-state-success': () => failed({ request: at(PAR, (asked) => { asked.body += '&state=unasked' }) }),
  'state-only-outside-request-object-not-used': () => failed({ request: at(PAR, (asked) => { asked.body += '&state=unasked' }) }),
  'check-dpop-proof-nbf-exp': () => failed(refusingAt(TOKEN, 'invalid_dpop_proof')),
  'ensure-dpopproof-with-iat-10seconds-before-succeeds': () => failed(refusingAt(USERINFO, 'invalid_dpop_proof')),
  'ensure-dpopproof-with-iat-10seconds-after-succeeds': () => failed(refusingAt(USERINFO, 'invalid_dpop_proof')),
  'ensure-dpopproof-at-par-endpoint-binding-success': () => failed(refusingAt(TOKEN, 'invalid_grant')),
  'ensure-dpop-auth-code-binding-success': () => failed(refusingAt(TOKEN, 'invalid_grant')),
  'ensure-unsigned-authorization-request-without-using-par-fails': () => failed({ request: at(AUTHORIZE, ({ url }) => ({ status: 303, headers: { location: `${url.searchParams.get('redirect_uri')}?code=x` } })) }),
  'par-attempt-reuse-request_uri': () => failed(answers('state', 'another')),
  'par-attempt-to-use-expired-request_uri': () => failed({ request: at(AUTHORIZE, ({ url }) => ({ status: 303, headers: { location: `${url.searchParams.get('redirect_uri')}?code=x` } })) }),
  'par-attempt-to-use-request_uri-for-different-client': () => failed({ request: at(AUTHORIZE, ({ url }) => ({ status: 303, headers: { location: `${url.searchParams.get('redirect_uri')}?code=x` } })) }),
  'par-attempt-invalid-http-method': () => failed(acceptingPushes()),
  'par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted': () => warned(refusingAt(PAR)),
  'attempt-reuse-authorization-code-after-one-second': () => failed(replaying()),
  'dpop-negative-tests': () => failed(openUserinfo()),
  'refresh-token': () => failed(refusingAt(TOKEN, 'invalid_grant', isRefresh)),
}
for (const name of ['ensure-request-object-without-redirect-uri-fails', 'ensure-redirect-uri-in-authorization-request', 'par-ensure-pkce-required',
  'plain-fapi-tolerate-unregistered-redirect-uri', 'ensure-response-type-code-idtoken-fails', 'ensure-response-type-token-fails',
  'par-plain-pkce-rejected', 'par-authorization-request-containing-request_uri-form-param', 'ensure-mismatched-dpop-jkt-fails',
  'par-test-array-as-audience-fails', 'par-test-par-endpoint-url-as-audience-fails', 'par-test-token-endpoint-url-as-audience-fails',
  'par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails']) {
  FAPI[name] = () => failed(acceptingPushes())
}
for (const name of ['ensure-token-endpoint-fails-with-mismatched-dpop-jkt', 'ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt',
  'ensure-holder-of-key-required', 'ensure-pkce-code-verifier-required', 'incorrect-pkce-code-verifier-rejected',
  'ensure-authorization-code-is-bound-to-client', 'ensure-token-endpoint-fails-with-expired-auth-code',
  'ensure-client-assertion-with-exp-is-5-minutes-in-past-fails', 'ensure-client-assertion-with-wrong-aud-fails',
  'ensure-client-assertion-with-no-sub-fails', 'ensure-signed-client-assertion-with-RS256-fails',
  'ensure-client-assertion-in-token-endpoint', 'ensure-client-id-in-token-endpoint']) {
  FAPI[name] = () => failed(acceptingTokens())
}
/** Flows that are good to the end: the last step is refused, or the state is another. */
for (const name of ['par-without-duplicate-parameters', 'ensure-other-scope-order-succeeds', 'ensure-authorization-request-with-64-char-nonce-success',
  'ensure-authorization-request-with-long-nonce', 'ensure-authorization-request-with-long-state',
  'ensure-different-nonce-inside-and-outside-request-object', 'ensure-different-state-inside-and-outside-request-object',
  'par-ensure-reused-request-uri-prior-to-auth-completion-succeeds']) {
  FAPI[name] = badState
}

/** The plans that hold every module once. */
export const SPOILED_PLANS = ['config', 'basic-static', 'basic-dynamic', 'comprehensive', 'rp-initiated-logout-static', 'backchannel-logout-static', '3rd-party-init-login', 'fapi2']

const prefixed = Object.fromEntries(Object.entries(FAPI).map(([name, make]) => [`fapi2-security-profile-final-${name}`, make]))
export const SPOILERS = { ...OIDC, ...LOGOUTS, ...prefixed }
