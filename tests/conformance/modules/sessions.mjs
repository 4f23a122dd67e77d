// Who is signed in and since when: prompt, max_age and id_token_hint (OIDC Core §3.1.2.1, §3.1.2.3).

import { authorize, expectErrorAnswer, requestOf, signIn } from '../rp/login.mjs'
import { random } from '../rp/keys.mjs'
import { module } from '../rp/module.mjs'

/** Errors that say: a page would have been needed (OIDC Core §3.1.2.6). */
export const NEEDS_A_PAGE = ['login_required', 'interaction_required', 'account_selection_required', 'consent_required']

/** The second login must have stood before a person: WeChat's page, and before it ours where WeChat might be silent. */
function reviewFreshLogin(t, walk) {
  t.demand(walk.pages.some((page) => page.has('approve')), 'nobody was asked to sign in again', walk.pages.map((page) => page.marker))
  t.review('the second request ends at the page of WeChat again (#approve)')
}

function expectLater(t, first, second) {
  if (first.claims.auth_time === undefined || second.claims.auth_time === undefined) return
  t.check(second.claims.auth_time > first.claims.auth_time, 'auth_time of the second login is not later', [first.claims.auth_time, second.claims.auth_time])
}

function expectSame(t, first, second) {
  t.check(first.claims.auth_time === second.claims.auth_time, 'auth_time changed without a login', [first.claims.auth_time, second.claims.auth_time])
  t.check(first.claims.sub === second.claims.sub, 'sub changed')
}

function expectSilence(t, { walk }) {
  const shown = walk.pages.filter((page) => page.marker !== 'form-post')
  t.check(shown.length === 0, 'the provider showed a page although nobody had to act', shown.map((page) => page.marker ?? page.url.href))
}

module('oidcc-prompt-login', {}, async (t) => {
  const browser = t.browser()
  const first = await signIn(t, t.client, { browser })
  // So that the two times can differ.
  await t.wait(1)
  const second = await signIn(t, t.client, { browser, changes: { prompt: 'login' } })
  expectLater(t, first, second)
  reviewFreshLogin(t, second.walk)
})

module('oidcc-prompt-none-not-logged-in', {}, async (t) => {
  const request = requestOf(t, t.client, { prompt: 'none', state: random(128) })
  const walk = await authorize(t, request)
  expectErrorAnswer(t, request, walk, NEEDS_A_PAGE)
})

module('oidcc-prompt-none-logged-in', {}, async (t) => {
  const browser = t.browser()
  const first = await signIn(t, t.client, { browser })
  const second = await signIn(t, t.client, { browser, changes: { prompt: 'none' } })
  expectSilence(t, second)
  expectSame(t, first, second)
})

module('oidcc-max-age-1', {}, async (t) => {
  const browser = t.browser()
  const first = await signIn(t, t.client, { browser })
  await t.wait(2)
  const second = await signIn(t, t.client, { browser, changes: { max_age: '1' } })
  t.demand(typeof second.claims.auth_time === 'number', 'auth_time is missing although max_age was sent')
  expectLater(t, first, second)
  t.check(Math.abs(Date.now() / 1000 - second.claims.auth_time) < 60, 'auth_time of the second login is not recent', second.claims.auth_time)
  reviewFreshLogin(t, second.walk)
})

module('oidcc-max-age-10000', {}, async (t) => {
  const browser = t.browser()
  const first = await signIn(t, t.client, { browser, changes: { max_age: '15000' } })
  const second = await signIn(t, t.client, { browser, changes: { max_age: '10000' } })
  for (const { claims } of [first, second]) {
    t.demand(typeof claims.auth_time === 'number', 'auth_time is missing although max_age was sent')
  }
  expectSilence(t, second)
  expectSame(t, first, second)
})

module('oidcc-id-token-hint', {}, async (t) => {
  const browser = t.browser()
  const first = await signIn(t, t.client, { browser })
  const second = await signIn(t, t.client, { browser, changes: { prompt: 'none', id_token_hint: first.idToken } })
  expectSilence(t, second)
  expectSame(t, first, second)
})
