import { historyTable, tableNames } from '../migrate/table-names.js'
import type { Check } from './examination.js'
import { ask } from './examination.js'
import { errorFinding } from './finding.js'

interface RightsRow {
  role: string
  usage: boolean
  missing: string[]
}

/** What the role may not do with the tables that are there. */
export const checkRights: Check = async (examination) => {
  const { schema } = examination
  const { role, usage, missing } = await ask<RightsRow>(
    examination,
    `select current_user::text as role,
       coalesce((select pg_catalog.has_schema_privilege(n.oid, 'usage')
         from pg_catalog.pg_namespace n where n.nspname = $1::name), true) as usage,
       array(
         select p.name || ' on ' || $1::text || '.' || c.relname::text
         from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace,
           pg_catalog.unnest(array['select', 'insert', 'update', 'delete']) as p (name)
         where n.nspname = $1::name and c.relkind in ('r', 'p')
           and (c.relname = any ($2::name[]) or (c.relname = $3::name and p.name = 'select'))
           and not pg_catalog.has_table_privilege(c.oid, p.name)
         order by c.relname, p.name) as missing`,
    [schema, [...tableNames], historyTable],
  )
  const fix = `as the owner of the schema: npx torii-storage-postgres migrate --grant-to ${role}`
  if (!usage)
    return [errorFinding('rights', `the role ${role} may not use the schema ${schema}`, fix)]
  if (missing.length === 0) return []
  const [first] = missing
  const others = missing.length === 1 ? '' : `, and ${missing.length - 1} more`
  return [errorFinding('rights', `the role ${role} lacks ${first}${others}`, fix)]
}
