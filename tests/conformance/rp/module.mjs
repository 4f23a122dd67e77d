// One module while it runs: its verdict, its provider and clients, browsers of its own, and waiting that lets others run.

import { Browser } from './browser.mjs'
import { Client, read } from './client.mjs'
import { importPair, keyPair, random } from './keys.mjs'
import { Provider } from './provider.mjs'
import { causes, Stop, Verdict } from './verdict.mjs'

const known = new Map()

/**
 * Puts a module under its suite name. `needs` are members of the metadata without which it cannot be run; `client` false:
 * it brings its own; `registration` changes what a dynamic client registers; `waits` says that it sleeps, so it starts first.
 */
export function module(name, options, run) {
  if (known.has(name)) throw new Error(`two modules are called ${name}`)
  known.set(name, { name, needs: [], client: true, ...options, run })
}

export function moduleNamed(name) {
  const found = known.get(name)
  if (!found) throw new Error(`no module is called ${name}`)
  return found
}

export class Module extends Verdict {
  constructor(definition, plan, number, { settings, listener, slots }) {
    super()
    Object.assign(this, { definition, plan, settings, listener, slots })
    this.id = `${number}-${random(6)}`
    // Every module comes from an address of its own, so that limits meant for one caller do not add up.
    this.address = `198.51.100.${1 + (number % 250)}`
    this.formPost = plan.variant.response_mode === 'form_post'
    this.dynamic = plan.variant.client_registration === 'dynamic_client'
    this.registered = []
  }

  browser() {
    const { relyingParty } = this.settings
    return new Browser({ relyingParty, listener: this.listener.origin, from: this.address })
  }

  /** fetch from the address of this module; redirects are not followed. */
  fetch(url, { headers, ...options } = {}) {
    const all = new Headers(headers)
    all.set('x-forwarded-for', this.address)
    return fetch(url, { redirect: 'manual', ...options, headers: all })
  }

  /** An address of the relying party, as the browser sees it. */
  at(path) {
    return this.settings.relyingParty + path
  }

  /** Sleeps without keeping others from their turn; not for long where everything is falsified anyway. */
  async wait(seconds) {
    this.slots.leave()
    const most = this.settings.spoiled ? 2 : Infinity
    await new Promise((resolve) => setTimeout(resolve, Math.min(seconds, most) * 1000))
    await this.slots.enter()
  }

  /** A client that the provider's configuration declares. */
  async declared(name) {
    const { jwks, ...parts } = this.settings.clients[name]
    return new Client({ ...parts, key: jwks ? await importPair(jwks) : undefined })
  }

  /** Registers a client as the suite does (OIDC Registration §3.1, RFC 7591 §3), and checks the answer. */
  async register(changes = {}) {
    const key = await keyPair('RS256')
    const request = {
      client_name: `Conformance ${this.id}`,
      grant_types: ['authorization_code'],
      jwks: { keys: [key.publicJwk] },
      token_endpoint_auth_method: this.plan.variant.client_auth_type ?? 'client_secret_basic',
      response_types: ['code'],
      redirect_uris: [this.at(`/${this.id}/callback`)],
      contacts: ['conformance@rp.test'],
      ...changes,
    }
    for (const name of Object.keys(request)) if (request[name] === undefined) delete request[name]
    const answer = await this.callRegistration(request)
    this.demand(answer.status === 201, 'the client was not registered', `${answer.status} ${answer.text}`)
    const { json } = answer
    this.demand(json && typeof json.client_id === 'string' && !('error' in json), 'the registration response is not sound', answer.text)
    if (json.client_secret !== undefined) {
      this.check(typeof json.client_secret_expires_at === 'number', 'client_secret_expires_at is missing (RFC 7591 3.2.1)')
    }
    const manages = [json.registration_client_uri, json.registration_access_token].filter(Boolean).length
    this.check(manages !== 1, 'registration_client_uri and registration_access_token must come together')
    const client = new Client({
      id: json.client_id,
      secret: json.client_secret,
      authentication: json.token_endpoint_auth_method ?? 'client_secret_basic',
      redirectUri: request.redirect_uris[0],
      postLogoutRedirectUri: request.post_logout_redirect_uris?.[0],
      idTokenAlgorithm: request.id_token_signed_response_alg ?? 'RS256',
      userinfoAlgorithm: request.userinfo_signed_response_alg,
      key,
      registration: json,
    })
    this.registered.push(client)
    return client
  }

  async callRegistration(request) {
    const endpoint = this.provider.metadata.registration_endpoint
    this.demand(endpoint, 'registration_endpoint is not announced')
    const headers = { 'content-type': 'application/json' }
    if (this.settings.initialAccessToken) headers.authorization = `Bearer ${this.settings.initialAccessToken}`
    return read(await this.fetch(endpoint, { method: 'POST', headers, body: JSON.stringify(request) }))
  }

  /** The registration as the management endpoint shows or ends it (RFC 7592). */
  async manage(client, method) {
    const { registration_client_uri: url, registration_access_token: token } = client.registration
    this.demand(url && token, 'the client cannot be managed: no registration_client_uri')
    return read(await this.fetch(url, { method, headers: { authorization: `Bearer ${token}` } }))
  }

  async #prepare() {
    this.provider = await new Provider(this.settings.issuer).discover(this)
    for (const name of this.definition.needs) {
      this.demand(this.provider.metadata[name], `${name} is not announced`)
    }
    await this.definition.before?.(this)
    if (!this.definition.client) return
    this.client = this.dynamic ? await this.register(await this.definition.registration?.(this)) : await this.declared('client')
  }

  async #cleanUp() {
    for (const client of this.registered) {
      if (!client.registration.registration_client_uri) continue
      const answer = await this.manage(client, 'DELETE')
      this.wish(answer.status === 204, 'the client could not be unregistered', answer.status)
    }
  }

  /** Runs to its end and returns the verdict; an error that nobody expected is a failure. */
  async run() {
    const attempt = async (step) => {
      try {
        await step()
      } catch (error) {
        if (!(error instanceof Stop)) this.fail('the module broke', `${causes(error)} ${error.stack}`)
      }
    }
    await attempt(async () => {
      await this.#prepare()
      await this.definition.run(this)
    })
    await attempt(() => this.#cleanUp())
    return this
  }
}
