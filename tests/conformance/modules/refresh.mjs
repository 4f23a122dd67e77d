// Refresh tokens (OIDC Core §12, RFC 6749 §6): new tokens for the same person, bound to the client, over a key rotation.

import { expectOAuthError, tokenRequest } from '../rp/client.mjs'
import { expectIdToken, expectTokenAnswer, signIn, userinfo } from '../rp/login.mjs'
import { keyPair, random } from '../rp/keys.mjs'
import { module } from '../rp/module.mjs'

const REFRESH_GRANT = { grant_types: ['authorization_code', 'refresh_token'] }

/** Asks for a refresh token as the suite does: `offline_access` with consent where that scope exists. */
async function signInOffline(t, client) {
  const offline = t.provider.supports('scopes_supported', 'offline_access')
  client.scope = offline ? 'openid offline_access' : 'openid'
  return signIn(t, client, { changes: offline ? { prompt: 'consent' } : {} })
}

const refreshFields = ({ tokens, client }, withScope = true) => ({
  grant_type: 'refresh_token',
  refresh_token: tokens.refresh_token,
  scope: withScope ? client.scope : undefined,
})

/** One refresh, everything about its answer checked. */
async function refresh(t, session, { withScope } = {}) {
  // So that the two `iat` can differ.
  await t.wait(1)
  const answer = await tokenRequest(t, session.client, refreshFields(session, withScope))
  t.demand(answer.status === 200, 'the refresh token was refused', `${answer.status} ${answer.text}`)
  expectTokenAnswer(t, answer)
  const { json } = answer
  t.check(json.token_type?.toLowerCase() === 'bearer', 'token_type is not Bearer', json.token_type)
  t.demand(typeof json.access_token === 'string' && json.access_token.length >= 22, 'the refresh gave no access token')
  if (json.id_token) await expectSamePerson(t, session, json.id_token)
  if (json.refresh_token) session.tokens = { ...session.tokens, refresh_token: json.refresh_token }
  session.accessToken = json.access_token
  return answer
}

/** OIDC Core §12.2. */
async function expectSamePerson(t, session, token) {
  const { claims: before, client } = session
  const after = await expectIdToken(t, client, token)
  t.check(after.iss === before.iss && after.sub === before.sub, 'the refreshed ID token is about somebody else')
  t.check(String([after.aud].flat()) === String([before.aud].flat()), 'aud of the refreshed ID token is another one')
  t.check(after.iat > before.iat, 'iat of the refreshed ID token is not new')
  if (after.auth_time !== undefined) t.check(after.auth_time === before.auth_time, 'auth_time of the refreshed ID token is another one')
  t.check(after.azp === before.azp, 'azp of the refreshed ID token is another one')
  if (after.nonce !== undefined) t.check(after.nonce === before.nonce, 'nonce of the refreshed ID token is another one')
}

function expectRefreshToken(t, session) {
  const announced = t.provider.supports('grant_types_supported', 'refresh_token')
  const token = session.tokens.refresh_token
  if (!token) {
    t.wish(!announced, 'refresh_token is announced and was not issued')
    t.skip('no refresh token was issued')
  }
  t.wish(announced, 'a refresh token was issued and refresh_token is not announced')
  t.check(/^[\x20-\x7e]+$/.test(token), 'the refresh token has characters outside RFC 6749')
}

module('oidcc-refresh-token', { registration: () => REFRESH_GRANT }, async (t) => {
  const other = t.dynamic ? await t.register(REFRESH_GRANT) : await t.declared('client2')
  const sessions = []
  for (const client of [t.client, other]) {
    const session = await signInOffline(t, client)
    expectRefreshToken(t, session)
    await refresh(t, session, { withScope: client === t.client })
    await userinfo(t, session)
    sessions.push(session)
  }
  const fields = { ...refreshFields(sessions[1]), scope: undefined }
  expectOAuthError(t, await tokenRequest(t, t.client, fields), [400], ['invalid_grant'])
})

module('oidcc-refresh-token-rp-key-rotation', {
  client: false,
  // The suite's own default for jwks_refresh_delay.
  waits: 60,
}, async (t) => {
  let key = await keyPair('RS256')
  const document = t.listener.serveJson(`/${t.id}/jwks`, () => ({ keys: [key.publicJwk] }))
  const client = await t.register({ ...REFRESH_GRANT, jwks: undefined, jwks_uri: document.url })
  client.key = key
  const session = await signInOffline(t, client)
  t.demand(session.tokens.refresh_token, 'no refresh token was issued')
  expectRefreshToken(t, session)
  key = await keyPair('RS256', `rotated-${random(8)}`)
  client.key = key
  await t.wait(60)
  await refresh(t, session)
  await userinfo(t, session)
})
