/** Runs every journey with one application and one browser. */
import { after, before, describe, test } from 'node:test'
import { alone, together } from './harness/journey.mjs'
import { openWorld } from './harness/world.mjs'
import './journeys/pages.mjs'
import './journeys/register.mjs'
import './journeys/sign-in.mjs'
import './journeys/mailed-links.mjs'
import './journeys/own-forms.mjs'
import './journeys/provider.mjs'
import './journeys/passkey.mjs'
import './journeys/second-factor.mjs'
import './journeys/required-factor.mjs'
import './journeys/trusted-browser.mjs'
import './journeys/passkey-sites.mjs'
import './journeys/account.mjs'
import './journeys/console.mjs'
import './journeys/foreign-pages.mjs'
import './journeys/native.mjs'
import './journeys/step-up.mjs'
import './journeys/passing-time.mjs'
import './journeys/two-origins.mjs'

/** The limit for a journey that hangs. No journey takes half as long. */
const timeout = 60_000

let world
let ran = 0
const walk = (run) => () => {
  ran += 1
  return run(world)
}

before(async () => {
  world = await openWorld()
})
after(async () => {
  await world.close()
  // A word that is in no name must not look like journeys that passed.
  if (ran === 0) throw new Error('no journey ran: no name has one of the words')
  const { looked, validated } = world.counts
  console.log(`${looked} pages checked, ${validated} responses validated by the OpenAPI document`)
})

// A journey mostly waits for a page, a hash or a mail.
describe('users in parallel', { concurrency: 3 }, () => {
  for (const { name, run } of together) test(name, { timeout }, walk(run))
})

// There is one administrator at a time, and passing time affects everyone.
describe('the administrator, and passing time', () => {
  for (const { name, run } of alone) test(name, { timeout }, walk(run))
})
