import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { TestDatabase } from 'torii-testing'
import { prepared } from '../interleaving/held-lock.test.support.js'

/** Rows that a crowd is made to wait for. */
export type Held = readonly [select: string, values: unknown[]]

/** Asked again and again while a crowd gathers, so without the joins of pg_stat_activity. */
const waitingText = `
  select count(*)::int as count from pg_stat_get_activity(null)
  where datid = $1 and state = 'active' and wait_event_type = 'Lock'`

/** Makes crowds start from one snapshot. */
export interface Crowds {
  /**
   * Runs all at once while `held` is locked, until `waiting` of them (all by default) wait for it: each of
   * those has its snapshot by then, and none of them sees what another one does.
   */
  fromOneSnapshot<Result>(
    held: Held,
    operations: readonly (() => Promise<Result>)[],
    waiting?: number,
  ): Promise<Result[]>
  /** Begins `act`, which waits for `held` in its midst, runs `meanwhile` to its end, then lets go. */
  whileWaiting<Result, Other>(
    held: Held,
    operation: () => Promise<Result>,
    meanwhile: () => Promise<Other>,
  ): Promise<{ result: Result; other: Other }>
  close(): Promise<void>
}

export async function openCrowds(database: TestDatabase): Promise<Crowds> {
  const holder = new pg.Client({ connectionString: database.url })
  await holder.connect()
  const observer = await database.connect()
  const { rows } = await observer.query<{ oid: number }>(
    'select oid from pg_database where datname = current_database()',
  )
  const databaseIds = rows.map(({ oid }) => oid)
  const countWaiting = async () => {
    const { rows } = await observer.query<{ count: number }>(prepared(waitingText, databaseIds))
    return rows[0]?.count ?? 0
  }
  async function whileHeld<Result>([select, values]: Held, work: () => Promise<Result>) {
    await holder.query('begin')
    try {
      await holder.query(prepared(select, values))
      return await work()
    } finally {
      await holder.query('rollback')
    }
  }
  /** Resolves with what was begun, not with what comes of it. */
  async function begin<Result>(operations: readonly (() => Promise<Result>)[], waiting: number) {
    const begun = operations.map((operation) => operation())
    while ((await countWaiting()) < waiting) await sleep(1)
    return begun
  }
  return {
    async fromOneSnapshot(held, operations, waiting = operations.length) {
      return Promise.all(await whileHeld(held, () => begin(operations, waiting)))
    },
    async whileWaiting(held, operation, meanwhile) {
      const { begun, other } = await whileHeld(held, async () => ({
        begun: await begin([operation], 1),
        other: await meanwhile(),
      }))
      const [result] = await Promise.all(begun)
      return { result: result as Awaited<ReturnType<typeof operation>>, other }
    },
    close: () => holder.end(),
  }
}
