import assert from 'node:assert/strict'
import type {
  Ciphertext,
  OAuthAccountId,
  ProviderTokens,
  StoredTokens,
  TokensCursor,
  TransactionRepositories,
  UserId,
} from 'torii-core'
import { newOAuthAccountId } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import type { OAuthVisit } from '../fixtures/credentials.js'
import {
  again,
  assertBytes,
  freshBytes,
  freshCiphertext,
  linkOne,
  newOAuthSignIn,
  takeOver,
  visit,
} from '../fixtures/credentials.js'
import { actorOf, only, present, signUp, twentyAtOnce } from '../fixtures/people.js'
import { unknownUserId } from '../fixtures/samples.js'

const { cases, promise } = casesOf('oauthAccounts')

/** Keeping, replacing and refreshing a provider's tokens. */
export const oauthTokenCases = cases

/** Someone who came with tokens, and the names of their account. */
async function visitWithTokens(storage: TransactionRepositories) {
  const tokens = freshCiphertext()
  const { user, person, key } = await visit(storage, newOAuthSignIn({ tokens }))
  return { userId: user.id, id: person.newAccountId, person, key, tokens }
}

const found = async (
  { oauthAccounts }: TransactionRepositories,
  userId: UserId,
  id: OAuthAccountId,
): Promise<ProviderTokens> => present(await oauthAccounts.findTokens(userId, id))

promise('findTokens: gives what was kept, byte by byte', [], async (storage) => {
  const actor = await actorOf(storage, (await signUp(storage)).key)
  const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte)
  for (const bytes of [everyByte, freshBytes(1), freshBytes(65_536), new Uint8Array(32)]) {
    const { subject, provider } = newOAuthSignIn()
    const tokens = bytes as ProviderTokens['tokens']
    const { id, hasTokens } = await linkOne(storage, actor, { provider, subject, tokens })
    assert.equal(hasTokens, true)
    const kept = await found(storage, actor.userId, id)
    assertBytes(kept.tokens, bytes)
    assert.deepEqual([kept.provider, kept.subject, kept.version], [provider, subject, 0])
  }
})

promise('findTokens: nothing where none are kept, or of another user', [], async (storage) => {
  const { userId, id } = await visitWithTokens(storage)
  const bare = await visit(storage)
  const other = await signUp(storage)
  for (const [user, account] of [
    [bare.user.id, bare.person.newAccountId],
    [other.user.id, id],
    [unknownUserId(), id],
    [userId, newOAuthAccountId()],
    [userId, bare.person.newAccountId],
  ] as const)
    assert.equal(await storage.oauthAccounts.findTokens(user, account), null)
  assert.equal(only(await storage.oauthAccounts.list(bare.user.id)).hasTokens, false)
})

promise('findTokens: nothing of a disabled user, nor of a past owner', [], async (storage) => {
  const { userId, id } = await visitWithTokens(storage)
  await storage.users.disable(userId)
  assert.equal(await storage.oauthAccounts.findTokens(userId, id), null)
  await storage.users.enable(userId)
  await found(storage, userId, id)
  const squatter = await signUp(storage)
  const actor = await actorOf(storage, squatter.key)
  const account = await linkOne(storage, actor, { tokens: freshCiphertext() })
  await takeOver(storage, squatter.email)
  const { user } = squatter
  assert.equal(await storage.oauthAccounts.findTokens(user.id, account.id), null)
  const change = { version: 0, tokens: freshCiphertext() }
  assert.equal(await storage.oauthAccounts.replaceTokens(user.id, account.id, change), false)
  const lease = { version: 0, leaseSeconds: 60 }
  assert.equal(await storage.oauthAccounts.leaseRefresh(user.id, account.id, lease), false)
})

promise(
  'signIn: tokens are replaced when some are given, and kept when none are',
  [],
  async (storage) => {
    const { userId, id, person, tokens } = await visitWithTokens(storage)
    const first = await found(storage, userId, id)
    assertBytes(first.tokens, tokens)
    await visit(storage, again(person, { tokens: null }))
    const kept = await found(storage, userId, id)
    assertBytes(kept.tokens, tokens)
    assert.equal(kept.version, first.version)
    const next = freshCiphertext()
    await visit(storage, again(person, { tokens: next }))
    const replaced = await found(storage, userId, id)
    assertBytes(replaced.tokens, next)
    assert.ok(replaced.version > first.version)
    assert.equal(only(await storage.oauthAccounts.list(userId)).hasTokens, true)
  },
)

promise('replaceTokens: replaces those of this version, once', [], async (storage) => {
  const { userId, id } = await visitWithTokens(storage)
  const { version } = await found(storage, userId, id)
  const tokens = freshCiphertext()
  const replace = (change: { version: number; tokens: typeof tokens }) =>
    storage.oauthAccounts.replaceTokens(userId, id, change)
  assert.equal(await replace({ version: version + 1, tokens: freshCiphertext() }), false)
  assert.equal(await replace({ version, tokens }), true)
  assert.equal(await replace({ version, tokens: freshCiphertext() }), false)
  const kept = await found(storage, userId, id)
  assertBytes(kept.tokens, tokens)
  assert.ok(kept.version > version)
  assert.equal(await replace({ version: kept.version, tokens: freshCiphertext() }), true)
})

promise('replaceTokens: T1.25 one winner among twenty', [], async (storage) => {
  const { userId, id } = await visitWithTokens(storage)
  const { version } = await found(storage, userId, id)
  const all = Array.from({ length: 20 }, () => freshCiphertext())
  const won = await twentyAtOnce(async (index) => {
    const tokens = present(all[index])
    const done = await storage.oauthAccounts.replaceTokens(userId, id, { version, tokens })
    return done ? [tokens] : []
  })
  assertBytes((await found(storage, userId, id)).tokens, only(won.flat()))
})

promise(
  "replaceTokens and leaseRefresh: nothing of another user's account, nor of an unknown one",
  [],
  async (storage) => {
    const { userId, id, tokens } = await visitWithTokens(storage)
    const other = await signUp(storage)
    for (const [user, account] of [
      [other.user.id, id],
      [unknownUserId(), id],
      [userId, newOAuthAccountId()],
    ] as const) {
      const change = { version: 0, tokens: freshCiphertext() }
      assert.equal(await storage.oauthAccounts.replaceTokens(user, account, change), false)
      const lease = { version: 0, leaseSeconds: 60 }
      assert.equal(await storage.oauthAccounts.leaseRefresh(user, account, lease), false)
    }
    assertBytes((await found(storage, userId, id)).tokens, tokens)
  },
)

promise(
  'replaceTokens: a sign-in that brought newer tokens is not overwritten',
  [],
  async (storage) => {
    const { userId, id, person } = await visitWithTokens(storage)
    const { version } = await found(storage, userId, id)
    const newer = freshCiphertext()
    await visit(storage, again(person, { tokens: newer }))
    const change = { version, tokens: freshCiphertext() }
    assert.equal(await storage.oauthAccounts.replaceTokens(userId, id, change), false)
    assertBytes((await found(storage, userId, id)).tokens, newer)
  },
)

promise('leaseRefresh: T1.25 one winner among twenty', [], async (storage) => {
  const { userId, id } = await visitWithTokens(storage)
  const { version } = await found(storage, userId, id)
  const leases = await twentyAtOnce(() =>
    storage.oauthAccounts.leaseRefresh(userId, id, { version, leaseSeconds: 60 }),
  )
  only(leases.filter(Boolean))
})

promise('leaseRefresh: ends by itself, and not before', ['elapse'], async (storage) => {
  const { userId, id } = await visitWithTokens(storage)
  const { version } = await found(storage, userId, id)
  const lease = () => storage.oauthAccounts.leaseRefresh(userId, id, { version, leaseSeconds: 60 })
  assert.equal(await lease(), true)
  await storage.elapse(50)
  assert.equal(await lease(), false)
  await storage.elapse(11)
  assert.equal(await lease(), true)
  assert.equal(await lease(), false)
})

promise('leaseRefresh: replacing the tokens ends the lease', [], async (storage) => {
  const { userId, id } = await visitWithTokens(storage)
  const { version } = await found(storage, userId, id)
  const { leaseRefresh, replaceTokens } = storage.oauthAccounts
  assert.equal(await leaseRefresh(userId, id, { version, leaseSeconds: 60 }), true)
  assert.equal(await replaceTokens(userId, id, { version, tokens: freshCiphertext() }), true)
  assert.equal(await leaseRefresh(userId, id, { version, leaseSeconds: 60 }), false)
  const next = (await found(storage, userId, id)).version
  assert.equal(await leaseRefresh(userId, id, { version: next, leaseSeconds: 60 }), true)
})

promise(
  'leaseRefresh: only for tokens of this version, and where there are some',
  [],
  async (storage) => {
    const { userId, id, person } = await visitWithTokens(storage)
    const { version } = await found(storage, userId, id)
    await visit(storage, again(person, { tokens: freshCiphertext() }))
    const { leaseRefresh } = storage.oauthAccounts
    assert.equal(await leaseRefresh(userId, id, { version, leaseSeconds: 60 }), false)
    const bare = await visit(storage)
    const lease = { version: 0, leaseSeconds: 60 }
    assert.equal(await leaseRefresh(bare.user.id, bare.person.newAccountId, lease), false)
    await storage.users.disable(userId)
    const disabled = { version: version + 1, leaseSeconds: 60 }
    assert.equal(await leaseRefresh(userId, id, disabled), false)
  },
)

/** Every batch of tokens that do not start with `notStartingWith`, one after the other. */
async function allTokens(
  { oauthAccounts }: TransactionRepositories,
  notStartingWith: Uint8Array,
  limit: number,
): Promise<StoredTokens[]> {
  const all: StoredTokens[] = []
  for (let after: TokensCursor | undefined; ; ) {
    const batch = await oauthAccounts.listTokens({
      notStartingWith,
      limit,
      ...(after && { after }),
    })
    assert.ok(batch.length <= limit)
    all.push(...batch)
    if (batch.length < limit) return all
    after = present(batch.at(-1))
  }
}

promise(
  'listTokens: what does not start so, each once, in batches of any size',
  [],
  async (storage) => {
    const prefix = freshBytes(12)
    const startingSo = Uint8Array.of(...prefix, 1, 2) as Ciphertext
    const kinds: readonly (Ciphertext | null)[] = [
      startingSo,
      prefix as Ciphertext,
      prefix.subarray(0, 11) as Ciphertext,
      freshCiphertext(),
      freshCiphertext(1),
      null,
    ]
    const visits: OAuthVisit[] = []
    for (const tokens of kinds) visits.push(await visit(storage, newOAuthSignIn({ tokens })))
    const expected = visits.filter((_, index) => [2, 3, 4].includes(index))
    for (const limit of [1, 2, 3, 1000]) {
      const all = await allTokens(storage, prefix, limit)
      assert.equal(new Set(all.map(({ id }) => id)).size, all.length)
      const places = all.map(({ subject, provider }) => `${subject} ${provider}`)
      assert.deepEqual(places, places.toSorted())
      const ours = all.filter(({ id }) => visits.some(({ person }) => person.newAccountId === id))
      assert.deepEqual(
        ours.map(({ id }) => id).sort(),
        expected.map(({ person }) => person.newAccountId).sort(),
      )
      for (const { user, person } of expected) {
        const stored = present(ours.find(({ id }) => id === person.newAccountId))
        assert.deepEqual(
          [stored.userId, stored.provider, stored.subject, stored.version],
          [user.id, person.provider, person.subject, 0],
        )
        assertBytes(stored.tokens, present(person.tokens))
      }
    }
  },
)

promise(
  'listTokens: of a disabled user too, not what a past owner left behind',
  [],
  async (storage) => {
    const prefix = freshBytes(12)
    const disabled = await visitWithTokens(storage)
    await storage.users.disable(disabled.userId)
    const squatter = await signUp(storage)
    const actor = await actorOf(storage, squatter.key)
    const left = await linkOne(storage, actor, { tokens: freshCiphertext() })
    await takeOver(storage, squatter.email)
    const ids = (await allTokens(storage, prefix, 1000)).map(({ id }) => id)
    assert.ok(ids.includes(disabled.id))
    assert.ok(!ids.includes(left.id))
  },
)

promise(
  'listTokens: what was listed can be replaced, and is then listed no more',
  [],
  async (storage) => {
    const prefix = freshBytes(12)
    const { id } = await visitWithTokens(storage)
    const ours = async () => (await allTokens(storage, prefix, 100)).filter((one) => one.id === id)
    const { userId, version } = only(await ours())
    const tokens = Uint8Array.of(...prefix, 7) as Ciphertext
    assert.equal(await storage.oauthAccounts.replaceTokens(userId, id, { version, tokens }), true)
    assert.deepEqual(await ours(), [])
  },
)
