import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createTokenEncryption } from 'torii-auth'
import { createSecretSearch, secretsAtRest } from 'torii-testing'
import { test } from 'vitest'
import { inAnHour, newAccount, newPerson, openTestAdapter } from './adapter.test.support.js'

const keys = [{ id: 'k1', secret: randomBytes(32) }]
const site = await openTestAdapter({ tokenEncryption: createTokenEncryption(keys) })

test('no token lies in clear in any table, whatever its writing', async () => {
  const { adapter, db } = site
  const given = () => randomBytes(32)
  const [access, refresh, id, link, chosen] = [given(), given(), given(), given(), given()]
  const user = await adapter.createUser(newPerson())
  await adapter.linkAccount(
    newAccount(user.id, {
      access_token: access.toString('base64url'),
      refresh_token: refresh.toString('hex'),
      id_token: id.toString('base64'),
    }),
  )
  await adapter.createVerificationToken({
    identifier: user.email,
    token: link.toString('hex'),
    expires: inAnHour(),
  })
  const { sessionToken } = await adapter.createSession({
    sessionToken: chosen.toString('base64url'),
    userId: user.id,
    expires: inAnHour(),
  })
  const secret = Buffer.from(sessionToken.slice('torii_s_'.length), 'base64url').subarray(32)
  const search = createSecretSearch([access, refresh, id, link, chosen, secret])
  assert.deepEqual(await secretsAtRest(await db.connect(), search), [])

  // The search finds what is there: the row holds the hash.
  const { rows } = await db.query<{ hash: Buffer }>(
    'select secret_hash as hash from torii.sessions',
  )
  const found = await secretsAtRest(
    await db.connect(),
    createSecretSearch(rows.map(({ hash }) => hash)),
  )
  assert.deepEqual(found, ['torii.sessions'])
})
