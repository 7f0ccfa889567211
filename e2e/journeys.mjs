/** Every journey, over one application and one browser. */
import { after, before, describe, test } from 'node:test'
import { journeys } from './harness/journey.mjs'
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
const longestMs = 60_000

describe('the web application in a browser', () => {
  let world
  before(async () => {
    world = await openWorld()
  })
  after(async () => {
    await world.close()
    const { looked, judged } = world.counts
    console.log(`${looked} pages looked at, ${judged} answers held to the OpenAPI document`)
  })
  for (const { name, run } of journeys) test(name, { timeout: longestMs }, () => run(world))
})
