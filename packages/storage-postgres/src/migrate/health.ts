import type { StorageHealth } from 'torii-core'
import { ToriiError } from 'torii-core'
import type { Connection, Driver } from '../driver/driver.js'
import { classifyStatementError } from '../driver/error-classes.js'
import { isOutcomeUnknown, toToriiError } from '../driver/storage-errors.js'
import { readApplied } from './migration-history.js'
import { requireSurroundings } from './surroundings.js'

interface ServerRow {
  version: number
  read_only: boolean
  clock: number
  backend: number
}

/** Asks the server how it is; `schema` is the plain name. A problem is part of the result; this never rejects. */
export async function checkHealth(
  driver: Driver,
  schema: string,
  deadline: number,
): Promise<StorageHealth> {
  try {
    return await driver.connected((connection) => askServer(connection, schema), { deadline })
  } catch (error) {
    const { code, message } = toReadError(error)
    return { connected: false, code, message }
  }
}

/** What failed only read: a lost reply is the same as a lost server. */
export function toReadError(error: unknown): ToriiError {
  const cause = error instanceof ToriiError && isOutcomeUnknown(error) ? error.cause : error
  const failure = classifyStatementError(cause)
  return toToriiError(cause, failure === 'ambiguous' ? 'not-sent' : failure, 'health check')
}

async function askServer(connection: Connection, schema: string): Promise<StorageHealth> {
  const before = Date.now()
  const { rows } = await connection.query(`
    select pg_catalog.current_setting('server_version_num')::int as version,
      pg_catalog.pg_is_in_recovery() or pg_catalog.current_setting('transaction_read_only')::boolean as read_only,
      pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()) as clock,
      pg_catalog.pg_backend_pid() as backend`)
  const middle = (before + Date.now()) / 2
  const { version, read_only, clock, backend } = rows[0] as ServerRow
  await requireSurroundings(connection, `"${schema}"`)
  const { applied } = await readApplied(connection, schema)
  return {
    connected: true,
    serverVersion: Math.trunc(version / 10_000),
    schemaVersion: applied.at(-1)?.id ?? 0,
    readOnly: read_only,
    clockDifferenceSeconds: Math.round(clock * 1000 - middle) / 1000,
    pooler: poolerOf(connection.processId, backend),
  }
}

/** A pooler gives its clients a process number of its own, which is not that of the server's process. */
function poolerOf(announced: number | null, backend: number): 'none' | 'present' | 'unknown' {
  if (announced === null) return 'unknown'
  return announced === backend ? 'none' : 'present'
}
