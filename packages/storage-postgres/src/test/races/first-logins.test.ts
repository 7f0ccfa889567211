import assert from 'node:assert/strict'
import type { OAuthSignIn } from 'torii-core'
import { newUserId } from 'torii-core'
import { describe, test } from 'vitest'
import { newCallerInput } from '../interleaving/fixture.test.support.js'
import { freshEmail, freshSecretHash, isLive, keyOf, newSession } from './people.test.support.js'
import { openRaceStorage } from './race-storage.test.support.js'

const rounds = 100
const crowd = 20

const { database, storage, retried } = await openRaceStorage()

const newLogin = (given: Partial<OAuthSignIn> = {}): OAuthSignIn => ({
  ...newCallerInput('person').identity,
  email: freshEmail(),
  emailVerified: true,
  newUserId: newUserId(),
  name: null,
  picture: null,
  session: newSession(),
  ...given,
})

const kinds: readonly (readonly [string, Partial<OAuthSignIn>])[] = [
  ['with a verified address', {}],
  ['with an unverified address', { emailVerified: false }],
  ['without an address', { email: null, emailVerified: false }],
]

describe(`T1.17 ${crowd} first logins of one identity at once, ${rounds} rounds`, () => {
  for (const [what, given] of kinds)
    test(`${what}: one user, one account, ${crowd} sessions`, async () => {
      const subjects: string[] = []
      for (let round = 0; round < rounds; round += 1) {
        const { subject, email } = newLogin(given)
        const outcomes = await Promise.all(
          Array.from({ length: crowd }, () =>
            storage.oauthAccounts.signIn(newLogin({ ...given, subject, email })),
          ),
        )
        const users = new Set(outcomes.map((outcome) => outcome.ok && outcome.user.id))
        assert.ok(users.size === 1 && !users.has(false))
        const made = outcomes.filter((outcome) => outcome.ok && outcome.how === 'created')
        assert.equal(made.length, 1)
        subjects.push(subject)
      }
      const { rows } = await database.query(
        `select count(*)::int as accounts, count(distinct a.user_id)::int as users,
           sum((select count(*) from torii.sessions s join torii.users u on u.id = s.user_id
                where s.user_id = a.user_id and s.epoch = u.session_epoch))::int as sessions,
           count(*) filter (where u.owner_epoch <> a.owner_epoch)::int as dead
         from torii.oauth_accounts a join torii.users u on u.id = a.user_id
         where a.provider = 'google' and a.subject = any ($1::text[])`,
        [subjects],
      )
      const sessions = rounds * crowd
      assert.deepEqual(rows, [{ accounts: rounds, users: rounds, sessions, dead: 0 }])
    })

  test('leave no user without an account behind, and need no second try', async () => {
    const { rows } = await database.query(
      `select count(*)::int as count from torii.users u
       where u.email is null and not exists (select 1 from torii.oauth_accounts a where a.user_id = u.id)`,
    )
    assert.deepEqual(rows, [{ count: 0 }])
    assert.deepEqual(retried, [])
  })
})

test(`R4.1 two providers and a magic link bring one address at once: one user, ${rounds} rounds`, async (t) => {
  const first: Record<string, number> = {}
  for (let round = 0; round < rounds; round += 1) {
    const email = freshEmail()
    const tokenHash = freshSecretHash()
    const mailed = { email, tokenHash, codeHash: null, lifetimeSeconds: 600, charges: null }
    await storage.magicLinks.issue(mailed)
    const logins = ['google', 'github'].map((provider) => newLogin({ provider, email }))
    const proof = { session: newSession(), newUserId: newUserId() }
    const comers = [
      ...logins.map((login) => () => storage.oauthAccounts.signIn(login)),
      () => storage.magicLinks.consume(tokenHash, proof),
    ]
    // Each is the first to go in a third of the rounds.
    const turn = round % comers.length
    const order = [...comers.slice(turn), ...comers.slice(0, turn)]
    const outcomes = await Promise.all(order.map((come) => come()))
    const users = new Set(outcomes.flatMap((outcome) => (outcome.ok ? [outcome.user.id] : [])))
    const [id] = users
    assert.ok(users.size === 1 && id !== undefined)
    // The link was mailed before there was an account: it does not sign in to one that a provider has verified.
    const refused = outcomes.filter((outcome) => !outcome.ok)
    assert.deepEqual(
      refused,
      id === proof.newUserId ? [] : [{ ok: false, reason: 'invalid_token' }],
    )
    const made = outcomes.filter(
      (outcome) => outcome.ok && ('how' in outcome ? outcome.how === 'created' : outcome.created),
    )
    assert.equal(made.length, 1)
    for (const { session } of [...logins, ...(refused.length === 0 ? [proof] : [])])
      assert.equal(await isLive(storage, keyOf(id, session)), true)
    assert.equal((await storage.oauthAccounts.list(id)).length, 2)
    const winner = id === proof.newUserId ? 'link' : 'provider'
    first[winner] = (first[winner] ?? 0) + 1
  }
  void t.annotate(JSON.stringify(first))
  assert.deepEqual(retried, [])
})
