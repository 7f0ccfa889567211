import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createTokenEncryption } from 'torii-auth'
import { test } from 'vitest'
import { inAnHour, newAccount, newPerson, openTestAdapter } from './adapter.test.support.js'

const keys = [{ id: 'k1', secret: randomBytes(32) }]
const { adapter, db, statementsOf } = await openTestAdapter({
  tokenEncryption: createTokenEncryption(keys),
  trustedProviders: ['trusted'],
})

const bounds = new Set(['begin', 'commit', 'rollback', 'savepoint', 'release'])

/** How many statements `work` sends, without those that begin and end transactions. */
async function count(work: Parameters<typeof statementsOf>[0]): Promise<number> {
  const statements = await statementsOf(work)
  return statements.filter((each) => !bounds.has(each)).length
}

// The table of docs/authjs.md.
test('each method sends the statements that are documented', async () => {
  const user = await adapter.createUser(newPerson({ emailVerified: new Date() }))
  const userId = user.id
  const account = newAccount(userId, { access_token: 'access' })
  const credentialID = randomBytes(32).toString('base64')
  const authenticator = {
    credentialID,
    providerAccountId: credentialID,
    userId,
    counter: 1,
    credentialPublicKey: randomBytes(77).toString('base64'),
    credentialDeviceType: 'singleDevice',
    credentialBackedUp: false,
    transports: null,
  }
  const link = { identifier: user.email, token: 'a hash of Auth.js', expires: inAnHour() }
  const { sessionToken } = await adapter.createSession({
    sessionToken: 'x',
    userId,
    expires: inAnHour(),
  })
  await db.query("update torii.sessions set last_active_at = now() - interval '5 s'")
  const counts = {
    createUser: await count(async (counted) => counted.createUser(newPerson())),
    getUser: await count(async (counted) => counted.getUser(userId)),
    getUserByEmail: await count(async (counted) => counted.getUserByEmail(user.email)),
    updateUser: await count(async (counted) => counted.updateUser({ id: userId, name: 'Grace' })),
    'getUserByAccount, unknown': await count(async (counted) => counted.getUserByAccount(account)),
    linkAccount: await count(async (counted) => counted.linkAccount(account)),
    getUserByAccount: await count(async (counted) => counted.getUserByAccount(account)),
    getAccount: await count(async (counted) =>
      counted.getAccount(account.providerAccountId, account.provider),
    ),
    unlinkAccount: await count(async (counted) => counted.unlinkAccount(account)),
    createSession: await count(async (counted) =>
      counted.createSession({ sessionToken: 'x', userId, expires: inAnHour() }),
    ),
    getSessionAndUser: await count(async (counted) => counted.getSessionAndUser(sessionToken)),
    updateSession: await count(async (counted) =>
      counted.updateSession({ sessionToken, expires: inAnHour() }),
    ),
    deleteSession: await count(async (counted) => counted.deleteSession(sessionToken)),
    createVerificationToken: await count(async (counted) => counted.createVerificationToken(link)),
    useVerificationToken: await count(async (counted) => counted.useVerificationToken(link)),
    createAuthenticator: await count(async (counted) => counted.createAuthenticator(authenticator)),
    getAuthenticator: await count(async (counted) => counted.getAuthenticator(credentialID)),
    listAuthenticatorsByUserId: await count(async (counted) =>
      counted.listAuthenticatorsByUserId(userId),
    ),
    updateAuthenticatorCounter: await count(async (counted) =>
      counted.updateAuthenticatorCounter(credentialID, 2),
    ),
    deleteUser: await count(async (counted) => counted.deleteUser(userId)),
  }
  assert.deepEqual(counts, {
    createUser: 1,
    getUser: 1,
    getUserByEmail: 1,
    updateUser: 1,
    'getUserByAccount, unknown': 2,
    linkAccount: 5,
    getUserByAccount: 1,
    getAccount: 3,
    unlinkAccount: 5,
    createSession: 1,
    getSessionAndUser: 1,
    updateSession: 1,
    deleteSession: 1,
    createVerificationToken: 1,
    useVerificationToken: 3,
    createAuthenticator: 6,
    getAuthenticator: 4,
    listAuthenticatorsByUserId: 2,
    updateAuthenticatorCounter: 6,
    deleteUser: 1,
  })
})
