import type { AuditEvent, UserId } from 'torii-auth'
import type { PostgresStorage } from 'torii-storage-postgres'

/** A user in the list. */
export interface ListedUser {
  readonly id: UserId
  readonly email: string | null
  readonly name: string | null
  readonly verified: boolean
  readonly disabled: boolean
  readonly created_at: Date
  readonly sessions: number
}

/** A page of the list, newest first. */
export interface ListedUsers {
  readonly users: readonly ListedUser[]
  /** How many users the whole list has, at most {@link mostCounted} and one more. */
  readonly found: number
  /** The ids from which the pages before and after this one go on; null at an end of the list. */
  readonly previous: string | null
  readonly next: string | null
}

/** Where a page begins: after an id or, backwards, before it. */
export interface Place {
  readonly id: string
  readonly backwards: boolean
}

export interface Totals {
  readonly users: number
  readonly verified: number
  readonly disabled: number
  readonly sessions: number
  /** Whether every row was counted, or a sample of large tables. */
  readonly exact: boolean
}

export type Queries = ReturnType<typeof createQueries>

const pageSize = 25
/** To count more takes as long as to read the whole table. */
export const mostCounted = 1000
/** Of a table with more rows, as PostgreSQL estimates them, about as many are counted. */
const sampledRows = 50_000

/** The filters of the list, each with what it demands. */
export const filters = [
  { name: 'all', text: 'All', where: 'true' },
  {
    name: 'active',
    text: 'Active',
    where: 'u.email_verified_at is not null and u.disabled_at is null',
  },
  {
    name: 'unverified',
    text: 'Not verified',
    where: 'u.email_verified_at is null and u.disabled_at is null',
  },
  { name: 'disabled', text: 'Disabled', where: 'u.disabled_at is not null' },
] as const

const live = `s.epoch >= u.session_epoch and u.disabled_at is null
  and s.expires_at > statement_timestamp() and s.absolute_expires_at > statement_timestamp()`

/** Of an id as Torii writes it. */
export const idForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

const newest = { id: 'ffffffff-ffff-ffff-ffff-ffffffffffff', backwards: false }

/**
 * The console's own statements on Torii's tables, which docs/schema.md describes: they count, and search in the middle of
 * names, as `torii.admin` does not. A list goes on from an id, as its does, so that a late page costs no more than the first;
 * only a search, and a filter that few rows pass, reads the whole table.
 */
export function createQueries(storage: PostgresStorage, schema: string) {
  const tables = `"${schema.replaceAll('"', '""')}"`
  const ask = async <Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> => {
    const { rows } = await storage.transaction((tx) => tx.query(text, values))
    // The shape is that of the select list beside each call.
    return rows as unknown as Row[]
  }
  return {
    async totals(): Promise<Totals> {
      const [estimated] = await ask<{ users: number; sessions: number }>(
        `select max(c.reltuples) filter (where c.relname = 'users') as users,
          max(c.reltuples) filter (where c.relname = 'sessions') as sessions
        from pg_class c where c.oid in ('${tables}.users'::regclass, '${tables}.sessions'::regclass)`,
      )
      const percent = (rows = 0) => (rows > sampledRows ? (100 * sampledRows) / rows : 100)
      const [ofUsers, ofSessions] = [percent(estimated?.users), percent(estimated?.sessions)]
      const [row] = await ask<Omit<Totals, 'exact'>>(
        `select count(*)::int as users, count(u.email_verified_at)::int as verified, count(u.disabled_at)::int as disabled,
          (select count(*) from ${tables}.sessions s tablesample system ($2::real)
            join ${tables}.users u on u.id = s.user_id where ${live})::int as sessions
        from ${tables}.users u tablesample system ($1::real)`,
        [ofUsers, ofSessions],
      )
      const { users, verified, disabled, sessions } = row ?? noTotals
      const [whole, wholeSessions] = [100 / ofUsers, 100 / ofSessions]
      return {
        users: Math.round(users * whole),
        verified: Math.round(verified * whole),
        disabled: Math.round(disabled * whole),
        sessions: Math.round(sessions * wholeSessions),
        exact: ofUsers === 100 && ofSessions === 100,
      }
    },
    /** @param search a part of the email address or of the name, or a whole id; empty for all */
    async users(
      search: string,
      filter: (typeof filters)[number],
      from: Place | null,
    ): Promise<ListedUsers> {
      const { id, backwards } = from ?? newest
      const wanted = idForm.test(search)
        ? `${filter.where} and u.id = $1::uuid and $2::text is not null`
        : `${filter.where} and ($1::text = '' or u.email ilike $2::text or u.name ilike $2)`
      const rows = await ask<ListedUser & { readonly found: number }>(
        `select u.id, u.email, u.name, u.email_verified_at is not null as verified, u.disabled_at is not null as disabled,
          u.created_at,
          (select count(*) from ${tables}.sessions s where s.user_id = u.id and ${live})::int as sessions,
          (select count(*) from (select from ${tables}.users u where ${wanted} limit ${mostCounted + 1}) f)::int as found
        from ${tables}.users u
        where ${wanted} and u.id ${backwards ? '>' : '<'} $3::uuid
        order by u.id ${backwards ? 'asc' : 'desc'} limit ${pageSize + 1}`,
        [search, `%${search.replace(/[\\%_]/g, '\\$&')}%`, id],
      )
      const users = rows.slice(0, pageSize)
      const goesOn = rows.length > pageSize
      if (backwards) users.reverse()
      return {
        users,
        found: rows[0]?.found ?? 0,
        previous: (backwards ? goesOn : from !== null) ? (users[0]?.id ?? null) : null,
        next: backwards || goesOn ? (users.at(-1)?.id ?? null) : null,
      }
    },
    /** The email address or the name of each account of the events that exists. */
    async namesOf(
      events: readonly Pick<AuditEvent, 'userId'>[],
    ): Promise<ReadonlyMap<string, string>> {
      const rows = await ask<{ id: string; name: string }>(
        `select u.id, coalesce(u.email, u.name, 'unnamed account') as name from ${tables}.users u where u.id = any($1::uuid[])`,
        [events.flatMap(({ userId }) => userId ?? [])],
      )
      return new Map(rows.map(({ id, name }) => [id, name]))
    },
  }
}

const noTotals = { users: 0, verified: 0, disabled: 0, sessions: 0 }
