import { historyTable, tableNames } from '../migrate/table-names.js'

/** Any function that runs a statement in a transaction. */
export type DefinitionQuery = (
  text: string,
  values?: readonly unknown[],
) => Promise<{ rows: readonly unknown[] }>

/** A column as the database has it. */
export interface TableColumn {
  readonly name: string
  /** `timestamp with time zone`, `text`; of an array, that of its elements. */
  readonly type: string
  readonly isArray: boolean
  readonly isNullable: boolean
  readonly identity: 'always' | 'by default' | null
  readonly isGenerated: boolean
  /** The expression of the default, or of a generated column. */
  readonly expression: string | null
  readonly comment: string | null
}

/** A primary key or a unique constraint. */
export interface TableKey {
  readonly name: string
  readonly isPrimary: boolean
  readonly columns: readonly string[]
}

/** What happens to the rows when the row they refer to is deleted or its key changes. */
export type ReferenceAction = 'cascade' | 'set null' | 'set default' | 'restrict' | 'no action'

/** A foreign key to a table of the same schema. */
export interface TableReference {
  readonly name: string
  readonly columns: readonly string[]
  readonly target: string
  readonly targetColumns: readonly string[]
  readonly onDelete: ReferenceAction
  readonly onUpdate: ReferenceAction
}

/** An index that no constraint made. */
export interface TableIndex {
  readonly name: string
  readonly isUnique: boolean
  readonly method: string
  /** A column, or an expression where `isColumn` is false. */
  readonly parts: readonly {
    readonly text: string
    readonly isColumn: boolean
    readonly isDescending: boolean
  }[]
  /** The condition of a partial index. */
  readonly condition: string | null
}

/** A table as the database has it. */
export interface Table {
  readonly name: string
  readonly comment: string | null
  readonly columns: readonly TableColumn[]
  readonly keys: readonly TableKey[]
  readonly references: readonly TableReference[]
  readonly indexes: readonly TableIndex[]
}

/** The tables of a schema that have columns: without, there is nothing to read. In `public` are tables of others, so there ours are found by name. */
const ours = `
  select c.oid, c.relname from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1::name and c.relkind in ('r', 'p') and not c.relispartition
    and exists (select from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)
    and (n.nspname <> 'public' or c.relname::text = any ($2::text[]))`

const namesOf = (relation: string, numbers: string) => `
  (select pg_catalog.json_agg(a.attname order by u.position)
    from pg_catalog.unnest(${numbers}) with ordinality u (number, position)
    join pg_catalog.pg_attribute a on a.attrelid = ${relation} and a.attnum = u.number)`

const actionOf = (code: string) => `
  case ${code} when 'c' then 'cascade' when 'n' then 'set null' when 'd' then 'set default'
    when 'r' then 'restrict' else 'no action' end`

const queries = {
  tables: `
    select o.relname as "table", o.relname as name, pg_catalog.obj_description(o.oid, 'pg_class') as comment
    from (${ours}) o order by o.relname collate "C"`,
  columns: `
    select o.relname as "table", a.attname as name, e.oid is not null as "isArray",
      pg_catalog.format_type(coalesce(e.oid, t.oid), null) as type, not a.attnotnull as "isNullable",
      case a.attidentity when 'a' then 'always' when 'd' then 'by default' end as identity,
      a.attgenerated <> '' as "isGenerated",
      pg_catalog.pg_get_expr(d.adbin, d.adrelid) as expression,
      pg_catalog.col_description(o.oid, a.attnum) as comment
    from (${ours}) o
    join pg_catalog.pg_attribute a on a.attrelid = o.oid
    join pg_catalog.pg_type t on t.oid = a.atttypid
    left join pg_catalog.pg_type e on e.oid = t.typelem and t.typcategory = 'A'
    left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attnum > 0 and not a.attisdropped
    order by a.attnum`,
  keys: `
    select o.relname as "table", k.conname as name, k.contype = 'p' as "isPrimary",
      ${namesOf('k.conrelid', 'k.conkey')} as columns
    from (${ours}) o join pg_catalog.pg_constraint k on k.conrelid = o.oid
    where k.contype in ('p', 'u')
    order by k.conname collate "C"`,
  references: `
    select o.relname as "table", k.conname as name, f.relname as target,
      ${namesOf('k.conrelid', 'k.conkey')} as columns, ${namesOf('k.confrelid', 'k.confkey')} as "targetColumns",
      ${actionOf('k.confdeltype')} as "onDelete", ${actionOf('k.confupdtype')} as "onUpdate"
    from (${ours}) o join pg_catalog.pg_constraint k on k.conrelid = o.oid
    join (${ours}) f on f.oid = k.confrelid
    where k.contype = 'f'
    order by k.conname collate "C"`,
  indexes: `
    select o.relname as "table", x.relname as name, i.indisunique as "isUnique", m.amname as method,
      pg_catalog.pg_get_expr(i.indpred, i.indrelid) as condition,
      (select pg_catalog.json_agg(pg_catalog.json_build_object(
          'text', case when i.indkey[p - 1] = 0 then pg_catalog.pg_get_indexdef(x.oid, p, false) else a.attname::text end,
          'isColumn', i.indkey[p - 1] <> 0, 'isDescending', i.indoption[p - 1] & 1 = 1) order by p)
        from pg_catalog.generate_series(1, i.indnkeyatts::int) p
        left join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[p - 1]) as parts
    from (${ours}) o join pg_catalog.pg_index i on i.indrelid = o.oid
    join pg_catalog.pg_class x on x.oid = i.indexrelid
    join pg_catalog.pg_am m on m.oid = x.relam
    where not exists (select from pg_catalog.pg_constraint k
      where k.conindid = x.oid and k.contype in ('p', 'u', 'x'))
    order by x.relname collate "C"`,
} as const

/**
 * Reads the tables of a schema from the catalog, those of the current migrations and of any later one.
 * @param schema the plain name
 */
export async function readTables(query: DefinitionQuery, schema: string): Promise<Table[]> {
  // On the search path depends which names PostgreSQL qualifies.
  await query("select pg_catalog.set_config('search_path', 'pg_catalog', true)")
  const read = async <Row>(text: string) =>
    // Each query names the members of its rows.
    (await query(text, [schema, [...tableNames, historyTable]])).rows as (Row & { table: string })[]
  const tables = await read<Pick<Table, 'name' | 'comment'>>(queries.tables)
  const columns = await read<TableColumn>(queries.columns)
  const keys = await read<TableKey>(queries.keys)
  const references = await read<TableReference>(queries.references)
  const indexes = await read<TableIndex>(queries.indexes)
  return tables.map(({ name, comment }) => {
    const of = <Row extends { table: string }>(rows: readonly Row[]) =>
      rows.filter(({ table }) => table === name)
    return {
      name,
      comment,
      columns: of(columns),
      keys: of(keys),
      references: of(references),
      indexes: of(indexes),
    }
  })
}
