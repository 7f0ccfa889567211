import assert from 'node:assert/strict'
import { newUserId } from 'torii-core'
import type { TestDatabase } from 'torii-testing'
import { testDatabase } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { PostgresStorage } from '../index.js'
import {
  freshPasswordHash,
  freshSecretHash,
  newSession,
  signUp,
} from '../test/races/people.test.support.js'

/** The conformance suite sees that used links and tokens are refused; here, which rows are left of them. */
let db: TestDatabase
let storage: PostgresStorage
beforeAll(async () => {
  db = await testDatabase()
  storage = await PostgresStorage.connect(db.url)
})
afterAll(() => storage.close())

async function rowsOf(table: 'magic_links' | 'verification_tokens', email: string) {
  const { rows } = await db.query(`select used_by from torii.${table} where email_key = $1`, [
    email,
  ])
  return rows.map((row) => row.used_by)
}

/** The form that uses it, or null, and the `used_by` of the rows that are left. */
const forms = () => {
  const form = freshSecretHash()
  return [
    [null, []],
    [form, [Buffer.from(form)]],
  ] as const
}

const three = [1, 2, 3]

describe('using one of several leaves no other', () => {
  test('magic links', async () => {
    for (const [usedBy, left] of forms()) {
      const { email } = await signUp(storage)
      const hashes = three.map(() => freshSecretHash())
      for (const tokenHash of hashes)
        await storage.magicLinks.issue({
          email,
          tokenHash,
          codeHash: null,
          lifetimeSeconds: 600,
          charges: null,
        })
      assert.equal((await rowsOf('magic_links', email)).length, 3)
      const proof = { session: newSession(), newUserId: newUserId(), usedBy }
      const [given = assert.fail()] = hashes
      assert.ok((await storage.magicLinks.consume(given, proof)).ok)
      assert.deepEqual(await rowsOf('magic_links', email), left)
    }
  })

  test('verification tokens, of one purpose', async () => {
    for (const purpose of ['verify_email', 'reset_password'] as const)
      for (const [form, left] of forms()) {
        const { id: userId, email } = await signUp(storage, {
          emailVerified: purpose !== 'verify_email',
        })
        const hashes = three.map(() => freshSecretHash())
        for (const secretHash of hashes)
          await storage.verificationTokens.issue({
            purpose,
            email,
            secretHash,
            lifetimeSeconds: 600,
            charges: null,
          })
        assert.equal((await rowsOf('verification_tokens', email)).length, 3)
        const [secretHash = assert.fail()] = hashes
        const key = { userId, secretHash }
        const used =
          purpose === 'verify_email'
            ? await storage.verificationTokens.verifyEmail(
                key,
                { kind: 'mailbox_only' },
                null,
                form,
              )
            : await storage.verificationTokens.resetPassword(key, {
                hash: freshPasswordHash(),
                usedBy: form,
              })
        assert.ok(used.ok)
        assert.deepEqual(await rowsOf('verification_tokens', email), left)
      }
  })
})
