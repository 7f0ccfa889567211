/** The embedded engine, whose process is killed again and again. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readHistories } from '../history.mjs'
import { newAccount } from '../load.mjs'
import { readTables } from '../tables.mjs'

const leastCalls = 15
const waitMs = 20_000

/** Waits until the worker has made some calls: the engine is slow to start. */
async function untilWorking(folder, { name }) {
  const end = performance.now() + waitMs
  const calls = () => readHistories(folder).filter(({ process }) => process === name).length
  while (calls() < leastCalls && performance.now() < end) await sleep(50)
}

export const killEmbedded = {
  name: 'kill-embedded',
  fault: 'SIGKILL of the process that has PGlite open',
  settings: 'none',
  small: { seconds: 10, faults: 2 },
  soak: { seconds: 120, faults: 20 },
  async run(world) {
    const { random, folder, size } = world
    const url = `pglite:${join(folder, 'pglite')}`
    const setUp = await world.openCaller('setup', url)
    await setUp.storage.migrate()
    for (let count = 0; count < 3; count += 1) {
      const account = newAccount()
      await setUp('users.register', account)
      world.shared.push(account)
    }
    await setUp.storage.close()
    const options = {
      url,
      callers: 3,
      pauseMs: 1,
      connect: { maxConnections: 1, acquireSeconds: 30 },
    }
    while (world.injected.length < size.faults) {
      const workers = await world.startWorkers(1, options)
      const [worker] = workers.list()
      await untilWorking(folder, worker)
      await sleep(random.between(100, 1000))
      await world.inject('killed embedded engine', () => workers.kill(worker))
    }
    const { storage } = await world.openCaller('afterwards', url)
    world.tables = () =>
      storage.transaction((tx) => readTables(async (text) => (await tx.query(text)).rows))
  },
}
