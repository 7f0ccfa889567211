import { milliseconds } from '../sql/time.js'
import type { PgClient, PgQuery, PgResult } from './pg-pool.js'
import { processIdOf } from './pg-pool.js'
import { resultTypes } from './result-types.js'

/** What the server at the end of a connection says of itself. Times are seconds since 1970 by its own clock. */
export interface ServerAnswer {
  readonly now: number
  /** When the server was started: no two servers, and no two starts of one, have the same. */
  readonly startedAt: number
  /** The process that works for the connection; null behind a pooler, which gives its clients numbers of its own. */
  readonly processId: number | null
  /** Whether the process that was asked for does not exist (any more). */
  readonly isGone: boolean
}

/** The database's clock: what the server said last, carried on by this process's monotonic clock. */
export interface DatabaseClock {
  /** Seconds since 1970 as an estimate, or null when no server was asked within so many seconds. */
  now(maxAgeSeconds?: number): number | null
  /** Asks the server at the end of the connection for its time, and whether it still has a process of this number. */
  ask(client: PgClient, timeoutMs: number, processId?: number | null): Promise<ServerAnswer>
  /** Returns the first answer of the server behind this connection; null before it was asked. */
  serverOf(client: PgClient): ServerAnswer | null
  /** Discards the measured time. Call it when the server's clock was set, or another server answers. */
  forget(): void
}

/** Seconds for which a measured time is carried on: clocks that drift apart by 500 ppm differ by 30 ms then. */
const validSeconds = 60

const question = `
  select ${milliseconds('pg_catalog.clock_timestamp()')} as now,
    ${milliseconds('pg_catalog.pg_postmaster_start_time()')} as started_at,
    pg_catalog.pg_backend_pid() as process_id,
    not exists (select 1 from pg_catalog.pg_stat_activity a where a.pid = $1::int) as is_gone`

interface AnswerRow {
  now: number
  started_at: number
  process_id: number
  is_gone: boolean
}

/** @param send sends a query and gives up after so many milliseconds */
export function createDatabaseClock(
  send: (client: PgClient, query: PgQuery, timeoutMs: number) => Promise<PgResult>,
): DatabaseClock {
  const servers = new WeakMap<PgClient, ServerAnswer>()
  /** Seconds between the two clocks, and when that was measured by ours; null when it is not known. */
  let difference: { readonly seconds: number; readonly at: number } | null = null
  const here = () => performance.now() / 1000

  return {
    now(maxAgeSeconds = validSeconds) {
      if (difference === null || here() - difference.at > maxAgeSeconds) return null
      return here() + difference.seconds
    },
    async ask(client, timeoutMs, processId = null) {
      const { rows } = await send(
        client,
        { text: question, values: [processId], types: resultTypes },
        timeoutMs,
      )
      const row = rows[0] as AnswerRow
      const answer = {
        now: row.now / 1000,
        startedAt: row.started_at / 1000,
        processId: processIdOf(client) === row.process_id ? row.process_id : null,
        isGone: row.is_gone,
      }
      if (!servers.has(client)) servers.set(client, answer)
      difference = { seconds: answer.now - here(), at: here() }
      return answer
    },
    serverOf: (client) => servers.get(client) ?? null,
    forget() {
      difference = null
    },
  }
}
