import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { AdapterAuthenticator } from '@auth/core/adapters'
import { InvalidInputError } from 'torii-core'
import { describe, test } from 'vitest'
import {
  newAccount,
  newPerson,
  openTestAdapter,
  refused,
  toUserId,
  twentyAtOnce,
} from './adapter.test.support.js'

const { adapter, db, storage, statementsOf } = await openTestAdapter()

const newAuthenticator = (
  userId: string,
  given: Partial<AdapterAuthenticator> = {},
): AdapterAuthenticator => {
  const credentialID = given.credentialID ?? randomBytes(32).toString('base64')
  return {
    credentialID,
    providerAccountId: credentialID,
    userId,
    counter: 7,
    credentialPublicKey: randomBytes(77).toString('base64'),
    credentialDeviceType: 'singleDevice',
    credentialBackedUp: false,
    transports: 'usb,nfc',
    ...given,
  }
}

/** A user with an authenticator, as Auth.js registers one. */
async function withAuthenticator(given: Partial<AdapterAuthenticator> = {}) {
  const user = await adapter.createUser(newPerson({ emailVerified: new Date() }))
  const authenticator = newAuthenticator(user.id, given)
  const { providerAccountId } = authenticator
  const account = newAccount(user.id, { type: 'webauthn', provider: 'passkey', providerAccountId })
  await adapter.linkAccount(account)
  assert.deepEqual(await adapter.createAuthenticator(authenticator), authenticator)
  return { user, authenticator, account }
}

describe('an authenticator', () => {
  test('comes back as Auth.js gave it', async () => {
    const kinds: Partial<AdapterAuthenticator>[] = [
      {},
      { transports: null },
      { credentialDeviceType: 'multiDevice' },
      { credentialDeviceType: 'multiDevice', credentialBackedUp: true, transports: 'internal' },
      { counter: 0 },
      { counter: 0xffff_ffff },
      { credentialID: randomBytes(1023).toString('base64') },
      { credentialPublicKey: randomBytes(2048).toString('base64') },
    ]
    for (const kind of kinds) {
      const { user, authenticator } = await withAuthenticator(kind)
      assert.deepEqual(await adapter.getAuthenticator(authenticator.credentialID), authenticator)
      assert.deepEqual(await adapter.listAuthenticatorsByUserId(user.id), [authenticator])
    }
  })

  test('is its user’s account of the provider of type webauthn, and of no other', async () => {
    const { user, authenticator, account } = await withAuthenticator()
    const { credentialID } = authenticator
    assert.deepEqual(await adapter.getAccount(credentialID, 'passkey'), account)
    assert.deepEqual(await adapter.getUserByAccount(account), user)
    for (const provider of ['work', 'github'])
      assert.equal(
        await adapter.getUserByAccount({ provider, providerAccountId: credentialID }),
        null,
      )
    assert.equal(await adapter.getAccount(credentialID, 'work'), null)
  })

  test('is stored as a passkey with the bytes of its id and key', async () => {
    const { user, authenticator } = await withAuthenticator()
    const [credential] = await storage.passkeys.credentials(toUserId(user.id))
    assert.ok(credential !== undefined)
    assert.equal(
      Buffer.from(credential.credentialId).toString('base64'),
      authenticator.credentialID,
    )
    assert.equal(
      Buffer.from(credential.publicKey).toString('base64'),
      authenticator.credentialPublicKey,
    )
    assert.deepEqual(credential.transports, ['usb', 'nfc'])
  })

  test('T7.87 belongs to one user, however many register it at once', async () => {
    const users = await Promise.all(
      Array.from({ length: 20 }, () => adapter.createUser(newPerson())),
    )
    const credentialID = randomBytes(32).toString('base64')
    const { values, errors } = await twentyAtOnce((index) =>
      adapter.createAuthenticator(newAuthenticator(users[index]?.id ?? '', { credentialID })),
    )
    assert.deepEqual([values.length, errors.length], [1, 19])
    assert.equal((await adapter.getAuthenticator(credentialID))?.userId, values[0]?.userId)
  })

  // A registration that is answered with a stored id finds its user; Auth.js relies on this refusal before it signs in.
  test('T7.87 is not registered again with another key, by its own user neither', async () => {
    const { user, authenticator } = await withAuthenticator()
    const { credentialID } = authenticator
    const other = await adapter.createUser(newPerson())
    for (const userId of [user.id, other.id])
      await refused(
        () => adapter.createAuthenticator(newAuthenticator(userId, { credentialID })),
        'already_exists',
      )
    assert.deepEqual(await adapter.getAuthenticator(credentialID), authenticator)
  })

  test('is no other text that decodes to the same bytes', async () => {
    const credentialID = Buffer.alloc(32, 0xff).toString('base64')
    await withAuthenticator({ credentialID })
    for (const other of [
      credentialID.replace('=', ''),
      credentialID.replaceAll('/', '_'),
      ` ${credentialID}`,
    ])
      assert.equal(await adapter.getAuthenticator(other), null)
  })

  test('an id in another form than base64 is kept as it is, apart from the base64 of its bytes', async () => {
    const credentialID = crypto.randomUUID()
    const { authenticator } = await withAuthenticator({
      credentialID,
      credentialPublicKey: crypto.randomUUID(),
      credentialDeviceType: 'platform',
    })
    assert.deepEqual(await adapter.getAuthenticator(credentialID), authenticator)
    const sameBytes = Buffer.from(credentialID).toString('base64')
    assert.equal(await adapter.getAuthenticator(sameBytes), null)
  })

  test('unknown ones are null in one statement, and unusable ones without any', async () => {
    const unknown = await statementsOf(async (counted) => {
      assert.equal(await counted.getAuthenticator(randomBytes(32).toString('base64')), null)
    })
    assert.equal(unknown.length, 1)
    const statements = await statementsOf(async (counted) => {
      for (const id of ['', 5, null, undefined, 'x'.repeat(1401)] as string[])
        assert.equal(await counted.getAuthenticator(id), null)
      assert.deepEqual(await counted.listAuthenticatorsByUserId('x'), [])
    })
    assert.deepEqual(statements, [])
  })

  test('unusable values are refused before a query', async () => {
    const userId = crypto.randomUUID()
    const unusable: Partial<AdapterAuthenticator>[] = [
      { credentialID: '' },
      { credentialID: randomBytes(1024).toString('base64') },
      { credentialPublicKey: '' },
      { credentialPublicKey: randomBytes(2049).toString('base64') },
      { counter: -1 },
      { counter: 2 ** 32 },
      { counter: 0.5 },
      { transports: 'usb,authjs:id-text' },
      { credentialDeviceType: 'x'.repeat(21) },
    ]
    const statements = await statementsOf(async (counted) => {
      for (const given of unusable)
        await assert.rejects(
          async () => counted.createAuthenticator(newAuthenticator(userId, given)),
          InvalidInputError,
          JSON.stringify(given),
        )
    })
    assert.deepEqual(statements, [])
  })

  test('unknown and disabled users get none, and twenty is the most', async () => {
    for (const id of ['x', crypto.randomUUID()])
      await refused(() => adapter.createAuthenticator(newAuthenticator(id)), 'account_disabled')
    const { user } = await withAuthenticator()
    for (let count = 1; count < 20; count += 1)
      await adapter.createAuthenticator(newAuthenticator(user.id))
    await refused(() => adapter.createAuthenticator(newAuthenticator(user.id)), 'too_many')
    await storage.users.disable(toUserId(user.id))
    await refused(() => adapter.createAuthenticator(newAuthenticator(user.id)), 'account_disabled')
  })
})

describe('updateAuthenticatorCounter', () => {
  test('raises the counter and leaves no session', async () => {
    const { user, authenticator } = await withAuthenticator()
    const { credentialID } = authenticator
    assert.deepEqual(await adapter.updateAuthenticatorCounter(credentialID, 8), {
      ...authenticator,
      counter: 8,
    })
    assert.equal((await adapter.getAuthenticator(credentialID))?.counter, 8)
    const { rows } = await db.query('select 1 from torii.sessions where user_id = $1', [user.id])
    assert.deepEqual(rows, [])
  })

  test('T7.86 refuses a count that did not rise, and all but one of twenty that are equal', async () => {
    const { authenticator } = await withAuthenticator()
    const { credentialID } = authenticator
    for (const count of [7, 0])
      await refused(
        () => adapter.updateAuthenticatorCounter(credentialID, count),
        'counter_regression',
      )
    const { values } = await twentyAtOnce(() => adapter.updateAuthenticatorCounter(credentialID, 9))
    assert.equal(values.length, 1)
  })

  test('takes any count of an authenticator that syncs its key, and 0 of one that does not count', async () => {
    const synced = await withAuthenticator({ credentialDeviceType: 'multiDevice', counter: 0 })
    const silent = await withAuthenticator({ counter: 0 })
    for (const { authenticator } of [synced, silent])
      await adapter.updateAuthenticatorCounter(authenticator.credentialID, 0)
  })

  test('refuses unknown ones', async () => {
    await refused(() => adapter.updateAuthenticatorCounter('unknown', 1), 'not_found')
  })
})

describe('unlinkAccount of a webauthn account', () => {
  test('deletes the passkey', async () => {
    const { authenticator, account } = await withAuthenticator()
    await adapter.unlinkAccount(account)
    assert.equal(await adapter.getAuthenticator(authenticator.credentialID), null)
    await adapter.unlinkAccount(account)
  })

  test('refuses to remove the only sign-in method', async () => {
    const user = await adapter.createUser(newPerson())
    const authenticator = await adapter.createAuthenticator(newAuthenticator(user.id))
    const { providerAccountId } = authenticator
    await refused(
      () => adapter.unlinkAccount({ provider: 'passkey', providerAccountId }),
      'last_method',
    )
    assert.deepEqual(await adapter.getAuthenticator(providerAccountId), authenticator)
  })
})
