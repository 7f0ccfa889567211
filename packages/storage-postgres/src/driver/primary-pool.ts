import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { ToriiError } from 'torii-core'
import { within } from '../base/deadline.js'
import type { StorageLog } from '../base/log.js'
import { classifyConnectError } from './error-classes.js'
import type { Host } from './host-list.js'
import type { PgPool } from './pg-pool.js'
import { NotPrimaryError } from './primary.js'
import { createPrimaryClients } from './primary-client.js'
import { toToriiError } from './storage-errors.js'

/** A pool of our own. */
export interface PrimaryPool extends PgPool {
  /** As a pool of `pg` counts them. */
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
  end(): Promise<void>
}

/** Between two looks for the primary while there is none: a failover or a restart takes seconds. */
const pauseMs = 50

/**
 * A pool whose connections all lead to the primary: each new one is checked before it is handed out, and all
 * idle ones are checked again once one of them was thrown away. It looks for the primary, or waits for the only host,
 * until a little before `acquireMs` have passed, then names the hosts of a list and what is wrong with each.
 * @throws InvalidOptionsError when `pg` cannot use a URL
 */
export function createPrimaryPool(
  hosts: readonly Host[],
  options: pg.PoolConfig,
  { acquireMs, log }: { acquireMs: number; log: StorageLog },
): PrimaryPool {
  const clients = createPrimaryClients(hosts, acquireMs, log)
  const pool = new pg.Pool({
    ...options,
    connectionTimeoutMillis: acquireMs,
    Client: clients.Client,
  })
  pool.on('release', (error) => {
    if (error) clients.distrust()
  })

  /** A connection that was checked after the last failure. */
  async function checkOut(): Promise<pg.PoolClient> {
    for (;;) {
      const client = await pool.connect()
      try {
        await clients.ensure(client)
        return client
      } catch {
        client.release(true)
      }
    }
  }

  async function search(): Promise<pg.PoolClient> {
    const deadline = performance.now() + acquireMs * 0.9
    const left = () => deadline - performance.now()
    /** What was said last; that the last try of all was not answered in time says less. */
    let said: unknown = null
    for (;;) {
      const trying = checkOut()
      try {
        return await within(trying, left(), () => new NotPrimaryError('no answer in time'))
      } catch (error) {
        trying.then(
          (late) => late.release(),
          () => undefined,
        )
        if (isFinal(error, hosts.length)) throw error
        said = said !== null && error instanceof NotPrimaryError ? said : error
        if (left() < pauseMs) throw noPrimary(clients.problems(), said, hosts[0]?.address) ?? said
        await sleep(pauseMs)
      }
    }
  }

  return {
    connect: search,
    get totalCount() {
      return pool.totalCount
    },
    get idleCount() {
      return pool.idleCount
    },
    get waitingCount() {
      return pool.waitingCount
    },
    on: (event, listener) => pool.on(event, listener),
    end: () => pool.end(),
  }
}

/** The servers of a list share users, passwords and settings: what one refuses, the others refuse too. */
function isFinal(error: unknown, hosts: number): boolean {
  // Said of one host: another one of the list can be the primary.
  if (error instanceof ToriiError) return hosts === 1
  const failure = classifyConnectError(error)
  return failure === 'login' || failure === 'pooler' || failure === 'permission'
}

/** Null while a host works: then all connections are in use. */
function noPrimary(
  problems: readonly string[],
  last: unknown,
  address: string | null = null,
): ToriiError | null {
  if (problems.length === 0) return null
  if (problems.length === 1) return toToriiError(last, 'not-sent', 'connect', address)
  return new ToriiError(
    'ERR_UNAVAILABLE',
    `none of the hosts of the URL is a primary that can be used: ${problems.join(', ')}; nothing was done. Check that one of them runs, accepts connections and is not a standby`,
  )
}
