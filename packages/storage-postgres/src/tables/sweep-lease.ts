import { randomUUID } from 'node:crypto'
import type { Database } from '../sql/database.js'
import { repeat, sameState } from '../sql/lost-reply.js'
import { parameter, sql } from '../sql/parameter.js'
import { exists } from '../sql/rows.js'
import { write } from '../sql/statement.js'
import { statementTime as now, secondsAgo, secondsFromNow } from '../sql/time.js'

const holder = parameter('holder', 'uuid')<string>()
const everySeconds = parameter('everySeconds', 'float8')<number>()
const complete = parameter('complete', 'boolean')<boolean>()

/** A dead holder keeps others waiting for so long; a live one renews the lease long before. */
const leaseSeconds = 300
const renewAfterMs = 60_000

/** The lease of the one process that sweeps. Nothing but extra work depends on it: sweeping is safe in parallel. */
export const sweepLeaseStatements = (schema: string) => ({
  acquire: write(
    'sweep.acquire',
    sql`
      insert into ${schema}.sweep_lease as l (only_row, holder, ends_at)
      values (true, ${holder}, ${secondsFromNow(`${leaseSeconds}::float8`)})
      on conflict (only_row) do update set holder = excluded.holder, ends_at = excluded.ends_at
      where l.holder = excluded.holder
        or (l.ends_at <= ${now} and (l.swept_at is null or l.swept_at <= ${secondsAgo(everySeconds)}))
      returning 1 as one`,
    { schema, onLostReply: repeat(`${sameState}: the row names this holder`) },
  ),
  renew: write(
    'sweep.renew',
    sql`
      update ${schema}.sweep_lease l set ends_at = ${secondsFromNow(`${leaseSeconds}::float8`)}
      where l.only_row and l.holder = ${holder} and l.ends_at > ${now}
      returning 1 as one`,
    { schema, onLostReply: repeat(sameState) },
  ),
  release: write(
    'sweep.release',
    sql`
      update ${schema}.sweep_lease l set ends_at = ${now},
        swept_at = case when ${complete} then ${now} else l.swept_at end
      where l.only_row and l.holder = ${holder} and l.ends_at > ${now}
      returning 1 as one`,
    { schema, onLostReply: repeat('the lease has ended, and so has the work') },
  ),
})

/** A lease that this process holds. */
export interface SweepLease {
  /** Renews the lease when it is time. False once another process may have it, or the caller wants to end. */
  mayContinue(): Promise<boolean>
  /** Ends the lease. A sweep that was not complete is due at once. */
  release(isComplete: boolean): Promise<void>
}

/** Takes the lease if a sweep is due and no process holds it, or returns null. */
export async function acquireSweepLease(
  db: Database,
  statements: ReturnType<typeof sweepLeaseStatements>,
  every: number,
  signal: AbortSignal | undefined,
): Promise<SweepLease | null> {
  const own = { holder: randomUUID() }
  if (!(await exists(db, statements.acquire, { ...own, everySeconds: every }))) return null
  let renewedAt = performance.now()
  return {
    async mayContinue() {
      if (signal?.aborted === true) return false
      if (performance.now() - renewedAt < renewAfterMs) return true
      renewedAt = performance.now()
      return exists(db, statements.renew, own)
    },
    async release(isComplete) {
      await exists(db, statements.release, { ...own, complete: isComplete })
    },
  }
}
