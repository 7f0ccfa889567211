import assert from 'node:assert/strict'
import type { TestDatabase } from 'torii-testing'
import { testDatabase } from 'torii-testing'
import { afterAll, beforeAll, test } from 'vitest'
import { newCallerInput, newFixture } from '../interleaving/fixture.test.support.js'
import type { ConnectionSet } from '../interleaving/held-lock.test.support.js'
import { begin, openConnections } from '../interleaving/held-lock.test.support.js'
import { locks } from '../interleaving/interleaving.test.support.js'
import type { OperationName } from '../interleaving/user-operations.test.support.js'
import { perform } from '../interleaving/user-operations.test.support.js'
import { createRetryLog } from '../retry-log.test.support.js'
import { freshEmail, freshRateLimitKey, freshSecretHash } from './people.test.support.js'

let database: TestDatabase
let connections: ConnectionSet
const { retried, log } = createRetryLog()
beforeAll(async () => {
  database = await testDatabase()
  connections = await openConnections(database.url, log)
})
afterAll(() => connections.close())

const waits: readonly (readonly [OperationName, lock: string])[] = [
  ['issueLink', 'magic_links'],
  ['issueReset', 'verification_tokens'],
  ['issueReset', 'users'],
  ['issueEmailChange', 'verification_tokens'],
  ['issueEmailChange', 'users'],
]

for (const [name, lock] of waits)
  test(`R2.2 a request for a mail that waits lets others of its network pass: ${name}, held up by ${lock}`, async () => {
    const fixture = await newFixture(connections, 'usual')
    const { ipAddress } = fixture.charges
    const [select, values] = locks[lock] ?? assert.fail()
    const counted = async () => {
      const { failures } = await connections.observer.rateLimits.status(
        ipAddress?.key ?? assert.fail(),
      )
      return failures
    }
    const before = await counted()
    const begun: Awaited<ReturnType<typeof begin>>[] = []
    await connections.whileHeld(select, values(fixture), async () => {
      const waiting = await begin(connections, connections.first, (storage) =>
        perform(name, storage, fixture, newCallerInput('who waits')),
      )
      begun.push(waiting)
      assert.equal(waiting.waits, true)
      const passing = await begin(connections, connections.second, async ({ magicLinks }) => {
        const decision = await magicLinks.issue({
          email: freshEmail(),
          tokenHash: freshSecretHash(),
          codeHash: null,
          lifetimeSeconds: 600,
          charges: { address: { ...fixture.charges.address, key: freshRateLimitKey() }, ipAddress },
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
