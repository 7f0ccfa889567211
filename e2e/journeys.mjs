/** Every journey, over one application and one browser. */
import { after } from 'node:test'
import { travelIn } from './harness/journey.mjs'
import { openWorld } from './harness/world.mjs'

const world = await openWorld()
travelIn(world)
after(async () => {
  await world.close()
  console.log(
    `${world.counts.looked} pages looked at, ${world.counts.judged} answers held to the OpenAPI document`,
  )
})

await import('./journeys/pages.mjs')
await import('./journeys/register.mjs')
