import assert from 'node:assert/strict'
import pg from 'pg'
import { testDatabase } from 'torii-testing'
import { test } from 'vitest'
import { PostgresStorage } from '../index.js'
import {
  freshRateLimitKey,
  freshSecretHash,
  signUp,
  widePolicy,
} from './races/people.test.support.js'

const database = await testDatabase()

test('the hash of a locked account does not leave the database', async () => {
  const answered: string[] = []
  const pool = new pg.Pool({ connectionString: database.url, max: 1 })
  const storage = new PostgresStorage({
    on: (event, listener) => pool.on(event, listener),
    async connect() {
      const client = await pool.connect()
      return {
        on: (event, listener) => client.on(event, listener),
        release: (error) => client.release(error),
        async query(query) {
          const answer = await client.query(query)
          answered.push(JSON.stringify(answer.rows))
          return answer
        },
      }
    },
  })
  try {
    const { id, email, hash } = await signUp(storage, { emailVerified: false })
    const account = { key: freshRateLimitKey(), policy: { ...widePolicy, cap: 1 } }
    const asked: Record<string, () => Promise<{ readonly ok: boolean }>> = {
      'by address': () =>
        storage.passwords.findForSignIn({ email, charges: { account, ipAddress: null } }),
      'by user': () =>
        storage.passwords.findForUser({ userId: id, charges: { account, ipAddress: null } }),
    }
    assert.equal((await asked['by address']?.())?.ok, true)
    assert.ok(answered.at(-1)?.includes(hash.reveal()), 'the first try is answered with it')
    const token = { purpose: 'verify_email' as const, email, charges: null, lifetimeSeconds: 600 }
    const secretHash = freshSecretHash()
    await storage.verificationTokens.issue({ ...token, secretHash })
    const key = { userId: id, secretHash }
    const charged = { account: { ...account, key: freshRateLimitKey() }, ipAddress: null }
    const find = (charges: typeof charged) =>
      storage.verificationTokens.findCounted('verify_email', key, charges)
    assert.equal((await find(charged)).ok, true)
    assert.ok(answered.at(-1)?.includes(hash.reveal()), 'a live token is answered with it')
    asked['by token'] = () => find(charged)
    for (const [name, ask] of Object.entries(asked)) {
      assert.equal((await ask()).ok, false)
      assert.ok(!answered.at(-1)?.includes(hash.reveal()), name)
      assert.ok(!answered.at(-1)?.includes(id), name)
    }
  } finally {
    await pool.end()
  }
})
