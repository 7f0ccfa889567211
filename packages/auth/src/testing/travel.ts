import type { OAuthStateKey, RepositoryProvider } from 'torii-core'
import { InvalidInputError, totpStepSeconds } from 'torii-core'

/** What time passes for: see `TestStorage`. */
interface TravelStorage<Metadata extends object>
  extends Pick<RepositoryProvider<Metadata>, 'transaction' | 'oauthStates'> {
  /** `schema` is the plain name. */
  migrationStatus(): Promise<{ readonly schema: string }>
}

/** One statement per table, which moves every time in it. The history of migrations keeps its times. */
const statementsQuery = `
  select pg_catalog.format('update %I.%I set %s', n.nspname, c.relname, pg_catalog.string_agg(
      pg_catalog.format('%1$I = %1$I - pg_catalog.make_interval(secs => $1::float8)', a.attname), ', ')) as statement
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_attribute a on a.attrelid = c.oid
  where n.nspname = $1::text and c.relkind = 'r' and c.relname <> 'torii_migrations'
    and a.atttypid = 'pg_catalog.timestamptz'::pg_catalog.regtype and a.attnum > 0 and not a.attisdropped
  group by n.nspname, c.relname
  order by c.relname`

/** Codes of authenticator applications count by time steps, which are numbers. */
const stepsQuery = `
  select pg_catalog.format('update %I.totp_factors set last_step =
      greatest(last_step - pg_catalog.ceil($1::float8 / ${totpStepSeconds}), 0)', $1::text) as statement`

/** A century: more than anything lives. */
const longestSeconds = 3_155_760_000

/**
 * Returns a function that lets time pass for a storage, without waiting: it moves every stored time into the past, in one
 * transaction. OAuth states are stored nowhere until they are used, so this process compares theirs with a clock that is
 * as far ahead.
 */
export function createTravel<Metadata extends object>(
  storage: TravelStorage<Metadata>,
): (seconds: number) => Promise<void> {
  let traveledMs = 0
  const { start, check, use } = storage.oauthStates
  const moved = (time: Date, milliseconds: number) => new Date(time.getTime() + milliseconds)
  const stored = <State extends OAuthStateKey | null>(state: State): State =>
    state === null ? state : { ...state, expiresAt: moved(state.expiresAt, -traveledMs) }
  Object.assign(storage.oauthStates, {
    async start(flow) {
      const started = await start(flow)
      return started.ok ? { ...started, expiresAt: moved(started.expiresAt, traveledMs) } : started
    },
    check: (flow) => check({ ...flow, state: stored(flow.state) }),
    use: (state) => use(stored(state)),
  } satisfies RepositoryProvider['oauthStates'])
  return async (seconds) => {
    if (typeof seconds !== 'number' || !(seconds >= 0 && seconds <= longestSeconds))
      throw new InvalidInputError('seconds', `must be a number from 0 to ${longestSeconds}`)
    const { schema } = await storage.migrationStatus()
    await storage.transaction(async (tx) => {
      for (const query of [statementsQuery, stepsQuery]) {
        const { rows } = await tx.query(query, [schema])
        for (const { statement } of rows) await tx.query(String(statement), [seconds])
      }
    })
    traveledMs += seconds * 1000
  }
}
