/**
 * Client time of one statement alone, inside `storage.transaction` and over `storage.withClient`, with a pool that
 * replies at once: what remains is the storage's own work. A transaction sends `begin` and `commit` besides.
 */
import { newSessionId, newUserId } from 'torii-core'

const rounds = 400
const warmUps = 200

/** A pool of `pg` whose every query is answered in the same turn. */
const poolThatRepliesAtOnce = () => {
  const client = {
    on: () => undefined,
    release: () => undefined,
    query: async ({ text }) => ({ rows: [], command: text === 'commit' ? 'COMMIT' : 'SELECT' }),
  }
  return { on: () => undefined, connect: async () => client }
}

async function medianMs(operation) {
  for (let n = 0; n < warmUps; n += 1) await operation()
  const times = []
  for (let n = 0; n < rounds; n += 1) {
    const started = performance.now()
    await operation()
    times.push(performance.now() - started)
  }
  return times.sort((a, b) => a - b)[rounds / 2]
}

/** Milliseconds of one statement, by where it runs. */
export async function measureTransactionCost(Storage) {
  const storage = new Storage(poolThatRepliesAtOnce())
  const key = { userId: newUserId(), id: newSessionId(), secretHash: new Uint8Array(32) }
  const client = { query: async () => ({ rows: [] }) }
  return {
    alone: await medianMs(() => storage.sessions.end(key)),
    transaction: await medianMs(() => storage.transaction((tx) => tx.sessions.end(key))),
    withClient: await medianMs(() => storage.withClient(client).sessions.end(key)),
  }
}

export async function transactionCost() {
  const { PostgresStorage } = await import('torii-storage-postgres')
  const { alone, transaction, withClient } = await measureTransactionCost(PostgresStorage)
  const ms = (value) => `${value.toFixed(3)} ms`
  console.log(`one statement alone            ${ms(alone)}`)
  console.log(`the same in a transaction      ${ms(transaction)}, ${ms(transaction - alone)} more`)
  console.log(`the same over withClient       ${ms(withClient)}, ${ms(withClient - alone)} more`)
  return transaction - alone <= 0.1 ? 0 : 1
}
