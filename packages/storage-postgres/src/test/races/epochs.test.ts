import assert from 'node:assert/strict'
import type { SessionKey } from 'torii-core'
import { newUserId } from 'torii-core'
import { afterAll, describe, test } from 'vitest'
import type { Held } from './held-crowd.test.support.js'
import { openCrowds } from './held-crowd.test.support.js'
import type { Person } from './people.test.support.js'
import {
  actorOf,
  firstEpochs,
  freshPasswordHash,
  freshSecretHash,
  isLive,
  keyOf,
  newSession,
  signUp,
} from './people.test.support.js'
import { openRaceStorage } from './race-storage.test.support.js'

const rounds = 60
const crowd = 24
const noRefund = { account: null, ipAddress: null }

const { database, storage } = await openRaceStorage()
const crowds = await openCrowds(database)
afterAll(() => crowds.close())

/** Signs in with what a look-up before the race had found. */
async function signIn({ id, hash }: Person): Promise<{ key: SessionKey; ok: boolean }> {
  const session = newSession()
  const credential = { userId: id, hash, epochs: firstEpochs }
  const { ok } = await storage.passwords.signIn({ credential, session, refund: noRefund })
  return { key: keyOf(id, session), ok }
}

async function open({ id }: Person): Promise<{ key: SessionKey; ok: boolean }> {
  const session = newSession()
  const { ok } = await storage.sessions.open(id, session)
  return { key: keyOf(id, session), ok }
}

/** Runs all at once, `one` in their midst. */
async function race<One, Many>(one: () => Promise<One>, many: (index: number) => Promise<Many>) {
  const half = Array.from({ length: crowd / 2 }, (_, index) => index)
  const early = half.map((index) => many(index))
  const single = one()
  const late = half.map((index) => many(index + crowd / 2))
  return { single: await single, all: await Promise.all([...early, ...late]) }
}

/** The same, but all the others come while `one` waits in its midst for a session of the user. */
async function raceWhileWaiting<One, Many>(
  { id }: Person,
  one: () => Promise<One>,
  many: (index: number) => Promise<Many>,
) {
  const all = () => Promise.all(Array.from({ length: crowd }, (_, index) => many(index)))
  const held: Held = ['select 1 from torii.sessions where user_id = $1 for update', [id]]
  const { result, other } = await crowds.whileWaiting(held, one, all)
  return { single: result, all: other }
}

async function countRows(person: Person): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    'select count(*)::int as count from torii.sessions where user_id = $1 and id <> $2',
    [person.id, person.key.id],
  )
  return rows[0]?.count ?? 0
}

interface Ending {
  readonly name: string
  readonly keepsActor: boolean
  /** The caller that signs in. A bare `open` needs no credential, so only a disabled user refuses it for good. */
  readonly enter: (person: Person, index: number) => Promise<{ key: SessionKey; ok: boolean }>
  end(person: Person): Promise<boolean>
}

const endings: readonly Ending[] = [
  {
    name: 'passwords.change',
    keepsActor: true,
    enter: signIn,
    end: async (person) => {
      const hashes = { verified: person.hash, next: freshPasswordHash() }
      return (await storage.passwords.change(actorOf(person), hashes)).ok
    },
  },
  {
    name: 'passwords.remove',
    keepsActor: true,
    enter: signIn,
    end: async (person) =>
      (await storage.passwords.remove(actorOf(person), { mailSignIn: true })).ok,
  },
  {
    name: 'sessions.revokeOthers',
    keepsActor: true,
    enter: signIn,
    end: async (person) => (await storage.sessions.revokeOthers(actorOf(person))).ok,
  },
  {
    name: 'sessions.revokeAll',
    keepsActor: false,
    enter: signIn,
    end: async ({ id }) => (await storage.sessions.revokeAll(id)) >= 1,
  },
  {
    name: 'users.disable',
    keepsActor: false,
    enter: (person, index) => (index % 2 === 0 ? signIn(person) : open(person)),
    end: async ({ id }) => (await storage.users.disable(id)) !== null,
  },
]

describe('an ending in the midst of sign-ins leaves no session but the one that asked', () => {
  for (const { name, keepsActor, enter, end } of endings)
    test(`R5.1 ${name}: ${rounds} rounds against ${crowd}`, async (t) => {
      let [opened, behind] = [0, 0]
      for (let round = 0; round < rounds; round += 1) {
        const person = await signUp(storage)
        const ending = () => end(person)
        const entering = (index: number) => enter(person, index)
        const { single, all } = await (round % 6 === 0
          ? raceWhileWaiting(person, ending, entering)
          : race(ending, entering))
        assert.equal(single, true)
        opened += all.filter(({ ok }) => ok).length
        behind += await countRows(person)
        for (const { key } of all) assert.equal(await isLive(storage, key), false)
        assert.equal(await isLive(storage, person.key), keepsActor)
      }
      void t.annotate(
        `${opened} opened, ${behind} rows survived the delete and were dead by their epoch`,
      )
      // Without these the epoch would not have been tested: it is what ended them. Who came while the ending
      // waited is none of those that it deletes.
      assert.ok(behind >= (rounds / 6) * crowd, `${behind}`)
    })
})

test(`R1.2 users.delete in the midst of sign-ins and registrations leaves nothing: ${rounds} rounds`, async () => {
  for (let round = 0; round < rounds; round += 1) {
    const person = await signUp(storage)
    const { single } = await race(
      () => storage.users.delete(person.id),
      async (index) => {
        if (index % 3 === 0) return signIn(person)
        return index % 3 === 1 ? open(person) : registerAgain(person)
      },
    )
    assert.equal(single, true)
  }
  const { rows } = await database.query(
    `select
       (select count(*) from torii.sessions s left join torii.users u on u.id = s.user_id where u.id is null)::int as sessions,
       (select count(*) from torii.passwords p left join torii.users u on u.id = p.user_id where u.id is null)::int as passwords,
       (select count(*) from torii.users u full join torii.user_emails e on e.user_id = u.id
        where u.email_key is distinct from e.email_key)::int as addresses`,
  )
  assert.deepEqual(rows, [{ sessions: 0, passwords: 0, addresses: 0 }])
})

async function registerAgain({ email, hash }: Person): Promise<void> {
  const session = newSession()
  await storage.users.register({ id: newUserId(), email, passwordHash: hash, session })
}

test(`R5.2 passwords.set in the midst of a removal never brings a password back: ${rounds} rounds`, async () => {
  for (let round = 0; round < rounds; round += 1) {
    const person = await signUp(storage)
    const other = { ...person, key: (await open(person)).key }
    const { single, all } = await race(
      () => storage.passwords.remove(actorOf(person), { mailSignIn: true }),
      (index) =>
        storage.passwords.set(actorOf(index % 2 === 0 ? other : person), freshPasswordHash()),
    )
    assert.equal(single.ok, true)
    // Before the removal there is a password, after it the epochs that they carry are old.
    assert.deepEqual(new Set(all.map((answer) => answer.ok)), new Set([false]))
    const { rows } = await database.query('select 1 from torii.passwords where user_id = $1', [
      person.id,
    ])
    assert.equal(rows.length, 0)
  }
})

test(`T1.23 sessions.rotate and reauthenticate: one of 20 has the new secret, the old one is dead, ${rounds} rounds`, async () => {
  for (let round = 0; round < rounds; round += 1) {
    const { key } = await signUp(storage)
    const secrets = Array.from({ length: 20 }, freshSecretHash)
    const answers = await Promise.all(
      secrets.map((newSecretHash, index) =>
        index % 2 === 0
          ? storage.sessions.rotate(key, newSecretHash)
          : storage.sessions.reauthenticate(key, { newSecretHash, method: 'passkey' }),
      ),
    )
    const alive = await Promise.all(
      secrets.map((secretHash) => isLive(storage, { ...key, secretHash })),
    )
    assert.equal(alive.filter(Boolean).length, 1)
    assert.deepEqual(
      alive,
      answers.map((answer) => answer !== null),
    )
    assert.equal(await isLive(storage, key), false)
  }
})
