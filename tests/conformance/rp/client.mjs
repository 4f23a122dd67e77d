// A client of the provider: declared in its configuration or registered for one module, and how it authenticates.

import { createHash } from 'node:crypto'

import * as oauth from 'oauth4webapi'

import { clientAssertion } from './keys.mjs'

const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

export class Client {
  constructor(parts) {
    Object.assign(this, { scope: 'openid', idTokenAlgorithm: 'RS256' }, parts)
  }

  /** The client as oauth4webapi wants it; it refuses an ID token with another algorithm. */
  get metadata() {
    return {
      client_id: this.id,
      id_token_signed_response_alg: this.idTokenAlgorithm,
      userinfo_signed_response_alg: this.userinfoAlgorithm,
      require_auth_time: false,
    }
  }

  /** Adds the client's authentication to a form and to headers, by the method it is registered with. */
  async authenticate(provider, body, headers, options = {}) {
    switch (options.method ?? this.authentication) {
      case 'client_secret_basic': {
        const part = (text) => encodeURIComponent(text).replace(/%20/g, '+')
        headers.authorization = `Basic ${Buffer.from(`${part(this.id)}:${part(this.secret)}`).toString('base64')}`
        break
      }
      case 'client_secret_post':
        body.set('client_id', this.id)
        body.set('client_secret', this.secret)
        break
      case 'private_key_jwt': {
        // OIDC Core §9 suggests the token endpoint; FAPI 2.0 §5.3.2.1 demands the issuer.
        const audience = this.fapi ? provider.issuer : provider.metadata.token_endpoint
        body.set('client_assertion_type', ASSERTION)
        body.set('client_assertion', options.assertion ?? (await clientAssertion(this, audience, options)))
        break
      }
      default:
        body.set('client_id', this.id)
    }
  }
}

/** An HTTP answer with its body read: `json` is null unless it is JSON by its content type. */
export async function read(response) {
  const again = response.clone()
  const text = await response.text()
  const type = (response.headers.get('content-type') ?? '').split(';')[0].trim().toLowerCase()
  let json = null
  if (type === 'application/json') {
    try {
      json = JSON.parse(text)
    } catch {
      json = null
    }
  }
  return { status: response.status, headers: response.headers, type, text, json, response: again }
}

/** POSTs a form as this client. `options.proof` makes a DPoP proof and is asked again when a nonce is wanted. */
export async function postAs(t, client, url, fields, options = {}) {
  let nonce
  for (let turn = 0; ; turn += 1) {
    const body = new URLSearchParams()
    for (const [name, value] of Object.entries(fields)) if (value !== undefined) body.set(name, value)
    const headers = { accept: 'application/json' }
    if (options.anonymous) Object.assign(headers, options.headers)
    else await client.authenticate(t.provider, body, headers, options)
    if (options.proof) headers.dpop = await options.proof('POST', url, { nonce })
    const answer = await read(await t.fetch(url, { method: options.verb ?? 'POST', headers, body }))
    nonce = answer.headers.get('dpop-nonce') ?? undefined
    if (!(options.proof && turn === 0 && answer.json?.error === 'use_dpop_nonce' && nonce)) return answer
  }
}

export const tokenRequest = (t, client, fields, options) =>
  postAs(t, client, t.provider.metadata.token_endpoint, fields, options)

/** S256 of RFC 7636. */
export const challengeOf = (verifier) => createHash('sha256').update(verifier).digest('base64url')

/** An error answer of the token, PAR or registration endpoint: its form is the specification's (RFC 6749 §5.2). */
export function expectOAuthError(t, answer, statuses, errors, { what = 'token endpoint', severity = 'fail' } = {}) {
  t.check(statuses.includes(answer.status), `the ${what} answered with the wrong status`, answer.status)
  if (!t.check(answer.json !== null, `the ${what} answered an error that is not JSON`, answer.type)) return
  const { error, error_description: description, error_uri: uri } = answer.json
  if (!errors.includes(error)) t[severity](`the ${what} answered with the wrong error`, answer.json)
  expectErrorTexts(t, description, uri)
}

/** `error_description` and `error_uri` hold only what RFC 6749 §4.1.2.1 and §5.2 allow. */
export function expectErrorTexts(t, description, uri) {
  if (description !== undefined && description !== null) {
    t.check(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/.test(description), 'error_description has characters outside RFC 6749', description)
  }
  if (uri !== undefined && uri !== null) t.check(/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(uri), 'error_uri is no URI', uri)
}

/** What oauth4webapi finds wrong with an answer is a failure with that sentence. */
export async function strictly(t, remark, judge) {
  try {
    return await judge()
  } catch (error) {
    t.demand(false, remark, error)
  }
}

export { oauth }
