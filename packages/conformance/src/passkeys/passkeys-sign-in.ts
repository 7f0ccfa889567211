import assert from 'node:assert/strict'
import type { NewSession, PasskeyUse, TransactionRepositories } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import type { PasskeyOwner } from '../fixtures/credentials.js'
import {
  freshBytes,
  signUpWithPasskey,
  storedCredential,
  takeOver,
  useOf,
} from '../fixtures/credentials.js'
import {
  actorOf,
  assertAllEnded,
  assertEnded,
  keyOf,
  liveSession,
  only,
  openOne,
  present,
  succeeded,
  twentyAtOnce,
  winners,
} from '../fixtures/people.js'
import {
  freshRateLimitKey,
  freshSecretHash,
  newSession,
  onAccount,
  onIpAddress,
  unknownUserId,
} from '../fixtures/samples.js'

const { cases, promise } = casesOf('passkeys')

/** Signing in and proving again with a passkey. */
export const passkeySignInCases = cases

const stale = { ok: false, reason: 'stale' }
const regression = { ok: false, reason: 'counter_regression' }

const signIn = (
  { passkeys }: TransactionRepositories,
  use: PasskeyUse,
  session: NewSession = newSession({ methods: ['passkey'] }),
) => passkeys.signIn(use, { session })

const countOf = async (storage: TransactionRepositories, { user, made }: PasskeyOwner) =>
  (await storedCredential(storage, user.id, made)).signCount

promise('signIn: opens the session it was given and notes the use', [], async (storage) => {
  const owner = await signUpWithPasskey(storage, { backupEligible: true })
  const session = newSession({ methods: ['passkey'] })
  const outcome = succeeded(await signIn(storage, useOf(owner, 1, { backedUp: true }), session))
  assert.deepEqual(outcome.user, owner.user)
  assert.deepEqual(
    [outcome.session.id, outcome.session.methods, outcome.session.userId],
    [session.id, ['passkey'], owner.user.id],
  )
  assert.deepEqual((await liveSession(storage, keyOf(owner.user.id, session))).user, owner.user)
  await liveSession(storage, owner.key)
  const { lastUsedAt, backedUp, ...rest } = only(await storage.passkeys.list(owner.user.id))
  assert.ok(lastUsedAt instanceof Date && backedUp)
  const { lastUsedAt: _, backedUp: __, ...before } = owner.passkey
  assert.deepEqual(rest, before)
  assert.equal(await countOf(storage, owner), 1)
  succeeded(await signIn(storage, useOf(owner, 2, { backedUp: false })))
  assert.equal(only(await storage.passkeys.list(owner.user.id)).backedUp, false)
})

promise('signIn: a credential that may not be backed up never is', [], async (storage) => {
  const owner = await signUpWithPasskey(storage)
  succeeded(await signIn(storage, useOf(owner, 1, { backedUp: true })))
  assert.equal(only(await storage.passkeys.list(owner.user.id)).backedUp, false)
})

const largest = 4_294_967_295

promise('signIn: the count must rise, or stay 0', [], async (storage) => {
  for (const [stored, given, accepted] of [
    [0, 0, true],
    [0, 1, true],
    [0, largest, true],
    [1, 2, true],
    [5, largest, true],
    [largest - 1, largest, true],
    [2 ** 31 - 1, 2 ** 31, true],
    [1, 1, false],
    [1, 0, false],
    [5, 4, false],
    [largest, largest, false],
    [largest, 0, false],
    [largest, largest - 1, false],
    [2 ** 31, 2 ** 31 - 1, false],
  ] as const) {
    const owner = await signUpWithPasskey(storage, { signCount: stored })
    const session = newSession()
    const outcome = await signIn(storage, useOf(owner, given), session)
    if (accepted) succeeded(outcome)
    else {
      assert.deepEqual(outcome, regression, `${stored} then ${given}`)
      await assertEnded(storage, keyOf(owner.user.id, session))
      assert.deepEqual(await storage.passkeys.list(owner.user.id), [owner.passkey])
    }
    assert.equal(await countOf(storage, owner), accepted ? given : stored)
  }
})

promise(
  'signIn: the count of a backup-eligible passkey need not rise, and is stored as it came',
  [],
  async (storage) => {
    for (const [stored, given] of [
      [5, 5],
      [5, 4],
      [5, 0],
    ] as const) {
      const model = { signCount: stored, backupEligible: true }
      const owner = await signUpWithPasskey(storage, model)
      succeeded(await signIn(storage, useOf(owner, given)))
      assert.equal(await countOf(storage, owner), given)
    }
  },
)

promise(
  'signIn: an authenticator that has no count signs in again and again',
  [],
  async (storage) => {
    const owner = await signUpWithPasskey(storage)
    const outcomes = await twentyAtOnce(() => signIn(storage, useOf(owner, 0)))
    assert.equal(winners(outcomes).length, 20)
    assert.equal((await storage.sessions.list(owner.user.id)).length, 21)
    succeeded(await signIn(storage, useOf(owner, 1)))
    assert.deepEqual(await signIn(storage, useOf(owner, 0)), regression)
  },
)

promise('signIn: of two uses of one count one wins', [], async (storage) => {
  for (let round = 0; round < 5; round += 1) {
    const owner = await signUpWithPasskey(storage, { signCount: 3 })
    const outcomes = await twentyAtOnce(() => signIn(storage, useOf(owner, 4)))
    only(winners(outcomes))
    for (const outcome of outcomes) if (!outcome.ok) assert.deepEqual(outcome, regression)
    assert.equal(await countOf(storage, owner), 4)
    assert.equal((await storage.sessions.list(owner.user.id)).length, 2)
  }
})

promise(
  'signIn: T1.26 R4.3 two counts at once, in any order, end at the higher one',
  [],
  async (storage) => {
    for (let round = 0; round < 10; round += 1) {
      const owner = await signUpWithPasskey(storage, { signCount: 3 })
      const counts = round % 2 === 0 ? [4, 5] : [5, 4]
      const [first, second] = await Promise.all(
        counts.map((count) => signIn(storage, useOf(owner, count))),
      )
      const [higher, lower] = round % 2 === 0 ? [second, first] : [first, second]
      succeeded(present(higher))
      if (lower?.ok === false) assert.deepEqual(lower, regression)
      assert.equal(await countOf(storage, owner), 5)
    }
    const owner = await signUpWithPasskey(storage, { signCount: 3 })
    const counts = await twentyAtOnce(async (index) => {
      const count = 4 + ((index * 7) % 20)
      return (await signIn(storage, useOf(owner, count))).ok ? count : 0
    })
    assert.equal(Math.max(...counts), 23)
    assert.equal(await countOf(storage, owner), 23)
  },
)

type Ending = (storage: ConformanceStorage, owner: PasskeyOwner) => Promise<unknown>
const endings: readonly (readonly [string, Ending])[] = [
  ['its user was disabled', ({ users }, { user }) => users.disable(user.id)],
  ['its user was deleted', ({ users }, { user }) => users.delete(user.id)],
  ['every session was ended', ({ sessions }, { user }) => sessions.revokeAll(user.id)],
  ['every other session was ended', ({ sessions }, { actor }) => sessions.revokeOthers(actor)],
  [
    'the passkey was deleted',
    ({ passkeys }, { actor, made }) => passkeys.delete(actor, made.id, { mailSignIn: false }),
  ],
  ['the account was taken over', (storage, { email }) => takeOver(storage, email)],
]

for (const [what, end] of endings) {
  promise(
    `signIn and reauthenticate: stale once ${what} after the look-up`,
    [],
    async (storage) => {
      for (const signCount of [0, 1, 7]) {
        const owner = await signUpWithPasskey(storage, { signCount: 1 }, false)
        await end(storage, owner)
        const session = newSession()
        assert.deepEqual(await signIn(storage, useOf(owner, signCount), session), stale)
        await assertEnded(storage, keyOf(owner.user.id, session))
        const { key } = owner
        assert.deepEqual(
          await storage.passkeys.reauthenticate(useOf(owner, signCount), {
            key,
            newSecretHash: freshSecretHash(),
          }),
          stale,
        )
      }
    },
  )
}

promise("signIn and reauthenticate: stale for another user's credential", [], async (storage) => {
  const owner = await signUpWithPasskey(storage)
  const other = await signUpWithPasskey(storage)
  for (const use of [
    useOf(owner, 1, { userId: other.user.id }),
    useOf(owner, 1, { userId: unknownUserId() }),
    useOf(owner, 1, { credentialId: freshBytes(32) }),
  ]) {
    assert.deepEqual(await signIn(storage, use), stale)
    const options = { key: owner.key, newSecretHash: freshSecretHash() }
    assert.deepEqual(await storage.passkeys.reauthenticate(use, options), stale)
  }
  for (const { key } of [owner, other]) await liveSession(storage, key)
  assert.equal((await storage.sessions.list(other.user.id)).length, 1)
  assert.equal(await countOf(storage, owner), 0)
})

promise(
  'signIn: gives back the attempt, and only when it succeeds',
  ['charging'],
  async (storage) => {
    const { rateLimits, passkeys } = storage
    const owner = await signUpWithPasskey(storage, { signCount: 5 })
    const [account, ipAddress] = [freshRateLimitKey(), freshRateLimitKey()]
    const charges = { ...onAccount(account), ipAddress: onIpAddress(ipAddress).ipAddress }
    await rateLimits.charge(charges)
    await rateLimits.charge(charges)
    const failures = async () =>
      Promise.all([account, ipAddress].map(async (key) => (await rateLimits.status(key)).failures))
    const refund = { account, ipAddress }
    assert.deepEqual(
      await passkeys.signIn(useOf(owner, 5), { session: newSession(), refund }),
      regression,
    )
    assert.deepEqual(await failures(), [2, 2])
    succeeded(await passkeys.signIn(useOf(owner, 6), { session: newSession(), refund }))
    assert.deepEqual(await failures(), [0, 1])
    await rateLimits.charge(charges)
    const options = { key: owner.key, newSecretHash: freshSecretHash(), refund }
    assert.deepEqual(await passkeys.reauthenticate(useOf(owner, 6), options), regression)
    assert.deepEqual(await failures(), [1, 2])
    succeeded(await passkeys.reauthenticate(useOf(owner, 7), options))
    assert.deepEqual(await failures(), [0, 1])
  },
)

promise(
  'reauthenticate: notes the proof on the session and gives it a new secret',
  ['elapse'],
  async (storage) => {
    const owner = await signUpWithPasskey(storage, { backupEligible: true })
    const other = await openOne(storage, owner.user.id)
    await storage.elapse(100)
    const { session: before } = await liveSession(storage, owner.key)
    const newSecretHash = freshSecretHash()
    const { session } = succeeded(
      await storage.passkeys.reauthenticate(useOf(owner, 1, { backedUp: true }), {
        key: owner.key,
        newSecretHash,
      }),
    )
    assert.deepEqual(session.methods, ['password', 'passkey'])
    assert.ok(session.authenticatedAt.getTime() > before.authenticatedAt.getTime() + 90_000)
    assert.deepEqual(
      { ...session, methods: before.methods, authenticatedAt: before.authenticatedAt },
      // The password of before, and what the user has.
      { ...before, level: 2, level2At: session.authenticatedAt },
    )
    await assertEnded(storage, owner.key)
    const key = { ...owner.key, secretHash: newSecretHash }
    assert.deepEqual((await liveSession(storage, key)).session, session)
    await liveSession(storage, other)
    assert.equal(await countOf(storage, owner), 1)
    const { lastUsedAt, backedUp } = only(await storage.passkeys.list(owner.user.id))
    assert.ok(lastUsedAt instanceof Date && backedUp)
    const again = succeeded(
      await storage.passkeys.reauthenticate(useOf(owner, 2), { key, newSecretHash }),
    )
    assert.deepEqual(again.session.methods, ['password', 'passkey'])
    await liveSession(storage, key)
  },
)

promise('reauthenticate: T7.86 a count that did not rise changes nothing', [], async (storage) => {
  const owner = await signUpWithPasskey(storage, { signCount: 5 })
  const before = await liveSession(storage, owner.key)
  for (const count of [5, 4, 0])
    assert.deepEqual(
      await storage.passkeys.reauthenticate(useOf(owner, count), {
        key: owner.key,
        newSecretHash: freshSecretHash(),
      }),
      regression,
    )
  assert.deepEqual(await liveSession(storage, owner.key), before)
  assert.deepEqual(await storage.passkeys.list(owner.user.id), [owner.passkey])
})

promise('reauthenticate: a session that is none leaves the passkey unused', [], async (storage) => {
  const owner = await signUpWithPasskey(storage, { signCount: 5 })
  const ended = await openOne(storage, owner.user.id)
  assert.equal(await storage.sessions.end(ended), true)
  const other = await signUpWithPasskey(storage)
  const newSecretHash = freshSecretHash()
  for (const key of [ended, other.key, { ...owner.key, secretHash: freshSecretHash() }])
    assert.deepEqual(
      await storage.passkeys.reauthenticate(useOf(owner, 9), { key, newSecretHash }),
      stale,
    )
  assert.equal(await countOf(storage, owner), 5)
  assert.deepEqual(await storage.passkeys.list(owner.user.id), [owner.passkey])
  succeeded(
    await storage.passkeys.reauthenticate(useOf(owner, 6), { key: owner.key, newSecretHash }),
  )
})

promise('reauthenticate: of two uses of one count one wins', [], async (storage) => {
  const owner = await signUpWithPasskey(storage, { signCount: 5 })
  const keys = [owner.key, await openOne(storage, owner.user.id)]
  const outcomes = await twentyAtOnce((index) => {
    const key = present(keys[index % 2])
    return storage.passkeys.reauthenticate(useOf(owner, 6), { key, newSecretHash: key.secretHash })
  })
  only(winners(outcomes))
  for (const outcome of outcomes) if (!outcome.ok) assert.deepEqual(outcome, regression)
})

promise(
  'reauthenticate: stale for a session that is not live, or of another user',
  ['elapse'],
  async (storage) => {
    const owner = await signUpWithPasskey(storage)
    const other = await signUpWithPasskey(storage)
    const revoked = await openOne(storage, owner.user.id)
    await storage.sessions.revoke(owner.user.id, revoked.id)
    const expired = await openOne(storage, owner.user.id, { idleSeconds: 10 })
    await storage.elapse(11)
    const wrongSecret = { ...owner.key, secretHash: freshSecretHash() }
    const newSecretHash = freshSecretHash()
    let count = 0
    for (const key of [revoked, expired, wrongSecret, other.key]) {
      count += 1
      assert.deepEqual(
        await storage.passkeys.reauthenticate(useOf(owner, count), { key, newSecretHash }),
        stale,
      )
    }
    await assertAllEnded(storage, [
      { ...revoked, secretHash: newSecretHash },
      { ...expired, secretHash: newSecretHash },
    ])
    for (const { key } of [owner, other]) await liveSession(storage, key)
    await actorOf(storage, owner.key)
  },
)
