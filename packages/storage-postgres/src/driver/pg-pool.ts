import type { PoolState } from 'torii-core'
import { addressOf, readHosts } from './host-list.js'
import type { ResultTypes } from './result-types.js'

/** What is used of a connection of `pg`. */
export interface PgClient {
  query(query: PgQuery): Promise<PgResult>
  /** With an error (or true) the connection is closed instead of reused. */
  release(error?: Error | boolean): void
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** What is used of a pool of `pg`. Any pool of this shape works. */
export interface PgPool {
  connect(): Promise<PgClient>
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** What is used of an answer of `pg`. */
export interface PgResult {
  rows: unknown[]
  command?: string
}

export interface PgQuery {
  text: string
  values: unknown[]
  name?: string
  /** Absent for a statement of the application, which reads results in its own way. */
  types?: ResultTypes
}

/** `pg` keeps what the server announced in a member that is not in its types. */
export function processIdOf(client: PgClient): number | null {
  const id: unknown = Reflect.get(client, 'processID')
  return typeof id === 'number' ? id : null
}

/** What happened to a closed pool, and what to do. */
export const closedPool =
  'the application closed the pool with pool.end(): end it after the last call, or pass a new pool to new PostgresStorage()'

/** Whether `end` was called on a pool of `pg`, which says so in a member that is not in its types. */
export const isClosedPool = (pool: PgPool): boolean => Reflect.get(pool, 'ending') === true

/** `pg` itself opens as many connections where a pool does not say. */
const defaultPoolSize = 10

/** A setting that a pool of `pg` was created with. */
function settingOf(pool: PgPool, name: string): unknown {
  const options: unknown = Reflect.get(pool, 'options')
  return typeof options === 'object' && options !== null ? Reflect.get(options, name) : null
}

/** The connections that a pool opens at most. */
export function sizeOf(pool: PgPool): number {
  const max = settingOf(pool, 'max')
  return typeof max === 'number' && max >= 1 ? max : defaultPoolSize
}

/** Host, port and database of a pool, for messages; null where it does not say them, or could say a password. */
export function addressOfPool(pool: PgPool): string | null {
  const url = settingOf(pool, 'connectionString')
  if (typeof url === 'string') return addressOfUrl(url)
  const [host, database] = [settingOf(pool, 'host'), settingOf(pool, 'database')]
  if (typeof host !== 'string') return null
  const port = Number(settingOf(pool, 'port') ?? 5432)
  return addressOf(`${host}:${port}`, typeof database === 'string' ? database : '')
}

function addressOfUrl(url: string): string | null {
  try {
    const [host, ...others] = readHosts(url)
    return others.length === 0 ? (host?.address ?? null) : null
  } catch {
    // The pool reads it, and says what is wrong with it.
    return null
  }
}

/**
 * The connections of a pool, by the members in which `pg` counts them.
 * @param own what the driver knows; `waiting` are callers that wait before they ask the pool
 */
export function stateOf(
  pool: PgPool,
  own: { readonly schema: string; readonly max: number; waiting(): number },
): PoolState {
  const count = (member: string): number | null => {
    const value: unknown = Reflect.get(pool, member)
    return typeof value === 'number' ? value : null
  }
  return {
    schema: own.schema,
    max: own.max,
    get total() {
      return count('totalCount')
    },
    get idle() {
      return count('idleCount')
    },
    get waiting() {
      const inPool = count('waitingCount')
      return inPool === null ? null : inPool + own.waiting()
    },
  }
}
