import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after } from 'node:test'
import pg from 'pg'
import { Torii } from 'torii-auth'
import { PostgresStorage } from 'torii-storage-postgres'

/** Opens Torii on the PostgreSQL of DATABASE_URL, with a table of the application. */
export async function openSite() {
  const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })
  const storage = new PostgresStorage(pool)
  after(async () => {
    await storage.close()
    await pool.end()
  })
  await storage.migrate()
  await pool.query(`create table if not exists customers (
    user_id uuid primary key references torii.users (id) on delete cascade, plan text not null)`)
  return { pool, storage, torii: new Torii(storage, { baseUrl: 'https://app.example', log: null }) }
}

/** The database keeps microseconds, which libraries round differently. */
export function assertSameTime(time: Date | undefined, other: Date) {
  assert.ok(time !== undefined && Math.abs(time.getTime() - other.getTime()) <= 1, String(time))
}

export const newEmail = () => `${randomBytes(8).toString('hex')}@example.com`

/** The columns of every table of Torii that has some, as the catalog has them. */
export async function columnsOfTables(pool: pg.Pool) {
  const { rows } = await pool.query<{ table: string; columns: Column[] }>(`
    select c.relname as table, json_agg(json_build_object('name', a.attname,
      'type', format_type(a.atttypid, a.atttypmod), 'notNull', a.attnotnull) order by a.attname) as columns
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'torii'::regnamespace and c.relkind = 'r'
    group by c.relname order by c.relname`)
  return new Map(rows.map(({ table, columns }) => [table, columns]))
}

export interface Column {
  readonly name: string
  readonly type: string
  readonly notNull: boolean
}

/** The constraints of these kinds and the indexes that no constraint made, as `table.name`. */
export async function namesOf(pool: pg.Pool, kinds: string) {
  const { rows } = await pool.query<{ name: string }>(
    `select c.relname || '.' || k.conname as name from pg_constraint k join pg_class c on c.oid = k.conrelid
     where k.connamespace = 'torii'::regnamespace and strpos($1, k.contype::text) > 0
     union all
     select c.relname || '.' || x.relname from pg_index i join pg_class x on x.oid = i.indexrelid
     join pg_class c on c.oid = i.indrelid
     where x.relnamespace = 'torii'::regnamespace and strpos($1, 'i') > 0
       and not exists (select from pg_constraint k where k.conindid = x.oid)`,
    [kinds],
  )
  return rows.map(({ name }) => name).sort()
}
