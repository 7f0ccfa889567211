import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { findPgBouncer, startPgBouncer, startServer, type TestServer } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { runHere } from '../command/terminal.test.support.js'
import { PostgresStorage } from '../index.js'
import { signUp } from '../test/races/people.test.support.js'
import type { DiagnosisInput } from './diagnose.js'
import { diagnose } from './diagnose.js'
import type { Finding } from './finding.js'

// A server as in production: that of the other tests does without fsync.
let server: TestServer
const closers: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  const settings = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' }
  server = await startServer({ settings })
  closers.push(() => server.stop())
  await onServer('create database healthy')
  const storage = await PostgresStorage.connect(urlOf('healthy'))
  await storage.migrate()
  await storage.close()
})
afterAll(async () => {
  for (const close of closers.reverse()) await close()
})

function urlOf(database: string, user?: { name: string; password: string }): string {
  const url = new URL(server.url)
  url.pathname = `/${database}`
  if (user !== undefined) Object.assign(url, { username: user.name, password: user.password })
  return url.href
}

async function run(url: string, texts: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    for (const text of texts) await client.query(text)
  } finally {
    await client.end()
  }
}
const onServer = (...texts: string[]) => run(server.url, texts)

/** A migrated database of its own, in which these statements were run. */
async function planted(...texts: string[]): Promise<string> {
  const name = `d${randomBytes(6).toString('hex')}`
  await onServer(`create database ${name} template healthy`)
  await run(urlOf(name), texts)
  return name
}

/** A role that may log in, with what `migrate --grant-to` gives it in this database. */
async function roleIn(
  database: string,
  settings = '',
): Promise<{ name: string; password: string }> {
  const name = `r${randomBytes(6).toString('hex')}`
  const password = randomBytes(8).toString('hex')
  await onServer(`create role ${name} login password '${password}' ${settings}`)
  const storage = await PostgresStorage.connect(urlOf(database))
  await storage.migrate({ grantTo: name })
  await storage.close()
  return { name, password }
}

const examine = (url: string, more: Partial<DiagnosisInput> = {}) =>
  diagnose({ url, schema: 'torii', hosts: ['127.0.0.1'], now: Date.now, ...more })

function assertOnly(
  findings: readonly Finding[],
  expected: Pick<Finding, 'id' | 'level'> & { message: RegExp; fix: RegExp },
): void {
  const ids = findings.map(({ id, level }) => ({ id, level }))
  assert.deepEqual(ids, [{ id: expected.id, level: expected.level }])
  assert.match(findings[0]?.message ?? '', expected.message)
  assert.match(findings[0]?.fix ?? '', expected.fix)
}

describe('doctor', () => {
  test('a healthy database has no finding, also with users and sessions, as its owner and as the application', async () => {
    const database = await planted()
    const storage = await PostgresStorage.connect(urlOf(database))
    await signUp(storage)
    await storage.sweep()
    await storage.close()
    assert.deepEqual(await examine(urlOf(database)), [])
    const role = await roleIn(database)
    const env = { DATABASE_URL: urlOf(database, role) }
    const json = await runHere(['doctor', '--json'], env)
    assert.deepEqual(JSON.parse(json.stdout), { ok: true, findings: [] })
    assert.deepEqual([json.status, json.stderr], [0, ''])
    assert.deepEqual(await runHere(['doctor'], env), {
      status: 0,
      stdout: 'no problem was found\n',
      stderr: '',
    })
  })

  test('a server that is not there: one finding without the password, exit 1', async () => {
    const secret = 'sEcret-of-thE-url'
    const url = `postgresql://app:${secret}@127.0.0.1:1/app`
    const said = await runHere(['doctor', '--json'], { DATABASE_URL: url })
    const { ok, findings } = JSON.parse(said.stdout)
    assert.deepEqual([said.status, ok], [1, false])
    assertOnly(findings, {
      id: 'connection',
      level: 'error',
      message: /^the database cannot be reached/,
      fix: /^check host, port, user, password/,
    })
    assert.ok(!said.stdout.includes(secret))
  })

  test('a wrong password: the connection, exit 1, in words', async () => {
    const wrong = new URL(server.url)
    wrong.password = 'wrOng-password'
    const said = await runHere(['doctor'], { DATABASE_URL: wrong.href })
    assert.equal(said.status, 1)
    assert.match(
      said.stdout,
      /^error connection: PostgreSQL at 127\.0\.0\.1:\d+, database "postgres" refused the login \(28P01\)[^\n]*\n {2}fix: check host/,
    )
    assert.ok(!said.stdout.includes('wrOng-password'))
  })

  test('a database of another encoding', async () => {
    await onServer(
      `create database ascii encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C' template template0`,
    )
    assertOnly(await examine(urlOf('ascii')), {
      id: 'encoding',
      level: 'error',
      message: /encoding SQL_ASCII, and Torii needs UTF8$/,
      fix: /^create database NAME encoding 'UTF8' template template0/,
    })
  })

  test('a database without tables: migrations are pending, exit 3', async () => {
    await onServer('create database bare')
    assertOnly(await examine(urlOf('bare')), {
      id: 'migrations-pending',
      level: 'error',
      message: /^schema torii is at version 0 of \d+$/,
      fix: /^npx torii-storage-postgres migrate$/,
    })
    assert.equal((await runHere(['doctor'], { DATABASE_URL: urlOf('bare') })).status, 3)
  })

  const faults: readonly (readonly [string, string, Finding['level'], RegExp, RegExp])[] = [
    [
      `update torii.torii_migrations set checksum = repeat('0', 64) where id = 1`,
      'drift',
      'error',
      /^migration 1 \(accounts\) is changed/,
      /^find out who changed it/,
    ],
    [
      `insert into torii.torii_migrations (id, name, checksum) values (900, 'later', repeat('0', 64))`,
      'schema-newer',
      'error',
      /^migration 900 \(later\) was applied by a newer version$/,
      /^install the newer torii-storage-postgres/,
    ],
    [
      'drop index torii.user_emails_user_id',
      'index-missing',
      'error',
      /^index torii\.user_emails_user_id is missing$/,
      /^create index concurrently user_emails_user_id on torii\.user_emails \(user_id\)$/,
    ],
    [
      `update pg_index set indisvalid = false where indexrelid = 'torii.user_emails_user_id'::regclass`,
      'index-invalid',
      'error',
      /^index torii\.user_emails_user_id is invalid/,
      /^reindex index concurrently torii\.user_emails_user_id$/,
    ],
    [
      'drop table torii.audit_events',
      'table-missing',
      'error',
      /^table torii\.audit_events is missing$/,
      /^restore it from a backup/,
    ],
    [
      `insert into torii.rate_limits (key, failures, cap, refill, total, total_limit, ends_at, lock_ends_at, seen_at, forget_at)
       select decode(lpad(to_hex(n), 64, '0'), 'hex'), 0, 1, 1, 0, 1, now(), now(), now(), now() - interval '9 days'
       from generate_series(1, 3) as n`,
      'sweep',
      'warning',
      /^the last complete sweep was never, and there are rows that expired more than 7 days ago$/,
      /torii\.startSweeping\(\).*sweep --watch/,
    ],
  ]
  for (const [text, id, level, message, fix] of faults)
    test(`${id}: ${text.split('\n')[0]}`, async () => {
      assertOnly(await examine(urlOf(await planted(text))), { id, level, message, fix })
    })

  test('the fix of a missing index makes the database healthy', async () => {
    const database = await planted('drop index torii.magic_links_slot')
    const [finding] = await examine(urlOf(database))
    await run(urlOf(database), [finding?.fix ?? ''])
    assert.deepEqual(await examine(urlOf(database)), [])
  })

  test('a right that is missing, and one on the schema', async () => {
    const database = await planted()
    const role = await roleIn(database)
    const url = urlOf(database, role)
    await run(urlOf(database), [`revoke insert on torii.users from ${role.name}`])
    const expected = { id: 'rights', level: 'error', fix: new RegExp(`--grant-to ${role.name}$`) }
    assertOnly(await examine(url), {
      ...expected,
      level: 'error',
      message: new RegExp(`^the role ${role.name} lacks insert on torii\\.users$`),
    })
    await run(urlOf(database), [`revoke usage on schema torii from ${role.name}`])
    assertOnly(await examine(url), {
      ...expected,
      level: 'error',
      message: new RegExp(`^the role ${role.name} may not use the schema torii$`),
    })
    assert.equal((await runHere(['doctor'], { DATABASE_URL: url })).status, 1)
  })

  test('row-level security that hides rows from the role', async () => {
    const database = await planted('alter table torii.sessions enable row level security')
    const role = await roleIn(database)
    assertOnly(await examine(urlOf(database, role)), {
      id: 'row-level-security',
      level: 'error',
      message: new RegExp(
        `^row-level security restricts the role ${role.name} on torii\\.sessions$`,
      ),
      fix: /alter table torii\.sessions disable row level security/,
    })
  })

  test('clocks that differ by more than five seconds', async () => {
    const url = urlOf('healthy')
    assert.deepEqual(await examine(url, { now: () => Date.now() + 3000 }), [])
    for (const shift of [60_000, -60_000])
      assertOnly(await examine(url, { now: () => Date.now() + shift }), {
        id: 'clock',
        level: 'warning',
        message: /differ by (?:59|60|61) seconds$/,
        fix: /NTP/,
      })
  })

  test('a connection to another machine without TLS; one to this machine needs none', async () => {
    assertOnly(await examine(urlOf('healthy'), { hosts: ['localhost', 'db.example'] }), {
      id: 'tls',
      level: 'warning',
      message: /^the connection to db\.example is not encrypted$/,
      fix: /sslmode=verify-full/,
    })
    for (const host of ['localhost', '127.0.0.3', '[::1]', '/run/postgresql'])
      assert.deepEqual(await examine(urlOf('healthy'), { hosts: [host] }), [])
  })

  const roleSettings: readonly (readonly [string, string, Finding['level'], RegExp])[] = [
    ["set default_transaction_read_only = 'on'", 'read-only', 'error', /nothing can be written/],
    [
      "set synchronous_commit = 'off'",
      'synchronous-commit',
      'warning',
      /a crash of the server can undo/,
    ],
    [
      "set default_transaction_isolation = 'serializable'",
      'isolation',
      'warning',
      /isolation is serializable/,
    ],
    ["set statement_timeout = '50ms'", 'time-limit', 'warning', /statement_timeout .* is 50ms/],
    [
      "set idle_in_transaction_session_timeout = '100'",
      'time-limit',
      'warning',
      /idle_in_transaction_session_timeout .* is 100/,
    ],
    ['connection limit 4', 'connections', 'warning', /^this role may open 4 connections/],
  ]
  for (const [setting, id, level, message] of roleSettings)
    test(`a role with ${setting}`, async () => {
      const database = await planted()
      const role = await roleIn(database)
      await onServer(`alter role ${role.name} ${setting}`)
      const findings = await examine(urlOf(database, role))
      assertOnly(findings, { id, level, message, fix: /./ })
      // A fix that is a statement is the statement that helps.
      const { fix = '' } = findings[0] ?? {}
      if (!fix.startsWith('alter role')) return
      await onServer(fix)
      assert.deepEqual(await examine(urlOf(database, role)), [])
    })

  test('more expired rows than a sweep leaves', async () => {
    const database = await planted(
      `insert into torii.used_oauth_states (state_hash, used_by, expires_at)
       select decode(lpad(to_hex(n), 64, '0'), 'hex'), md5(random()::text)::uuid, now() - interval '2 days' from generate_series(1, 21) as n`,
    )
    assert.deepEqual(await examine(urlOf(database), { limits: { expiredRows: 21 } }), [])
    assertOnly(await examine(urlOf(database), { limits: { expiredRows: 20 } }), {
      id: 'expired-rows',
      level: 'warning',
      message: /^torii\.used_oauth_states has more than 20 rows/,
      fix: /sweep, then vacuum torii\.used_oauth_states$/,
    })
  })

  test('password hashes that cost less than the default, or are of another algorithm', async () => {
    const database = await planted()
    const storage = await PostgresStorage.connect(urlOf(database))
    for (let n = 0; n < 3; n += 1) await signUp(storage)
    await storage.close()
    assert.deepEqual(await examine(urlOf(database)), [])
    const hashes = ['$argon2id$v=19$m=4096,t=3,p=1$c2FsdA$aGFzaA', `$2b$12$${'a'.repeat(53)}`]
    for (const [index, hash] of hashes.entries())
      await run(urlOf(database), [
        `update torii.passwords set hash = '${hash}'
         where user_id = (select user_id from torii.passwords order by user_id offset ${index} limit 1)`,
      ])
    assertOnly(await examine(urlOf(database)), {
      id: 'password-hashes',
      level: 'warning',
      message: /^2 of 3 password hashes are weaker/,
      fix: /^each is replaced at its next sign-in/,
    })
  })

  test('fsync off', async () => {
    await onServer('alter system set fsync = off', 'select pg_reload_conf()')
    try {
      await waitFor(async () => (await examine(urlOf('healthy'))).length > 0)
      assertOnly(await examine(urlOf('healthy')), {
        id: 'fsync',
        level: 'error',
        message: /^fsync is off/,
        fix: /^alter system set fsync = on/,
      })
    } finally {
      await onServer('alter system set fsync = on', 'select pg_reload_conf()')
    }
  })
})

/** The server reads its settings again some milliseconds after it was asked to. */
async function waitFor(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) if (await condition()) return
  assert.fail('it did not come')
}

const whenInstalled = findPgBouncer() === null ? () => undefined : describe

whenInstalled('doctor behind PgBouncer', () => {
  test('transaction mode: prepare, and the limits that Torii cannot set there', async () => {
    const bouncer = await startPgBouncer(urlOf('healthy'), 2)
    try {
      const findings = await examine(bouncer.url)
      assert.deepEqual(
        findings.map(({ id, level }) => [id, level]),
        [
          ['pooler', 'warning'],
          ['no-time-limit', 'warning'],
        ],
      )
      assert.match(findings[0]?.fix ?? '', /^connect with the option prepare: false/)
    } finally {
      await bouncer.stop()
    }
  })

  test('statement mode allows no transaction', async () => {
    const bouncer = await startPgBouncer(urlOf('healthy'), 2, ['pool_mode = statement'])
    try {
      const findings = await examine(bouncer.url)
      assert.deepEqual(
        findings.map(({ id, level }) => [id, level]),
        [['pooler-mode', 'error']],
      )
    } finally {
      await bouncer.stop()
    }
  })
})
