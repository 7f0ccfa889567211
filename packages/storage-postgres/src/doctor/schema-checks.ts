import { compareHistory, readApplied } from '../migrate/migration-history.js'
import { migrations } from '../migrate/migrations.generated.js'
import { historyTable, tableNames } from '../migrate/table-names.js'
import type { Check } from './examination.js'
import { ask } from './examination.js'
import { errorFinding } from './finding.js'

/** What is pending, and where the history differs from this version's. */
export const checkMigrations: Check = async ({ connection, schema }) => {
  const { applied } = await readApplied(connection, schema)
  const { version, latest, pending, drift } = compareHistory(schema, migrations, applied)
  const differing = drift.map(({ id, name, problem }) =>
    problem === 'newer'
      ? errorFinding(
          'schema-newer',
          `migration ${id} (${name}) was applied by a newer version`,
          'install the newer torii-storage-postgres that applied it',
        )
      : errorFinding(
          'drift',
          `migration ${id} (${name}) is ${problem}: the database was not made by these migrations`,
          'find out who changed it, and restore the row of torii_migrations or the schema from a backup',
        ),
  )
  if (pending.length === 0) return differing
  return [
    ...differing,
    errorFinding(
      'migrations-pending',
      `schema ${schema} is at version ${version} of ${latest}`,
      'npx torii-storage-postgres migrate',
    ),
  ]
}

/** An index that a migration makes. */
interface MadeIndex {
  readonly name: string
  /** With the schema in it. */
  readonly text: string
}

const indexForm = /^create (?:unique )?index (?:concurrently )?(?:if not exists )?(\w+) [^;]+/gm

/** The indexes that these migrations make, but for those of constraints. */
function madeIndexes(schema: string): readonly MadeIndex[] {
  return migrations.flatMap(({ sql }) =>
    [...sql.matchAll(indexForm)].map(([text, name = '']) => ({
      name,
      text: text.replaceAll(':schema', schema),
    })),
  )
}

interface CatalogueRow {
  missing_tables: string[]
  missing_indexes: string[]
  invalid_indexes: string[]
}

/** Tables and indexes that are missing, and indexes that an interrupted build left invalid. */
export const checkTables: Check = async (examination) => {
  const { schema } = examination
  const indexes = madeIndexes(schema)
  const row = await ask<CatalogueRow>(
    examination,
    `with here as (
       select c.oid, c.relname::text as name from pg_catalog.pg_class c
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace where n.nspname = $1::name
     )
     select array(select t.name from pg_catalog.unnest($2::text[]) as t (name)
         where not exists (select 1 from here h where h.name = t.name)) as missing_tables,
       array(select t.name from pg_catalog.unnest($3::text[]) as t (name)
         where not exists (select 1 from here h where h.name = t.name)) as missing_indexes,
       array(select h.name from here h join pg_catalog.pg_index i on i.indexrelid = h.oid
         where not i.indisvalid order by h.name) as invalid_indexes`,
    [schema, [...tableNames, historyTable], indexes.map(({ name }) => name)],
  )
  const restore = (name: string) => indexes.find((index) => index.name === name)?.text
  return [
    ...row.missing_tables.map((name) =>
      errorFinding(
        'table-missing',
        `table ${schema}.${name} is missing`,
        'restore it from a backup: no migration makes it again',
      ),
    ),
    // The indexes of a missing table are missing with it.
    ...(row.missing_tables.length > 0 ? [] : row.missing_indexes).map((name) =>
      errorFinding(
        'index-missing',
        `index ${schema}.${name} is missing`,
        `${restore(name)?.replace(' index ', ' index concurrently ')}`,
      ),
    ),
    ...row.invalid_indexes.map((name) =>
      errorFinding(
        'index-invalid',
        `index ${schema}.${name} is invalid: an interrupted build left it`,
        `reindex index concurrently ${schema}.${name}`,
      ),
    ),
  ]
}
