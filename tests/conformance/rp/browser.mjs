// A person's browser with a script instead of a person: a cookie jar, redirects, forms pressed by the stable ids of
// their buttons. It knows no endpoint of the provider. It stops where the relying party's own addresses begin.

import { Page } from './html.mjs'

const DESKTOP =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36'
/** Redirects and presses of one visit; more is a loop. */
const MOST_STEPS = 30

export class Browser {
  /** `relyingParty` is the origin at which a walk ends, `listener` where it listens; `from` is the address the provider sees. */
  constructor({ relyingParty, listener, from }) {
    this.relyingParty = relyingParty
    this.listener = listener
    this.from = from
    this.jar = new Map()
  }

  /**
   * Opens `start` and presses what `person` would press until the relying party is reached or nothing is left to press.
   * `refuse` presses the button that says no wherever there is one; `look` presses nothing at all.
   */
  async visit(start, { method = 'GET', body, person = 'ann', refuse = false, look = false } = {}) {
    const walk = { steps: [], pages: [], callback: null, page: null, refused: false }
    let next = { url: new URL(start), method, body, origin: method === 'POST' ? 'null' : undefined }
    while (walk.steps.length < MOST_STEPS) {
      walk.steps.push(next.url.href)
      if (next.url.origin === this.relyingParty) {
        walk.callback = await this.#arrive(next)
        return walk
      }
      const answer = await this.#send(next)
      const target = answer.status >= 300 && answer.status < 400 ? answer.headers.get('location') : null
      if (target) {
        if (answer.status === 307 || answer.status === 308) walk.repeated = true
        next = { url: new URL(target, next.url), method: 'GET' }
        continue
      }
      walk.page = new Page(next.url, answer.status, await answer.text())
      walk.headers = answer.headers
      walk.pages.push(walk.page)
      const press = look ? null : this.#press(walk, person, refuse)
      if (!press) return walk
      next = press
      walk.page = null
    }
    throw new Error(`still walking after ${MOST_STEPS} steps: ${walk.steps.join(' ')}`)
  }

  #press(walk, person, refuse) {
    const { page } = walk
    const press = (id, filled) => ({ ...page.press(id, filled), origin: page.url.origin })
    if (refuse && !walk.refused) {
      // The simulator's own no leaves everybody where they are, as WeChat's does; ours is what tells the application.
      const no = ['deny', 'cancel'].find((id) => page.has(id) && !page.has('approve'))
      if (no) {
        walk.refused = true
        return press(no)
      }
    }
    if (page.has('approve')) return press('approve', { person })
    // The form that carries an answer is sent by its script without anybody's press.
    const yes = ['continue', 'allow'].find((id) => page.byId(id)?.form)
    return yes ? press(yes) : null
  }

  /** The relying party's name resolves to its listener on loopback, which says what has arrived there. */
  async #arrive({ url, method, body, enctype }) {
    const headers = method === 'POST' ? { 'content-type': enctype } : {}
    const sent = method === 'POST' ? body.toString() : undefined
    const answer = await fetch(new URL(url.pathname + url.search, this.listener), { method, headers, body: sent })
    return { ...(await answer.json()), url }
  }

  async #send({ url, method, body, origin }) {
    const headers = { 'user-agent': DESKTOP, accept: 'text/html,*/*;q=0.8', 'accept-language': 'en' }
    if (this.from) headers['x-forwarded-for'] = this.from
    const cookies = [...this.jar].map(([name, value]) => `${name}=${value}`)
    // Cookies know no port, so WeChat's are sent along as well, as on one host they would be.
    if (cookies.length) headers.cookie = cookies.join('; ')
    if (method === 'POST') {
      headers['content-type'] = 'application/x-www-form-urlencoded'
      if (origin) headers.origin = origin
    }
    const sent = method === 'POST' ? body.toString() : undefined
    const answer = await fetch(url, { method, headers, body: sent, redirect: 'manual' })
    for (const cookie of answer.headers.getSetCookie()) this.#keep(cookie, url)
    return answer
  }

  #keep(cookie, url) {
    const [pair, ...rest] = cookie.split(';')
    const at = pair.indexOf('=')
    const [name, value] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()]
    const has = Object.fromEntries(rest.map((one) => [one.split('=')[0].trim().toLowerCase(), one.split('=')[1] ?? '']))
    // As browsers do: what the prefix promises must hold, or the cookie is dropped.
    if (name.startsWith('__Host-') && !('secure' in has && has.path === '/' && !('domain' in has) && url.protocol === 'https:')) return
    if (has['max-age'] === '0' || Number(has['max-age']) < 0) this.jar.delete(name)
    else this.jar.set(name, value)
  }
}
