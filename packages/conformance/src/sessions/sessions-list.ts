import assert from 'node:assert/strict'
import { casesOf } from '../fixtures/case.js'
import {
  keyOf,
  liveSession,
  openOne,
  present,
  seenBy,
  signUp,
  winners,
} from '../fixtures/people.js'
import { newSession, unknownUserId } from '../fixtures/samples.js'

const { cases, promise } = casesOf('sessions')

/** Listing sessions. */
export const sessionListCases = cases

promise('list: the live sessions of the user and of no other user', [], async (storage) => {
  const [person, other] = [await signUp(storage), await signUp(storage)]
  const second = await openOne(storage, person.user.id)
  const ids = (await storage.sessions.list(person.user.id)).map(({ id }) => id)
  assert.deepEqual(ids.toSorted(), [person.key.id, second.id].toSorted())
  assert.deepEqual(
    (await storage.sessions.list(other.user.id)).map(({ id }) => id),
    [other.key.id],
  )
  assert.deepEqual(await storage.sessions.list(unknownUserId()), [])
})

promise('list: shows a session as its validation does', [], async (storage) => {
  const { user, key } = await signUp(storage)
  assert.deepEqual(await storage.sessions.list(user.id), [
    (await liveSession(storage, key)).session,
  ])
})

promise('list: last used first', ['elapse'], async (storage) => {
  const { user, key: first } = await signUp(storage)
  await storage.elapse(100)
  const second = await openOne(storage, user.id)
  await storage.elapse(100)
  const third = await openOne(storage, user.id)
  const listed = async () => (await storage.sessions.list(user.id)).map(({ id }) => id)
  assert.deepEqual(await listed(), [third.id, second.id, first.id])
  await storage.elapse(100)
  present(await storage.sessions.touch(first, { idleSeconds: 1000, touchSeconds: 60 }))
  assert.deepEqual(await listed(), [first.id, third.id, second.id])
})

promise(
  'listPage: every session once, in the order of the list, also where several were used at once',
  ['elapse'],
  async (storage) => {
    const { user } = await signUp(storage)
    for (const round of [1, 2, 3]) {
      await Promise.all(Array.from({ length: round }, () => openOne(storage, user.id)))
      await storage.elapse(100)
    }
    const all = await storage.sessions.list(user.id)
    assert.equal(all.length, 7)
    for (const limit of [1, 2, 3, 6, 7, 50]) {
      const pages = []
      let page = await storage.sessions.listPage(user.id, { limit })
      pages.push(page.sessions)
      while (page.next !== null) {
        page = await storage.sessions.listPage(user.id, { limit, after: page.next })
        pages.push(page.sessions)
      }
      assert.deepEqual(pages.flat(), all)
      assert.ok(pages.every(({ length }) => length > 0 && length <= limit))
    }
    assert.deepEqual(await storage.sessions.listPage(user.id), { sessions: all, next: null })
    const noSessions = { sessions: [], next: null }
    assert.deepEqual(await storage.sessions.listPage(unknownUserId()), noSessions)
  },
)

promise("listPage: another user's cursor shows no session of theirs", [], async (storage) => {
  const [person, other] = [await signUp(storage), await signUp(storage)]
  await openOne(storage, other.user.id)
  const { next } = await storage.sessions.listPage(other.user.id, { limit: 1 })
  const { sessions } = await storage.sessions.listPage(person.user.id, { after: present(next) })
  assert.ok(sessions.every(({ userId }) => userId === person.user.id))
})

promise('list: leaves out what has ended', ['elapse'], async (storage) => {
  const { user, key } = await signUp(
    storage,
    {},
    { idleSeconds: 100_000, absoluteSeconds: 100_000 },
  )
  await openOne(storage, user.id, { idleSeconds: 100, absoluteSeconds: 100_000 })
  await openOne(storage, user.id, { idleSeconds: 100, absoluteSeconds: 100 })
  const revoked = await openOne(storage, user.id)
  await storage.sessions.revoke(user.id, revoked.id)
  await storage.elapse(101)
  assert.deepEqual(
    (await storage.sessions.list(user.id)).map(({ id }) => id),
    [key.id],
  )
})

promise('list: after openings and endings at once it agrees with validate', [], async (storage) => {
  const { user } = await signUp(storage)
  const sessions = Array.from({ length: 20 }, () => newSession())
  const [opened] = await Promise.all([
    Promise.all(sessions.map((session) => storage.sessions.open(user.id, session))),
    storage.sessions.revokeAll(user.id),
  ])
  assert.equal(winners(opened).length, 20)
  const alive: string[] = []
  for (const session of sessions)
    if ((await seenBy(storage, keyOf(user.id, session))) !== null) alive.push(session.id)
  assert.deepEqual(
    (await storage.sessions.list(user.id)).map(({ id }) => id).toSorted(),
    alive.toSorted(),
  )
  assert.equal(await storage.sessions.revokeAll(user.id), alive.length)
})
