/** Every journey, over one application and one browser. */
import { after, before, describe, test } from 'node:test'
import { alone, together } from './harness/journey.mjs'
import { openWorld } from './harness/world.mjs'
import './journeys/pages.mjs'
import './journeys/register.mjs'
import './journeys/sign-in.mjs'
import './journeys/mailed-links.mjs'
import './journeys/provider.mjs'
import './journeys/passkey.mjs'
import './journeys/account.mjs'
import './journeys/console.mjs'
import './journeys/foreign-pages.mjs'
import './journeys/passing-time.mjs'

/** A journey that hangs fails; none takes half as long. */
const timeout = 60_000

let world
before(async () => {
  world = await openWorld()
})
after(async () => {
  await world.close()
  const { looked, validated } = world.counts
  console.log(`${looked} pages looked at, ${validated} answers held to the OpenAPI document`)
})

// Much of a journey is waiting: for a page, for a hash, for a mail.
describe('people on their own', { concurrency: 3 }, () => {
  for (const { name, run } of together) test(name, { timeout }, () => run(world))
})

// There is one operator at a time, and time passes for everybody.
describe('the operator, and passing time', () => {
  for (const { name, run } of alone) test(name, { timeout }, () => run(world))
})
