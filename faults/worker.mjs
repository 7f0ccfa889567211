/**
 * A worker: a process of its own that runs the load and writes its history. It is told what to do by messages: first its
 * settings, then `probe` (can every connection of the pool be used at once?) and `stop`.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { createCaller } from './caller.mjs'
import { openHistory } from './history.mjs'
import { Load } from './load.mjs'
import { secondsUntilFull } from './pool.mjs'
import { openProduct } from './product.mjs'
import { createRandom } from './random.mjs'

let stopping = false
let paused = false

process.once('disconnect', () => process.exit(0))
process.once('message', (settings) => {
  run(settings).catch((error) => {
    console.error(`worker ${settings.name}: ${error.stack}`)
    process.exit(1)
  })
})

async function run({
  name,
  folder,
  product,
  url,
  connect,
  seed,
  callers,
  pauseMs,
  shared,
  weights,
}) {
  const history = openHistory(folder, name)
  const { storage, torii } = await connectPatiently(product, url, connect)
  const call = createCaller(history, { storage, torii })
  const loads = Array.from({ length: callers }, async (_, caller) => {
    const load = new Load({ call, random: createRandom(seed, caller), shared, weights })
    while (!stopping) await (paused ? sleep(20) : load.step(pauseMs))
  })
  process.on('message', async (message) => {
    if (message === 'probe') process.send({ probed: await probe(storage, connect) })
    if (message !== 'stop') return
    stopping = true
    await Promise.all(loads)
    await storage.close().catch(() => {})
    history.close()
    process.send({ stopped: true }, () => process.disconnect())
  })
  process.send({ ready: true })
}

/** A storm may take every connection at the beginning. */
async function connectPatiently(product, url, connect) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await openProduct(product, url, connect)
    } catch (error) {
      if (tries === 40) throw error
      await sleep(250)
    }
  }
}

/** The load pauses meanwhile. */
async function probe(storage, { maxConnections }) {
  paused = true
  try {
    return await secondsUntilFull(storage, maxConnections)
  } finally {
    paused = false
  }
}
