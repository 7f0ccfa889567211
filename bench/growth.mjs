/** Whether anything grows with the tables: `npm run bench -- growth` (minutes; `--quick` for seconds). */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { PostgresStorage } from 'torii-storage-postgres'
import { machine, resultsFolder } from './compare.mjs'
import { fillTorii } from './data.mjs'
import { emailOf, secretHashOf, secretOf, sessionIdOf, userIdOf } from './keys.mjs'
import { median } from './measure.mjs'
import { lines } from './plot.mjs'
import { startBenchServer } from './server.mjs'
import { statementText } from './subjects/raw-pg.mjs'
import { anySession } from './subjects/sessions-of.mjs'

const fullSizes = [10_000, 100_000, 1_000_000, 10_000_000]
const quickSizes = [1000, 10_000]
const samples = 400

/** Reads and writes whose cost must not depend on the size; each with the values of one call. */
const operations = {
  'sessions.validate': ({ n, user }) => [
    userIdOf(user),
    sessionIdOf(n),
    secretHashOf(secretOf(n)),
    60,
    null,
  ],
  'sessions.list': ({ user }) => [userIdOf(user)],
  'sessions.end': ({ n, user }) => [userIdOf(user), sessionIdOf(n), secretHashOf(secretOf(n))],
  'sessions.revokeAll': ({ user }) => [userIdOf(user), null, null, null],
  'users.findByEmail': ({ user }) => [emailOf(user)],
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
  const text = await statementText(table, method)
  const values = operations[operation](anySession(size))
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

/** Milliseconds of one call after the other, no other callers. */
async function latencyAt(url, size) {
  const storage = await PostgresStorage.connect(url)
  const times = []
  for (let n = 0; n < samples * 2; n += 1) {
    const { n: number, user } = anySession(size)
    const key = {
      userId: userIdOf(user),
      id: sessionIdOf(number),
      secretHash: secretHashOf(secretOf(number)),
    }
    const started = performance.now()
    const valid = await storage.sessions.validate(key, { touchSeconds: 60 })
    if (valid === null) throw new Error('no session')
    if (n >= samples) times.push(performance.now() - started)
  }
  await storage.close()
  return median(times)
}

async function bytesAt(client, size) {
  const { rows } = await client.query(`
    select sum(pg_total_relation_size(c.oid)) filter (where relname in ('users', 'user_emails', 'passwords'))::float8 as users,
      sum(pg_total_relation_size(c.oid)) filter (where relname = 'sessions')::float8 as sessions
    from pg_class c where relnamespace = 'torii'::regnamespace and relkind = 'r'`)
  return { user: rows[0].users / size.users, session: rows[0].sessions / size.sessions }
}

async function measureSize(server, sessions, note) {
  const size = { sessions, users: Math.ceil(sessions / 5), spare: 0 }
  const admin = new pg.Client({ connectionString: server.url })
  admin.on('error', () => {})
  await admin.connect()
  await admin.query(`create database growth_${sessions}`)
  const url = Object.assign(new URL(server.url), { pathname: `/growth_${sessions}` }).href
  const client = new pg.Client({ connectionString: url })
  // A failure must not be hidden by the server's end, which follows it.
  client.on('error', () => {})
  await client.connect()
  await fillTorii(client, url, size)
  await client.query('vacuum (analyze)')
  const result = {
    sessions,
    users: size.users,
    validateMs: await latencyAt(url, size),
    operations: await buffersAt(client, size),
    bytesPer: await bytesAt(client, size),
  }
  await client.end()
  await admin.end()
  note(`${sessions.toLocaleString('en')} sessions: ${result.validateMs.toFixed(3)} ms`)
  return result
}

export async function growth({ isQuick, note }) {
  const server = await startBenchServer(isQuick)
  const sizes = []
  try {
    for (const sessions of isQuick ? quickSizes : fullSizes)
      sizes.push(await measureSize(server, sessions, note))
  } finally {
    await server.stop()
  }
  const names = Object.keys(operations)
  const series = names.map((name) => ({
    name,
    values: sizes.map((one) => one.operations[name].buffers),
  }))
  const plot = lines('Pages touched per operation, by number of sessions', {
    sizes: sizes.map(({ sessions }) => sessions),
    series,
    unit: '',
  })
  mkdirSync(resultsFolder, { recursive: true })
  const results = {
    startedAt: new Date().toISOString(),
    machine: machine(),
    postgres: server.version,
    sizes,
  }
  writeFileSync(join(resultsFolder, 'growth.json'), `${JSON.stringify(results, null, 1)}\n`)
  writeFileSync(join(resultsFolder, 'growth.svg'), plot)
  for (const { sessions, validateMs, operations: found, bytesPer } of sizes) {
    const pages = names.map((name) => `${name} ${found[name].buffers}`).join(', ')
    console.log(
      `${sessions} sessions: validate p50 ${validateMs.toFixed(3)} ms; pages: ${pages}; bytes per user ${Math.round(bytesPer.user)}, per session ${Math.round(bytesPer.session)}`,
    )
  }
  return 0
}
