import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { compiledUrl, type TestDatabase, testDatabase } from 'torii-testing'
import { beforeAll, test } from 'vitest'
import { runHere } from './terminal.test.support.js'

const cli = fileURLToPath(compiledUrl('../cli.js', import.meta.url))
let database: TestDatabase
let env: Record<string, string>
beforeAll(async () => {
  database = await testDatabase()
  env = { DATABASE_URL: database.url }
})

const expire = (n: number) =>
  database.query(
    `insert into torii.used_oauth_states (state_hash, used_by, expires_at)
     values (decode(lpad(to_hex($1::int), 64, '0'), 'hex'), md5(random()::text)::uuid, now() - interval '1 minute')`,
    [n],
  )

test('sweep --watch sweeps again and again, one line each, until SIGTERM, and then ends with 0', async () => {
  await expire(1)
  const child = spawn(process.execPath, [cli, 'sweep', '--watch', '--every', '1'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  try {
    for (const count of [1, 2]) {
      while (lines.filter((line) => line.includes('used_oauth_states')).length < count)
        lines.push(
          ...String(await once(child.stdout, 'data'))
            .trim()
            .split('\n'),
        )
      await expire(count + 1)
    }
    child.kill('SIGTERM')
    const [status] = await once(child, 'close')
    assert.equal(status, 0)
    assert.equal(lines[0], 'swept: used_oauth_states 1')
  } finally {
    child.kill('SIGKILL')
  }
})

test('sweep --unverified-days deletes accounts that no one verified for so long, and no others', async () => {
  const account = (email: string, days: number, verified: boolean) =>
    database.query(
      `with u as (
         insert into torii.users (id, email, email_key, created_at, email_verified_at)
         values (md5(random()::text)::uuid, $1::text, $1::text, now() - make_interval(days => $2::int),
           case when $3 then now() end) returning id)
       insert into torii.user_emails (email_key, user_id) select $1::text, u.id from u`,
      [email, days, verified],
    )
  await account('old@example.com', 31, false)
  await account('young@example.com', 29, false)
  await account('verified@example.com', 31, true)
  const plain = await runHere(['sweep', '--json'], env)
  assert.equal(JSON.parse(plain.stdout).deleted.users, undefined)
  const { stdout } = await runHere(['sweep', '--unverified-days', '30', '--json'], env)
  assert.equal(JSON.parse(stdout).deleted.users, 1)
  const { rows } = await database.query('select email from torii.users order by email')
  assert.deepEqual(
    rows.map(({ email }) => email),
    ['verified@example.com', 'young@example.com'],
  )
  for (const wrong of ['0', 'x', '1.5', '10000']) {
    const refused = await runHere(['sweep', '--unverified-days', wrong], env)
    assert.equal(refused.status, 2)
    assert.match(refused.stderr, /^--unverified-days must be a number of days from 1 to 9999/)
  }
})

test('sweep --watch leaves a sweep to the process that has just made one, and prints JSON lines', async () => {
  await database.query('delete from torii.sweep_lease')
  const watch = async (milliseconds: number) =>
    runHere(['sweep', '--watch', '--every', '3600', '--json'], env, {
      signal: AbortSignal.timeout(milliseconds),
    })
  const first = await watch(1500)
  const [line = '', end = ''] = first.stdout.trim().split('\n')
  assert.equal(typeof JSON.parse(line).deleted.sessions, 'number')
  assert.deepEqual(JSON.parse(end), { sweeps: 1 })
  assert.deepEqual([first.status, first.stderr], [0, ''])
  assert.equal((await watch(300)).stdout, '{"sweeps":0}\n')
})

test('sweep --watch tries again when the database is away, and ends with what will not pass', async () => {
  const away = await testDatabase()
  const allow = (allowed: boolean) =>
    database.query(`alter database ${away.name} allow_connections ${allowed}`)
  const disconnect = () =>
    database.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = $1`, [
      away.name,
    ])
  let comeBack: Promise<unknown> | null = null
  const running = runHere(
    ['sweep', '--watch', '--every', '1'],
    { DATABASE_URL: away.url },
    {
      onWarning: () => {
        comeBack ??= allow(true).then(() => away.query('drop table torii.sweep_lease'))
      },
    },
  )
  const hasSwept = async () =>
    (await away.query('select 1 from torii.sweep_lease where swept_at is not null')).rows.length > 0
  while (!(await hasSwept()));
  await allow(false)
  await disconnect()
  const { status, stdout, stderr } = await running
  await comeBack
  assert.match(stdout, /^swept: /)
  assert.match(stderr, /^ERR_UNAVAILABLE: .*\. Trying again in 1 seconds\nERR_SCHEMA_OUTDATED: /)
  assert.equal(status, 3)
})

test('--every is a number of seconds, and for --watch', async () => {
  for (const words of [
    ['--every', '60'],
    ['--watch', '--every', '0'],
    ['--watch', '--every', 'x'],
    ['--watch', '--every', '604801'],
  ])
    assert.equal((await runHere(['sweep', ...words], env)).status, 2, words.join(' '))
})
