// The provider as its metadata describes it, and the checks that every module of the suite begins with.

import * as jose from 'jose'
import * as oauth from 'oauth4webapi'

/** Members of a JWK that nobody may publish (RFC 7518 §6). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

export class Provider {
  constructor(issuer) {
    this.issuer = issuer
  }

  /** Reads metadata and keys; what is wrong with the keys is a failure of the module that asked. */
  async discover(verdict) {
    const issuer = new URL(this.issuer)
    const [algorithm, fetchAs] = ['oidc', (...request) => verdict.fetch(...request)]
    const answer = await oauth.discoveryRequest(issuer, { algorithm, [oauth.customFetch]: fetchAs })
    this.metadata = await oauth.processDiscoveryResponse(issuer, answer)
    this.jwks = await this.fetchJwks(verdict)
    return this
  }

  async fetchJwks(verdict) {
    const answer = await verdict.fetch(this.metadata.jwks_uri)
    verdict.demand(answer.status === 200, 'the JWKS cannot be read', answer.status)
    const jwks = await answer.json()
    verdict.demand(Array.isArray(jwks.keys), 'the JWKS has no array of keys')
    const kids = jwks.keys.map((key) => key.kid)
    verdict.check(kids.every((kid) => typeof kid === 'string' && kid), 'a key in the JWKS has no kid')
    verdict.check(new Set(kids).size === kids.length, 'two keys in the JWKS share a kid')
    for (const key of jwks.keys) {
      verdict.check(!PRIVATE_MEMBERS.some((member) => member in key), 'the JWKS holds a private or symmetric key')
      await jose.importJWK(key, key.alg).catch((error) => verdict.fail('a key in the JWKS is malformed', error))
    }
    return jwks
  }

  /** The claims of a token of the provider's, its signature proved with the JWKS; a rotation is followed. */
  async proved(verdict, token, what) {
    const { kid } = jose.decodeProtectedHeader(token)
    if (!this.jwks.keys.some((key) => key.kid === kid)) this.jwks = await this.fetchJwks(verdict)
    try {
      return await jose.jwtVerify(token, jose.createLocalJWKSet(this.jwks), { clockTolerance: 5 })
    } catch (error) {
      verdict.demand(false, `the signature of the ${what} cannot be proved`, error)
    }
  }

  supports(list, value) {
    return Array.isArray(this.metadata[list]) && this.metadata[list].includes(value)
  }
}
