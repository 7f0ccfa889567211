import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { StorageLog } from '../../index.js'
import { PostgresStorage } from '../../index.js'

/** A storage over a single connection that the server knows by name. */
interface Caller {
  readonly name: string
  readonly storage: PostgresStorage
}

/** Connections for one interleaving at a time: one holds a lock, two call, a fourth observes. */
export interface ConnectionSet {
  readonly first: Caller
  readonly second: Caller
  /** Not one of the callers: prepares and observes. */
  readonly observer: PostgresStorage
  query<Row extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<Row[]>
  /** Runs `work` while the rows that `select` finds are locked by a third connection. */
  whileHeld(select: string, values: unknown[], work: () => Promise<void>): Promise<void>
  close(): Promise<void>
}

/** A call that was begun: it waits for a row, or has already ended. */
export interface Begun {
  readonly waits: boolean
  /** The result of the call; an error as its code. Never rejects. */
  readonly answer: Promise<string>
}

/** Opens the connections. `log` receives what a caller's driver had to repeat. */
export async function openConnections(url: string, log: StorageLog): Promise<ConnectionSet> {
  const id = randomBytes(4).toString('hex')
  const pools: pg.Pool[] = []
  const open = (name: string, options = ''): Caller & { pool: pg.Pool } => {
    const pool = new pg.Pool({ connectionString: url, max: 1, application_name: name, options })
    pools.push(pool)
    return { name, pool, storage: new PostgresStorage(pool, { log }) }
  }
  const observer = open(`observer ${id}`, plannedOnce)
  const holder = new pg.Client({ connectionString: url })
  await holder.connect()
  return {
    first: open(`first ${id}`),
    second: open(`second ${id}`),
    observer: observer.storage,
    query: async (text, values) => (await observer.pool.query(prepared(text, values))).rows,
    whileHeld: (select, values, work) => whileHeld(holder, select, values, work),
    async close() {
      await Promise.all([holder.end(), ...pools.map((pool) => pool.end())])
    },
  }
}

/** The observer sends some statements ten thousands of times, and most of their cost is planning. */
const plannedOnce = '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off'

const preparedNames = new Map<string, string>()

/** A query that the server parses once for each connection. */
export function prepared(text: string, values: unknown[]): pg.QueryConfig {
  const name = preparedNames.get(text) ?? `test_${preparedNames.size}`
  preparedNames.set(text, name)
  return { name, text, values }
}

async function whileHeld(
  holder: pg.Client,
  select: string,
  values: unknown[],
  work: () => Promise<void>,
): Promise<void> {
  await holder.query('begin')
  try {
    await holder.query(prepared(select, values))
    await work()
  } finally {
    await holder.query('rollback')
  }
}

/** Begins a call and observes it until it waits for a row, or has ended. */
export async function begin(
  connections: ConnectionSet,
  caller: Caller,
  call: (storage: PostgresStorage) => Promise<string>,
): Promise<Begun> {
  let ended = false
  const answer = call(caller.storage)
    .catch(codeOf)
    .finally(() => {
      ended = true
    })
  let waits = false
  while (!ended && !waits) {
    // Most calls have ended or wait by then; to ask sooner only takes the time of the calls.
    await sleep(1)
    waits = !ended && (await isWaiting(connections, caller.name))
  }
  return { waits: waits && !ended, answer }
}

/** Waiting for a row is waiting for the transaction that holds it, for one's turn after another waiter, or for the entry lock. */
async function isWaiting(connections: ConnectionSet, name: string): Promise<boolean> {
  const rows = await connections.query(
    `select 1 from pg_stat_get_activity(null)
     where application_name = $1 and state = 'active' and wait_event in ('transactionid', 'tuple', 'advisory')`,
    [name],
  )
  return rows.length > 0
}

const codeOf = (error: unknown): string => {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  return `threw ${String(code ?? error)}`
}
