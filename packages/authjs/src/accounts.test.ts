import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { AdapterAccount } from '@auth/core/adapters'
import { createTokenEncryption, Torii } from 'torii-auth'
import {
  InvalidInputError,
  newOAuthAccountId,
  newSessionId,
  newUserId,
  tokenHash,
} from 'torii-core'
import { describe, test } from 'vitest'
import {
  idTokenOf,
  inAnHour,
  newAccount,
  newPerson,
  openTestAdapter,
  refused,
  toUserId,
  twentyAtOnce,
} from './adapter.test.support.js'

const keys = [{ id: 'k1', secret: randomBytes(32) }]
const tokenEncryption = createTokenEncryption(keys)
const site = await openTestAdapter({ tokenEncryption, trustedProviders: ['trusted'] })
const { adapter, db, storage, statementsOf, with: adapterWith } = site

const tokens = {
  access_token: 'access',
  refresh_token: 'refresh',
  id_token: 'header.e30.signature',
  expires_at: 1_795_000_000,
  scope: 'openid email',
  token_type: 'bearer',
} as const

/** A user with a linked account, whose address is verified unless told otherwise. */
async function linkedUser(given: Partial<AdapterAccount> = {}, verified = true) {
  const emailVerified = verified ? new Date() : null
  const user = await adapter.createUser(newPerson({ emailVerified }))
  const account = newAccount(user.id, given)
  await adapter.linkAccount(account)
  return { user, account }
}

const accountsOf = async (userId: string) => storage.oauthAccounts.list(toUserId(userId))

describe('linkAccount and getUserByAccount', () => {
  test('link an identity, by which the user is found', async () => {
    const { user, account } = await linkedUser()
    assert.deepEqual(await adapter.getUserByAccount(account), user)
    const [linked] = await accountsOf(user.id)
    assert.equal(linked?.provider, 'work')
  })

  test('a look-up changes nothing: no user, no session, no time of use, no label', async () => {
    const { user, account } = await linkedUser()
    const dump = async () => [
      (await db.query('select * from torii.users order by id')).rows,
      (await db.query('select * from torii.sessions order by id')).rows,
      (await db.query('select * from torii.oauth_accounts order by id')).rows,
    ]
    const before = await dump()
    assert.deepEqual(await adapter.getUserByAccount(account), user)
    assert.equal(await adapter.getUserByAccount({ ...account, provider: 'other' }), null)
    assert.equal(await adapter.getUserByAccount({ ...account, providerAccountId: 'unknown' }), null)
    await adapter.getAccount(account.providerAccountId, account.provider)
    assert.deepEqual(await dump(), before)
  })

  test('nothing remains of the session on whose behalf an account is linked', async () => {
    const { user } = await linkedUser()
    const { rows } = await db.query('select 1 from torii.sessions where user_id = $1', [user.id])
    assert.deepEqual(rows, [])
  })

  test('T1.18 of twenty users who link one identity at once, one gets it', async () => {
    const users = await Promise.all(
      Array.from({ length: 20 }, () => adapter.createUser(newPerson())),
    )
    const { provider, providerAccountId } = newAccount('')
    const { values, errors } = await twentyAtOnce((index) =>
      adapter.linkAccount(newAccount(users[index]?.id ?? '', { provider, providerAccountId })),
    )
    assert.deepEqual([values.length, errors.length], [1, 19])
    const owners = await Promise.all(users.map(({ id }) => accountsOf(id)))
    assert.equal(owners.flat().length, 1)
    const owner = users[owners.findIndex(({ length }) => length === 1)]
    assert.deepEqual(await adapter.getUserByAccount({ provider, providerAccountId }), owner)
  })

  test('an identity of another user is not moved', async () => {
    const { user, account } = await linkedUser()
    const other = await adapter.createUser(newPerson())
    await refused(() => adapter.linkAccount({ ...account, userId: other.id }), 'already_exists')
    assert.deepEqual(await adapter.getUserByAccount(account), user)
  })

  test('an identity that torii-auth has linked is found', async () => {
    const subject = crypto.randomUUID()
    const signedIn = await storage.oauthAccounts.signIn({
      provider: 'work',
      subject,
      label: 'ada@work.example',
      tokens: null,
      email: null,
      emailVerified: false,
      newUserId: newUserId(),
      newAccountId: newOAuthAccountId(),
      name: null,
      picture: null,
      session: {
        id: newSessionId(),
        secretHash: tokenHash(randomBytes(32)),
        methods: ['oauth'],
        idleSeconds: 60,
        absoluteSeconds: 60,
        ip: null,
        userAgent: null,
      },
    })
    assert.ok(signedIn.ok)
    const found = await adapter.getUserByAccount({ provider: 'work', providerAccountId: subject })
    assert.equal(found?.id, signedIn.user.id)
    // Without an address, as Auth.js expects it.
    assert.equal(found?.email, null)
  })

  test('unknown and disabled users get no account', async () => {
    const { user, account } = await linkedUser()
    await storage.users.disable(toUserId(user.id))
    await refused(() => adapter.linkAccount(newAccount(user.id)), 'account_disabled')
    await refused(() => adapter.getUserByAccount(account), 'account_disabled')
    for (const id of ['x', crypto.randomUUID()])
      await refused(() => adapter.linkAccount(newAccount(id)), 'account_disabled')
  })

  test('unusable identities are refused before a query, and no one has them', async () => {
    const unusable = ['', '\0', 'x'.repeat(256), '\ud800', 5, null, undefined] as string[]
    const statements = await statementsOf(async (counted) => {
      for (const providerAccountId of unusable) {
        const account = newAccount(crypto.randomUUID(), { providerAccountId })
        await assert.rejects(async () => counted.linkAccount(account), InvalidInputError)
        assert.equal(await counted.getUserByAccount(account), null)
        assert.equal(await counted.getAccount(providerAccountId, 'work'), null)
        await counted.unlinkAccount(account)
      }
    })
    assert.deepEqual(statements, [])
  })

  test('an address needs no account', async () => {
    const user = await adapter.createUser(newPerson())
    await adapter.linkAccount(newAccount(user.id, { type: 'email', provider: 'nodemailer' }))
    assert.deepEqual(await accountsOf(user.id), [])
  })

  test('ids of webauthn providers belong to no other kind of provider', async () => {
    const user = await adapter.createUser(newPerson())
    const oidc = newAccount(user.id, { provider: 'passkey' })
    await refused(() => adapter.linkAccount(oidc), 'not_supported')
    const webauthn = newAccount(user.id, { type: 'webauthn', provider: 'work' })
    await refused(() => adapter.linkAccount(webauthn), 'not_supported')
  })

  test('T1.17 twenty first sign-ins of one identity at once make one user and one account', async () => {
    const person = newPerson()
    const account = newAccount('', { ...tokens })
    // What Auth.js does in its callback, in this order.
    const { values, errors } = await twentyAtOnce(async () => {
      const known = await adapter.getUserByAccount(account)
      if (known !== null) return known
      if ((await adapter.getUserByEmail(person.email)) !== null) throw new Error('not linked')
      const user = await adapter.createUser(person)
      await adapter.linkAccount({ ...account, userId: user.id })
      return user
    })
    assert.ok(values.length >= 1)
    assert.equal(values.length + errors.length, 20)
    assert.equal(new Set(values.map(({ id }) => id)).size, 1)
    const { rows: users } = await db.query('select id from torii.users where email = $1', [
      person.email,
    ])
    const { rows: accounts } = await db.query(
      'select user_id from torii.oauth_accounts where subject = $1',
      [account.providerAccountId],
    )
    assert.deepEqual([users.length, accounts.length], [1, 1])
    assert.equal((await adapter.getUserByAccount(account))?.id, values[0]?.id)
  })

  test('deleting a user while accounts are linked leaves no account', async () => {
    for (let round = 0; round < 5; round += 1) {
      const user = await adapter.createUser(newPerson())
      const linking = twentyAtOnce(() => adapter.linkAccount(newAccount(user.id)))
      await adapter.deleteUser(user.id)
      await linking
      const { rows } = await db.query('select 1 from torii.oauth_accounts where user_id = $1', [
        user.id,
      ])
      assert.deepEqual(rows, [])
    }
  })

  test('linking takes five statements in a transaction, a look-up one', async () => {
    const user = await adapter.createUser(newPerson())
    const account = newAccount(user.id)
    const linking = await statementsOf(async (counted) => counted.linkAccount(account))
    const ends = new Set(['begin', 'savepoint', 'release', 'commit'])
    assert.equal(linking.filter((each) => !ends.has(each)).length, 5, linking.join(', '))
    assert.deepEqual([linking.at(0), linking.at(-1)], ['begin', 'commit'])
    const known = await statementsOf(async (counted) => counted.getUserByAccount(account))
    assert.deepEqual([known.length, known.at(0), known.at(-1)], [3, 'begin', 'rollback'])
  })
})

describe('trusted providers', () => {
  const verifiedAt = async (id: string) => (await adapter.getUser(id))?.emailVerified ?? null

  test('verify the address that their ID token confirms', async () => {
    const user = await adapter.createUser(newPerson())
    const id_token = idTokenOf({ email: user.email.toUpperCase(), email_verified: true })
    const account = newAccount(user.id, { provider: 'trusted', id_token })
    await adapter.linkAccount(account)
    assert.ok((await verifiedAt(user.id)) !== null)
    assert.equal((await adapter.getUserByAccount(account))?.id, user.id)
  })

  test('verify nothing by another address, another type or a malformed token', async () => {
    const user = await adapter.createUser(newPerson())
    const idTokens = [
      idTokenOf({ email: 'other@example.com', email_verified: true }),
      idTokenOf({ email: user.email, email_verified: 'true' }),
      idTokenOf({ email: user.email }),
      ...['', 'x', 'a.b.c', `.${Buffer.from('null').toString('base64url')}.`],
    ]
    for (const id_token of idTokens)
      await adapter.linkAccount(newAccount(user.id, { provider: 'trusted', id_token }))
    assert.equal((await accountsOf(user.id)).length, idTokens.length)
    assert.equal(await verifiedAt(user.id), null)
  })

  test('verify nothing without OpenID Connect, where no one has validated the ID token', async () => {
    const user = await adapter.createUser(newPerson())
    const id_token = idTokenOf({ email: user.email, email_verified: true })
    await adapter.linkAccount(newAccount(user.id, { provider: 'trusted', type: 'oauth', id_token }))
    assert.equal(await verifiedAt(user.id), null)
  })

  test('a user with a second factor links, and still gets no session', async () => {
    const user = await adapter.createUser(newPerson({ emailVerified: new Date() }))
    await db.query('update torii.users set second_factor_epoch = owner_epoch where id = $1', [
      user.id,
    ])
    const id_token = idTokenOf({ email: user.email, email_verified: true })
    const accounts = ['trusted', 'work'].map((provider) =>
      newAccount(user.id, { provider, id_token }),
    )
    for (const account of accounts) {
      await adapter.linkAccount(account)
      assert.deepEqual(await adapter.getUserByAccount(account), user)
    }
    await refused(
      () => adapter.createSession({ sessionToken: 'x', userId: user.id, expires: inAnHour() }),
      'second_factor_required',
    )
  })

  test('a provider that is not trusted verifies nothing', async () => {
    const user = await adapter.createUser(newPerson())
    const id_token = idTokenOf({ email: user.email, email_verified: true })
    await adapter.linkAccount(newAccount(user.id, { id_token }))
    assert.equal(await verifiedAt(user.id), null)
  })

  test('remove what a stranger added to the account before its address was verified', async () => {
    const { user, account: planted } = await linkedUser({}, false)
    const id_token = idTokenOf({ email: user.email, email_verified: true })
    const { sessionToken } = await adapter.createSession({
      sessionToken: 'x',
      userId: user.id,
      expires: inAnHour(),
    })
    const own = newAccount(user.id, { provider: 'trusted', id_token })
    await adapter.linkAccount(own)
    assert.equal(await adapter.getUserByAccount(planted), null)
    assert.equal(await adapter.getSessionAndUser(sessionToken), null)
    assert.equal((await adapter.getUserByAccount(own))?.id, user.id)
  })

  test('an identity of another user stays there, and verifies nothing', async () => {
    const [one, two] = [
      await adapter.createUser(newPerson()),
      await adapter.createUser(newPerson()),
    ]
    const link = (user: typeof one, providerAccountId: string) => {
      const id_token = idTokenOf({ email: user.email, email_verified: true })
      return adapter.linkAccount(
        newAccount(user.id, { provider: 'trusted', providerAccountId, id_token }),
      )
    }
    const subject = crypto.randomUUID()
    await link(one, subject)
    await refused(() => link(two, subject), 'already_exists')
    assert.equal(await verifiedAt(two.id), null)
    const found = await adapter.getUserByAccount({
      provider: 'trusted',
      providerAccountId: subject,
    })
    assert.equal(found?.id, one.id)
  })
})

describe('getAccount and provider tokens', () => {
  test('come back as Auth.js gave them', async () => {
    const { account } = await linkedUser({ ...tokens, session_state: 'state' })
    assert.deepEqual(await adapter.getAccount(account.providerAccountId, account.provider), account)
  })

  test('are those that torii-auth reads under the same keys', async () => {
    const { user } = await linkedUser({ ...tokens, expires_at: 4_000_000_000 })
    const [account] = await accountsOf(user.id)
    const torii = new Torii(storage, { baseUrl: 'https://app.example', keys })
    assert.deepEqual((await torii.oauth.reencryptTokens()).reencrypted, 0)
    const stored = await storage.oauthAccounts.findTokens(
      toUserId(user.id),
      account?.id ?? newOAuthAccountId(),
    )
    assert.ok(stored !== null)
    const { accessToken, refreshToken, expiresAt } = tokenEncryption.decrypt(stored.tokens, stored)
    assert.deepEqual([accessToken, refreshToken, expiresAt], ['access', 'refresh', 4e12])
  })

  test('are not stored without an encryption', async () => {
    const bare = adapterWith({})
    const user = await bare.createUser(newPerson())
    const account = newAccount(user.id, { ...tokens })
    await bare.linkAccount(account)
    assert.equal((await accountsOf(user.id))[0]?.hasTokens, false)
    assert.deepEqual(await bare.getAccount(account.providerAccountId, account.provider), {
      type: 'oauth',
      provider: account.provider,
      providerAccountId: account.providerAccountId,
      userId: user.id,
    })
  })

  test('belong to one account, also of a user with several at one provider', async () => {
    const { user, account } = await linkedUser({ ...tokens })
    const second = newAccount(user.id, { ...tokens, access_token: 'of the second' })
    await adapter.linkAccount(second)
    for (const each of [account, second])
      assert.deepEqual(await adapter.getAccount(each.providerAccountId, each.provider), each)
  })
})

describe('unlinkAccount', () => {
  test('unlinks this account and no other', async () => {
    const { user, account } = await linkedUser({ ...tokens })
    const second = newAccount(user.id, { ...tokens })
    await adapter.linkAccount(second)
    const other = await linkedUser()
    await adapter.unlinkAccount(account)
    assert.equal(await adapter.getUserByAccount(account), null)
    assert.deepEqual(await adapter.getUserByAccount(second), user)
    assert.deepEqual(await adapter.getUserByAccount(other.account), other.user)
  })

  test('refuses to remove the only sign-in method, and changes nothing', async () => {
    const { user, account } = await linkedUser({}, false)
    await refused(() => adapter.unlinkAccount(account), 'last_method')
    assert.deepEqual(await adapter.getUserByAccount(account), user)
    const { account: other } = await linkedUser()
    await refused(() => adapterWith({ emailSignIn: false }).unlinkAccount(other), 'last_method')
    await adapter.unlinkAccount(other)
  })

  test('ignores an account that does not exist', async () => {
    await adapter.unlinkAccount({ provider: 'work', providerAccountId: 'unknown' })
  })
})
