/**
 * A worker: a process of its own that runs the load and writes its history. It is told what to do by messages: first its
 * settings, then `probe` (can every connection of the pool be used at once?) and `stop`.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { openHistory } from './history.mjs'
import { createLoad } from './load.mjs'
import { createCaller } from './operations.mjs'
import { openProduct } from './product.mjs'
import { createRandom } from './random.mjs'

const probeLimitMs = 15_000
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
    const load = createLoad({ call, random: createRandom(seed, caller), shared, weights })
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

/** Seconds until all connections of the pool were in use at the same time; null for never. The load pauses meanwhile. */
async function probe(storage, { maxConnections = 10 }) {
  const started = performance.now()
  const left = () => probeLimitMs - (performance.now() - started)
  paused = true
  try {
    while (left() > 0)
      if (await useAll(storage, maxConnections)) return (performance.now() - started) / 1000
    return null
  } finally {
    paused = false
  }
}

/** Whether so many transactions were open at the same time. */
async function useAll(storage, connections) {
  let open = 0
  let allOpen
  const barrier = new Promise((resolve) => {
    allOpen = resolve
  })
  const tooLate = sleep(2000)
  const transactions = Array.from({ length: connections }, () =>
    storage.transaction(async (tx) => {
      await tx.query('select 1')
      open += 1
      if (open === connections) allOpen()
      await Promise.race([barrier, tooLate])
    }),
  )
  const ended = await Promise.allSettled(transactions)
  if (ended.some(({ status }) => status === 'rejected')) await sleep(50)
  return open === connections && ended.every(({ status }) => status === 'fulfilled')
}
