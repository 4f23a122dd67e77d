// DPoP proofs at userinfo that prove nothing, one by one, and some that look odd and prove enough (RFC 9449 §4.3, §7.1).

import { request as ask } from 'node:https'

import { complete, Proofs } from '../rp/fapi.mjs'
import { now, random, unsecured } from '../rp/keys.mjs'
import { fapi } from './fapi_flow.mjs'

const removeFromClaims = (name) => ({ change: ({ claims }) => delete claims[name] })
const removeFromHeader = (name) => ({ change: ({ header }) => delete header[name] })

/** What must be refused with 400 or 401. The functions get the flow, since some need its keys. */
const REFUSED = {
  'a proof that is no JWT': () => ({ sign: () => 'this.is.not-a-proof' }),
  'a proof without typ': () => removeFromHeader('typ'),
  'a proof without alg': () => removeFromHeader('alg'),
  'a proof without jwk': () => removeFromHeader('jwk'),
  'a proof without jti': () => removeFromClaims('jti'),
  'a proof without htm': () => removeFromClaims('htm'),
  'a proof without htu': () => removeFromClaims('htu'),
  'a proof without iat': () => removeFromClaims('iat'),
  'a proof without ath': () => removeFromClaims('ath'),
  'a proof with another typ': () => ({ change: ({ header }) => Object.assign(header, { typ: 'JWT' }) }),
  'a proof with alg none': () => ({ sign: (header, claims) => unsecured(claims, { typ: header.typ, jwk: header.jwk }) }),
  'a proof signed with RS256': () => ({ change: ({ header }) => Object.assign(header, { alg: 'RS256' }) }),
  'a proof with a broken signature': (flow) => ({ sign: Proofs.broken(flow.proofs) }),
  'a proof with a private key': (flow) => ({ change: ({ header }) => Object.assign(header, { jwk: flow.proofs.key.privateJwk }) }),
  'a proof for PUT': () => ({ change: ({ claims }) => Object.assign(claims, { htm: 'PUT' }) }),
  'a proof for another address': () => ({ change: ({ claims }) => Object.assign(claims, { htu: 'https://somebody.else.test/userinfo' }) }),
  'a proof for another access token': () => ({ change: ({ claims }) => Object.assign(claims, { ath: random(43) }) }),
}

const ACCEPTED = {
  'a proof whose htu has a query and a fragment': () => ({ change: ({ claims }) => Object.assign(claims, { htu: `${claims.htu}?a=b#c` }) }),
  'a proof with unknown members': () => ({
    change: ({ header, claims }) => {
      header.unheard = 'of'
      claims.unheard = { of: [1] }
    },
  }),
}

/** What is only wished for: the address in another spelling (RFC 3986 §6.2). */
const WISHED = {
  'a proof whose htu has a host in capitals': () => ({
    change: ({ claims }) => Object.assign(claims, { htu: claims.htu.replace(/^https:\/\/[^/]+/, (origin) => origin.toUpperCase()) }),
  }),
}

const isRefused = ({ status }) => status === 400 || status === 401

/** The time of a proof counts unless the server's own nonce says how old it is. */
const TIMES = { 'a proof from the coming hour': 3600, 'a proof from the hour before': -3600 }

fapi('dpop-negative-tests', {}, async (t) => {
  const rsa = t.provider.supports('dpop_signing_alg_values_supported', 'PS256')
  const flow = await complete(t, t.client, { proofs: await Proofs.create(rsa ? 'PS256' : 'ES256') })
  for (const [what, options] of Object.entries(REFUSED)) {
    if (what.includes('RS256') && !rsa) continue
    const answer = await flow.resource({ proofOptions: options(flow) })
    t.check(isRefused(answer), `userinfo accepts ${what}`, answer.status)
  }
  for (const [what, offset] of Object.entries(TIMES)) {
    let nonced = false
    const change = ({ claims }) => {
      nonced ||= claims.nonce !== undefined
      claims.iat = now() + offset
    }
    const answer = await flow.resource({ proofOptions: { change } })
    if (nonced) t.wish(answer.status === 200, `userinfo refuses ${what} although its nonce is fresh`)
    else t.check(isRefused(answer), `userinfo accepts ${what}`, answer.status)
  }
  for (const [what, options] of Object.entries(ACCEPTED)) {
    const answer = await flow.resource({ proofOptions: options(flow) })
    t.check(answer.status === 200, `userinfo refuses ${what}`, answer.headers.get('www-authenticate'))
  }
  for (const [what, options] of Object.entries(WISHED)) {
    const answer = await flow.resource({ proofOptions: options(flow) })
    t.wish(answer.status === 200, `userinfo refuses ${what}`, answer.headers.get('www-authenticate'))
  }
  await presentations(t, flow)
  // So that what was refused was refused for its proof, and not because the token had died.
  await flow.resourced()
})

/** Proofs that are sound and come in the wrong way: twice, again, from somebody else, or not at all. */
async function presentations(t, flow) {
  const twice = await flow.resource({ send: sendTwoProofs(flow) })
  t.check(isRefused(twice), 'userinfo accepts two proofs', twice.status)
  const jti = random(20)
  const fixed = { change: ({ claims }) => Object.assign(claims, { jti }) }
  const first = await flow.resource({ proofOptions: fixed })
  t.check(first.status === 200, 'userinfo refuses a sound proof', first.status)
  const replayed = await flow.resource({ proofOptions: fixed })
  t.wish(isRefused(replayed), 'userinfo accepts the same jti twice', replayed.status)
  const { proofs } = flow
  flow.proofs = await Proofs.create()
  const foreign = await flow.resource()
  flow.proofs = proofs
  t.check(isRefused(foreign), 'userinfo accepts a proof of another key', foreign.status)
  for (const scheme of ['DPoP', 'Bearer']) {
    const without = await flow.resource({ withoutProof: true, scheme })
    t.check(isRefused(without), `userinfo accepts a bound token as ${scheme} without a proof`, without.status)
  }
  const asBearer = await flow.resource({ scheme: 'Bearer' })
  t.check(isRefused(asBearer), 'userinfo accepts a bound token as Bearer', asBearer.status)
}

/** fetch would join the two fields to one; this sends them as two. */
function sendTwoProofs(flow) {
  return async (url, headers) => {
    const another = await flow.proofs.make('GET', url, { accessToken: flow.accessToken })
    const fields = ['authorization', headers.authorization, 'x-forwarded-for', headers['x-forwarded-for'], 'dpop', headers.dpop, 'dpop', another]
    const { hostname, port, pathname } = new URL(url)
    return new Promise((resolve, reject) => {
      const sent = ask({ hostname, port, path: pathname, headers: ['host', `${hostname}:${port}`, ...fields] }, (answer) => {
        answer.resume()
        resolve({ status: answer.statusCode, headers: new Headers() })
      })
      sent.on('error', reject).end()
    })
  }
}
