import assert from 'node:assert/strict'
import type { PasskeyUse, TransactionRepositories, UserId } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import type { PasskeyOwner } from '../fixtures/credentials.js'
import {
  addOne,
  assertBytes,
  freshBytes,
  newPasskey,
  signUpWithPasskey,
  storedCredential,
  useOf,
} from '../fixtures/credentials.js'
import { answerOf, signUpWithFactorAndPasskey } from '../fixtures/passkey-factors.js'
import {
  assertEnded,
  keyOf,
  liveSession,
  present,
  succeeded,
  twentyAtOnce,
  winners,
} from '../fixtures/people.js'
import { newSession } from '../fixtures/samples.js'
import { beginSignIn, isPending } from '../fixtures/second-factors.js'

const { cases, promise } = casesOf('passkeys')

/** User handles that are not known before the first use. */
export const userHandleCases = cases

const stale = { ok: false, reason: 'stale' }

const handleOf = async (
  storage: TransactionRepositories,
  { user, made }: { user: { id: UserId }; made: PasskeyOwner['made'] },
) => (await storedCredential(storage, user.id, made)).userHandle

/** The ways to use a passkey; each returns whether it succeeded. */
const uses: readonly (readonly [
  string,
  (
    storage: ConformanceStorage,
    owner: PasskeyOwner,
    use: PasskeyUse,
  ) => Promise<{ readonly ok: boolean }>,
])[] = [
  [
    'signIn',
    ({ passkeys }, _, use) =>
      passkeys.signIn(use, { session: newSession({ methods: ['passkey'] }) }),
  ],
  [
    'reauthenticate',
    ({ passkeys }, { key }, use) =>
      passkeys.reauthenticate(use, { key, newSecretHash: key.secretHash }),
  ],
]

for (const [method, run] of uses)
  promise(
    `${method}: T7.92 the first use stores a user handle that is not known, and another one is refused after it`,
    [],
    async (storage) => {
      const owner = await signUpWithPasskey(storage, { userHandle: null })
      assert.equal(await handleOf(storage, owner), null)
      const [accepted] = present(await storage.passkeys.accepted(owner.actor))
      assertBytes(present(accepted).credentialId, owner.made.credentialId)
      assert.equal(accepted?.userHandle, null)
      // An assertion for a named account may have none.
      succeeded(await run(storage, owner, useOf(owner, 1)))
      assert.equal(await handleOf(storage, owner), null)
      const [handle, other] = [freshBytes(64), freshBytes(64)]
      succeeded(await run(storage, owner, useOf(owner, 2, { userHandle: handle })))
      assertBytes(present(await handleOf(storage, owner)), handle)
      const before = await storage.passkeys.list(owner.user.id)
      for (const userHandle of [other, handle.subarray(0, 63), freshBytes(1)])
        assert.deepEqual(await run(storage, owner, useOf(owner, 3, { userHandle })), stale)
      assert.deepEqual(await storage.passkeys.list(owner.user.id), before)
      assert.equal((await storedCredential(storage, owner.user.id, owner.made)).signCount, 2)
      succeeded(await run(storage, owner, useOf(owner, 3, { userHandle: handle })))
      succeeded(await run(storage, owner, useOf(owner, 4, { userHandle: null })))
      assertBytes(present(await handleOf(storage, owner)), handle)
    },
  )

promise(
  'signIn: T7.92 of first uses with two user handles at once, those with one of them succeed',
  [],
  async (storage) => {
    for (let round = 0; round < 5; round += 1) {
      const owner = await signUpWithPasskey(storage, { userHandle: null })
      const handles = [freshBytes(64), freshBytes(64)]
      const outcomes = await twentyAtOnce(async (index) => {
        const userHandle = present(handles[index % 2])
        const session = newSession({ methods: ['passkey'] })
        const use = useOf(owner, 0, { userHandle })
        const outcome = await storage.passkeys.signIn(use, { session })
        return { ...outcome, userHandle, key: keyOf(owner.user.id, session) }
      })
      const stored = present(await handleOf(storage, owner))
      for (const { ok, userHandle, key } of outcomes) {
        assert.equal(ok, Buffer.compare(userHandle, stored) === 0)
        if (ok) await liveSession(storage, key)
        else await assertEnded(storage, key)
      }
      assert.equal(winners(outcomes).length, 10)
    }
  },
)

promise('signIn: T7.92 a refused use stores no user handle', [], async (storage) => {
  const owner = await signUpWithPasskey(storage, { userHandle: null, signCount: 5 })
  const userHandle = freshBytes(64)
  const session = newSession({ methods: ['passkey'] })
  const copied = await storage.passkeys.signIn(useOf(owner, 5, { userHandle }), { session })
  assert.deepEqual(copied, { ok: false, reason: 'counter_regression' })
  await storage.sessions.revokeAll(owner.user.id)
  assert.deepEqual(
    await storage.passkeys.signIn(useOf(owner, 6, { userHandle }), { session }),
    stale,
  )
  assert.equal(await handleOf(storage, owner), null)
})

promise(
  'signIn: a user handle that was known at the registration stays, and is compared',
  [],
  async (storage) => {
    const owner = await signUpWithPasskey(storage)
    const session = newSession({ methods: ['passkey'] })
    const wrong = useOf(owner, 1, { userHandle: freshBytes(64) })
    assert.deepEqual(await storage.passkeys.signIn(wrong, { session }), stale)
    succeeded(
      await storage.passkeys.signIn(useOf(owner, 1, { userHandle: owner.made.userHandle }), {
        session,
      }),
    )
    assertBytes(present(await handleOf(storage, owner)), present(owner.made.userHandle))
  },
)

promise(
  'signInByPasskey: T7.92 the first use as a second factor stores the user handle, and another one is refused',
  ['charging'],
  async (storage) => {
    const person = await signUpWithFactorAndPasskey(storage)
    const unknown = await addOne(storage, person.actor, newPasskey({ userHandle: null }))
    const owner = { ...person, ...unknown }
    const userHandle = freshBytes(16)
    const answer = async (signCount: number, handle: Uint8Array | null) => {
      const key = await beginSignIn(storage, owner.user.id)
      const given = answerOf(owner, key, signCount)
      const use = { ...given.use, userHandle: handle }
      const outcome = await storage.secondFactors.signInByPasskey({ ...given, use })
      return { outcome, key }
    }
    succeeded((await answer(1, userHandle)).outcome)
    assertBytes(present(await handleOf(storage, owner)), userHandle)
    const { outcome, key } = await answer(2, freshBytes(16))
    assert.deepEqual(outcome, { ok: false, reason: 'invalid_code', triesLeft: 5 })
    assert.equal(await isPending(storage, key), true)
    succeeded((await answer(2, userHandle)).outcome)
  },
)
