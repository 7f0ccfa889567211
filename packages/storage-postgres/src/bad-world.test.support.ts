import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import pg from 'pg'
import type { ToriiErrorCode } from 'torii-core'
import { ToriiError } from 'torii-core'
import type { TestDatabase } from 'torii-testing'
import type { StorageLogEvent } from './index.js'
import type { Person } from './people.test.support.js'

/** A pool as an application would make one; it is told apart in pg_stat_activity by its name. */
export function applicationPool(url: string, given: pg.PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 4, application_name: 'shop', ...given })
  pool.on('error', () => {})
  return pool
}

/** Asks again and again until `condition` holds; twenty seconds are a defect. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!(await condition())) {
    assert.ok(performance.now() < deadline, `not within 20 seconds: ${condition}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Waits until so many statements of the application `name` wait for a row. */
export const untilWaiting = (database: TestDatabase, name: string, count = 1): Promise<void> =>
  until(async () => {
    const { rows } = await database.query(
      `select 1 from pg_stat_activity
       where application_name = $1 and datname = current_database() and wait_event in ('transactionid', 'tuple')`,
      [name],
    )
    return rows.length >= count
  })

/** The server processes of the application `name` in this database. */
export async function backendsOf(database: TestDatabase, name: string): Promise<number[]> {
  const { rows } = await database.query<{ pid: number }>(
    'select pid from pg_stat_activity where application_name = $1 and datname = current_database()',
    [name],
  )
  return rows.map(({ pid }) => pid)
}

/** What must never be seen in an error or a log: the URL's password and everything of these people. */
export function secretsOf(url: string, ...people: readonly Person[]): string[] {
  const ofPeople = people.flatMap(({ email, hash, key }) => {
    const bytes = Buffer.from(key.secretHash)
    const hex = bytes.toString('hex')
    return [email, hash.reveal(), hex, hex.replace(/..\B/g, '$& '), bytes.toString('base64')]
  })
  return [decodeURIComponent(new URL(url).password), ...ofPeople].filter((secret) => secret !== '')
}

/** Asserts that the value shows none of the secrets, however it is looked at. */
export function assertSilent(value: unknown, secrets: readonly string[]): void {
  const forms = [inspect(value, { depth: Infinity, showHidden: true }), JSON.stringify(value) ?? '']
  for (const secret of secrets)
    for (const form of forms) assert.ok(!form.includes(secret), 'a secret is shown')
}

/** The error that `work` ends in: of this code, and showing none of the secrets. */
export async function refusal(
  work: Promise<unknown>,
  code: ToriiErrorCode,
  secrets: readonly string[],
): Promise<ToriiError> {
  const error: unknown = await work.then(
    () => assert.fail(`did not fail with ${code}`),
    (failure: unknown) => failure,
  )
  assert.ok(error instanceof ToriiError, inspect(error))
  assert.equal(error.code, code, inspect(error))
  assertSilent(error, secrets)
  return error
}

/** Collects what a storage logs; `when` is called at each event of a kind, to change the world just then. */
export function listening() {
  const events: StorageLogEvent[] = []
  const reactions = new Map<StorageLogEvent['event'], () => void>()
  return {
    events,
    when: (event: StorageLogEvent['event'], react: () => void) => void reactions.set(event, react),
    log(event: StorageLogEvent) {
      events.push(event)
      reactions.get(event.event)?.()
    },
    codes: (event: StorageLogEvent['event']) =>
      events.filter((logged) => logged.event === event).map(({ code }) => code),
  }
}
