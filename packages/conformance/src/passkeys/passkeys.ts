import assert from 'node:assert/strict'
import type { NewPasskey, PasskeyAddition, SessionActor, TransactionRepositories } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import {
  addOne,
  assertBytes,
  freshBytes,
  newPasskey,
  signUpWithPasskey,
  storedCredential,
  takeOver,
} from '../fixtures/credentials.js'
import {
  actorOf,
  letOthersRun,
  liveSession,
  only,
  present,
  signUp,
  succeeded,
  twentyAtOnce,
  winners,
} from '../fixtures/people.js'
import {
  awkwardTexts,
  fourByteText,
  freshEmail,
  freshWord,
  unknownUserId,
} from '../fixtures/samples.js'

const { cases, promise } = casesOf('passkeys')

/** Adding passkeys and finding them again. */
export const passkeyCases = cases

const stale = { ok: false, reason: 'stale' }
const taken = { ok: false, reason: 'already_exists' }
const tooMany = { ok: false, reason: 'too_many' }

const add = (
  { passkeys }: TransactionRepositories,
  actor: SessionActor,
  passkey: NewPasskey = newPasskey(),
  max = 10,
): Promise<PasskeyAddition> => passkeys.add(actor, passkey, { max })

async function signUpActor(storage: TransactionRepositories, emailVerified = true) {
  const person = await signUp(storage, { emailVerified })
  return { ...person, actor: await actorOf(storage, person.key) }
}

promise('add: the owner sees it in the list', [], async (storage) => {
  const { user, actor, key } = await signUpActor(storage)
  const made = newPasskey({ backupEligible: true, backedUp: true, name: "Ada's key" })
  const { passkey } = succeeded(await add(storage, actor, made))
  const { createdAt, ...rest } = passkey
  assert.ok(createdAt instanceof Date)
  assert.deepEqual(rest, {
    id: made.id,
    name: "Ada's key",
    lastUsedAt: null,
    backupEligible: true,
    backedUp: true,
    aaguid: made.aaguid,
    transports: made.transports,
  })
  assert.deepEqual(await storage.passkeys.list(user.id), [passkey])
  await liveSession(storage, key)
})

promise('add: T9.104 every member comes back byte by byte', [], async (storage) => {
  const { user, actor } = await signUpActor(storage)
  const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte)
  const zeros = (length: number) => new Uint8Array(length)
  for (const given of [
    { credentialId: freshBytes(1), publicKey: freshBytes(1), userHandle: freshBytes(1) },
    { credentialId: freshBytes(1023), publicKey: freshBytes(2048), userHandle: freshBytes(64) },
    { credentialId: everyByte.toReversed(), publicKey: everyByte, userHandle: zeros(64) },
    { credentialId: zeros(77), publicKey: zeros(5), signCount: 4_294_967_295 },
    { credentialId: Buffer.from(everyByte), publicKey: Buffer.from(everyByte), signCount: 2 ** 31 },
    { transports: [], aaguid: '00000000-0000-0000-0000-000000000000' },
    { transports: ['usb', 'a "quoted" one', 'a,b', '{}', 'NULL', String.raw`\\x41`] },
    { transports: Array.from({ length: 16 }, (_, index) => String(index).padEnd(32, 't')) },
  ]) {
    const { made, passkey } = await addOne(storage, actor, given)
    const stored = await storedCredential(storage, user.id, made)
    assertBytes(stored.credentialId, made.credentialId)
    assertBytes(stored.publicKey, made.publicKey)
    assertBytes(present(stored.userHandle), present(made.userHandle))
    assert.deepEqual(
      [stored.userId, stored.signCount, stored.transports, stored.epochs, passkey.aaguid],
      [user.id, made.signCount, made.transports, actor.epochs, made.aaguid],
    )
    assert.equal(passkey.transports.length, made.transports.length)
    await storage.passkeys.delete(actor, made.id, { mailSignIn: false })
  }
})

promise('add: keeps backup flags that can be, and no others', [], async (storage) => {
  const { actor } = await signUpActor(storage)
  for (const [backupEligible, backedUp, kept] of [
    [false, false, false],
    [true, false, false],
    [true, true, true],
    [false, true, false],
  ] as const) {
    const { passkey } = await addOne(storage, actor, { backupEligible, backedUp })
    assert.deepEqual([passkey.backupEligible, passkey.backedUp], [backupEligible, kept])
    const { made } = await addOne(storage, actor, { backupEligible, userVerified: false })
    const stored = await storedCredential(storage, actor.userId, made)
    assert.equal(stored.backupEligible, backupEligible)
  }
})

promise('add: names of any script', [], async (storage) => {
  const { actor } = await signUpActor(storage)
  for (const name of [...awkwardTexts, fourByteText(100)]) {
    const { passkey } = await addOne(storage, actor, { name })
    assert.equal(passkey.name, name)
  }
})

promise(
  'add: T7.87 refused for a credential that is registered, to whomever',
  [],
  async (storage) => {
    const mine = await signUpActor(storage)
    const theirs = await signUpActor(storage)
    const { made, passkey } = await addOne(storage, mine.actor)
    for (const { actor } of [mine, theirs])
      assert.deepEqual(
        await add(storage, actor, newPasskey({ credentialId: made.credentialId })),
        taken,
      )
    assert.deepEqual(await storage.passkeys.list(mine.user.id), [passkey])
    assert.deepEqual(await storage.passkeys.list(theirs.user.id), [])
    assertBytes((await storedCredential(storage, mine.user.id, made)).publicKey, made.publicKey)
  },
)

promise('add: T7.87 of two users who add one credential at once one wins', [], async (storage) => {
  for (let round = 0; round < 3; round += 1) {
    const people = [await signUpActor(storage), await signUpActor(storage)] as const
    const { credentialId } = newPasskey()
    const outcomes = await twentyAtOnce((index) =>
      add(storage, people[index % 2 === 0 ? 0 : 1].actor, newPasskey({ credentialId }), 100),
    )
    only(winners(outcomes))
    for (const outcome of outcomes) if (!outcome.ok) assert.deepEqual(outcome, taken)
    only([
      ...(await storage.passkeys.list(people[0].user.id)),
      ...(await storage.passkeys.list(people[1].user.id)),
    ])
  }
})

promise('add: exactly as many as are allowed, also of twenty at once', [], async (storage) => {
  for (const max of [1, 3, 19]) {
    const { actor, user } = await signUpActor(storage)
    const outcomes = await twentyAtOnce(() => add(storage, actor, newPasskey(), max))
    assert.equal(winners(outcomes).length, max)
    for (const outcome of outcomes) if (!outcome.ok) assert.deepEqual(outcome, tooMany)
    assert.equal((await storage.passkeys.list(user.id)).length, max)
    assert.deepEqual(await add(storage, actor, newPasskey(), max), tooMany)
    succeeded(await add(storage, actor, newPasskey(), max + 1))
  }
})

promise('add: a deleted passkey makes room, and its credential is free', [], async (storage) => {
  const { actor } = await signUpActor(storage)
  const { made } = await addOne(storage, actor)
  assert.deepEqual(await add(storage, actor, newPasskey(), 1), tooMany)
  succeeded(await storage.passkeys.delete(actor, made.id, { mailSignIn: false }))
  succeeded(await add(storage, actor, newPasskey({ credentialId: made.credentialId }), 1))
})

promise(
  'add: what a past owner left behind neither counts nor keeps its credential',
  [],
  async (storage) => {
    const squatter = await signUpActor(storage, false)
    const { made } = await addOne(storage, squatter.actor)
    await addOne(storage, squatter.actor)
    const { key } = await takeOver(storage, squatter.email)
    const actor = await actorOf(storage, key)
    const { credentialId } = made
    const { passkey } = succeeded(await add(storage, actor, newPasskey({ credentialId }), 1))
    assert.deepEqual(await storage.passkeys.list(squatter.user.id), [passkey])
    const other = await signUpActor(storage)
    assert.deepEqual(await add(storage, other.actor, newPasskey({ credentialId })), taken)
  },
)

type Ending = (
  storage: ConformanceStorage,
  person: { readonly actor: SessionActor; readonly email: string },
) => Promise<unknown>
const endings: readonly (readonly [string, Ending])[] = [
  ['was revoked', ({ sessions }, { actor }) => sessions.revoke(actor.userId, actor.sessionId)],
  ['was ended with all others', ({ sessions }, { actor }) => sessions.revokeAll(actor.userId)],
  ['ended with its user', ({ users }, { actor }) => users.disable(actor.userId)],
  ['went with its user', ({ users }, { actor }) => users.delete(actor.userId)],
  ['was taken over', (storage, { email }) => takeOver(storage, email)],
  ['has expired', (storage) => storage.elapse(1001)],
]

for (const [what, end] of endings) {
  promise(
    `add and delete: refused once the current session ${what}`,
    ['elapse'],
    async (storage) => {
      const person = await signUpActor(storage, false)
      const { made } = await addOne(storage, person.actor)
      await end(storage, person)
      await assertStale(storage, person.actor, made)
    },
  )
}

promise('add and delete: both epochs count', [], async (storage) => {
  const { actor, user } = await signUpActor(storage)
  const { made } = await addOne(storage, actor)
  for (const [session, owner] of [
    [1, 0],
    [0, 1],
    [1, 1],
  ] as const) {
    const epochs = { session: actor.epochs.session + session, owner: actor.epochs.owner + owner }
    await assertStale(storage, { ...actor, epochs }, made)
  }
  only(await storage.passkeys.list(user.id))
})

promise(
  "add and delete: T7.89 refused for a session that is not this user's",
  [],
  async (storage) => {
    const mine = await signUpActor(storage)
    const theirs = await signUpActor(storage)
    const { made } = await addOne(storage, mine.actor)
    await assertStale(storage, { ...mine.actor, sessionId: theirs.actor.sessionId }, made)
    await assertStale(storage, { ...theirs.actor, userId: mine.user.id }, made)
    await assertStale(storage, { ...mine.actor, userId: unknownUserId() }, made)
    only(await storage.passkeys.list(mine.user.id))
  },
)

promise(
  'add: refused, no error, when the user is deleted meanwhile',
  ['transaction', 'concurrency'],
  async (storage) => {
    const { user, actor } = await signUpActor(storage)
    const adding = await storage.transaction(async (tx) => {
      await tx.users.delete(user.id)
      const begun = add(storage, actor)
      await letOthersRun(tx)
      return { begun }
    })
    assert.deepEqual(await adding.begun, stale)
  },
)

promise(
  'add and delete: a refusal does not abort a transaction',
  ['transaction'],
  async (storage) => {
    const { actor, user } = await signUpActor(storage)
    const made = newPasskey()
    await storage.transaction(async (tx) => {
      succeeded(await add(tx, actor, made, 2))
      assert.deepEqual(
        await add(tx, actor, { ...newPasskey(), credentialId: made.credentialId }),
        taken,
      )
      assert.deepEqual(await add(tx, actor, newPasskey(), 1), tooMany)
      assert.deepEqual(await add(tx, { ...actor, userId: unknownUserId() }), stale)
      assert.deepEqual(await tx.passkeys.delete(actor, newPasskey().id, { mailSignIn: true }), {
        ok: false,
        reason: 'not_found',
      })
    })
    assert.equal(only(await storage.passkeys.list(user.id)).id, made.id)
  },
)

promise('list: the oldest first, and nothing of others', ['elapse'], async (storage) => {
  const { user, actor } = await signUpActor(storage)
  await signUpWithPasskey(storage)
  assert.deepEqual(await storage.passkeys.list(user.id), [])
  assert.deepEqual(await storage.passkeys.list(unknownUserId()), [])
  const made: string[] = []
  for (let count = 0; count < 3; count += 1) {
    made.push((await addOne(storage, actor)).made.id)
    await storage.elapse(10)
  }
  const listed = await storage.passkeys.list(user.id)
  assert.deepEqual(
    listed.map(({ id }) => id),
    made,
  )
  const credentials = await storage.passkeys.credentials(user.id)
  assert.deepEqual(
    credentials.map(({ id }) => id),
    made,
  )
})

promise('list: shows nothing that an authenticator is told', [], async (storage) => {
  const { passkey, user } = await signUpWithPasskey(storage)
  for (const shown of [passkey, ...(await storage.passkeys.list(user.id))])
    assert.deepEqual(Object.keys(shown).toSorted(), [
      'aaguid',
      'backedUp',
      'backupEligible',
      'createdAt',
      'id',
      'lastUsedAt',
      'name',
      'transports',
    ])
})

promise('credentials: those of this user, none of a disabled one', [], async (storage) => {
  const owner = await signUpWithPasskey(storage)
  await signUpWithPasskey(storage)
  assert.equal(only(await storage.passkeys.credentials(owner.user.id)).id, owner.made.id)
  assert.deepEqual(await storage.passkeys.credentials(unknownUserId()), [])
  await storage.users.disable(owner.user.id)
  assert.deepEqual(await storage.passkeys.credentials(owner.user.id), [])
})

promise('credentialsByEmail: the same by any spelling of the address', [], async (storage) => {
  const word = freshWord()
  const person = await signUp(storage, { email: `${word}@Example.com` })
  const actor = await actorOf(storage, person.key)
  const { made } = await addOne(storage, actor)
  const { made: second } = await addOne(storage, actor)
  const expected = await storage.passkeys.credentials(person.user.id)
  assert.deepEqual(
    expected.map(({ id }) => id),
    [made.id, second.id],
  )
  for (const email of [person.email, `${word.toUpperCase()}@example.com`])
    assert.deepEqual(await storage.passkeys.credentialsByEmail(email), expected)
  assert.deepEqual(await storage.passkeys.credentialsByEmail(freshEmail()), [])
  assert.deepEqual(await storage.passkeys.credentialsByEmail((await signUp(storage)).email), [])
  await storage.users.disable(person.user.id)
  assert.deepEqual(await storage.passkeys.credentialsByEmail(person.email), [])
})

promise('credentials: carry the epochs of now', [], async (storage) => {
  const { user, made, actor, key } = await signUpWithPasskey(storage)
  assert.deepEqual((await storedCredential(storage, user.id, made)).epochs, actor.epochs)
  succeeded(await storage.sessions.revokeOthers(actor))
  const { epochs } = await liveSession(storage, key)
  assert.notDeepEqual(epochs, actor.epochs)
  assert.deepEqual((await storedCredential(storage, user.id, made)).epochs, epochs)
})

/** Asserts that the asking session can neither add nor delete a passkey. */
async function assertStale(
  storage: ConformanceStorage,
  actor: SessionActor,
  { id }: NewPasskey,
): Promise<void> {
  const refused = newPasskey()
  assert.deepEqual(await add(storage, actor, refused), stale)
  assert.deepEqual(await storage.passkeys.delete(actor, id, { mailSignIn: true }), stale)
  const other = await signUpActor(storage)
  succeeded(await add(storage, other.actor, refused))
}
