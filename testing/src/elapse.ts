import type { CatalogueQuery } from './catalogue.js'

/**
 * Moves every stored time of the schema back by so many seconds, as if that much time had passed:
 * tests move rows, never clocks. The migration history keeps its times.
 */
export async function elapse(
  query: CatalogueQuery,
  schema: string,
  seconds: number,
): Promise<void> {
  const { rows } = await query(
    `select c.relname as table_name, string_agg(format('%1$I = %1$I - make_interval(secs => %2$s)', a.attname, $2::float8), ', ') as assignments
     from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = $1::text::regnamespace and c.relkind = 'r' and c.relname <> 'torii_migrations'
       and a.atttypid = 'timestamptz'::regtype and a.attnum > 0 and not a.attisdropped
     group by c.relname`,
    [schema, seconds],
  )
  for (const row of rows) {
    const { table_name, assignments } = row as { table_name: string; assignments: string }
    await query(`update ${schema}.${table_name} set ${assignments}`, [])
  }
}
