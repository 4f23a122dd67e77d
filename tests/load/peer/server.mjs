// The peer of the load benchmark: oidc-provider with one application, one kind of person and everything in memory.
// It announces the same paths as Magpie, so that one driver asks both. A login is decided at once inside its own flow,
// and nothing is left out that the measured requests need: client authentication, grants, rotation, a signed ID token.
// Settings come by environment: ISSUER, PORT, ALGORITHM, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI.
import { generateKeyPairSync, randomBytes } from 'node:crypto'

import { Provider } from 'oidc-provider'

const { ISSUER, PORT, ALGORITHM, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI } = process.env

const KEYS = {
  RS256: ['rsa', { modulusLength: 2048 }],
  ES256: ['ec', { namedCurve: 'P-256' }],
  EdDSA: ['ed25519', {}],
}

// What the package keeps in memory by itself is cut at 1,000 entries, so that a refresh fails above it, and it looks
// through every token of a grant whenever one is added. These maps do neither, which is to the peer's advantage.
const entries = new Map()
const grants = new Map()
const sessions = new Map()

class Memory {
  constructor(model) {
    this.model = model
  }

  key(id) {
    return `${this.model}:${id}`
  }

  async upsert(id, payload) {
    const key = this.key(id)
    entries.set(key, payload)
    if (this.model === 'Session') sessions.set(payload.uid, key)
    if (payload.grantId) {
      if (!grants.has(payload.grantId)) grants.set(payload.grantId, new Set())
      grants.get(payload.grantId).add(key)
    }
  }

  async find(id) {
    return entries.get(this.key(id))
  }

  async findByUid(uid) {
    return entries.get(sessions.get(uid))
  }

  async consume(id) {
    entries.get(this.key(id)).consumed = Math.floor(Date.now() / 1000)
  }

  async destroy(id) {
    const key = this.key(id)
    const grantId = entries.get(key)?.grantId
    if (grantId) grants.get(grantId)?.delete(key)
    entries.delete(key)
  }

  async revokeByGrantId(grantId) {
    for (const key of grants.get(grantId) ?? []) entries.delete(key)
    grants.delete(grantId)
  }
}

// One person for each login. The claims are those that Magpie tells of a person whom WeChat knows.
function person(sub) {
  return {
    accountId: sub,
    claims: () => ({
      sub,
      name: 'Lao Wang',
      given_name: 'Lao Wang',
      preferred_username: `wx_${sub.slice(0, 10).toLowerCase()}`,
      picture: `${ISSUER}/avatars/${sub}`,
      updated_at: 1767225600,
    }),
  }
}

const provider = new Provider(ISSUER, {
  adapter: Memory,
  clients: [{
    client_id: CLIENT_ID,
    client_secret: CLIENT_SECRET,
    redirect_uris: [REDIRECT_URI],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_basic',
    id_token_signed_response_alg: ALGORITHM,
  }],
  jwks: {
    keys: [{
      ...generateKeyPairSync(...KEYS[ALGORITHM]).privateKey.export({ format: 'jwk' }),
      use: 'sig',
      alg: ALGORITHM,
      kid: 'peer',
    }],
  },
  cookies: { keys: [randomBytes(32).toString('base64url')] },
  claims: {
    openid: ['sub'],
    profile: ['name', 'given_name', 'preferred_username', 'picture', 'updated_at'],
  },
  scopes: ['openid', 'offline_access'],
  features: { devInteractions: { enabled: false } },
  findAccount: async (_context, sub) => person(sub),
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  // An offline client gets its refresh token without a page that asks, as Magpie's implicit consent gives it.
  issueRefreshToken: async (_context, client, code) =>
    client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
  loadExistingGrant: async ({ oidc }) => {
    const grant = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId })
    grant.addOIDCScope('openid profile offline_access')
    await grant.save()
    return grant
  },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  routes: {
    authorization: '/oauth2/authorize',
    token: '/oauth2/token',
    userinfo: '/oauth2/userinfo',
    jwks: '/oauth2/jwks',
  },
  ttl: { AccessToken: 3600, IdToken: 3600, Grant: 86400, Interaction: 600, RefreshToken: 86400, Session: 86400 },
})

// The page where a person would sign in: whoever comes is somebody new, at once.
provider.use(async (context, next) => {
  if (!context.path.startsWith('/interaction/')) return next()
  const result = { login: { accountId: randomBytes(16).toString('hex') }, consent: {} }
  await provider.interactionFinished(context.req, context.res, result)
  context.respond = false
})

// Connections are kept as long as the driver likes, as at the server.
provider.listen(Number(PORT), '127.0.0.1').keepAliveTimeout = 60_000
