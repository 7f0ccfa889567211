import assert from 'node:assert/strict'
import type { StorageTransaction } from 'torii-core'
import { InvalidInputError, ToriiError } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import type { Person } from '../fixtures/people.js'
import {
  actorOf,
  assertEnded,
  credentialOf,
  isStoredHash,
  keyOf,
  liveSession,
  only,
  present,
  rejectionOf,
  signUp,
  succeeded,
  twentyAtOnce,
  winners,
} from '../fixtures/people.js'
import {
  freshEmail,
  freshPasswordHash,
  freshSecretHash,
  newSession,
  newUser,
  noRefund,
  unknownUserId,
} from '../fixtures/samples.js'

const { cases, promise } = casesOf('transaction')

/** What does not abort a transaction, what does, and what it does not offer. */
export const transactionLimitCases = cases

promise('no refusal aborts it', ['transaction'], async (storage) => {
  const person = await signUp(storage)
  const made = await storage.transaction(async (tx) => {
    await refuseEverything(tx, person)
    assert.deepEqual(await tx.users.register(newUser({ email: person.email })), {
      ok: false,
      reason: 'email_taken',
      notice: null,
    })
    return signUp(tx)
  })
  await liveSession(storage, made.key)
  await liveSession(storage, person.key)
})

promise('a refused argument does not abort it', ['transaction'], async (storage) => {
  const made = await storage.transaction(async (tx) => {
    await assert.rejects(tx.users.register(newUser({ email: 'no address' })), InvalidInputError)
    await assert.rejects(tx.users.updateProfile(unknownUserId(), { name: '' }), InvalidInputError)
    return signUp(tx)
  })
  await liveSession(storage, made.key)
})

promise('twenty calls at once within it all get their answer', ['transaction'], async (storage) => {
  const email = freshEmail()
  const outcomes = await storage.transaction(async (tx) => {
    const taken = twentyAtOnce(() => tx.users.register(newUser({ email })))
    const free = twentyAtOnce(() => tx.users.register(newUser()))
    return { taken: await taken, free: await free }
  })
  assert.equal(winners(outcomes.free).length, 20)
  const { user } = succeeded(only(winners(outcomes.taken)))
  assert.deepEqual(await storage.users.findByEmail(email), user)
})

promise('every act of a signed-in user can be part of it', ['transaction'], async (storage) => {
  const person = await signUp(storage, { emailVerified: true })
  const credential = await credentialOf(storage, person)
  const session = newSession()
  const next = freshPasswordHash()
  const rotated = await storage.transaction(async (tx) => {
    succeeded(await tx.passwords.signIn({ credential, session, refund: noRefund }))
    const actor = await actorOf(tx, person.key)
    succeeded(await tx.passwords.change(actor, { verified: person.hash, next }))
    succeeded(await tx.passwords.remove(await actorOf(tx, person.key), { mailSignIn: true }))
    succeeded(await tx.passwords.set(await actorOf(tx, person.key), next))
    const secretHash = freshSecretHash()
    present(await tx.sessions.rotate(person.key, secretHash))
    return { ...person.key, secretHash }
  })
  await liveSession(storage, rotated)
  await assertEnded(storage, person.key)
  await assertEnded(storage, keyOf(person.user.id, session))
  assert.equal(await isStoredHash(storage, person.user.id, next), true)
})

promise(
  'a failed statement of the application that work overlooks is no commit',
  ['transaction'],
  async (storage) => {
    const made = newUser()
    const failing = storage.transaction(async (tx) => {
      succeeded(await tx.users.register(made))
      await tx.query('select 1 / 0').catch(() => undefined)
    })
    assert.ok((await rejectionOf(failing)) instanceof ToriiError)
    assert.equal(await storage.users.find(made.id), null)
  },
)

promise(
  'a failed statement of the application rolls everything back',
  ['transaction'],
  async (storage) => {
    const made = newUser()
    const failing = storage.transaction(async (tx) => {
      succeeded(await tx.users.register(made))
      await tx.query('select 1 / 0')
    })
    assert.ok((await rejectionOf(failing)) instanceof Error)
    assert.equal(await storage.users.find(made.id), null)
  },
)

for (const [how, thrown] of [
  ['commit', null],
  ['rollback', new Error('rolled back')],
] as const) {
  promise(`its handles are misuse after the ${how}`, ['transaction'], async (storage) => {
    const { user, hash } = await signUp(storage)
    const kept: StorageTransaction[] = []
    await storage
      .transaction(async (tx) => {
        kept.push(tx)
        await tx.query('select 1')
        if (thrown !== null) throw thrown
      })
      .catch((error: unknown) => assert.equal(error, thrown))
    const tx = only(kept)
    const misuses = [
      () => tx.query('select 1'),
      () => tx.users.find(user.id),
      () => tx.users.register(newUser()),
      () => tx.sessions.list(user.id),
      () => tx.sessions.open(user.id, newSession()),
      () => tx.passwords.rehash(user.id, { verified: hash, next: freshPasswordHash() }),
    ]
    for (const misuse of misuses) await assert.rejects(async () => misuse(), { code: 'ERR_MISUSE' })
    assert.equal(await isStoredHash(storage, user.id, hash), true)
  })
}

/** What a transaction does not offer, as a type: it does not compile when one of these is offered. */
type NotOffered<Name extends string, Offered> = Name extends keyof Offered ? never : Name
const notOffered = {
  passwords: ['findForSignIn', 'findForUser'] satisfies NotOffered<
    'findForSignIn' | 'findForUser',
    StorageTransaction['passwords']
  >[],
  tx: ['rateLimits', 'transaction'] satisfies NotOffered<
    'rateLimits' | 'transaction',
    StorageTransaction
  >[],
}

promise(
  'offers nothing that charges an attempt, and no transaction within',
  ['transaction'],
  async (storage) => {
    await storage.transaction(async (tx) => {
      for (const name of notOffered.passwords)
        await assertNotOffered(Reflect.get(tx.passwords, name), tx.passwords)
      for (const name of notOffered.tx)
        assert.equal(Reflect.get(tx, name), undefined, `${name} is offered`)
      await tx.query('select 1')
    })
  },
)

/** Absent, or refused as misuse: plain JavaScript can call what the types leave out. */
async function assertNotOffered(member: unknown, owner: object): Promise<void> {
  if (member === undefined) return
  assert.ok(typeof member === 'function')
  await assert.rejects(async () => Reflect.apply(member, owner, [{}]), { code: 'ERR_MISUSE' })
}

/** Makes every method that can refuse refuse once. */
async function refuseEverything(
  tx: StorageTransaction,
  { user, key, hash }: Person,
): Promise<void> {
  const actor = await actorOf(tx, key)
  const old = { ...actor, epochs: { ...actor.epochs, session: actor.epochs.session + 1 } }
  const next = freshPasswordHash()
  const credential = { userId: user.id, hash, epochs: old.epochs }
  const unknownId = unknownUserId()
  const refusals: unknown[] = [
    await tx.users.updateProfile(unknownId, { name: 'Unknown' }),
    await tx.users.verifyEmail(user.id, freshEmail()),
    await tx.users.disable(unknownId),
    await tx.users.enable(unknownId),
    await tx.users.delete(unknownId),
    await tx.sessions.open(unknownId, newSession()),
    await tx.sessions.touch(key, { idleSeconds: 1000, touchSeconds: 60 }),
    await tx.sessions.revoke(unknownId, key.id),
    await tx.sessions.revokeOthers(old),
    await tx.sessions.rotate({ ...key, userId: unknownId }, freshSecretHash()),
    await tx.sessions.reauthenticate(
      { ...key, userId: unknownId },
      { newSecretHash: freshSecretHash(), method: 'oauth' },
    ),
    await tx.passwords.set(actor, next),
    await tx.passwords.change(old, { verified: hash, next }),
    await tx.passwords.remove(actor, { mailSignIn: false }),
    await tx.passwords.rehash(user.id, { verified: next, next: hash }),
    await tx.passwords.signIn({ credential, session: newSession(), refund: noRefund }),
  ]
  const reasons = refusals.map((answer) =>
    typeof answer === 'object' && answer !== null && 'reason' in answer ? answer.reason : answer,
  )
  assert.deepEqual(reasons, [
    null,
    null,
    null,
    null,
    false,
    'account_disabled',
    null,
    false,
    'stale',
    null,
    null,
    'already_exists',
    'stale',
    'last_method',
    false,
    'stale',
  ])
}
