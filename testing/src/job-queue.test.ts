import assert from 'node:assert/strict'
import { afterAll, beforeAll, test } from 'vitest'
import { testDatabase } from './index.js'
import type { Project } from './packed-project.js'
import { createLinkedProject, documentBlock } from './packed-project.js'

let project: Project

beforeAll(async () => {
  project = await createLinkedProject()
  await project.write('jobs.js', await documentBlock('docs/mail.md', 'With a job queue', 'js'))
  await project.write('process.js', processOfTheTest)
})
afterAll(() => project.remove())

/** Stores two messages and is killed; then a process that fails the first attempt and delivers the second. */
const processOfTheTest = `
import pg from 'pg'
import { Torii } from 'torii-auth'
import { PostgresStorage } from 'torii-storage-postgres'
import { createJobMailer, startMailWorker } from './jobs.js'

const key = Buffer.alloc(32, 7)
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })
const info = { ip: null, userAgent: null }

if (process.argv[2] === 'request') {
  const storage = await PostgresStorage.connect(process.env.DATABASE_URL)
  await storage.migrate()
  const mailer = await createJobMailer(pool, key)
  const torii = new Torii(storage, { baseUrl: 'https://app.example', mailer, log: console.error })
  for (const email of ['ada@example.com', 'eve@example.com'])
    await torii.magicLink.request({ email }, info)
  await torii.settled()
  process.kill(process.pid, 'SIGKILL')
}

const sent = []
const attempts = new Map()
const runner = await startMailWorker(pool, key, {
  async send(message) {
    attempts.set(message.id, (attempts.get(message.id) ?? 0) + 1)
    if (attempts.get(message.id) === 1)
      throw Object.assign(new Error('450 <' + message.to + '> try later'), { code: 'EENVELOPE' })
    sent.push([message.to, message.text.match(/token=(\\S+)/)[1]])
  },
})
const jobs = async () => (await pool.query('select count(*)::int as n from graphile_worker.jobs')).rows[0].n
while (await jobs() > 0) await new Promise((turn) => setTimeout(turn, 50))
await runner.stop()
console.log('sent ' + JSON.stringify(sent))
await pool.end()
`

test('the job queue of docs/mail.md delivers the mail of a killed process, and stores nothing readable', async () => {
  const db = await testDatabase({ empty: true })
  const env = { DATABASE_URL: db.url }
  await assert.rejects(project.run(process.execPath, ['process.js', 'request'], env), {
    signal: 'SIGKILL',
  })
  const stored = async () => {
    const tables = ['_private_jobs', '_private_tasks', '_private_job_queues']
    const contents = tables.map((name) => db.query(`select * from graphile_worker.${name}`))
    return JSON.stringify((await Promise.all(contents)).map(({ rows }) => rows))
  }
  const before = await stored()
  assert.equal(before.match(/"sealed"/g)?.length, 2)
  for (const secret of ['example.com', 'token', 'magic']) assert.ok(!before.includes(secret))
  const output = await project.run(process.execPath, ['process.js', 'deliver'], env)
  assert.ok(!output.replace(/^sent .*$/m, '').includes('@example.com'), output)
  const sent = JSON.parse(/^sent (.*)$/m.exec(output)?.[1] ?? '[]') as [string, string][]
  assert.deepEqual(sent.map(([to]) => to).sort(), ['ada@example.com', 'eve@example.com'])
  assert.ok(sent.every(([, token]) => token.length > 40))
  assert.ok(!(await stored()).includes('"sealed"'))
})
