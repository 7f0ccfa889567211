import assert from 'node:assert/strict'
import type { NewPasskey, PasskeyAddition } from '../passkeys.js'
import type { AskingSession } from '../sessions.js'
import type { TransactionRepositories } from '../storage.js'
import type { ConformanceStorage } from './case.js'
import { casesOf } from './case.js'
import {
  addOne,
  assertBytes,
  freshBytes,
  newPasskey,
  signUpWithPasskey,
  storedCredential,
  takeOver,
} from './credentials.js'
import {
  askingOf,
  letOthersRun,
  liveSession,
  only,
  signUp,
  succeeded,
  twentyAtOnce,
  winners,
} from './people.js'
import { awkwardTexts, fourByteText, freshEmail, freshWord, unknownUserId } from './samples.js'

const { cases, promise } = casesOf('passkeys')

/** Adding passkeys and finding them again. */
export const passkeyCases = cases

const stale = { ok: false, reason: 'stale' }
const taken = { ok: false, reason: 'taken' }
const tooMany = { ok: false, reason: 'too_many' }

const add = (
  { passkeys }: TransactionRepositories,
  asking: AskingSession,
  passkey: NewPasskey = newPasskey(),
  max = 10,
): Promise<PasskeyAddition> => passkeys.add(asking, passkey, { max })

async function signUpAsking(storage: TransactionRepositories, emailVerified = true) {
  const person = await signUp(storage, { emailVerified })
  return { ...person, asking: await askingOf(storage, person.key) }
}

promise('add: the owner sees it in the list', [], async (storage) => {
  const { user, asking, key } = await signUpAsking(storage)
  const made = newPasskey({ backupEligible: true, backedUp: true, name: "Ada's key" })
  const { passkey } = succeeded(await add(storage, asking, made))
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
  const { user, asking } = await signUpAsking(storage)
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
    const { made, passkey } = await addOne(storage, asking, given)
    const stored = await storedCredential(storage, user.id, made)
    assertBytes(stored.credentialId, made.credentialId)
    assertBytes(stored.publicKey, made.publicKey)
    assertBytes(stored.userHandle, made.userHandle)
    assert.deepEqual(
      [stored.userId, stored.signCount, stored.transports, stored.epochs, passkey.aaguid],
      [user.id, made.signCount, made.transports, asking.epochs, made.aaguid],
    )
    assert.equal(passkey.transports.length, made.transports.length)
    await storage.passkeys.delete(asking, made.id, { mailSignIn: false })
  }
})

promise('add: keeps backup flags that can be, and no others', [], async (storage) => {
  const { asking } = await signUpAsking(storage)
  for (const [backupEligible, backedUp, kept] of [
    [false, false, false],
    [true, false, false],
    [true, true, true],
    [false, true, false],
  ] as const) {
    const { passkey } = await addOne(storage, asking, { backupEligible, backedUp })
    assert.deepEqual([passkey.backupEligible, passkey.backedUp], [backupEligible, kept])
    const { made } = await addOne(storage, asking, { backupEligible, userVerified: false })
    const stored = await storedCredential(storage, asking.userId, made)
    assert.equal(stored.backupEligible, backupEligible)
  }
})

promise('add: names of any script', [], async (storage) => {
  const { asking } = await signUpAsking(storage)
  for (const name of [...awkwardTexts, fourByteText(100)]) {
    const { passkey } = await addOne(storage, asking, { name })
    assert.equal(passkey.name, name)
  }
})

promise(
  'add: T7.87 refused for a credential that is registered, to whomever',
  [],
  async (storage) => {
    const mine = await signUpAsking(storage)
    const theirs = await signUpAsking(storage)
    const { made, passkey } = await addOne(storage, mine.asking)
    for (const { asking } of [mine, theirs])
      assert.deepEqual(
        await add(storage, asking, newPasskey({ credentialId: made.credentialId })),
        taken,
      )
    assert.deepEqual(await storage.passkeys.list(mine.user.id), [passkey])
    assert.deepEqual(await storage.passkeys.list(theirs.user.id), [])
    assertBytes((await storedCredential(storage, mine.user.id, made)).publicKey, made.publicKey)
  },
)

promise('add: T7.87 of two users who add one credential at once one wins', [], async (storage) => {
  for (let round = 0; round < 3; round += 1) {
    const people = [await signUpAsking(storage), await signUpAsking(storage)] as const
    const { credentialId } = newPasskey()
    const outcomes = await twentyAtOnce((index) =>
      add(storage, people[index % 2 === 0 ? 0 : 1].asking, newPasskey({ credentialId }), 100),
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
    const { asking, user } = await signUpAsking(storage)
    const outcomes = await twentyAtOnce(() => add(storage, asking, newPasskey(), max))
    assert.equal(winners(outcomes).length, max)
    for (const outcome of outcomes) if (!outcome.ok) assert.deepEqual(outcome, tooMany)
    assert.equal((await storage.passkeys.list(user.id)).length, max)
    assert.deepEqual(await add(storage, asking, newPasskey(), max), tooMany)
    succeeded(await add(storage, asking, newPasskey(), max + 1))
  }
})

promise('add: a deleted passkey makes room, and its credential is free', [], async (storage) => {
  const { asking } = await signUpAsking(storage)
  const { made } = await addOne(storage, asking)
  assert.deepEqual(await add(storage, asking, newPasskey(), 1), tooMany)
  succeeded(await storage.passkeys.delete(asking, made.id, { mailSignIn: false }))
  succeeded(await add(storage, asking, newPasskey({ credentialId: made.credentialId }), 1))
})

promise(
  'add: what a past owner left behind neither counts nor keeps its credential',
  [],
  async (storage) => {
    const squatter = await signUpAsking(storage, false)
    const { made } = await addOne(storage, squatter.asking)
    await addOne(storage, squatter.asking)
    const { key } = await takeOver(storage, squatter.email)
    const asking = await askingOf(storage, key)
    const { credentialId } = made
    const { passkey } = succeeded(await add(storage, asking, newPasskey({ credentialId }), 1))
    assert.deepEqual(await storage.passkeys.list(squatter.user.id), [passkey])
    const other = await signUpAsking(storage)
    assert.deepEqual(await add(storage, other.asking, newPasskey({ credentialId })), taken)
  },
)

type Ending = (
  storage: ConformanceStorage,
  person: { readonly asking: AskingSession; readonly email: string },
) => Promise<unknown>
const endings: readonly (readonly [string, Ending])[] = [
  ['was revoked', ({ sessions }, { asking }) => sessions.revoke(asking.userId, asking.sessionId)],
  ['was ended with all others', ({ sessions }, { asking }) => sessions.revokeAll(asking.userId)],
  ['ended with its user', ({ users }, { asking }) => users.disable(asking.userId)],
  ['went with its user', ({ users }, { asking }) => users.delete(asking.userId)],
  ['was taken over', (storage, { email }) => takeOver(storage, email)],
  ['has expired', (storage) => storage.elapse(1001)],
]

for (const [what, end] of endings) {
  promise(
    `add and delete: refused once the asking session ${what}`,
    ['elapse'],
    async (storage) => {
      const person = await signUpAsking(storage, false)
      const { made } = await addOne(storage, person.asking)
      await end(storage, person)
      await assertStale(storage, person.asking, made)
    },
  )
}

promise('add and delete: both epochs count', [], async (storage) => {
  const { asking, user } = await signUpAsking(storage)
  const { made } = await addOne(storage, asking)
  for (const [session, owner] of [
    [1, 0],
    [0, 1],
    [1, 1],
  ] as const) {
    const epochs = { session: asking.epochs.session + session, owner: asking.epochs.owner + owner }
    await assertStale(storage, { ...asking, epochs }, made)
  }
  only(await storage.passkeys.list(user.id))
})

promise(
  "add and delete: T7.89 refused for a session that is not this user's",
  [],
  async (storage) => {
    const mine = await signUpAsking(storage)
    const theirs = await signUpAsking(storage)
    const { made } = await addOne(storage, mine.asking)
    await assertStale(storage, { ...mine.asking, sessionId: theirs.asking.sessionId }, made)
    await assertStale(storage, { ...theirs.asking, userId: mine.user.id }, made)
    await assertStale(storage, { ...mine.asking, userId: unknownUserId() }, made)
    only(await storage.passkeys.list(mine.user.id))
  },
)

promise(
  'add: refused, no error, when the user is deleted meanwhile',
  ['transaction', 'concurrency'],
  async (storage) => {
    const { user, asking } = await signUpAsking(storage)
    const adding = await storage.transaction(async (tx) => {
      await tx.users.delete(user.id)
      const begun = add(storage, asking)
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
    const { asking, user } = await signUpAsking(storage)
    const made = newPasskey()
    await storage.transaction(async (tx) => {
      succeeded(await add(tx, asking, made, 2))
      assert.deepEqual(
        await add(tx, asking, { ...newPasskey(), credentialId: made.credentialId }),
        taken,
      )
      assert.deepEqual(await add(tx, asking, newPasskey(), 1), tooMany)
      assert.deepEqual(await add(tx, { ...asking, userId: unknownUserId() }), stale)
      assert.deepEqual(await tx.passkeys.delete(asking, newPasskey().id, { mailSignIn: true }), {
        ok: false,
        reason: 'not_found',
      })
    })
    assert.equal(only(await storage.passkeys.list(user.id)).id, made.id)
  },
)

promise('list: the oldest first, and nothing of others', ['elapse'], async (storage) => {
  const { user, asking } = await signUpAsking(storage)
  await signUpWithPasskey(storage)
  assert.deepEqual(await storage.passkeys.list(user.id), [])
  assert.deepEqual(await storage.passkeys.list(unknownUserId()), [])
  const made: string[] = []
  for (let count = 0; count < 3; count += 1) {
    made.push((await addOne(storage, asking)).made.id)
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
  const asking = await askingOf(storage, person.key)
  const { made } = await addOne(storage, asking)
  const { made: second } = await addOne(storage, asking)
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
  const { user, made, asking, key } = await signUpWithPasskey(storage)
  assert.deepEqual((await storedCredential(storage, user.id, made)).epochs, asking.epochs)
  succeeded(await storage.sessions.revokeOthers(asking))
  const { epochs } = await liveSession(storage, key)
  assert.notDeepEqual(epochs, asking.epochs)
  assert.deepEqual((await storedCredential(storage, user.id, made)).epochs, epochs)
})

/** Asserts that the asking session can neither add nor delete a passkey. */
async function assertStale(
  storage: ConformanceStorage,
  asking: AskingSession,
  { id }: NewPasskey,
): Promise<void> {
  const refused = newPasskey()
  assert.deepEqual(await add(storage, asking, refused), stale)
  assert.deepEqual(await storage.passkeys.delete(asking, id, { mailSignIn: true }), stale)
  const other = await signUpAsking(storage)
  succeeded(await add(storage, other.asking, refused))
}
