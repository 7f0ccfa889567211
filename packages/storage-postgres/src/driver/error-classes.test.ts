import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import pg from 'pg'
import type { TestDatabase } from 'torii-testing'
import { testDatabase } from 'torii-testing'
import { beforeAll, describe, test } from 'vitest'
import {
  CanceledError,
  classifyConnectError,
  classifyStatementError,
  type ErrorClass,
  loggedSqlState,
  sqlStateOf,
  withoutValues,
} from './error-classes.js'

let db: TestDatabase
beforeAll(async () => {
  db = await testDatabase()
})

/** An error as `pg` makes it of a server's answer. */
const answered = (code: string, message = 'refused') =>
  Object.assign(new Error(message), { code, severity: 'ERROR' })

const statementClasses: readonly [code: string, expected: ErrorClass][] = [
  ['40001', 'not-committed'],
  ['40P01', 'not-committed'],
  ['55P03', 'not-committed'],
  ['25006', 'not-committed'],
  ['57P03', 'not-sent'],
  ['53300', 'not-sent'],
  ['57014', 'ended'],
  ['25P03', 'ended'],
  ['25P04', 'ended'],
  ['53100', 'ended'],
  ['53200', 'ended'],
  ['57P01', 'ambiguous'],
  ['57P02', 'ambiguous'],
  ['57P05', 'ambiguous'],
  ['08000', 'ambiguous'],
  ['08003', 'ambiguous'],
  ['08006', 'ambiguous'],
  ['08P01', 'ambiguous'],
  ['26000', 'unprepared'],
  ['42P05', 'pooler'],
  ['25P02', 'aborted'],
  ['42501', 'permission'],
  ['42P01', 'schema'],
  ['3F000', 'schema'],
  ['42703', 'schema'],
  ['23505', 'other'],
  ['23503', 'other'],
  ['23514', 'other'],
  ['22P02', 'other'],
  ['0A000', 'other'],
  ['XX000', 'other'],
]

describe('a failed statement', () => {
  for (const [code, expected] of statementClasses)
    test(`${code} is ${expected}`, () => {
      assert.equal(classifyStatementError(answered(code)), expected)
    })

  test('a cached plan whose result changed was not run', () => {
    const error = answered('0A000', 'cached plan must not change result type')
    assert.equal(classifyStatementError(error), 'not-committed')
  })

  for (const error of [
    new Error('Connection terminated unexpectedly'),
    Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
    Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }),
    new Error('no answer within 10000 ms'),
    'a string',
    undefined,
    null,
  ])
    test(`${error instanceof Error ? error.message : inspect(error)} leaves the outcome unknown`, () => {
      assert.equal(classifyStatementError(error), 'ambiguous')
    })

  test('a code of Node that looks like an SQLSTATE is none: the server gives a severity', () => {
    assert.equal(sqlStateOf(Object.assign(new Error('x'), { code: 'EPIPE' })), null)
    assert.equal(sqlStateOf(Object.assign(new Error('x'), { code: '40001' })), null)
    assert.equal(sqlStateOf(answered('40001')), '40001')
  })

  test('its SQLSTATE is logged, also where the server was asked to cancel it', () => {
    const canceled = new CanceledError('no answer in time', { cause: answered('57014') })
    assert.deepEqual(loggedSqlState(answered('40P01')), { sqlState: '40P01' })
    assert.deepEqual(loggedSqlState(canceled), { sqlState: '57014' })
    assert.deepEqual(loggedSqlState(new Error('Connection terminated')), {})
  })
})

describe('a failed connection', () => {
  const classes: readonly [code: string, expected: ErrorClass][] = [
    ['57P03', 'not-sent'],
    ['53300', 'not-sent'],
    ['57P01', 'not-sent'],
    ['28P01', 'login'],
    ['28000', 'login'],
    ['3D000', 'login'],
    ['08P01', 'not-sent'],
    ['42501', 'permission'],
  ]
  for (const [code, expected] of classes)
    test(`${code} is ${expected}`, () => {
      assert.equal(classifyConnectError(answered(code)), expected)
    })

  const poolerMessages: readonly [message: string, expected: ErrorClass][] = [
    ['unsupported startup parameter: statement_timeout', 'pooler'],
    ['unsupported startup parameter: options', 'pooler'],
    ['unsupported startup parameter in options: work_mem', 'pooler'],
    ['server login has been failing, try again later (server_login_retry)', 'not-sent'],
    ['pgbouncer cannot connect to server', 'not-sent'],
    ['no more connections allowed (max_client_conn)', 'not-sent'],
    ['the database system is shutting down', 'not-sent'],
    ['query_wait_timeout', 'not-sent'],
    ['no such database: app', 'login'],
    ['no such user: app', 'login'],
    ['password authentication failed', 'login'],
    ['SASL authentication failed', 'login'],
  ]
  for (const [message, expected] of poolerMessages)
    test(`08P01 "${message}" of a pooler is ${expected}`, () => {
      assert.equal(classifyConnectError(answered('08P01', message)), expected)
    })

  test('without an answer nothing was sent', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    assert.equal(classifyConnectError(refused), 'not-sent')
  })
})

/** The error that `act` really meets. */
const errorOf = (operation: Promise<unknown>): Promise<unknown> =>
  operation.then(
    () => assert.fail('nothing failed'),
    (error: unknown) => error,
  )

describe('what a real server answers', () => {
  const statements: readonly [what: string, sql: string, expected: ErrorClass][] = [
    ['a missing table', 'select * from torii.nothing', 'schema'],
    ['a missing schema', 'create table nowhere.t ()', 'schema'],
    ['a missing column', 'select nothing from torii.users', 'schema'],
    ['a time limit', 'set statement_timeout = 20; select pg_sleep(5)', 'ended'],
    ['a read-only transaction', 'begin read only; delete from torii.users', 'not-committed'],
    [
      'a lock that does not come',
      'set lock_timeout = 20; lock table torii.users in access exclusive mode',
      'not-committed',
    ],
    ['an unknown prepared statement', 'execute nothing', 'unprepared'],
    [
      'a violated check',
      "insert into torii.users (id, name, created_at) values (gen_random_uuid(), 'x', 'infinity')",
      'other',
    ],
    ['a terminated backend', 'select pg_terminate_backend(pg_backend_pid())', 'ambiguous'],
  ]
  for (const [what, sql, expected] of statements)
    test(`${what}: ${expected}`, async () => {
      const holder = await db.connect()
      await holder.query('begin; lock table torii.users in row exclusive mode')
      const client = await db.connect()
      const text = sql.replace('gen_random_uuid()', "'018f0000-0000-7000-8000-000000000000'")
      try {
        assert.equal(classifyStatementError(await errorOf(client.query(text))), expected)
      } finally {
        await holder.query('rollback')
      }
    })

  test('a deadlock was not committed', async () => {
    const [one, other] = [await db.connect(), await db.connect()]
    for (const client of [one, other])
      await client.query("begin; set local deadlock_timeout = '50ms'")
    await one.query('lock table torii.users in share mode')
    await other.query('lock table torii.sessions in share mode')
    const crossing = await Promise.allSettled([
      one.query('lock table torii.sessions in exclusive mode').finally(() => one.query('rollback')),
      other
        .query('lock table torii.users in exclusive mode')
        .finally(() => other.query('rollback')),
    ])
    const lost = crossing.filter((outcome) => outcome.status === 'rejected')
    assert.equal(lost.length, 1)
    assert.equal(classifyStatementError(lost[0]?.reason), 'not-committed')
  })

  test('a wrong password, a missing database, a closed port', async () => {
    const wrong = new URL(db.url)
    wrong.password = 'not this one'
    const missing = new URL(db.url)
    missing.pathname = '/nothing'
    const closed = new URL(db.url)
    closed.port = '1'
    const classOf = async ({ href }: URL) => {
      const client = new pg.Client({ connectionString: href })
      client.on('error', () => undefined)
      return classifyConnectError(await errorOf(client.connect()))
    }
    assert.deepEqual(
      [await classOf(wrong), await classOf(missing), await classOf(closed)],
      ['login', 'login', 'not-sent'],
    )
  })
})

describe('what is passed on of an error', () => {
  const marker = 'marker-of-a-secret-value'

  test('holds no value of a row that violates a check', async () => {
    const client = await db.connect()
    const error = await errorOf(
      client.query("insert into torii.users (id, name, created_at) values ($1, $2, 'infinity')", [
        '018f0000-0000-7000-8000-000000000000',
        marker,
      ]),
    )
    assert.ok(inspect(error).includes(marker), 'the original does hold it')
    const safe = withoutValues(error)
    assert.ok(!inspect(safe, { showHidden: true, depth: 9 }).includes(marker))
    assert.equal(Reflect.get(safe, 'code'), '23514')
    assert.equal(Reflect.get(safe, 'constraint'), 'users_created_at_check')
  })

  test('holds no value that PostgreSQL could not read', async () => {
    const client = await db.connect()
    const error = await errorOf(client.query('select $1::uuid', [marker]))
    assert.ok(inspect(error).includes(marker), 'the original does hold it')
    assert.ok(!inspect(withoutValues(error), { showHidden: true, depth: 9 }).includes(marker))
  })

  test('can be made of anything', () => {
    for (const thrown of [undefined, null, 0, 'text', {}, Object.create(null), answered('XX000')])
      assert.ok(withoutValues(thrown) instanceof Error)
  })
})
