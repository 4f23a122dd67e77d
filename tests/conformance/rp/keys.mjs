// Keys of clients, and what is signed with them: assertions, proofs, request objects (jose does the signing).

import { randomBytes, randomUUID } from 'node:crypto'

import * as jose from 'jose'

export const now = () => Math.floor(Date.now() / 1000)

/** Unreserved characters, `length` of them. */
export function random(length) {
  return randomBytes(length).toString('base64url').slice(0, length)
}

/** A key pair with both halves as JWKs. RS256 and PS256 share their keys; the JWK names one algorithm. */
export async function keyPair(algorithm, kid = `key-${random(8)}`) {
  const { privateKey, publicKey } = await jose.generateKeyPair(algorithm, { extractable: true })
  const named = { kid, alg: algorithm, use: 'sig' }
  return {
    algorithm,
    kid,
    privateKey,
    publicJwk: { ...(await jose.exportJWK(publicKey)), ...named },
    privateJwk: { ...(await jose.exportJWK(privateKey)), ...named },
  }
}

/** A pair from what `keyPair` gave as JWKs. */
export async function importPair({ publicJwk, privateJwk }) {
  const algorithm = privateJwk.alg
  return { algorithm, kid: privateJwk.kid, publicJwk, privateJwk, privateKey: await jose.importJWK(privateJwk, algorithm) }
}

/** RFC 7523 §3. `change` edits the claims, `algorithm` signs with another one. */
export async function clientAssertion(client, audience, { change, algorithm } = {}) {
  const { key } = client
  const claims = {
    iss: client.id,
    sub: client.id,
    aud: audience,
    jti: randomUUID(),
    iat: now(),
    exp: now() + 60,
  }
  change?.(claims)
  const alg = algorithm ?? key.algorithm
  const signer = alg === key.algorithm ? key.privateKey : await jose.importJWK({ ...key.privateJwk, alg }, alg)
  return new jose.SignJWT(claims).setProtectedHeader({ alg, kid: key.kid }).sign(signer)
}

/** An unsecured JWT: `alg` none and no signature. */
export function unsecured(claims, header = {}) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none', ...header })}.${part(claims)}.`
}

/** Another signature of the same length. */
export function withBrokenSignature(jwt) {
  const [header, payload, signature] = jwt.split('.')
  const bytes = Buffer.from(signature, 'base64url')
  bytes[Math.floor(bytes.length / 2)] ^= 0xff
  return [header, payload, bytes.toString('base64url')].join('.')
}
