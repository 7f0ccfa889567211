import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { PostgresStorage } from 'torii-storage-postgres'
import type { TestDatabase } from 'torii-testing'
import { isClockQuestion, testDatabase } from 'torii-testing'
import { afterAll } from 'vitest'
import type { LogEvent, SignedIn, ToriiOptions } from '../index.js'
import { Torii } from '../index.js'

/** A Torii over a real database of its own, seen from outside. */
export interface TestSite {
  readonly db: TestDatabase
  readonly storage: PostgresStorage
  readonly torii: Torii
  /** Every statement that reached the database since the last {@link TestSite.counted}. */
  readonly statements: string[]
  readonly events: LogEvent[]
  /** Runs `work` and says how many statements it sent. */
  counted<Result>(work: () => Promise<Result>): Promise<{ result: Result; statements: number }>
  /** Another Torii over the same storage. */
  with(options: Partial<ToriiOptions>): Torii
  /** Moves what is stored about sessions and attempts into the past, as if so much time had gone by. */
  elapse(seconds: number): Promise<void>
}

export const baseUrl = 'https://app.example'
export const requestInfo = { ip: '203.0.113.7', userAgent: 'Test/1.0' }
/** Long enough, and neither a sequence nor a name. */
export const goodPassword = 'correct horse battery staple'

/** Flows at providers are encrypted under them. */
const flowKeys = [{ id: 'flows', secret: randomBytes(32) }]

/** Opens a site for the calling test file; its database goes with the file. */
export async function openTestSite(options: Partial<ToriiOptions> = {}): Promise<TestSite> {
  const db = await testDatabase()
  const statements: string[] = []
  const events: LogEvent[] = []
  const storage = new PostgresStorage(await countingPool(db, statements))
  afterAll(() => storage.close())
  const make = (given: Partial<ToriiOptions>) =>
    new Torii(storage, {
      baseUrl,
      log: (event) => events.push(event),
      // Without providers a site has keys only if its test gives it some.
      ...(given.oauth === undefined ? {} : { keys: flowKeys }),
      ...given,
    })
  return {
    db,
    storage,
    statements,
    events,
    torii: make(options),
    with: make,
    async counted(work) {
      statements.length = 0
      const result = await work()
      return { result, statements: statements.length }
    },
    elapse: (seconds) => elapse(db, seconds),
  }
}

interface Query {
  text: string
  values: unknown[]
  name?: string
}

/** What the application's own pool is to the storage; here every statement passes through it one by one. */
async function countingPool(db: TestDatabase, statements: string[]) {
  const client = await db.connect()
  let former: Promise<unknown> = Promise.resolve()
  const counted = {
    query(query: Query) {
      if (!isClockQuestion(query.text)) statements.push(query.text)
      const answer = former.then(() => client.query(query))
      former = answer.catch(() => undefined)
      return answer
    },
    release: () => undefined,
    on: () => undefined,
  }
  return { connect: async () => counted, on: () => undefined }
}

const times: readonly (readonly [table: string, columns: readonly string[]])[] = [
  [
    'sessions',
    [
      ...['created_at', 'authenticated_at', 'level2_at', 'last_active_at'],
      ...['expires_at', 'absolute_expires_at'],
    ],
  ],
  ['pending_sign_ins', ['created_at', 'expires_at']],
  ['totp_enrollments', ['expires_at']],
  ['magic_links', ['created_at', 'expires_at']],
  ['verification_tokens', ['created_at', 'expires_at']],
  ['rate_limits', ['ends_at', 'lock_ends_at', 'seen_at', 'forget_at']],
]

async function elapse(db: TestDatabase, seconds: number): Promise<void> {
  for (const [table, columns] of times) {
    const moved = columns.map((column) => `${column} = ${column} - make_interval(secs => $1)`)
    await db.query(`update torii.${table} set ${moved.join(', ')}`, [seconds])
  }
  await db.query('update torii.totp_factors set last_step = last_step - ceil($1::float8 / 30)', [
    seconds,
  ])
}

let accounts = 0
/** An address no one has yet. */
export const newEmail = (): string => `person${++accounts}@example.com`

/** Someone who has just registered where that signs in. */
export async function signUp(torii: Torii, email = newEmail()): Promise<SignedIn<object>> {
  const made = await torii.password.register({ email, password: goodPassword }, requestInfo)
  assert.ok(made.ok && made.session !== null)
  return made
}
