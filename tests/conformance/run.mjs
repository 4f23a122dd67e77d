// Runs one plan against one provider and prints what each module found, as JSON.
// `node run.mjs SETTINGS.json`: see settings.rs of the test for what is in there. `node run.mjs keys N` prints N key pairs.

import { readFileSync } from 'node:fs'

import { startFront } from './rp/front.mjs'
import { keyPair } from './rp/keys.mjs'
import { Listener } from './rp/listener.mjs'
import { Module, moduleNamed } from './rp/module.mjs'
import { Slots } from './rp/slots.mjs'
import { PLANS } from './plans.mjs'
import { SPOILED_PLANS, SPOILERS } from './spoilers.mjs'

/** Modules that work at the same time; the machines that run this have two cores. */
const AT_ONCE = 4

async function runPlan(settings) {
  const plan = PLANS[settings.plan]
  if (!plan) throw new Error(`no plan is called ${settings.plan}`)
  const wanted = plan.modules.filter((name) => !settings.only || name.includes(settings.only))
  const definitions = wanted.map(moduleNamed)
  const listener = await Listener.start(settings.listener)
  const shared = { settings, listener, slots: new Slots(AT_ONCE) }
  const runs = definitions.map((definition, number) => new Module(definition, plan, number, shared))
  const spoilers = new Map(settings.spoiled ? runs.map((run) => [run.address, SPOILERS[run.definition.name]()]) : [])
  const closeFront = await startFront(settings.front, (address) => spoilers.get(address))
  const order = [...runs].sort((a, b) => (b.definition.waits ?? 0) - (a.definition.waits ?? 0))
  await Promise.all(order.map(async (run) => {
    await shared.slots.enter()
    const start = Date.now()
    await run.run()
    run.seconds = Math.round((Date.now() - start) / 100) / 10
    shared.slots.leave()
  }))
  listener.close()
  closeFront()
  return runs.map(({ definition, address, result, remarks, details, seconds }) => {
    const spoiledEnd = spoilers.get(address)?.ends
    return { module: definition.name, result, remarks, details, seconds, spoiledEnd }
  })
}

const [, , what, number] = process.argv
if (what === 'plans') {
  console.log(JSON.stringify(PLANS))
} else if (what === 'spoiled-plans') {
  console.log(JSON.stringify(SPOILED_PLANS))
} else if (what === 'keys') {
  const pairs = await Promise.all(Array.from({ length: Number(number) }, () => keyPair('PS256')))
  console.log(JSON.stringify(pairs.map(({ publicJwk, privateJwk }) => ({ publicJwk, privateJwk }))))
} else {
  console.log(JSON.stringify(await runPlan(JSON.parse(readFileSync(what, 'utf8')))))
}
