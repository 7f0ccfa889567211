import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { newUserId } from 'torii-core'
import { afterEach, beforeEach, describe, test } from 'vitest'
import type { Driver } from '../driver/driver.js'
import { PostgresStorage } from '../index.js'
import type { Statement } from '../sql/statement.js'

/** A database that answers at once, and the statements that it was asked to run. */
function answering(): { driver: Driver; ran: Statement[] } {
  const ran: Statement[] = []
  const run = async (statement: Statement) => {
    ran.push(statement)
    return []
  }
  const query = async () => ({ rows: [] })
  const connection = { processId: null, run, query, queryOfApplication: query }
  const driver: Driver = {
    manyConnections: false,
    run,
    transaction: (work) => work(connection),
    connected: (work) => work(connection),
    close: async () => undefined,
  }
  return { driver, ran }
}

describe('statements are built once for each storage', () => {
  // Every statement is hashed once for its prepared name.
  const { createHash } = crypto
  let hashed = 0
  beforeEach(() => {
    hashed = 0
    crypto.createHash = (...given: Parameters<typeof createHash>) => {
      hashed += 1
      return createHash(...given)
    }
    syncBuiltinESMExports()
  })
  afterEach(() => {
    crypto.createHash = createHash
    syncBuiltinESMExports()
  })

  test('opening a storage builds them all; transactions, withClient, sweeps and calls build none', async () => {
    const { driver } = answering()
    const storage = new PostgresStorage(driver)
    assert.ok(hashed >= 100, `${hashed} statements were built`)
    hashed = 0
    await storage.users.find(newUserId())
    await storage.transaction(async (tx) => {
      await tx.users.find(newUserId())
      await tx.sessions.list(newUserId())
    })
    await storage.withClient({ query: async () => ({ rows: [] }) }).passkeys.list(newUserId())
    await assert.rejects(storage.sweep(), /sweep\.size\.sessions: expected one row/)
    assert.equal(hashed, 0)
  })

  test('a call in a transaction runs the very statement that it runs outside', async () => {
    const { driver, ran } = answering()
    const storage = new PostgresStorage(driver)
    await storage.users.find(newUserId())
    for (let n = 0; n < 2; n += 1)
      await storage.transaction(async (tx) => void (await tx.users.find(newUserId())))
    const [first, ...others] = ran
    assert.equal(others.length, 2)
    for (const other of others) assert.equal(other, first)
  })
})
