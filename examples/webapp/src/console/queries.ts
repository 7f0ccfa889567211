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
  /** How many users the whole list has. */
  readonly found: number
}

export interface Totals {
  readonly users: number
  readonly verified: number
  readonly disabled: number
  readonly sessions: number
}

export type Queries = ReturnType<typeof createQueries>

export const pageSize = 25

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

/**
 * The console's own statements on Torii's tables, which docs/schema.md describes: they count, and search in the middle of
 * names, as `torii.admin` does not, since both read whole tables.
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
      const [row] = await ask<Totals>(`
        select count(*)::int as users, count(u.email_verified_at)::int as verified, count(u.disabled_at)::int as disabled,
          (select count(*) from ${tables}.sessions s join ${tables}.users u on u.id = s.user_id where ${live})::int as sessions
        from ${tables}.users u`)
      return row ?? { users: 0, verified: 0, disabled: 0, sessions: 0 }
    },
    /** @param search a part of the email address or of the name, or a whole id; empty for all, newest first */
    users: (
      search: string,
      filter: (typeof filters)[number],
      page: number,
    ): Promise<ListedUser[]> =>
      ask(
        `select u.id, u.email, u.name, u.email_verified_at is not null as verified, u.disabled_at is not null as disabled,
          u.created_at, count(*) over ()::int as found,
          (select count(*) from ${tables}.sessions s where s.user_id = u.id and ${live})::int as sessions
        from ${tables}.users u
        where ${filter.where} and ($1::text = '' or u.id::text = $1 or u.email ilike $2::text or u.name ilike $2)
        order by case when $1 = '' then null else u.email_key end, u.created_at desc, u.id
        limit ${pageSize} offset $3::int`,
        [search, `%${search.replace(/[\\%_]/g, '\\$&')}%`, (page - 1) * pageSize],
      ),
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
