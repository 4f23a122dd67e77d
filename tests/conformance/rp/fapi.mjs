// The flow of FAPI 2.0: the request is pushed, the code is bound by PKCE, the tokens are bound by DPoP
// (FAPI 2.0 Security Profile §5.3, RFC 9126, RFC 9449).

import { createHash, randomUUID } from 'node:crypto'

import * as jose from 'jose'

import { challengeOf, expectOAuthError, oauth, postAs, read, strictly, tokenRequest } from './client.mjs'
import { expectStandardClaims } from './claims.mjs'
import { callbackParameters, codeFields, expectCode, expectIdToken, expectTokenAnswer, requestOf } from './login.mjs'
import { keyPair, now, random, withBrokenSignature } from './keys.mjs'

export const FAPI_ALGORITHMS = ['PS256', 'ES256', 'EdDSA', 'Ed25519']
const GRANT_OR_PROOF = ['invalid_request', 'invalid_grant', 'invalid_dpop_proof']
/** What OIDC Core §6 and RFC 6749 want repeated outside of a request object. */
const REPEATED = ['response_type', 'client_id', 'scope', 'redirect_uri']

/** A DPoP key and its proofs. `change` edits header and claims, `sign` replaces the signing. */
export class Proofs {
  static async create(algorithm = 'ES256') {
    const proofs = new Proofs()
    proofs.key = await keyPair(algorithm)
    const { kid, alg, use, ...publicJwk } = proofs.key.publicJwk
    proofs.publicJwk = publicJwk
    proofs.thumbprint = await jose.calculateJwkThumbprint(publicJwk)
    return proofs
  }

  async make(method, url, { nonce, accessToken, change, sign } = {}) {
    const header = { typ: 'dpop+jwt', alg: this.key.algorithm, jwk: { ...this.publicJwk } }
    const claims = { jti: randomUUID(), htm: method, htu: url.split(/[?#]/)[0], iat: now(), nonce }
    if (accessToken) claims.ath = createHash('sha256').update(accessToken).digest('base64url')
    change?.({ header, claims, key: this.key })
    return (sign ?? this.signed.bind(this))(JSON.parse(JSON.stringify(header)), JSON.parse(JSON.stringify(claims)))
  }

  /** Signed by hand, so that headers which no library would write can be written. */
  async signed(header, claims) {
    const alg = FAPI_ALGORITHMS.includes(header.alg) || header.alg === 'RS256' ? header.alg : this.key.algorithm
    const key = alg === this.key.algorithm ? this.key.privateKey : await jose.importJWK({ ...this.key.privateJwk, alg }, alg)
    const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const real = await new jose.CompactSign(Buffer.from(JSON.stringify(claims))).setProtectedHeader({ ...header, alg }).sign(key)
    // Without `alg` the header itself changes, so the old signature is attached to it as it is.
    return header.alg ? real : [part(header), ...real.split('.').slice(1)].join('.')
  }

  static broken = (proofs) => async (header, claims) => withBrokenSignature(await proofs.signed(header, claims))
}

/** One run of the flow with everything that modules change in it. */
export class Flow {
  static async start(t, client = t.client, changes = {}) {
    const flow = new Flow()
    Object.assign(flow, { t, client, verifier: random(43), proofs: await Proofs.create() })
    flow.request = requestOf(t, client, {
      state: random(16),
      nonce: random(16),
      code_challenge: challengeOf(flow.verifier),
      code_challenge_method: 'S256',
      ...changes,
    })
    return flow
  }

  /** The pushed request as it is answered. */
  push(options = {}) {
    const { pushed_authorization_request_endpoint: url } = this.t.provider.metadata
    return postAs(this.t, this.client, url, { ...this.request, ...options.extra }, options)
  }

  /** The pushed request, accepted (RFC 9126 §2.2). */
  async pushed(options) {
    const { t } = this
    const answer = await this.push(options)
    t.demand(answer.status === 201, 'the pushed request was refused', `${answer.status} ${answer.text}`)
    t.demand(answer.json, 'the answer to the pushed request is not JSON', answer.type)
    const { request_uri: uri, expires_in: seconds } = answer.json
    t.demand(typeof uri === 'string' && uri.startsWith('urn:'), 'there is no request_uri', uri)
    t.check(Number.isInteger(seconds) && seconds >= 5 && seconds < 600, 'expires_in of the pushed request is not from 5 to 599', seconds)
    t.check((answer.headers.get('cache-control') ?? '').includes('no-store'), 'the pushed request may be stored')
    t.check(uri.split(':').at(-1).length >= 22, 'request_uri can be guessed', uri.length)
    Object.assign(this, { requestUri: uri, expiresIn: seconds })
    return this
  }

  /** The address for the browser; `outer` is added, `alone` leaves only the client and the reference. */
  address({ outer = {}, alone = false, clientId = this.client.id } = {}) {
    const url = new URL(this.t.provider.metadata.authorization_endpoint)
    const repeated = alone ? {} : Object.fromEntries(REPEATED.filter((name) => this.request[name]).map((name) => [name, this.request[name]]))
    const parameters = { ...repeated, ...outer, client_id: clientId, request_uri: this.requestUri }
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
    return url
  }

  async authorized(options = {}) {
    const { browser = this.t.browser(), outer, alone, clientId, ...visit } = options
    this.walk = await browser.visit(this.address({ outer, alone, clientId }), visit)
    return this
  }

  /** The answer with a code, `iss` included, as FAPI 2.0 §5.3.2.2 demands. */
  async coded() {
    const answer = await expectCode(this.t, this.client, this.request, this.walk)
    this.t.check(answer.get('iss') === this.t.provider.issuer, 'the answer has no iss')
    this.code = answer.get('code')
    this.t.check(this.code.length >= 22, 'the code can be guessed', this.code.length)
    return this
  }

  proof(options = {}) {
    return (method, url, more) => this.proofs.make(method, url, { ...more, ...options })
  }

  /** The token request for the code, as it is answered. */
  redeem({ fields = {}, client = this.client, proofOptions, bare, ...options } = {}) {
    const proof = bare ? undefined : this.proof(proofOptions)
    return tokenRequest(this.t, client, { ...codeFields(this), ...fields }, { proof, ...options })
  }

  /** The token request, accepted and checked. */
  async redeemed(options) {
    const { t, client } = this
    const answer = await this.redeem(options)
    t.demand(answer.status === 200, 'the token endpoint refused the code', `${answer.status} ${answer.text}`)
    expectTokenAnswer(t, answer)
    t.check(answer.json.token_type?.toLowerCase() === 'dpop', 'token_type is not DPoP', answer.json.token_type)
    const expectedNonce = this.request.nonce ?? oauth.expectNoNonce
    const result = await strictly(t, 'the token response is not sound', () =>
      oauth.processAuthorizationCodeResponse(t.provider.metadata, client.metadata, answer.response, { expectedNonce, requireIdToken: true }))
    Object.assign(this, { tokens: result, accessToken: result.access_token, idToken: result.id_token })
    t.check(this.accessToken.length >= 22, 'the access token can be guessed')
    this.claims = await expectIdToken(t, client, result.id_token)
    t.check(FAPI_ALGORITHMS.includes(jose.decodeProtectedHeader(result.id_token).alg), 'the ID token has an algorithm that FAPI does not allow')
    return this
  }

  /** Userinfo with the token and a proof, as it is answered; a nonce that is asked for is given. */
  async resource({ scheme = 'DPoP', headers = {}, method = 'GET', proofOptions = {}, withoutProof = false, send } = {}) {
    const url = this.t.provider.metadata.userinfo_endpoint
    for (let turn = 0, nonce; ; turn += 1) {
      const all = { authorization: `${scheme} ${this.accessToken}`, 'x-forwarded-for': this.t.address, ...headers }
      if (!withoutProof) all.dpop = await this.proofs.make(method, url, { accessToken: this.accessToken, nonce, ...proofOptions })
      const answer = send ? await send(url, all) : await read(await this.t.fetch(url, { method, headers: all }))
      nonce = answer.headers.get('dpop-nonce')
      const wantsNonce = answer.status === 401 && (answer.headers.get('www-authenticate') ?? '').includes('use_dpop_nonce')
      if (!(turn === 0 && wantsNonce && nonce)) return answer
    }
  }

  /** Userinfo, given. */
  async resourced(options) {
    const { t } = this
    const answer = await this.resource(options)
    t.demand(answer.status === 200, 'userinfo refused the bound token', `${answer.status} ${answer.headers.get('www-authenticate')}`)
    t.demand(answer.json, 'userinfo is not JSON', answer.type)
    t.check(answer.json.sub === this.claims.sub, 'sub of userinfo is another one')
    expectStandardClaims(t, answer.json, 'userinfo')
    this.userinfo = answer.json
    return this
  }
}

/** The whole flow; each step takes its own options. */
export async function complete(t, client = t.client, { changes, push, authorize, redeem, resource, proofs } = {}) {
  const flow = await Flow.start(t, client, changes)
  if (proofs) flow.proofs = proofs
  await flow.pushed(typeof push === 'function' ? push(flow) : push)
  await flow.authorized(authorize)
  await flow.coded()
  await flow.redeemed(redeem)
  return flow.resourced(resource)
}

/** A flow that stands before its token request. */
export async function upToCode(t, client = t.client, { changes, push } = {}) {
  const flow = await Flow.start(t, client, changes)
  await flow.pushed(typeof push === 'function' ? push(flow) : push)
  await flow.authorized()
  return flow.coded()
}

/** A pushed request that is refused where it is pushed. */
export function expectPushRefused(t, answer, errors = ['invalid_request'], statuses = [400]) {
  t.demand(answer.status !== 201, 'the pushed request was accepted')
  expectOAuthError(t, answer, statuses, errors, { what: 'PAR endpoint' })
}

export const expectGrantOrProofError = (t, answer) => expectOAuthError(t, answer, [400, 401], GRANT_OR_PROOF)

/** Errors about the client are 400, and may be 401 when they are `invalid_client` (RFC 6749 §5.2). */
export function expectClientError(t, answer, errors) {
  expectOAuthError(t, answer, answer.json?.error === 'invalid_client' ? [400, 401] : [400], errors)
}

export { callbackParameters }
