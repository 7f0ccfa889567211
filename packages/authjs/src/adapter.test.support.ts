import assert from 'node:assert/strict'
import type { AdapterAccount, AdapterUser } from '@auth/core/adapters'
import type { UserId } from 'torii-core'
import { parseUserId } from 'torii-core'
import { PostgresStorage } from 'torii-storage-postgres'
import type { TestDatabase } from 'torii-testing'
import { isClockQuestion, testDatabase } from 'torii-testing'
import { afterAll } from 'vitest'
import type { AdapterRefusalReason, ToriiAdapterOptions } from './index.js'
import { AdapterRefusal, ToriiAdapter } from './index.js'

type Adapter = ReturnType<typeof ToriiAdapter>

/** An adapter over a real database of its own. */
export interface TestAdapter {
  readonly db: TestDatabase
  readonly storage: PostgresStorage
  readonly adapter: Adapter
  with(options: ToriiAdapterOptions): Adapter
  /** The statements that `work` sent, in a transaction with `begin` and its end. */
  statementsOf(work: (adapter: Adapter) => Promise<unknown>): Promise<string[]>
}

/** Opens an adapter for the calling test file; its database goes with the file. */
export async function openTestAdapter(options: ToriiAdapterOptions = {}): Promise<TestAdapter> {
  const db = await testDatabase()
  const storage = await PostgresStorage.connect(db.url)
  const statements: string[] = []
  const counted = new PostgresStorage(await countingPool(db, statements))
  afterAll(async () => {
    await storage.close()
    await counted.close()
  })
  const countedAdapter = ToriiAdapter(counted, options)
  return {
    db,
    storage,
    adapter: ToriiAdapter(storage, options),
    with: (given) => ToriiAdapter(storage, given),
    async statementsOf(work) {
      statements.length = 0
      await work(countedAdapter)
      return [...statements]
    },
  }
}

/** A pool of one connection that notes every statement: the end of a transaction by its first word, others by their name. */
async function countingPool(db: TestDatabase, statements: string[]) {
  const client = await db.connect()
  let former: Promise<unknown> = Promise.resolve()
  const counted = {
    query(query: { text: string; values: unknown[]; name?: string }) {
      if (!isClockQuestion(query.text))
        statements.push(query.text.trim().split(/[\s;]/)[0]?.toLowerCase() ?? '')
      const answer = former.then(() => client.query(query))
      former = answer.catch(() => undefined)
      return answer
    },
    release: () => undefined,
    on: () => undefined,
  }
  return { connect: async () => counted, on: () => undefined }
}

let people = 0

/** A user as Auth.js passes one to createUser, with an address that no other has. */
export const newPerson = (given: Partial<AdapterUser> = {}): AdapterUser => ({
  id: crypto.randomUUID(),
  email: `person${++people}@example.com`,
  emailVerified: null,
  name: 'Ada',
  image: 'https://example.com/ada.png',
  ...given,
})

/** An account as Auth.js passes one to linkAccount, of an identity that no other has. */
export const newAccount = (
  userId: string,
  given: Partial<AdapterAccount> = {},
): AdapterAccount => ({
  type: 'oidc',
  provider: 'work',
  providerAccountId: `subject-${crypto.randomUUID()}`,
  userId,
  ...given,
})

/** An ID token with these claims, as Auth.js hands one over after it has validated it. */
export const idTokenOf = (claims: object): string =>
  ['{"alg":"RS256"}', JSON.stringify(claims), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.')

export const inAnHour = (): Date => new Date(Date.now() + 3_600_000)

export function toUserId(id: string): UserId {
  const userId = parseUserId(id)
  assert.ok(userId !== null)
  return userId
}

/** Asserts that a call is refused for this reason. */
export const refused = (work: () => unknown, reason: AdapterRefusalReason): Promise<void> =>
  assert.rejects(
    async () => await work(),
    (error) => error instanceof AdapterRefusal && error.reason === reason,
  )

/** Runs `work` twenty times at once; returns the values of those that succeeded, and the errors of the others. */
export async function twentyAtOnce<Result>(
  work: (index: number) => PromiseLike<Result> | Result,
): Promise<{ values: Result[]; errors: unknown[] }> {
  const settled = await Promise.allSettled(
    Array.from({ length: 20 }, async (_, index) => work(index)),
  )
  return {
    values: settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])),
    errors: settled.flatMap((each) => (each.status === 'rejected' ? [each.reason] : [])),
  }
}
