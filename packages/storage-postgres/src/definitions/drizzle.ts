import { columnTypeOf } from './column-types.js'
import type { DefinedSchema } from './definition-text.js'
import {
  camelCase,
  columnLines,
  docComment,
  headerLines,
  quoted,
  tableLines,
} from './definition-text.js'
import type { Table, TableColumn, TableIndex, TableKey, TableReference } from './read-tables.js'

/** Prints the tables as definitions for Drizzle: columns, defaults, keys and indexes. */
export function defineForDrizzle(defined: DefinedSchema): string {
  const { schema, tables } = defined
  const hasBytes = tables.some(({ columns }) => columns.some(({ type }) => type === 'bytea'))
  const text = tables.flatMap((one) => table(one, schema))
  // Drizzle refuses to define `public`: it is where its tables are anyway.
  const own = schema === 'public' ? [] : ['', `export const torii = pg.pgSchema(${quoted(schema)})`]
  const bytes = ['', "const bytea = pg.customType<{ data: Buffer }>({ dataType: () => 'bytea' })"]
  return [
    ...headerLines('drizzle', defined).map((line) => `// ${line}`.trimEnd()),
    ...(text.some((line) => line.includes('sql`')) ? ["import { sql } from 'drizzle-orm'"] : []),
    "import * as pg from 'drizzle-orm/pg-core'",
    ...own,
    ...(hasBytes ? bytes : []),
    ...text,
    '',
  ].join('\n')
}

function table(one: Table, schema: string): string[] {
  const create = schema === 'public' ? 'pg.pgTable' : 'torii.table'
  const extras = [
    ...one.keys.flatMap((each) => key(each)),
    ...one.references.flatMap((each) => reference(each, one)),
    ...one.indexes.map(index),
  ]
  const end = extras.length === 0 ? ['})'] : ['}, (table) => [', ...extras, '])']
  return [
    '',
    ...docComment(tableLines(one), ''),
    `export const ${camelCase(one.name)} = ${create}(${quoted(one.name)}, {`,
    ...one.columns.flatMap(column),
    ...end,
  ]
}

function column(one: TableColumn): string[] {
  const call = columnTypeOf(one).drizzle.replace('NAME', () => quoted(one.name))
  const steps = [one.isArray ? '.array()' : '', one.isNullable ? '' : '.notNull()', defaultOf(one)]
  return [
    ...docComment(columnLines(one), '  '),
    `  ${camelCase(one.name)}: ${call}${steps.join('')},`,
  ]
}

function defaultOf({ identity, isGenerated, expression }: TableColumn): string {
  if (identity !== null)
    return identity === 'always'
      ? '.generatedAlwaysAsIdentity()'
      : '.generatedByDefaultAsIdentity()'
  if (expression === null) return ''
  return isGenerated ? `.generatedAlwaysAs(${sqlOf(expression)})` : `.default(${sqlOf(expression)})`
}

/** SQL as a tagged template. */
const sqlOf = (text: string): string => `sql\`${text.replace(/[\\`$]/g, '\\$&')}\``

const columnsOf = (columns: readonly string[], owner = 'table') =>
  `[${columns.map((name) => `${owner}.${camelCase(name)}`).join(', ')}]`

const key = ({ name, isPrimary, columns }: TableKey): string[] =>
  isPrimary
    ? [`  pg.primaryKey({ name: ${quoted(name)}, columns: ${columnsOf(columns)} }),`]
    : [`  pg.unique(${quoted(name)}).on(${columnsOf(columns).slice(1, -1)}),`]

function reference(
  { name, columns, target, targetColumns, onDelete, onUpdate }: TableReference,
  { name: from }: Table,
): string[] {
  const foreign = columnsOf(targetColumns, target === from ? 'table' : camelCase(target))
  return [
    '  pg',
    '    .foreignKey({',
    `      name: ${quoted(name)},`,
    `      columns: ${columnsOf(columns)},`,
    `      foreignColumns: ${foreign},`,
    '    })',
    `    .onDelete(${quoted(onDelete)})`,
    `    .onUpdate(${quoted(onUpdate)}),`,
  ]
}

function index({ name, isUnique, method, parts, condition }: TableIndex): string {
  const create = isUnique ? 'uniqueIndex' : 'index'
  const on = parts.map(({ text, isColumn, isDescending }) => {
    const part = isColumn ? `table.${camelCase(text)}` : sqlOf(text)
    return isColumn && isDescending ? `${part}.desc()` : part
  })
  const where = condition === null ? '' : `.where(${sqlOf(condition)})`
  return `  pg.${create}(${quoted(name)}).using(${[quoted(method), ...on].join(', ')})${where},`
}
