import { columnTypeOf } from './column-types.js'
import type { DefinedSchema } from './definition-text.js'
import {
  columnLines,
  docComment,
  headerLines,
  modelName,
  quoted,
  tableLines,
} from './definition-text.js'
import type { Table, TableColumn } from './read-tables.js'

/** Prints the tables as interfaces for Kysely. Queries can read their columns, and no insert or update compiles. */
export function defineForKysely(defined: DefinedSchema): string {
  const { schema, tables } = defined
  return [
    ...headerLines('kysely', defined).map((line) => `// ${line}`.trimEnd()),
    "import type { ColumnType } from 'kysely'",
    '',
    '/** A column that Torii writes: no value of an insert or update is of its type. */',
    "type Owned<Value> = ColumnType<Value, { 'Torii writes this column': never }, never>",
    '',
    '/** The tables by their names in queries. Combine them with those of your application. */',
    'export interface ToriiDatabase {',
    ...tables.map(({ name }) => `  ${quoted(`${schema}.${name}`)}: ${modelName(name)}`),
    '}',
    ...tables.flatMap(table),
    '',
  ].join('\n')
}

const table = (one: Table): string[] => [
  '',
  ...docComment(tableLines(one), ''),
  `export interface ${modelName(one.name)} {`,
  ...one.columns.flatMap(column),
  '}',
]

function column(one: TableColumn): string[] {
  const { kysely } = columnTypeOf(one)
  const value = one.isArray ? `${kysely}[]` : kysely
  const type = one.isNullable && kysely !== 'unknown' ? `${value} | null` : value
  const name = /^[A-Za-z_]\w*$/.test(one.name) ? one.name : quoted(one.name)
  return [...docComment(columnLines(one), '  '), `  ${name}: Owned<${type}>`]
}
