import type pg from 'pg'
import { isClockQuestion } from 'torii-testing'
import type { PgClient, PgPool } from '../../index.js'

/** A failure that a statement meets on its way: told by the real server, or by a real socket. */
export type Fault = 'cut' | 'canceled' | 'deadlock' | 'damaged' | 'silent'

/** The server's own error of that code, raised in the place of the statement. */
const raise = (code: string) => `do $do$ begin raise exception using errcode = '${code}'; end $do$`

/** What the application's pool saw, and what it does to the statements to come. */
export interface ObservedPool extends PgPool {
  /** Prepared names (or texts) of the statements that were sent, in order. */
  readonly sent: string[]
  /** One per statement to come; null lets it pass. */
  readonly faults: (Fault | null)[]
  /** Runs before each statement on its own connection. */
  before: ((client: pg.PoolClient, name: string) => Promise<unknown>) | null
}

/** The pool, with every statement noted and the faults that are asked for. */
export function observe(pool: pg.Pool): ObservedPool {
  const wrapped = new WeakMap<pg.PoolClient, PgClient>()
  const observed: ObservedPool = {
    sent: [],
    faults: [],
    before: null,
    on: (event, listener) => pool.on(event, listener),
    async connect(): Promise<PgClient> {
      const client = await pool.connect()
      const known = wrapped.get(client) ?? wrap(client)
      wrapped.set(client, known)
      return known
    },
  }

  /** One for each client, with its other members. */
  function wrap(client: pg.PoolClient): PgClient {
    return Object.assign(Object.create(client), {
      on: (event: 'error', listener: (error: Error) => void) => client.on(event, listener),
      release: (error?: Error | boolean) => client.release(error),
      async query(query: pg.QueryConfig) {
        // The question for the server's time is no statement of a test.
        if (isClockQuestion(query.text)) return client.query(query)
        const name = query.name ?? query.text
        observed.sent.push(name)
        const fault = observed.faults.shift() ?? null
        await observed.before?.(client, name)
        return fault === null ? client.query(query) : fail(client, fault)
      },
    })
  }
  return observed
}

function fail(client: pg.PoolClient, fault: Fault): Promise<pg.QueryResult> {
  switch (fault) {
    case 'cut':
      return client.query(
        'select pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid()), pg_catalog.pg_sleep(5)',
      )
    case 'canceled':
      return client.query(raise('57014'))
    case 'deadlock':
      return client.query(raise('40P01'))
    case 'damaged':
      return client.query(raise('XX001'))
    case 'silent':
      return client.query('select pg_catalog.pg_sleep(3)')
  }
}
