import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { InvalidInputError } from 'torii-core'
import { describe, test } from 'vitest'
import {
  inAnHour,
  newAccount,
  newPerson,
  openTestAdapter,
  toUserId,
  twentyAtOnce,
} from './adapter.test.support.js'

const { adapter, db, storage, statementsOf } = await openTestAdapter()

async function newToken(identifier = newPerson().email) {
  const token = randomBytes(32).toString('hex')
  await adapter.createVerificationToken({ identifier, token, expires: inAnHour() })
  return { identifier, token }
}

const isUsed = async (given: { identifier: string; token: string }) =>
  (await adapter.useVerificationToken(given)) !== null

describe('a verification token', () => {
  test('is used once, and leaves no account of an address that has none', async () => {
    const given = await newToken()
    const used = await adapter.useVerificationToken(given)
    assert.deepEqual([used?.identifier, used?.token], [given.identifier, given.token])
    assert.ok((used?.expires.getTime() ?? 0) > Date.now())
    assert.equal(await isUsed(given), false)
    assert.equal(await adapter.getUserByEmail(given.identifier), null)
    const { rows } = await db.query('select 1 from torii.users u natural join torii.sessions s')
    assert.deepEqual(rows, [])
  })

  test('T1.1 is used by one of twenty at once, with and without an account', async () => {
    const user = await adapter.createUser(newPerson())
    for (const identifier of [newPerson().email, user.email]) {
      const given = await newToken(identifier)
      const { values, errors } = await twentyAtOnce(() => adapter.useVerificationToken(given))
      assert.deepEqual([errors, values.filter((each) => each !== null).length], [[], 1])
    }
  })

  test('is bound to its identifier, and a wrong one uses nothing', async () => {
    const given = await newToken()
    for (const identifier of ['other@example.com', given.identifier.toUpperCase(), ''])
      assert.equal(await isUsed({ ...given, identifier }), false)
    assert.equal(await isUsed({ ...given, token: randomBytes(32).toString('hex') }), false)
    assert.equal(await isUsed(given), true)
  })

  test('works in a link that does not contain the identifier', async () => {
    const { identifier, token } = await newToken()
    const used = await adapter.useVerificationToken({ token } as {
      identifier: string
      token: string
    })
    assert.equal(used?.identifier, identifier)
  })

  test('expires by the database’s clock', async () => {
    const given = await newToken()
    await db.query("update torii.magic_links set expires_at = now() - interval '1 s'")
    assert.equal(await isUsed(given), false)
  })

  test('ends with the sessions of the user', async () => {
    const user = await adapter.createUser(newPerson({ emailVerified: new Date() }))
    const given = await newToken(user.email)
    await storage.sessions.revokeAll(toUserId(user.id))
    assert.equal(await isUsed(given), false)
  })

  test('is not used for a disabled user', async () => {
    const user = await adapter.createUser(newPerson())
    const given = await newToken(user.email)
    await storage.users.disable(toUserId(user.id))
    assert.equal(await isUsed(given), false)
  })

  test('leaves a verified account and its sessions as they were', async () => {
    const user = await adapter.createUser(newPerson({ emailVerified: new Date() }))
    const account = newAccount(user.id)
    await adapter.linkAccount(account)
    const { sessionToken } = await adapter.createSession({
      sessionToken: 'x',
      userId: user.id,
      expires: inAnHour(),
    })
    assert.equal(await isUsed(await newToken(user.email)), true)
    assert.ok((await adapter.getSessionAndUser(sessionToken)) !== null)
    assert.equal((await adapter.getUserByAccount(account))?.id, user.id)
    assert.equal((await storage.sessions.list(toUserId(user.id))).length, 1)
  })

  test('removes what was there before its mailbox was proved', async () => {
    const user = await adapter.createUser(newPerson())
    const planted = newAccount(user.id)
    await adapter.linkAccount(planted)
    const { sessionToken } = await adapter.createSession({
      sessionToken: 'x',
      userId: user.id,
      expires: inAnHour(),
    })
    assert.equal(await isUsed(await newToken(user.email)), true)
    assert.equal(await adapter.getSessionAndUser(sessionToken), null)
    assert.equal(await adapter.getUserByAccount(planted), null)
    assert.ok((await adapter.getUserByEmail(user.email))?.emailVerified instanceof Date)
  })

  test('unusable values are refused before a query, and open nothing', async () => {
    const token = randomBytes(32).toString('hex')
    const expires = inAnHour()
    const statements = await statementsOf(async (counted) => {
      for (const wrong of [
        { identifier: '+49 170 1234567', token, expires },
        { identifier: 'ädä@example.com', token, expires },
        { identifier: 'a@example.com', token: 5 as unknown as string, expires },
        { identifier: 'a@example.com', token: 'x'.repeat(2000), expires },
        { identifier: 'a@example.com', token, expires: new Date(0) },
        { identifier: 'a@example.com', token, expires: new Date(Number.NaN) },
      ])
        await assert.rejects(async () => counted.createVerificationToken(wrong), InvalidInputError)
      for (const wrong of [undefined, null, '', 5, 'x'.repeat(2000), {}])
        assert.equal(
          await counted.useVerificationToken({
            identifier: 'a@example.com',
            token: wrong as string,
          }),
          null,
        )
    })
    assert.deepEqual(statements, [])
  })

  test('takes one statement to store, one to refuse, and a transaction to use', async () => {
    const identifier = newPerson().email
    const token = randomBytes(32).toString('hex')
    const stored = await statementsOf(async (counted) =>
      counted.createVerificationToken({ identifier, token, expires: inAnHour() }),
    )
    assert.equal(stored.length, 1)
    const refused = await statementsOf(async (counted) =>
      counted.useVerificationToken({ identifier, token: 'unknown' }),
    )
    assert.equal(refused.length, 1)
    const used = await statementsOf(async (counted) =>
      counted.useVerificationToken({ identifier, token }),
    )
    // Find; begin, use, remove the account or the session that the use made, commit.
    assert.equal(used.length, 5, used.join(', '))
  })
})
