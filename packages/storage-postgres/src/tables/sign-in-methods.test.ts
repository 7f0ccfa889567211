import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import pg from 'pg'
import type { NewPasskey, OAuthAccountId, SessionActor, UserId } from 'torii-core'
import { newOAuthAccountId, newPasskeyId, newUserId } from 'torii-core'
import { afterAll, describe, test } from 'vitest'
import { openCrowds } from '../test/races/held-crowd.test.support.js'
import {
  actorOf,
  freshPasswordHash,
  freshRateLimitKey,
  freshSecretHash,
  isLive,
  keyOf,
  newSession,
  signUp,
  widePolicy,
} from '../test/races/people.test.support.js'
import { openRaceStorage } from '../test/races/race-storage.test.support.js'

/** Two for each of two sign-in methods. */
const callers = 4
const unlinkRounds = 100
const takeOverRounds = 60

const { database, storage, retried } = await openRaceStorage()
const crowds = await openCrowds(database)
afterAll(() => crowds.close())

const newIdentity = () => ({
  provider: 'google',
  subject: randomBytes(8).toString('hex'),
  label: null,
  tokens: null,
})

const newPasskey = (): NewPasskey => ({
  id: newPasskeyId(),
  credentialId: randomBytes(32),
  publicKey: randomBytes(77),
  signCount: 0,
  userHandle: randomBytes(64),
  userVerified: true,
  backupEligible: false,
  backedUp: false,
  aaguid: randomUUID(),
  transports: ['usb'],
  name: 'Key',
})

const fromOneSnapshot = <Result>(userId: UserId, operations: readonly (() => Promise<Result>)[]) =>
  crowds.fromOneSnapshot(
    ['select 1 from torii.users where id = $1 for update', [userId]],
    operations,
  )

async function inRounds<Result>(
  count: number,
  round: (index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  for (let index = 0; index < count; index += 1) results.push(await round(index))
  return results
}

/** Counts the users who have no sign-in method left, mail aside. */
async function withoutSignInMethod(users: readonly UserId[]): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    `select count(*)::int as count from torii.users u where u.id = any ($1::uuid[])
       and not exists (select 1 from torii.passwords p where p.user_id = u.id and p.owner_epoch = u.owner_epoch)
       and not exists (select 1 from torii.passkeys k where k.user_id = u.id and k.owner_epoch = u.owner_epoch)
       and not exists (select 1 from torii.oauth_accounts a where a.user_id = u.id and a.owner_epoch = u.owner_epoch)`,
    [users],
  )
  return rows[0]?.count ?? -1
}

type Removal = () => Promise<{ readonly ok: boolean }>
const mailSignIn = false

/** Gives the user one more sign-in method; what comes back takes it away. */
const ways = {
  async account(actor: SessionActor): Promise<Removal> {
    const newAccountId = newOAuthAccountId()
    await storage.oauthAccounts.link(actor, { ...newIdentity(), newAccountId })
    return () => storage.oauthAccounts.unlink(actor, newAccountId, { mailSignIn })
  },
  async passkey(actor: SessionActor): Promise<Removal> {
    const passkey = newPasskey()
    await storage.passkeys.add(actor, passkey, { max: 10 })
    return () => storage.passkeys.delete(actor, passkey.id, { mailSignIn })
  },
  async password(actor: SessionActor): Promise<Removal> {
    await storage.passwords.set(actor, freshPasswordHash())
    return () => storage.passwords.remove(actor, { mailSignIn })
  },
}

const pairs = [
  ['account', 'account'],
  ['passkey', 'passkey'],
  ['account', 'passkey'],
  ['account', 'password'],
  ['passkey', 'password'],
] as const

describe(`T1.19 the last two sign-in methods, removed by ${callers} callers at once`, () => {
  for (const pair of pairs)
    test(`${pair.join(' and ')}: one stays, ${unlinkRounds} rounds`, async () => {
      const users = await inRounds(unlinkRounds, async (round) => {
        const person = await signUp(storage, { password: false })
        const actor = actorOf(person)
        const removals = [await ways[pair[0]](actor), await ways[pair[1]](actor)]
        if (round % 4 > 1) removals.reverse()
        const all = [...removals, ...removals]
        const outcomes =
          round % 2 === 0
            ? await fromOneSnapshot(person.id, all)
            : await Promise.all(all.map((remove) => remove()))
        assert.equal(outcomes.filter(({ ok }) => ok).length, 1)
        return person.id
      })
      assert.equal(users.length, unlinkRounds)
      assert.equal(await withoutSignInMethod(users), 0)
    })

  test(`all three kinds and two of each, removed at once: one stays, ${unlinkRounds / 2} rounds`, async () => {
    const users = await inRounds(unlinkRounds / 2, async () => {
      const person = await signUp(storage, { password: false })
      const actor = actorOf(person)
      const removals: Removal[] = []
      for (const way of ['account', 'passkey', 'account', 'passkey', 'password'] as const)
        removals.push(await ways[way](actor))
      await fromOneSnapshot(person.id, removals)
      return person.id
    })
    assert.equal(await withoutSignInMethod(users), 0)
  })

  test('no round needed a second try', () => {
    assert.deepEqual(retried, [])
  })

  // Proves that the rounds above can fail: the count is of the snapshot, whatever lock is held.
  test('a count under a lock on the user alone does lose them', async () => {
    const naive = `
      with me as (
        select u.id from torii.users u where u.id = $1::uuid for update
      ), held as (
        select count(*) as count from torii.oauth_accounts a where a.user_id = (select me.id from me)
      )
      delete from torii.oauth_accounts a using held
      where a.user_id = $1::uuid and a.id = $2::uuid and held.count > 1`
    const pool = new pg.Pool({ connectionString: database.url, max: 8 })
    const users = await inRounds(unlinkRounds / 4, async () => {
      const person = await signUp(storage, { password: false })
      const ids: OAuthAccountId[] = [newOAuthAccountId(), newOAuthAccountId()]
      for (const newAccountId of ids)
        await storage.oauthAccounts.link(actorOf(person), { ...newIdentity(), newAccountId })
      await fromOneSnapshot(
        person.id,
        [...ids, ...ids].map((id) => () => pool.query(naive, [person.id, id])),
      )
      return person.id
    })
    await pool.end()
    assert.equal(await withoutSignInMethod(users), users.length)
  })
})

describe(`T5.64 R4.2 a squatter adds sign-in methods while the mailbox's owner signs in, ${takeOverRounds} rounds`, () => {
  /** The squatter's account, and a link that its mailbox's owner was mailed. */
  async function squat() {
    const squatter = await signUp(storage, { emailVerified: false })
    const tokenHash = freshSecretHash()
    await storage.magicLinks.issue({
      email: squatter.email,
      tokenHash,
      codeHash: null,
      lifetimeSeconds: 600,
      charges: { address: { key: freshRateLimitKey(), policy: widePolicy }, ipAddress: null },
    })
    const session = newSession()
    const consume = () => storage.magicLinks.consume(tokenHash, { session, newUserId: newUserId() })
    return { squatter, consume, key: keyOf(squatter.id, session) }
  }

  /**
   * Runs all at once, `one` after the first `place` of them. Before all of them it is done first, and after
   * all of them one of those is: so both have happened first, however fast the machine is.
   */
  async function race<One, Many>(
    one: () => Promise<One>,
    many: readonly (() => Promise<Many>)[],
    place: number,
  ) {
    const early = many.slice(0, place).map((operation) => operation())
    if (place === many.length) await early[0]
    const single = one()
    if (place === 0) await single
    const late = many.slice(place).map((operation) => operation())
    return { single: await single, all: await Promise.all([...early, ...late]) }
  }

  test('link: the identity never counts afterwards', async (t) => {
    const came: Record<string, number> = {}
    await inRounds(takeOverRounds, async (round) => {
      const { squatter, consume, key } = await squat()
      const identities = Array.from({ length: callers }, newIdentity)
      const links = identities.map(
        (identity) => () =>
          storage.oauthAccounts.link(actorOf(squatter), {
            ...identity,
            newAccountId: newOAuthAccountId(),
          }),
      )
      const { single, all } = await race(consume, links, round % (callers + 1))
      assert.ok(single.ok && single.tookOver && single.user.id === squatter.id)
      for (const outcome of all) {
        const word = outcome.ok ? 'linked' : outcome.reason
        assert.ok(word === 'linked' || word === 'stale', word)
        came[word] = (came[word] ?? 0) + 1
      }
      assert.deepEqual(await storage.oauthAccounts.list(squatter.id), [])
      for (const identity of identities) {
        const stranger = newUserId()
        const back = await storage.oauthAccounts.signIn({
          ...identity,
          email: null,
          emailVerified: false,
          newUserId: stranger,
          newAccountId: newOAuthAccountId(),
          name: null,
          picture: null,
          session: newSession(),
        })
        assert.ok(back.ok && back.how === 'created' && back.user.id === stranger)
      }
      assert.equal(await isLive(storage, key), true)
      assert.equal(await isLive(storage, squatter.key), false)
    })
    void t.annotate(JSON.stringify(came))
    assert.ok(Number(came.linked) > 0 && Number(came.stale) > 0, JSON.stringify(came))
  })

  test('passkeys.add: the passkey never counts afterwards', async (t) => {
    const came: Record<string, number> = {}
    await inRounds(takeOverRounds, async (round) => {
      const { squatter, consume } = await squat()
      const made = Array.from({ length: callers }, newPasskey)
      const additions = made.map(
        (passkey) => () => storage.passkeys.add(actorOf(squatter), passkey, { max: 10 }),
      )
      const { single, all } = await race(consume, additions, round % (callers + 1))
      assert.ok(single.ok && single.tookOver)
      for (const outcome of all) {
        const word = outcome.ok ? 'added' : outcome.reason
        assert.ok(word === 'added' || word === 'stale', word)
        came[word] = (came[word] ?? 0) + 1
      }
      assert.deepEqual(await storage.passkeys.list(squatter.id), [])
      assert.deepEqual(await storage.passkeys.credentials(squatter.id), [])
    })
    void t.annotate(JSON.stringify(came))
    assert.ok(Number(came.added) > 0 && Number(came.stale) > 0, JSON.stringify(came))
  })
})
