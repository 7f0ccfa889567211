import type pg from 'pg'
import type { SecretSearch } from './issued-secrets.js'

/** The tables of a database that hold a secret in some row: each row as text, bytes as hex. */
export async function secretsAtRest(client: pg.Client, search: SecretSearch): Promise<string[]> {
  const { rows: tables } = await client.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
     order by name`,
  )
  const holding: string[] = []
  for (const { name } of tables) {
    const { rows } = await client.query<{ text: string }>(`select t::text as text from ${name} t`)
    if (search.count(rows.map(({ text }) => text).join('\n')) > 0) holding.push(name)
  }
  return holding
}
