import { quietLog } from '../base/log.js'
import type { ConnectOptions } from '../base/options.js'
import { resolveOptions } from '../base/options.js'
import type { Driver } from './driver.js'
import type { Host } from './host-list.js'
import { readHosts } from './host-list.js'
import { createPgDriver } from './pg-driver.js'

const embeddedPrefix = 'pglite:'

/** Opens the engine that the URL names. Nothing is asked of a server yet. */
export async function openDriver(url: unknown, options: ConnectOptions): Promise<Driver> {
  const resolved = resolveOptions(options)
  const log = quietLog(resolved.log)
  if (typeof url === 'string' && url.startsWith(embeddedPrefix)) {
    const directory = url.slice(embeddedPrefix.length)
    log({ level: 'info', event: 'embedded_for_development' })
    // Loaded only here, so that it is not needed where it is not used.
    const { openPglite } = await import('./pglite-driver.js')
    return openPglite(directory === '' ? null : directory, resolved.acquireMs)
  }
  return openPool(readHosts(url), options)
}

async function openPool(hosts: readonly Host[], options: ConnectOptions): Promise<Driver> {
  const { schema, prepare, acquireMs, callMs, maxConnections, log } = resolveOptions(options)
  // Loaded only here, so that the embedded engine does without pg.
  const { createPrimaryPool } = await import('./primary-pool.js')
  const settings = {
    max: maxConnections,
    keepAlive: true,
    application_name: 'torii',
    ...(prepare ? serverLimits(callMs / 2) : {}),
  }
  const pool = createPrimaryPool(hosts, settings, { acquireMs, log: quietLog(log) })
  return createPgDriver(pool, {
    schema,
    prepare,
    acquireMs,
    callMs,
    maxConnections,
    log: quietLog(log),
    address: hosts.length === 1 ? (hosts[0]?.address ?? null) : null,
    end: () => pool.end(),
  })
}

/**
 * Start-up settings, which a pooler in transaction mode would refuse. The server gives up waiting for a lock before we
 * do, and ends by itself a statement that it was not asked to cancel in time.
 * @param attemptMs milliseconds in which one attempt must be answered
 */
const serverLimits = (attemptMs: number) => ({
  statement_timeout: Math.round(attemptMs * 1.2),
  lock_timeout: Math.round(attemptMs * 0.8),
  idle_in_transaction_session_timeout: 60_000,
})
