import assert from 'node:assert/strict'
import { casesOf } from '../fixtures/case.js'
import { linkOne, signUpWithPasskey } from '../fixtures/credentials.js'
import { actorOf, only, signUp, signUpBare, twentyAtOnce } from '../fixtures/people.js'

const sweep = casesOf('sweep')
const sweepIfDue = casesOf('sweepIfDue')

const day = 86_400
const unverifiedAccountSeconds = 30 * day

sweep.promise(
  'deletes an account that was never verified when its time is over, and no other account',
  ['elapse', 'transaction'],
  async (storage) => {
    const old = await signUpBare(storage)
    const verified = await signUpBare(storage, { emailVerified: true })
    const disabled = await signUpBare(storage)
    await storage.users.disable(disabled.id)
    const withPasskey = await signUpWithPasskey(storage)
    const withProvider = await signUp(storage, { emailVerified: false })
    await linkOne(storage, await actorOf(storage, withProvider.key))
    await storage.elapse(unverifiedAccountSeconds + 1)
    const young = await signUpBare(storage)
    const { key } = await signUp(storage, { emailVerified: false })
    assert.equal((await storage.sweep()).deleted.users, undefined)
    const { deleted } = await storage.sweep({ unverifiedAccountSeconds })
    assert.ok((deleted.users ?? 0) >= 1)
    assert.equal(await storage.users.find(old.id), null)
    assert.equal(await storage.users.findByEmail(String(old.email)), null)
    const kept = [verified.id, disabled.id, young.id, key.userId, withProvider.key.userId]
    for (const id of [...kept, withPasskey.user.id])
      assert.notEqual(await storage.users.find(id), null)
  },
)

sweepIfDue.promise(
  'one of twenty callers sweeps, and the next sweep is due after everySeconds',
  ['elapse', 'transaction'],
  async (storage) => {
    const options = { everySeconds: 3600 }
    await storage.elapse(7200)
    const counts = await twentyAtOnce(() => storage.sweepIfDue(options))
    only(counts.filter((count) => count !== null))
    await storage.elapse(3500)
    assert.equal(await storage.sweepIfDue(options), null)
    await storage.elapse(200)
    assert.notEqual(await storage.sweepIfDue(options), null)
  },
)

/** What a sweep deletes, and that one process at a time sweeps. */
export const sweepCases = [sweep.cases, sweepIfDue.cases].flat()
