/** What a schedule works with: a server, a database of its own, an application's role, workers, and what it injected. */
import { mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { startServer } from 'torii-testing'
import { createCaller } from './caller.mjs'
import { openHistory } from './history.mjs'
import { newAccount } from './load.mjs'
import { newHash } from './operations.mjs'
import { builtProduct, openProduct } from './product.mjs'
import { createRandom } from './random.mjs'
import { readTables } from './tables.mjs'
import { createWorkers } from './workers.mjs'

const runsFolder = fileURLToPath(new URL('.torii/runs', import.meta.url))
const database = 'app'
const sharedAccounts = 8
const closeMs = 5000

/** A commit is on disk before it is acknowledged, as in production; the tests of this repository do without. */
export const durable = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' }

/** The server that all schedules without a server of their own share, started by the first. */
export function createSharedServer() {
  let server = null
  let databases = 0
  return {
    get() {
      server ??= startServer({ settings: durable })
      return server
    },
    nextDatabase() {
      databases += 1
      return `${database}_${databases}`
    },
    stop: async () => (await server)?.stop(),
  }
}

/**
 * Opens the world of one run of a schedule.
 * @param settings settings of a server of its own, null for the shared server, `none` for no server
 */
export async function openWorld({ name, size, seed, product, shared, settings }) {
  mkdirSync(runsFolder, { recursive: true })
  const folder = mkdtempSync(join(runsFolder, `${name}-${seed}-`))
  const world = new World({ folder, size, seed, product })
  try {
    if (settings === null) await world.prepare(await shared.get(), shared.nextDatabase())
    else if (settings !== 'none') await world.prepare(await ownServer(world, settings))
    return world
  } catch (error) {
    await world.close()
    throw error
  }
}

async function ownServer(world, settings) {
  const server = await startServer({ settings: { ...durable, ...settings } })
  world.defer(() => server.stop())
  return server
}

/** Its methods are fields, so that a schedule can take those it needs by name. */
class World {
  /** Names of the faults that were injected. */
  injected = []
  /** For the checker: seconds that calls of an operation may take, where they differ from the default. */
  limits = {}
  /** For the checker: how each pool came back after the last fault. */
  recoveries = []
  /** Violations that the schedule has seen itself. */
  violations = []
  /** What a control changes: texts of the product, and the mix of the load. */
  patches = []
  weights = undefined
  /** Accounts that every worker uses. */
  shared = []
  server = null
  /** URLs of the database, as its owner and as the application's role. */
  ownerUrl = null
  url = null
  role = null
  #cleanups = []
  #groups = []

  constructor({ folder, size, seed, product }) {
    Object.assign(this, { folder, size, seed, product, random: createRandom(seed) })
  }

  /** Runs something when the schedule has ended, the last one first. */
  defer = (cleanup) => this.#cleanups.push(cleanup)

  /** Injects a fault; it counts when the action does not throw. */
  inject = async (what, action) => {
    await action()
    this.injected.push(what)
  }

  /** Runs a statement as the owner and resolves to its rows. */
  query = (text, values = []) => queryAt(this.ownerUrl, text, values)

  /** Makes the database, the role and the accounts on a server. */
  prepare = (server, name = database) => prepare(this, server, name)

  /** The database is on another server from now on: a standby that was promoted. */
  use = (server) => {
    const { port } = new URL(server.url)
    const moved = (url) => Object.assign(new URL(url), { port }).href
    Object.assign(this, { server, ownerUrl: moved(this.ownerUrl), url: moved(this.url) })
  }

  startWorkers = async (count, options = {}) => {
    const { url = this.url, connect = {}, callers = 6, pauseMs = 4, within = null } = options
    const { folder, product, seed, shared, weights } = this
    const settings = { folder, product, url, connect, callers, pauseMs, shared, weights }
    const workers = createWorkers(settings, seed * 100 + this.#groups.length, within)
    this.#groups.push(workers)
    await workers.start(count)
    return workers
  }

  /** A caller in this process, over a storage of its own that is closed at the end. */
  openCaller = async (name, url, connect = {}, product = this.product) => {
    const context = await openProduct(product, url, connect)
    const history = openHistory(this.folder, name)
    this.defer(async () => {
      await Promise.race([context.storage.close(), sleep(closeMs)])
      history.close()
    })
    return Object.assign(createCaller(history, context), { storage: context.storage })
  }

  /** Looks at every pool: to be called when the last fault has ended. */
  recover = async () => {
    for (const workers of this.#groups) this.recoveries.push(...(await workers.probe()))
  }

  stopWorkers = () => Promise.all(this.#groups.map((workers) => workers.stop()))
  killed = () => this.#groups.flatMap((workers) => workers.killed())
  tables = () => readTables(this.query)

  /** Ends everything that the schedule has started, also when an end fails; the first failure is thrown. */
  close = async () => {
    const failures = []
    const attempt = async (end) => {
      try {
        await end()
      } catch (error) {
        failures.push(error)
      }
    }
    for (const workers of this.#groups) await attempt(workers.destroy)
    for (const cleanup of this.#cleanups.splice(0).reverse()) await attempt(cleanup)
    if (failures.length > 0) throw failures[0]
  }
}

async function prepare(world, server, name) {
  const [role, password] = [`role_${name}`, newHash()]
  const ownerUrl = Object.assign(new URL(server.url), { pathname: `/${name}` }).href
  const url = Object.assign(new URL(ownerUrl), { username: role, password }).href
  Object.assign(world, { server, ownerUrl, url, role })
  await queryAt(server.url, `create database ${name}`)
  await queryAt(server.url, `create role ${role} login password '${password}'`)
  const { storage } = await openProduct(builtProduct, ownerUrl)
  await storage.migrate({ grantTo: role })
  await storage.close()
  const call = await world.openCaller('setup', ownerUrl, {}, builtProduct)
  for (let count = 0; count < sharedAccounts; count += 1) {
    const account = newAccount()
    await call('users.register', account)
    world.shared.push(account)
  }
}

/** Runs one statement on a connection of its own. */
export async function queryAt(url, text, values = []) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(text, values)).rows
  } finally {
    await client.end().catch(() => {})
  }
}

/** Runs faults for `size.seconds` under the load of workers, then lets the pools recover. */
export async function underLoad(world, { workers = 2, ...options }, injectFaults) {
  const group = await world.startWorkers(workers, options)
  await sleep(300)
  const started = performance.now()
  const passed = () => (performance.now() - started) / 1000
  const { seconds, faults } = world.size
  // A busy machine injects more slowly; one that cannot must end all the same, and the run then fails.
  const isOver = () =>
    passed() >= seconds && (world.injected.length >= faults || passed() >= 3 * seconds + 30)
  await injectFaults(group, isOver)
  await world.recover()
}
