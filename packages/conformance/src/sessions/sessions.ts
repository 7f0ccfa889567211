import assert from 'node:assert/strict'
import type { SessionKey } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import {
  assertEnded,
  keyOf,
  liveSession,
  openOne,
  present,
  seenBy,
  signUp,
  signUpBare,
  succeeded,
  twentyAtOnce,
} from '../fixtures/people.js'
import {
  awkwardTexts,
  fourByteText,
  freshSecretHash,
  newSession,
  unknownSessionId,
  unknownUserId,
} from '../fixtures/samples.js'

const { cases, promise } = casesOf('sessions')

/** Opening and validating sessions. */
export const sessionCases = cases

promise('open: opens the session as given', [], async (storage) => {
  const user = await signUpBare(storage)
  const given = newSession({
    methods: ['password', 'passkey'],
    ip: '2001:db8::7',
    userAgent: 'curl/8.0',
  })
  const { session } = succeeded(await storage.sessions.open(user.id, given))
  assert.deepEqual(
    [session.id, session.userId, [...session.methods].sort(), session.ip, session.userAgent],
    [given.id, user.id, ['passkey', 'password'], '2001:db8::7', 'curl/8.0'],
  )
  assert.deepEqual((await liveSession(storage, keyOf(user.id, given))).session, session)
})

promise('open: where the person comes from may be unknown', [], async (storage) => {
  const user = await signUpBare(storage)
  const key = await openOne(storage, user.id, { ip: null, userAgent: null })
  const { session } = await liveSession(storage, key)
  assert.deepEqual([session.ip, session.userAgent], [null, null])
})

promise('open: every sign-in method can be named', [], async (storage) => {
  const user = await signUpBare(storage)
  for (const method of ['password', 'magic_link', 'oauth', 'passkey'] as const) {
    const { session } = await liveSession(
      storage,
      await openOne(storage, user.id, { methods: [method] }),
    )
    assert.deepEqual(session.methods, [method])
  }
})

promise(
  'open: ends after its idle time, and in any case after its absolute time',
  [],
  async (storage) => {
    const user = await signUpBare(storage)
    const { session } = succeeded(
      await storage.sessions.open(user.id, newSession({ idleSeconds: 300, absoluteSeconds: 5300 })),
    )
    assert.equal(session.absoluteExpiresAt.getTime() - session.expiresAt.getTime(), 5_000_000)
    assert.equal(session.expiresAt.getTime() - session.lastActiveAt.getTime(), 300_000)
    assert.deepEqual(session.authenticatedAt, session.lastActiveAt)
    assert.deepEqual(session.createdAt, session.lastActiveAt)
  },
)

promise('open: a user agent comes back byte for byte', [], async (storage) => {
  const user = await signUpBare(storage)
  for (const userAgent of [...awkwardTexts, 'u'.repeat(1024), fourByteText(256)]) {
    const { session } = await liveSession(storage, await openOne(storage, user.id, { userAgent }))
    assert.equal(session.userAgent, userAgent)
  }
})

promise('open: a network address of 64 bytes is kept', [], async (storage) => {
  const user = await signUpBare(storage)
  const ip = `fe80::1%${'z'.repeat(56)}`
  const { session } = await liveSession(storage, await openOne(storage, user.id, { ip }))
  assert.equal(session.ip, ip)
})

promise('open: refused for a user who does not exist', [], async (storage) => {
  const refusal = { ok: false, reason: 'account_disabled' }
  assert.deepEqual(await storage.sessions.open(unknownUserId(), newSession()), refusal)
})

promise('open: twenty at once are twenty sessions', [], async (storage) => {
  const user = await signUpBare(storage)
  const keys = await twentyAtOnce(() => openOne(storage, user.id))
  for (const key of keys) await liveSession(storage, key)
  assert.equal((await storage.sessions.list(user.id)).length, 20)
})

promise(
  'open: one id never opens a second session and never changes the first',
  [],
  async (storage) => {
    const { user, key } = await signUp(storage)
    const before = await liveSession(storage, key)
    const again = newSession({ id: key.id, userAgent: 'another' })
    // What the second caller is told is open (the id is its own mistake); what it may not do is not.
    await storage.sessions.open(user.id, again).catch(() => undefined)
    assert.deepEqual(await liveSession(storage, key), before)
    await assertEnded(storage, keyOf(user.id, again))
    assert.equal((await storage.sessions.list(user.id)).length, 1)
  },
)

promise('validate: gives the session, its user and their epochs', [], async (storage) => {
  const { user, key } = await signUp(storage, { name: 'Seen', metadata: { seen: true } })
  const seen = present(await storage.sessions.validate(key, { touchSeconds: 60 }))
  assert.deepEqual(seen.user, user)
  assert.deepEqual([seen.session.id, seen.session.userId], [key.id, key.userId])
  assert.ok(Number.isSafeInteger(seen.epochs.session) && Number.isSafeInteger(seen.epochs.owner))
  assert.equal(seen.touchDue, false)
  const age = seen.validatedAt.getTime() - seen.session.createdAt.getTime()
  assert.ok(age >= 0 && age < 60_000, `validated ${age} ms after it was opened`)
  const shown: string[] = Object.keys(seen.session)
  assert.ok(
    !shown.some((name) => /secret|hash/i.test(name)),
    'a session must hold nothing that opens it',
  )
})

promise('validate: null for a wrong secret', [], async (storage) => {
  const { key } = await signUp(storage)
  await assertEnded(storage, { ...key, secretHash: freshSecretHash() })
  const flipped = Uint8Array.from(key.secretHash, (byte, index) => (index === 31 ? byte ^ 1 : byte))
  await assertEnded(storage, { ...key, secretHash: flipped as SessionKey['secretHash'] })
  await liveSession(storage, key)
})

promise("validate: null for another user's id", [], async (storage) => {
  const [person, other] = [await signUp(storage), await signUp(storage)]
  await assertEnded(storage, { ...person.key, userId: other.user.id })
  await assertEnded(storage, { ...person.key, userId: unknownUserId() })
})

promise("validate: null for another session's id", [], async (storage) => {
  const { user, key } = await signUp(storage)
  const second = await openOne(storage, user.id)
  await assertEnded(storage, { ...key, id: second.id })
  await assertEnded(storage, { ...key, id: unknownSessionId() })
})

promise('validate: null once the idle time has passed', ['elapse'], async (storage) => {
  const { key } = await signUp(storage, {}, { idleSeconds: 1000, absoluteSeconds: 10_000 })
  await storage.elapse(900)
  await liveSession(storage, key)
  await storage.elapse(101)
  await assertEnded(storage, key)
})

promise(
  'validate: null once the absolute time has passed, however it was used',
  ['elapse'],
  async (storage) => {
    const { key } = await signUp(storage, {}, { idleSeconds: 1000, absoluteSeconds: 2500 })
    for (let turn = 0; turn < 2; turn += 1) {
      await storage.elapse(900)
      present(await storage.sessions.touch(key, { idleSeconds: 100_000, touchSeconds: 60 }))
    }
    await liveSession(storage, key)
    await storage.elapse(701)
    await assertEnded(storage, key)
  },
)

promise('validate: null for a disabled user', [], async (storage) => {
  const { user, key } = await signUp(storage)
  await storage.users.disable(user.id)
  await assertEnded(storage, key)
})

promise('validate: null once every session was ended', [], async (storage) => {
  const { user, key } = await signUp(storage)
  await storage.sessions.revokeAll(user.id)
  await assertEnded(storage, key)
})

promise('validate: says when a touch is due', ['elapse'], async (storage) => {
  const { key } = await signUp(storage)
  await storage.elapse(500)
  assert.equal(present(await storage.sessions.validate(key, { touchSeconds: 400 })).touchDue, true)
  assert.equal(present(await storage.sessions.validate(key, { touchSeconds: 900 })).touchDue, false)
})

promise(
  'validate: says whether the person proved who they are just now',
  ['elapse'],
  async (storage) => {
    const { key } = await signUp(storage)
    const isRecent = async (recentSeconds?: number) => {
      const options = {
        touchSeconds: 60,
        ...(recentSeconds === undefined ? {} : { recentSeconds }),
      }
      return present(await storage.sessions.validate(key, options)).recent
    }
    assert.equal(await isRecent(600), true)
    await storage.elapse(500)
    assert.deepEqual(
      [await isRecent(600), await isRecent(400), await isRecent()],
      [true, false, false],
    )
  },
)

promise('validate: writes nothing', ['elapse'], async (storage) => {
  const { key } = await signUp(storage)
  await storage.elapse(500)
  const first = await liveSession(storage, key)
  await twentyAtOnce(() => liveSession(storage, key))
  assert.deepEqual(await liveSession(storage, key), first)
  await storage.elapse(501)
  await assertEnded(storage, key)
})

promise('validate: shows the user as it is now', [], async (storage) => {
  const { user, key } = await signUp(storage)
  const changed = present(
    await storage.users.updateProfile(user.id, { name: 'Renamed', metadata: { role: 'admin' } }),
  )
  assert.deepEqual((await liveSession(storage, key)).user, changed)
})

promise(
  'validate: of a crowd asking at once each gets its own answer',
  ['elapse'],
  async (storage) => {
    const people = await twentyAtOnce((index) => signUp(storage, { name: `Person ${index}` }))
    await storage.elapse(500)
    const seen = await Promise.all(
      people.flatMap(({ key }, index) => [
        storage.sessions.validate(key, { touchSeconds: index % 2 === 0 ? 400 : 900 }),
        seenBy(storage, { ...key, secretHash: freshSecretHash() }),
        storage.sessions.validate(key, { touchSeconds: 400 }),
      ]),
    )
    for (const [index, { user, key }] of people.entries()) {
      const [first, wrong, second] = seen.slice(index * 3, index * 3 + 3)
      assert.equal(present(first).user.id, user.id)
      assert.equal(present(first).user.name, `Person ${index}`)
      assert.equal(present(first).session.id, key.id)
      assert.equal(present(first).touchDue, index % 2 === 0)
      assert.equal(wrong, null)
      assert.equal(present(second).user.id, user.id)
      assert.equal(present(second).touchDue, true)
    }
  },
)
