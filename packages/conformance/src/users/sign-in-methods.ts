import assert from 'node:assert/strict'
import type { SessionActor, TransactionRepositories } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import { addOne, linkOne, newOAuthSignIn, takeOver } from '../fixtures/credentials.js'
import {
  actorOf,
  crowd,
  isStoredHash,
  keyOf,
  only,
  openOne,
  signUpBare,
  succeeded,
  winners,
} from '../fixtures/people.js'
import { freshPasswordHash } from '../fixtures/samples.js'

const { cases, promise } = casesOf('oauthAccounts')

/** The one rule of unlinking, deleting a passkey and removing a password: never the last way in. */
export const signInMethodCases = cases

type Outcome = { readonly ok: true } | { readonly ok: false; readonly reason: string }
type Removal = (storage: ConformanceStorage, mailSignIn?: boolean) => Promise<Outcome>

const kinds = ['account', 'passkey', 'password'] as const
type Kind = (typeof kinds)[number]

/** Gives the user one more way in; what comes back takes it away. */
async function addWay(
  storage: TransactionRepositories,
  kind: Kind,
  actor: SessionActor,
): Promise<Removal> {
  switch (kind) {
    case 'account': {
      const { id } = await linkOne(storage, actor)
      return ({ oauthAccounts }, mailSignIn = false) =>
        oauthAccounts.unlink(actor, id, { mailSignIn })
    }
    case 'passkey': {
      const { passkey } = await addOne(storage, actor)
      return ({ passkeys }, mailSignIn = false) =>
        passkeys.delete(actor, passkey.id, { mailSignIn })
    }
    case 'password': {
      succeeded(await storage.passwords.set(actor, freshPasswordHash()))
      return ({ passwords }, mailSignIn = false) => passwords.remove(actor, { mailSignIn })
    }
  }
}

/** Someone with these ways in and no other. */
async function withWays(
  storage: TransactionRepositories,
  all: readonly Kind[],
  emailVerified = false,
) {
  const user = await signUpBare(storage, { emailVerified })
  const actor = await actorOf(storage, await openOne(storage, user.id))
  const removals: Removal[] = []
  for (const kind of all) removals.push(await addWay(storage, kind, actor))
  return { user, actor, removals }
}

/** Someone who signed in with a provider that tells no email address. */
async function withoutEmail(storage: TransactionRepositories) {
  const given = newOAuthSignIn({ email: null, emailVerified: false })
  const { user } = succeeded(await storage.oauthAccounts.signIn(given))
  return { user, actor: await actorOf(storage, keyOf(user.id, given.session)) }
}

const lastMethod = { ok: false, reason: 'last_method' }

promise(
  'sign-in methods: a provider that is not configured is no method that is left, and may always go',
  [],
  async (storage) => {
    for (const { providers, goes } of [
      { providers: ['google', 'github'], goes: true },
      { providers: undefined, goes: true },
      { providers: ['github'], goes: false },
      { providers: [], goes: false },
    ]) {
      const { actor } = await withWays(storage, [])
      const { id } = await linkOne(storage, actor, { provider: 'google' })
      const { passkey } = await addOne(storage, actor)
      const usable = { mailSignIn: false, ...(providers === undefined ? {} : { providers }) }
      const outcome = await storage.passkeys.delete(actor, passkey.id, usable)
      assert.deepEqual(outcome, goes ? { ok: true } : lastMethod, JSON.stringify(providers))
      if (!goes) succeeded(await storage.oauthAccounts.unlink(actor, id, usable))
    }
  },
)

promise(
  'sign-in methods: a password that cannot sign in is no method that is left',
  [],
  async (storage) => {
    for (const { email, emailVerified = false, unverified, goes } of [
      { unverified: true, goes: true },
      { unverified: false, goes: false },
      { emailVerified: true, unverified: false, goes: true },
      { email: null, unverified: true, goes: false },
    ]) {
      const { user, actor } =
        email === null ? await withoutEmail(storage) : await withWays(storage, [], emailVerified)
      succeeded(await storage.passwords.set(actor, freshPasswordHash()))
      const { passkey } = await addOne(storage, actor)
      // Without an email address there is the account at the provider, too.
      const usable = { mailSignIn: false, unverifiedPasswordSignIn: unverified, providers: [] }
      const outcome = await storage.passkeys.delete(actor, passkey.id, usable)
      assert.deepEqual(outcome, goes ? { ok: true } : lastMethod, `${user.email} ${unverified}`)
      if (!goes) succeeded(await storage.passwords.remove(actor, usable))
    }
  },
)

promise(
  'sign-in methods: a passkey is none that is left where passkeys are off',
  [],
  async (storage) => {
    const { actor, removals } = await withWays(storage, ['password'])
    await addOne(storage, actor)
    const usable = { mailSignIn: false, passkeySignIn: false }
    assert.deepEqual(await storage.passwords.remove(actor, usable), lastMethod)
    succeeded(await only(removals)(storage))
  },
)

for (const kind of kinds) {
  const method = { account: 'unlink', passkey: 'delete', password: 'remove' }[kind]
  promise(
    `unlink: the last sign-in method stays, also by ${method} of a ${kind}`,
    [],
    async (storage) => {
      for (const [emailVerified, mailSignIn, goes] of [
        [false, false, false],
        [false, true, false],
        [true, false, false],
        [true, true, true],
      ] as const) {
        const { removals } = await withWays(storage, [kind], emailVerified)
        const outcome = await only(removals)(storage, mailSignIn)
        assert.equal(outcome.ok, goes)
        if (!goes) assert.deepEqual(outcome, lastMethod)
      }
    },
  )
}

const pairs = kinds.flatMap((first) =>
  kinds
    .filter((second) => second !== 'password' || first !== 'password')
    .map((second) => [first, second] as const),
)

for (const pair of pairs) {
  promise(
    `unlink: of the last two sign-in methods, ${pair.join(' and ')}, one after the other one goes`,
    [],
    async (storage) => {
      const { removals } = await withWays(storage, pair)
      const outcomes: Outcome[] = []
      for (const remove of removals) outcomes.push(await remove(storage))
      assert.equal(outcomes[0]?.ok, true)
      // Removing a password raises the epoch, so the same asking session is stale afterwards.
      const reason = pair[0] === 'password' ? 'stale' : 'last_method'
      assert.deepEqual(outcomes[1], { ok: false, reason })
    },
  )

  promise(
    `unlink: of the last two sign-in methods, ${pair.join(' and ')}, removed at once one goes`,
    [],
    async (storage) => {
      for (let round = 0; round < 3; round += 1) {
        const { removals } = await withWays(storage, pair)
        const outcomes = await Promise.all(
          Array.from({ length: crowd }, (_, index) => removals[index % 2]?.(storage)),
        )
        const known = outcomes.filter((outcome) => outcome !== undefined)
        assert.equal(known.length, crowd)
        only(winners(known))
      }
    },
  )
}

promise('unlink: what a former owner left behind is no sign-in method', [], async (storage) => {
  for (const kind of kinds) {
    const { user } = await withWays(storage, ['account', 'passkey', 'password'])
    const victim = await takeOver(storage, String(user.email))
    const actor = await actorOf(storage, victim.key)
    const unlink = () =>
      storage.oauthAccounts.unlink(actor, victim.person.newAccountId, { mailSignIn: false })
    assert.deepEqual(await unlink(), lastMethod)
    await addWay(storage, kind, actor)
    assert.deepEqual(await unlink(), { ok: true })
  }
})

promise('unlink: a refused removal changes nothing', [], async (storage) => {
  const user = await signUpBare(storage)
  const actor = await actorOf(storage, await openOne(storage, user.id))
  const hash = freshPasswordHash()
  succeeded(await storage.passwords.set(actor, hash))
  assert.deepEqual(await storage.passwords.remove(actor, { mailSignIn: true }), lastMethod)
  assert.equal(await isStoredHash(storage, user.id, hash), true)
  const account = await linkOne(storage, actor)
  const { passkey } = await addOne(storage, actor)
  succeeded(await storage.passkeys.delete(actor, passkey.id, { mailSignIn: false }))
  succeeded(await storage.passwords.remove(actor, { mailSignIn: false }))
  const later = await actorOf(storage, await openOne(storage, user.id))
  assert.deepEqual(
    await storage.oauthAccounts.unlink(later, account.id, { mailSignIn: true }),
    lastMethod,
  )
  assert.deepEqual(await storage.oauthAccounts.list(user.id), [account])
})
