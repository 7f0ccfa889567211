import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type pg from 'pg'
import { testDatabase } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { PostgresStorage } from '../../index.js'
import { everyStatement } from '../every-statement.test.support.js'
import type { Harness, Operation } from './ambiguous-operations.test.support.js'
import type { Cut, CuttingProxy } from './cutting-proxy.test.support.js'
import { startCuttingProxy } from './cutting-proxy.test.support.js'
import { outcomeOf, writingOperations } from './writing-operations.test.support.js'

let proxy: CuttingProxy
let storage: PostgresStorage
let harness: Harness
let holder: pg.Client

beforeAll(async () => {
  const db = await testDatabase()
  proxy = await startCuttingProxy(db.url)
  holder = await db.connect()
  storage = await PostgresStorage.connect(proxy.url)
  harness = {
    observer: await PostgresStorage.connect(db.url),
    async value(text, values) {
      const { rows } = await db.query(text, values)
      return Object.values(rows[0] ?? {})[0]
    },
  }
})

afterAll(async () => {
  await Promise.all([storage.close(), harness.observer.close()])
  await proxy.close()
})

/** Cuts at the operation's statement, and gives what was answered and what became of it. */
async function cutAt(operation: Operation, cut: Cut) {
  const call = await operation.prepare(harness)
  proxy.arm(cut, nameOf(operation))
  const said = await outcomeOf(call.operation(storage))
  assert.equal(proxy.cuts, 1, 'the connection was cut')
  return { said, effect: await call.effect() }
}

const title = ({ statement }: Operation, index: number) => `${statement} (${index})`

for (const [index, operation] of writingOperations.entries()) {
  const {
    statement,
    after: afterwards,
    once,
    twice = once,
    before: unsent = once,
    underWay = once,
  } = operation

  describe(title(operation, index), () => {
    test('undisturbed: the effect to compare with', async () => {
      const call = await operation.prepare(harness)
      assert.equal(await outcomeOf(call.operation(storage)), 'done')
      // A write that throws and is not repeated has its effect here, and none when it was cut before.
      assert.deepEqual(await call.effect(), throwsUnknown(statement) ? twice : once)
    })

    test('cut before the server got it: done once, and no one notices', async () => {
      const { said, effect } = await cutAt(operation, 'before')
      assert.equal(said, throwsUnknown(statement) ? afterwards : 'done')
      assert.deepEqual(effect, unsent)
    })

    test('cut after the commit: done once, told or refused as documented', async () => {
      const { said, effect } = await cutAt(operation, 'after')
      assert.equal(said, afterwards)
      assert.deepEqual(effect, twice)
    })

    test('cut while the server waits for a lock: no second effect when both go on', async () => {
      const call = await operation.prepare(harness)
      await holder.query('begin')
      await holder.query(lockAllTables)
      proxy.arm('under way', nameOf(operation))
      const answered = outcomeOf(call.operation(storage))
      for (let waits = 0; proxy.cuts === 0 && waits < 100; waits += 1) await sleep(5)
      // Enough for a look and for the repetition to queue up behind the first one.
      await sleep(150)
      await holder.query('rollback')
      const said = await answered
      if (throwsUnknown(statement)) return assert.equal(said, afterwards)
      assert.ok(said === 'done' || said === afterwards, said)
      const effect = await call.effect()
      assert.ok(
        [once, unsent, twice, underWay].some((one) => isDeepStrictEqual(effect, one)),
        JSON.stringify(effect),
      )
    })
  })
}

/** What a lost reply of each write means, by the name of the statement. */
const lostReplies = new Map(
  everyStatement().flatMap(({ name, onLostReply }) =>
    onLostReply === null ? [] : [[name, onLostReply.action] as const],
  ),
)

const throwsUnknown = (statement: string): boolean => lostReplies.get(statement) === 'throw'

/** How the statement is known on the wire. */
const nameOf = ({ statement }: Operation): string =>
  statement === 'commit' ? statement : `torii.${statement}.`

/** Writers wait, readers do not. */
const lockAllTables = `lock table ${[
  'users',
  'user_emails',
  'passwords',
  'oauth_accounts',
  'passkeys',
  'sessions',
  'rate_limits',
  'magic_links',
  'verification_tokens',
  'used_oauth_states',
  'passkey_challenges',
  'pending_sign_ins',
  'trusted_browsers',
  'totp_enrollments',
  'totp_factors',
  'recovery_codes',
  'audit_events',
]
  .map((table) => `torii.${table}`)
  .join(', ')} in exclusive mode`

test('every statement that writes is cut, and no other', () => {
  const cut = new Set(writingOperations.map(({ statement }) => statement))
  const written = [...lostReplies.keys()]
  assert.ok(written.length >= 60, `only ${written.length} statements write`)
  // Sweeping has one statement per table, all of one form: one of them stands for all.
  const missing = written.filter((name) => !cut.has(name) && !/^sweep\./.test(name))
  assert.deepEqual(missing, [])
  assert.deepEqual(
    ['sweep.sessions', 'sweep.raiseEpochs'].filter((name) => !cut.has(name)),
    [],
  )
  const unknown = [...cut].filter((name) => name !== 'commit' && !lostReplies.has(name))
  assert.deepEqual(unknown, [])
})
