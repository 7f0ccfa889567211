import assert from 'node:assert/strict'
import type { CountedActor } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import type { PasskeyOwner } from '../fixtures/credentials.js'
import { signUpWithPasskey } from '../fixtures/credentials.js'
import { actorOf, openOne, twentyAtOnce } from '../fixtures/people.js'
import { freshRateLimitKey, newSession, policy } from '../fixtures/samples.js'

const { cases, promise } = casesOf('rateLimits')

/** Operations of a session that count themselves in their own statement. */
export const countedSessionCases = cases

/** Runs the operation: whether it was done. */
type Operation = (
  storage: ConformanceStorage,
  actor: CountedActor,
  of: PasskeyOwner,
) => Promise<boolean>

const operations: Readonly<Record<string, Operation>> = {
  'sessions.derive': async ({ sessions }, actor) =>
    (await sessions.derive(actor, newSession())) !== null,
  'sessions.revokeOthers': async ({ sessions }, actor) => (await sessions.revokeOthers(actor)).ok,
  'users.updateProfile': async ({ users }, actor) =>
    (await users.updateProfile(actor, { name: 'Changed' })) !== null,
  'passkeys.rename': async ({ passkeys }, actor, { passkey }) =>
    (await passkeys.rename(actor, passkey.id, 'Changed')) !== null,
}

/** Everything that the operations could change. */
async function stateOf(storage: ConformanceStorage, { user, key }: PasskeyOwner) {
  const valid = await storage.sessions.validate(key, { touchSeconds: 60 })
  return {
    epochs: valid?.epochs,
    name: valid?.user.name,
    sessions: (await storage.sessions.list(user.id)).length,
    passkeys: (await storage.passkeys.list(user.id)).map(({ name }) => name),
  }
}

for (const [name, operation] of Object.entries(operations)) {
  promise(
    `${name}: counts itself, and beyond the limit changes nothing`,
    ['charging'],
    async (storage) => {
      const owner = await signUpWithPasskey(storage)
      const charge = { key: freshRateLimitKey(), policy: policy({ cap: 2 }) }
      const asked = async () => {
        const actor = { ...(await actorOf(storage, owner.key)), charge }
        return operation(storage, actor, owner)
      }
      assert.deepEqual([await asked(), await asked()], [true, true])
      const other = await openOne(storage, owner.user.id)
      await storage.users.updateProfile(owner.user.id, { name: 'Before' })
      await storage.passkeys.rename(owner.actor, owner.passkey.id, 'Before')
      const before = await stateOf(storage, owner)
      assert.equal(await asked(), false)
      assert.deepEqual(await stateOf(storage, owner), before)
      assert.ok(await storage.sessions.validate(other, { touchSeconds: 60 }))
      assert.equal((await storage.rateLimits.status(charge.key)).failures, 2)
      const actor = await actorOf(storage, owner.key)
      assert.equal(await operation(storage, actor, owner), true)
    },
  )

  promise(
    `${name}: of twenty at once no more than the limit are done`,
    ['charging'],
    async (storage) => {
      const owner = await signUpWithPasskey(storage)
      const charge = { key: freshRateLimitKey(), policy: policy({ cap: 3 }) }
      const done = await twentyAtOnce(async () => {
        const actor = { ...owner.actor, charge }
        return operation(storage, actor, owner)
      })
      const count = done.filter((each) => each).length
      // Raising the epoch leaves the other callers with an actor that has ended.
      assert.ok(name === 'sessions.revokeOthers' ? count === 1 : count === 3, String(count))
    },
  )
}
