/** Whether anything grows with the tables: `npm run bench -- growth` (minutes; `--quick` for seconds). */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { PostgresStorage } from 'torii-storage-postgres'
import { machine, resultsFolder } from './compare.mjs'
import { fillTorii, vacuumData } from './data.mjs'
import { growthMarkdown } from './growth-report.mjs'
import { measureSweep } from './growth-sweep.mjs'
import { measureWrites } from './growth-writes.mjs'
import { emailOf, secretHashOf, secretOf, sessionIdOf, userIdOf } from './keys.mjs'
import { median } from './measure.mjs'
import { lines } from './plot.mjs'
import { startBenchServer } from './server.mjs'
import { statementOf } from './subjects/raw-pg.mjs'
import { anySession } from './subjects/sessions-of.mjs'

/** The sizes, how many writes of each kind, and the expired sessions of the sweep, which the largest size gets. */
const full = { all: [10_000, 100_000, 1_000_000, 10_000_000], times: 1000, expired: 1_000_000 }
const quick = { all: [1000, 10_000], times: 50, expired: 10_000 }
/** Look-ups of one caller: rounds beside the first, which warms up, and calls in each. */
const rounds = 10
const callsPerRound = 200

/** Reads and writes whose cost must not depend on the size; each with the values of one call. */
const operations = {
  'sessions.validate': ({ n, user }) => ({
    userId: userIdOf(user),
    sessionId: sessionIdOf(n),
    secretHash: secretHashOf(secretOf(n)),
    touchSeconds: 60,
    recentSeconds: null,
  }),
  'sessions.list': ({ user }) => ({ userId: userIdOf(user) }),
  'sessions.end': ({ n, user }) => ({
    userId: userIdOf(user),
    sessionId: sessionIdOf(n),
    secretHash: secretHashOf(secretOf(n)),
  }),
  'sessions.revokeAll': ({ user }) => ({
    userId: userIdOf(user),
    sessionId: null,
    sessionEpoch: null,
    ownerEpoch: null,
  }),
  'users.findByEmail': ({ user }) => ({ emailKey: emailOf(user) }),
}

/** The nodes of a plan and the pages it touched. */
function readPlan(node, names = []) {
  const index = node['Index Name'] === undefined ? '' : ` ${node['Index Name']}`
  names.push(`${node['Node Type']}${index}`)
  for (const child of node.Plans ?? []) readPlan(child, names)
  return names
}

async function explain(client, operation, size) {
  const [table, method] = operation.split('.')
  const { text, values: valuesOf } = await statementOf(table, method)
  const values = valuesOf(operations[operation](anySession(size)))
  await client.query('begin')
  try {
    const { rows } = await client.query(`explain (analyze, buffers, format json) ${text}`, values)
    const [{ Plan: plan }] = rows[0]['QUERY PLAN']
    return {
      buffers: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'],
      scans: readPlan(plan).filter((name) => name.includes('Scan')),
    }
  } finally {
    await client.query('rollback')
  }
}

async function buffersAt(client, size) {
  const found = {}
  for (const operation of Object.keys(operations)) {
    const plans = []
    for (let n = 0; n < 50; n += 1) plans.push(await explain(client, operation, size))
    const scans = [...new Set(plans.flatMap((plan) => plan.scans))].sort()
    found[operation] = { buffers: median(plans.map(({ buffers }) => buffers)), scans }
  }
  return found
}

/** Milliseconds of so many calls, one after the other, no other callers. */
async function timesOf(storage, size, calls) {
  const times = []
  for (let call = 0; call < calls; call += 1) {
    const { n, user } = anySession(size)
    const key = {
      userId: userIdOf(user),
      id: sessionIdOf(n),
      secretHash: secretHashOf(secretOf(n)),
    }
    const started = performance.now()
    if ((await storage.sessions.validate(key, { touchSeconds: 60 })) === null)
      throw new Error('no session')
    times.push(performance.now() - started)
  }
  return times
}

/** The median at each size. The sizes take turns, so that a busy moment meets them alike. */
async function latencies(places) {
  const storages = []
  for (const { url } of places) storages.push(await PostgresStorage.connect(url))
  const times = places.map(() => [])
  for (let round = 0; round <= rounds; round += 1)
    for (const [at, { size }] of places.entries()) {
      const taken = await timesOf(storages[at], size, callsPerRound)
      if (round > 0) times[at].push(...taken)
    }
  for (const storage of storages) await storage.close()
  return times.map(median)
}

async function bytesAt(client, size) {
  const { rows } = await client.query(`
    select sum(pg_total_relation_size(c.oid)) filter (where relname in ('users', 'user_emails', 'passwords'))::float8 as users,
      sum(pg_total_relation_size(c.oid)) filter (where relname = 'sessions')::float8 as sessions
    from pg_class c where relnamespace = 'torii'::regnamespace and relkind = 'r'`)
  return { user: rows[0].users / size.users, session: rows[0].sessions / size.sessions }
}

/** A database of that many sessions, and five times fewer users. */
async function prepareSize(server, sessions, note) {
  const size = { sessions, users: Math.ceil(sessions / 5), spare: 0 }
  const admin = new pg.Client({ connectionString: server.url })
  await admin.connect()
  await admin.query(`create database growth_${sessions}`)
  await admin.end()
  const url = Object.assign(new URL(server.url), { pathname: `/growth_${sessions}` }).href
  const client = new pg.Client({ connectionString: url })
  // A failure must not be hidden by the server's end, which follows it.
  client.on('error', () => {})
  await client.connect()
  const started = performance.now()
  await fillTorii(client, url, size)
  await vacuumData(client)
  const fillSeconds = (performance.now() - started) / 1000
  note(`${sessions.toLocaleString('en')} sessions made in ${fillSeconds.toFixed(0)} s`)
  return { size, url, client, fillSeconds }
}

async function measureSize({ size, url, client, fillSeconds }, validateMs, { times, expired }) {
  const result = {
    sessions: size.sessions,
    users: size.users,
    fillSeconds,
    validateMs,
    operations: await buffersAt(client, size),
    bytesPer: await bytesAt(client, size),
    sweep: expired === 0 ? null : await measureSweep(client, url, size, expired),
    // Last, since it ends sessions.
    writes: await measureWrites(client, url, size, times),
  }
  await client.end()
  return result
}

async function measureAll(server, { all, times, expired }, note) {
  const places = []
  for (const sessions of all) places.push(await prepareSize(server, sessions, note))
  const validate = await latencies(places)
  const sizes = []
  for (const [at, place] of places.entries()) {
    const isLargest = at === places.length - 1
    sizes.push(await measureSize(place, validate[at], { times, expired: isLargest ? expired : 0 }))
    note(`${place.size.sessions.toLocaleString('en')} sessions measured`)
  }
  return sizes
}

const plotOf = (sizes, title, unit, series) =>
  lines(title, { sizes: sizes.map(({ sessions }) => sessions), unit, series })

/** Both plots: what is touched, and how long it takes. */
function plots(sizes) {
  const pages = Object.keys(operations).map((name) => ({
    name,
    values: sizes.map((one) => one.operations[name].buffers),
  }))
  const writes = Object.keys(sizes[0].writes).map((name) => ({
    name,
    values: sizes.map((one) => one.writes[name].ms),
  }))
  const validate = { name: 'validate', values: sizes.map((one) => one.validateMs) }
  return {
    'growth-pages.svg': plotOf(sizes, 'Pages touched, by number of sessions', '', pages),
    'growth-time.svg': plotOf(sizes, 'Milliseconds, one caller', 'ms', [validate, ...writes]),
  }
}

export async function growth({ isQuick, note }) {
  const server = await startBenchServer(isQuick)
  const startedAt = new Date().toISOString()
  let sizes
  try {
    sizes = await measureAll(server, isQuick ? quick : full, note)
  } finally {
    await server.stop()
  }
  const results = { startedAt, machine: machine(), postgres: server.version, sizes }
  const files = {
    'growth.json': `${JSON.stringify(results, null, 1)}\n`,
    'growth.md': growthMarkdown(results),
    ...plots(sizes),
  }
  mkdirSync(resultsFolder, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(resultsFolder, name), text)
  console.log(files['growth.md'])
  return 0
}
