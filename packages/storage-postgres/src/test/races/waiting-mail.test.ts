import assert from 'node:assert/strict'
import type { TestDatabase } from 'torii-testing'
import { testDatabase } from 'torii-testing'
import { afterAll, beforeAll, test } from 'vitest'
import type { Lane } from '../interleaving/held-lock.test.support.js'
import { begin, openLane } from '../interleaving/held-lock.test.support.js'
import { locks } from '../interleaving/interleaving.test.support.js'
import { newOwn, newSubject } from '../interleaving/subject.test.support.js'
import type { OperationName } from '../interleaving/user-operations.test.support.js'
import { perform } from '../interleaving/user-operations.test.support.js'
import { freshEmail, freshRateLimitKey, freshSecretHash } from './people.test.support.js'

let database: TestDatabase
let lane: Lane
const retried: string[] = []
beforeAll(async () => {
  database = await testDatabase()
  lane = await openLane(database.url, (code) => retried.push(code))
})
afterAll(() => lane.close())

const waits: readonly (readonly [OperationName, lock: string])[] = [
  ['issueLink', 'magic_links'],
  ['issueReset', 'verification_tokens'],
  ['issueReset', 'users'],
  ['issueEmailChange', 'verification_tokens'],
  ['issueEmailChange', 'users'],
]

for (const [name, lock] of waits)
  test(`R2.2 a request for a mail that waits lets others of its network pass: ${name}, held up by ${lock}`, async () => {
    const subject = await newSubject(lane, 'usual')
    const { ipAddress } = subject.charges
    const [select, values] = locks[lock] ?? assert.fail()
    const counted = async () => {
      const { failures } = await lane.aside.rateLimits.status(ipAddress?.key ?? assert.fail())
      return failures
    }
    const before = await counted()
    const begun: Awaited<ReturnType<typeof begin>>[] = []
    await lane.whileHeld(select, values(subject), async () => {
      const waiting = await begin(lane, lane.first, (storage) =>
        perform(name, storage, subject, newOwn('who waits')),
      )
      begun.push(waiting)
      assert.equal(waiting.waits, true)
      const passing = await begin(lane, lane.second, async ({ magicLinks }) => {
        const decision = await magicLinks.issue({
          email: freshEmail(),
          tokenHash: freshSecretHash(),
          codeHash: null,
          lifetimeSeconds: 600,
          charges: { address: { ...subject.charges.address, key: freshRateLimitKey() }, ipAddress },
        })
        return decision.ok ? 'done' : decision.reason
      })
      assert.deepEqual([passing.waits, await passing.answer], [false, 'done'])
      // The one who waits has not been counted yet.
      assert.equal(await counted(), before + 1)
    })
    assert.deepEqual(await Promise.all(begun.map(({ answer }) => answer)), ['done'])
    assert.equal(await counted(), before + 2)
    assert.deepEqual(retried, [])
  })
