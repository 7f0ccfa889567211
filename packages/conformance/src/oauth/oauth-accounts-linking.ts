import assert from 'node:assert/strict'
import type {
  OAuthAccountId,
  OAuthIdentity,
  OAuthLink,
  SessionActor,
  TransactionRepositories,
} from 'torii-core'
import { newOAuthAccountId } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import {
  again,
  freshCiphertext,
  linkOne,
  newIdentity,
  newOAuthSignIn,
  takeOver,
  visit,
} from '../fixtures/credentials.js'
import {
  actorOf,
  letOthersRun,
  liveSession,
  only,
  openOne,
  present,
  signUp,
  signUpBare,
  succeeded,
  twentyAtOnce,
  winners,
} from '../fixtures/people.js'
import { unknownUserId } from '../fixtures/samples.js'

const { cases, promise } = casesOf('oauthAccounts')

/** Linking, listing and unlinking identities. */
export const oauthLinkingCases = cases

const stale = { ok: false, reason: 'stale' }
const taken = { ok: false, reason: 'already_exists' }
const notFound = { ok: false, reason: 'not_found' }

const link = (
  { oauthAccounts }: TransactionRepositories,
  actor: SessionActor,
  identity: OAuthIdentity,
): Promise<OAuthLink> =>
  oauthAccounts.link(actor, { ...identity, newAccountId: newOAuthAccountId() })

/** Someone with a password, and what their session asks with. */
async function signUpActor(storage: TransactionRepositories, emailVerified = true) {
  const person = await signUp(storage, { emailVerified })
  return { ...person, actor: await actorOf(storage, person.key) }
}

promise('link: from then on the identity signs the user in', [], async (storage) => {
  const { user, actor, key } = await signUpActor(storage)
  const identity = newIdentity({ label: 'ada@work.example' })
  const newAccountId = newOAuthAccountId()
  const { account } = succeeded(
    await storage.oauthAccounts.link(actor, { ...identity, newAccountId }),
  )
  assert.deepEqual(
    [account.id, account.provider, account.label, account.hasTokens],
    [newAccountId, 'google', 'ada@work.example', false],
  )
  assert.ok(account.createdAt instanceof Date && account.lastUsedAt instanceof Date)
  assert.deepEqual(await storage.oauthAccounts.list(user.id), [account])
  const { how, user: found } = await visit(storage, newOAuthSignIn({ ...identity, email: null }))
  assert.deepEqual([how, found.id], ['known', user.id])
  await liveSession(storage, key)
})

promise('link: refused for an identity that has an account, whose ever', [], async (storage) => {
  const mine = await signUpActor(storage)
  const theirs = await signUpActor(storage)
  const identity = newIdentity()
  succeeded(await link(storage, mine.actor, identity))
  const stranger = await visit(storage)
  for (const [actor, given] of [
    [theirs.actor, identity],
    [mine.actor, identity],
    [mine.actor, { ...identity, label: null, tokens: freshCiphertext() }],
    [mine.actor, stranger.person],
  ] as const)
    assert.deepEqual(await link(storage, actor, given), taken)
  only(await storage.oauthAccounts.list(mine.user.id))
  assert.deepEqual(await storage.oauthAccounts.list(theirs.user.id), [])
  assert.equal(only(await storage.oauthAccounts.list(mine.user.id)).hasTokens, false)
})

promise('link: one user may have many identities, also of one provider', [], async (storage) => {
  const { user, actor } = await signUpActor(storage)
  const made: string[] = []
  for (const provider of ['google', 'google', 'github'])
    made.push((await linkOne(storage, actor, { provider })).id)
  const listed = await storage.oauthAccounts.list(user.id)
  assert.deepEqual(listed.map(({ id }) => id).toSorted(), made.toSorted())
})

promise('link: T1.18 of two users who link one identity at once one wins', [], async (storage) => {
  for (let round = 0; round < 3; round += 1) {
    const people = [await signUpActor(storage), await signUpActor(storage)] as const
    const identity = newIdentity()
    const outcomes = await twentyAtOnce((index) =>
      link(storage, people[index % 2 === 0 ? 0 : 1].actor, identity),
    )
    const { account } = only(winners(outcomes)) as Extract<OAuthLink, { ok: true }>
    for (const outcome of outcomes) if (!outcome.ok) assert.deepEqual(outcome, taken)
    const lists = [
      ...(await storage.oauthAccounts.list(people[0].user.id)),
      ...(await storage.oauthAccounts.list(people[1].user.id)),
    ]
    assert.deepEqual(lists, [account])
  }
})

promise('link: an identity of a past owner is free again', [], async (storage) => {
  const squatter = await signUpActor(storage, false)
  const identity = newIdentity()
  succeeded(await link(storage, squatter.actor, identity))
  const victim = await takeOver(storage, squatter.email)
  const actor = await actorOf(storage, victim.key)
  const { account } = succeeded(await link(storage, actor, identity))
  const listed = await storage.oauthAccounts.list(squatter.user.id)
  assert.deepEqual(
    listed.map(({ id }) => id).toSorted(),
    [account.id, victim.person.newAccountId].toSorted(),
  )
})

promise('link: an identity of a past owner is free for another user', [], async (storage) => {
  const squatter = await signUpActor(storage, false)
  const identity = newIdentity()
  succeeded(await link(storage, squatter.actor, identity))
  await takeOver(storage, squatter.email)
  const other = await signUpActor(storage)
  succeeded(await link(storage, other.actor, identity))
  const { user } = await visit(storage, newOAuthSignIn({ ...identity, email: null }))
  assert.equal(user.id, other.user.id)
})

type Ending = (storage: ConformanceStorage, person: AskedFor) => Promise<unknown>
interface AskedFor {
  readonly actor: SessionActor
  readonly email: string
}
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
    `link and unlink: refused once the current session ${what}`,
    ['elapse'],
    async (storage) => {
      const person = await signUpActor(storage, false)
      const { id } = await linkOne(storage, person.actor)
      await end(storage, person)
      await assertStale(storage, person.actor, id)
    },
  )
}

promise('link and unlink: both epochs count', [], async (storage) => {
  const { actor, user } = await signUpActor(storage)
  const { id } = await linkOne(storage, actor)
  for (const [session, owner] of [
    [1, 0],
    [0, 1],
    [1, 1],
  ] as const) {
    const epochs = { session: actor.epochs.session + session, owner: actor.epochs.owner + owner }
    await assertStale(storage, { ...actor, epochs }, id)
  }
  only(await storage.oauthAccounts.list(user.id))
})

promise("link and unlink: refused for a session that is not this user's", [], async (storage) => {
  const mine = await signUpActor(storage)
  const theirs = await signUpActor(storage)
  const { id } = await linkOne(storage, mine.actor)
  await assertStale(storage, { ...mine.actor, sessionId: theirs.actor.sessionId }, id)
  await assertStale(storage, { ...theirs.actor, userId: mine.user.id }, id)
  await assertStale(storage, { ...mine.actor, userId: unknownUserId() }, id)
  only(await storage.oauthAccounts.list(mine.user.id))
})

promise(
  'link: refused, no error, when the user is deleted meanwhile',
  ['transaction', 'concurrency'],
  async (storage) => {
    const { user, actor } = await signUpActor(storage)
    const identity = newIdentity()
    const linking = await storage.transaction(async (tx) => {
      await tx.users.delete(user.id)
      const begun = link(storage, actor, identity)
      await letOthersRun(tx)
      return { begun }
    })
    assert.deepEqual(await linking.begun, stale)
    assert.equal((await visit(storage, newOAuthSignIn(identity))).how, 'created')
  },
)

promise(
  'link: that its user is deleted meanwhile does not abort a transaction',
  ['transaction', 'concurrency'],
  async (storage) => {
    const { user, actor } = await signUpActor(storage)
    const witness = await signUpBare(storage)
    const linking = await storage.transaction(async (tx) => {
      await tx.users.delete(user.id)
      const begun = storage.transaction(async (inner) => {
        const outcome = await link(inner, actor, newIdentity())
        present(await inner.users.updateProfile(witness.id, { name: 'Went on' }))
        return outcome
      })
      await letOthersRun(tx)
      return { begun }
    })
    assert.deepEqual(await linking.begun, stale)
    assert.equal(present(await storage.users.find(witness.id)).name, 'Went on')
  },
)

promise(
  'link and unlink: a refusal does not abort a transaction',
  ['transaction'],
  async (storage) => {
    const { user, actor } = await signUpActor(storage)
    const identity = newIdentity()
    const made = await storage.transaction(async (tx) => {
      const { account } = succeeded(await link(tx, actor, identity))
      assert.deepEqual(await link(tx, actor, identity), taken)
      assert.deepEqual(await link(tx, { ...actor, userId: unknownUserId() }, newIdentity()), stale)
      assert.deepEqual(
        await tx.oauthAccounts.unlink(actor, newOAuthAccountId(), { mailSignIn: true }),
        notFound,
      )
      return account
    })
    assert.deepEqual(await storage.oauthAccounts.list(user.id), [made])
  },
)

promise('list: the oldest first, and nothing of others', ['elapse'], async (storage) => {
  const { user, actor, key } = await signUpActor(storage)
  const other = await signUpActor(storage)
  await linkOne(storage, other.actor)
  assert.deepEqual(await storage.oauthAccounts.list(user.id), [])
  assert.deepEqual(await storage.oauthAccounts.list(unknownUserId()), [])
  const made: string[] = []
  for (const provider of ['google', 'github', 'apple']) {
    made.push((await linkOne(storage, actor, { provider, tokens: freshCiphertext() })).id)
    await storage.elapse(10)
  }
  const listed = await storage.oauthAccounts.list(user.id)
  assert.deepEqual(
    listed.map(({ id }) => id),
    made,
  )
  for (const account of listed)
    assert.deepEqual(Object.keys(account).toSorted(), [
      'createdAt',
      'hasTokens',
      'id',
      'label',
      'lastUsedAt',
      'provider',
    ])
  assert.ok(listed.every(({ hasTokens }) => hasTokens))
  await liveSession(storage, key)
})

promise('unlink: takes the identity away, and its tokens', [], async (storage) => {
  const { user, actor, key } = await signUpActor(storage)
  const other = await openOne(storage, user.id)
  const identity = newIdentity({ tokens: freshCiphertext() })
  const { account } = succeeded(await link(storage, actor, identity))
  const kept = await linkOne(storage, actor)
  assert.deepEqual(await storage.oauthAccounts.unlink(actor, account.id, { mailSignIn: false }), {
    ok: true,
  })
  assert.deepEqual(await storage.oauthAccounts.list(user.id), [kept])
  assert.equal(await storage.oauthAccounts.findTokens(user.id, account.id), null)
  for (const live of [key, other]) await liveSession(storage, live)
  const back = await visit(storage, newOAuthSignIn({ ...identity, email: null, tokens: null }))
  assert.equal(back.how, 'created')
  assert.deepEqual(
    await storage.oauthAccounts.unlink(actor, account.id, { mailSignIn: false }),
    notFound,
  )
})

promise('unlink: only by the owner', [], async (storage) => {
  const mine = await signUpActor(storage)
  const theirs = await signUpActor(storage)
  const { id } = await linkOne(storage, mine.actor)
  await linkOne(storage, theirs.actor)
  for (const unknown of [id, newOAuthAccountId()])
    assert.deepEqual(
      await storage.oauthAccounts.unlink(theirs.actor, unknown, { mailSignIn: true }),
      notFound,
    )
  only(await storage.oauthAccounts.list(mine.user.id))
})

promise('unlink: one winner among twenty', [], async (storage) => {
  const { user, actor } = await signUpActor(storage)
  const { id } = await linkOne(storage, actor)
  const outcomes = await twentyAtOnce(() =>
    storage.oauthAccounts.unlink(actor, id, { mailSignIn: false }),
  )
  only(winners(outcomes))
  for (const outcome of outcomes) if (!outcome.ok) assert.deepEqual(outcome, notFound)
  assert.deepEqual(await storage.oauthAccounts.list(user.id), [])
})

promise('unlink: an identity of a past owner is not found', [], async (storage) => {
  const squatter = await signUpActor(storage, false)
  const { id } = await linkOne(storage, squatter.actor)
  const victim = await takeOver(storage, squatter.email)
  await visit(storage, again(victim.person))
  const actor = await actorOf(storage, victim.key)
  assert.deepEqual(await storage.oauthAccounts.unlink(actor, id, { mailSignIn: true }), notFound)
})

/** Asserts that the asking session can neither link nor unlink. */
async function assertStale(
  storage: ConformanceStorage,
  actor: SessionActor,
  id: OAuthAccountId,
): Promise<void> {
  const identity = newIdentity()
  assert.deepEqual(await link(storage, actor, identity), stale)
  assert.deepEqual(await storage.oauthAccounts.unlink(actor, id, { mailSignIn: true }), stale)
  const { how } = await visit(storage, newOAuthSignIn({ ...identity, email: null }))
  assert.equal(how, 'created')
}
