import assert from 'node:assert/strict'
import type { ImportedSession, SessionKey, SessionOfImported, UserId } from 'torii-core'
import { newSessionId } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import {
  actorOf,
  assertEnded,
  liveSession,
  only,
  openOne,
  present,
  signUpBare,
  succeeded,
  twentyAtOnce,
} from '../fixtures/people.js'
import { freshSecretHash, unknownUserId } from '../fixtures/samples.js'
import { assertWaits } from '../fixtures/second-factors.js'

const { cases, promise } = casesOf('sessions')

/** Sessions of another system, and the sessions that go on from them. */
export const importedSessionCases = cases

const day = 86_400

/** A time so many seconds from now, to the second. */
const fromNow = (seconds: number): Date =>
  new Date(Math.floor(Date.now() / 1000) * 1000 + seconds * 1000)

const newImported = (
  userId: UserId,
  given: Partial<ImportedSession> = {},
): Required<ImportedSession> => ({
  key: freshSecretHash(),
  userId,
  authenticatedAt: fromNow(-3 * day),
  expiresAt: fromNow(5 * day),
  level: 1,
  userAgent: 'Browser',
  ...given,
})

const newOpening = (given: Partial<SessionOfImported> = {}): SessionOfImported => ({
  id: newSessionId(),
  secretHash: freshSecretHash(),
  ip: '192.0.2.7',
  userAgent: 'Browser',
  idleSeconds: day,
  absoluteSeconds: 30 * day,
  ...given,
})

const keyFor = (userId: UserId, { id, secretHash }: SessionOfImported): SessionKey => ({
  userId,
  id,
  secretHash,
})

/** A user who has an imported session. */
async function userWithImported(
  storage: ConformanceStorage,
  given: Partial<ImportedSession> = {},
  user: Parameters<typeof signUpBare>[1] = { emailVerified: true },
) {
  const { id } = await signUpBare(storage, user)
  const imported = newImported(id, given)
  assert.equal(await storage.sessions.importMany([imported]), 1)
  return { id, imported }
}

const invalid = { ok: false, reason: 'invalid_token' }

/** Asserts that the key opens nothing, and that no session was made all the same. */
async function assertOpensNothing(
  storage: ConformanceStorage,
  { key, userId }: Pick<ImportedSession, 'key' | 'userId'>,
  given: Partial<SessionOfImported> = {},
): Promise<void> {
  const opening = newOpening(given)
  assert.deepEqual(await storage.sessions.openImported(key, opening), invalid)
  await assertEnded(storage, keyFor(userId, opening))
}

promise(
  'openImported: opens a session of the same age and level, which ends no later',
  [],
  async (storage) => {
    for (const level of [1, 2] as const) {
      const { id, imported } = await userWithImported(storage, { level })
      const opening = newOpening()
      const { session, sameUserAgent } = succeeded(
        await storage.sessions.openImported(imported.key, opening),
      )
      assert.deepEqual(session.methods, ['imported'])
      assert.deepEqual(session.authenticatedAt, imported.authenticatedAt)
      assert.deepEqual(session.level2At, level === 2 ? imported.authenticatedAt : null)
      assert.deepEqual([session.level, session.id, session.userId], [level, opening.id, id])
      assert.deepEqual([session.ip, session.userAgent], [opening.ip, opening.userAgent])
      assert.equal(sameUserAgent, true)
      const late = session.absoluteExpiresAt.getTime() - imported.expiresAt.getTime()
      assert.ok(late >= 0 && late < 1001, `${late} ms later`)
      assert.equal(session.expiresAt.getTime() - session.createdAt.getTime(), day * 1000)
      const valid = await liveSession(storage, keyFor(id, opening))
      assert.deepEqual(valid.session, session)
    }
  },
)

promise('openImported: its idle time and its own end can be shorter', [], async (storage) => {
  const { imported } = await userWithImported(storage)
  const opening = newOpening({ idleSeconds: 60, absoluteSeconds: 600 })
  const { session } = succeeded(await storage.sessions.openImported(imported.key, opening))
  assert.equal(session.expiresAt.getTime() - session.createdAt.getTime(), 60_000)
  assert.equal(session.absoluteExpiresAt.getTime() - session.createdAt.getTime(), 600_000)
})

promise('openImported: ends with a session that ends before it is idle', [], async (storage) => {
  const { imported } = await userWithImported(storage, { expiresAt: fromNow(600) })
  const { session } = succeeded(await storage.sessions.openImported(imported.key, newOpening()))
  assert.deepEqual(session.expiresAt, session.absoluteExpiresAt)
  assert.ok(session.expiresAt.getTime() <= imported.expiresAt.getTime() + 1000)
})

promise(
  'openImported: of twenty at once one opens a session, and the others are told of which user',
  ['concurrency'],
  async (storage) => {
    const { id, imported } = await userWithImported(storage)
    const openings = await twentyAtOnce(async () => {
      const opening = newOpening()
      return { opening, outcome: await storage.sessions.openImported(imported.key, opening) }
    })
    const { opening } = only(openings.filter(({ outcome }) => outcome.ok))
    await liveSession(storage, keyFor(id, opening))
    for (const { outcome, opening: other } of openings) {
      if (outcome.ok) continue
      assert.deepEqual(outcome, { ok: false, reason: 'opened_before', userId: id })
      await assertEnded(storage, keyFor(id, other))
    }
    assert.equal((await storage.sessions.list(id)).length, 1)
  },
)

promise(
  'openImported: is used up, also after its session has ended, and for later imports',
  ['elapse'],
  async (storage) => {
    const { id, imported } = await userWithImported(storage, { expiresAt: fromNow(30 * day) })
    const opening = newOpening()
    succeeded(await storage.sessions.openImported(imported.key, opening))
    assert.equal(await storage.sessions.end(keyFor(id, opening)), true)
    const second = newOpening()
    assert.deepEqual(await storage.sessions.openImported(imported.key, second), {
      ok: false,
      reason: 'opened_before',
      userId: id,
    })
    await assertEnded(storage, keyFor(id, second))
    await storage.elapse(61)
    await assertOpensNothing(storage, imported)
    assert.equal(await storage.sessions.importMany([imported]), 0)
    await assertOpensNothing(storage, imported)
  },
)

promise('openImported: not after its end, nor for an unknown key', ['elapse'], async (storage) => {
  const { imported } = await userWithImported(storage, { expiresAt: fromNow(600) })
  await storage.elapse(601)
  await assertOpensNothing(storage, imported)
  await assertOpensNothing(storage, { key: freshSecretHash(), userId: imported.userId })
})

const endings: Readonly<
  Record<string, (storage: ConformanceStorage, id: UserId, other: SessionKey) => Promise<unknown>>
> = {
  'sessions.revokeAll': ({ sessions }, id) => sessions.revokeAll(id),
  'sessions.revokeOthers': async (storage, _, other) =>
    storage.sessions.revokeOthers(await actorOf(storage, other)),
  'users.disable': ({ users }, id) => users.disable(id),
  'users.delete': ({ users }, id) => users.delete(id),
}
for (const [name, end] of Object.entries(endings))
  promise(`openImported: not after ${name}`, [], async (storage) => {
    const { id, imported } = await userWithImported(storage)
    const other = await openOne(storage, id)
    await end(storage, id, other)
    await assertOpensNothing(storage, imported)
  })

promise(
  'openImported: with `verifiedOnly` not while the email is unverified',
  [],
  async (storage) => {
    const { imported } = await userWithImported(storage, {}, { emailVerified: false })
    await assertOpensNothing(storage, imported, { verifiedOnly: true })
    succeeded(await storage.sessions.openImported(imported.key, newOpening()))
    const verified = await userWithImported(storage)
    const opening = newOpening({ verifiedOnly: true })
    succeeded(await storage.sessions.openImported(verified.imported.key, opening))
  },
)

promise(
  'openImported: where a second factor is due, one of level 1 waits for it and one of level 2 does not',
  [],
  async (storage) => {
    const secondFactor = 'always'
    const { id, imported } = await userWithImported(storage)
    const opening = newOpening({ secondFactor })
    const outcome = await storage.sessions.openImported(imported.key, opening)
    await assertWaits(storage, outcome, id, opening)
    const proved = await userWithImported(storage, { level: 2 })
    succeeded(
      await storage.sessions.openImported(proved.imported.key, newOpening({ secondFactor })),
    )
  },
)

promise('openImported: says whether the user agent is another one', [], async (storage) => {
  const sees = async (before: string | null, userAgent: string | null) => {
    const { imported } = await userWithImported(storage, { userAgent: before })
    const opening = newOpening({ userAgent })
    return succeeded(await storage.sessions.openImported(imported.key, opening)).sameUserAgent
  }
  assert.equal(await sees('Browser', 'Browser'), true)
  assert.equal(await sees('Browser', 'Another'), false)
  assert.equal(await sees(null, 'Another'), true)
  assert.equal(await sees('Browser', null), true)
})

promise('endImported: its token opens nothing from then on', [], async (storage) => {
  const { id, imported } = await userWithImported(storage)
  assert.equal(await storage.sessions.endImported(imported.key), true)
  assert.equal(await storage.sessions.endImported(imported.key), false)
  assert.equal(await storage.sessions.endImported(freshSecretHash()), false)
  await assertOpensNothing(storage, imported)
  // After its use it is no longer told of which user it was.
  const used = newImported(id)
  assert.equal(await storage.sessions.importMany([used]), 1)
  succeeded(await storage.sessions.openImported(used.key, newOpening()))
  assert.equal(await storage.sessions.endImported(used.key), true)
  await assertOpensNothing(storage, used)
})

promise(
  'importMany: stores each key once, and none of unknown users, of ended sessions and of the past',
  [],
  async (storage) => {
    const [one, other] = [await signUpBare(storage), await signUpBare(storage)]
    const kept = newImported(one.id)
    const taken = { ...newImported(other.id), key: kept.key }
    assert.equal(await storage.sessions.importMany([]), 0)
    assert.equal(await storage.sessions.importMany([kept, kept, taken]), 1)
    assert.equal(await storage.sessions.importMany([taken, newImported(unknownUserId())]), 0)
    assert.equal(
      await storage.sessions.importMany([newImported(one.id, { expiresAt: fromNow(-1) })]),
      0,
    )
    const { session } = succeeded(await storage.sessions.openImported(kept.key, newOpening()))
    assert.equal(session.userId, one.id)
    await storage.sessions.revokeAll(one.id)
    assert.equal(await storage.sessions.importMany([newImported(one.id)]), 0)
  },
)

promise(
  'importMany: an imported session that is swept opens nothing',
  ['elapse', 'transaction'],
  async (storage) => {
    const { imported } = await userWithImported(storage, { expiresAt: fromNow(600) })
    const kept = await userWithImported(storage, { expiresAt: fromNow(6000) })
    await storage.elapse(601)
    const { deleted } = await storage.sweep()
    assert.ok(present(deleted.imported_sessions) >= 1)
    await assertOpensNothing(storage, imported)
    succeeded(await storage.sessions.openImported(kept.imported.key, newOpening()))
  },
)
