import { columnTypeOf } from './column-types.js'
import type { DefinedSchema } from './definition-text.js'
import { camelCase, columnLines, headerLines, modelName, tableLines } from './definition-text.js'
import type {
  ReferenceAction,
  Table,
  TableColumn,
  TableIndex,
  TableKey,
  TableReference,
} from './read-tables.js'

/** Prints the tables as models for Prisma, for a schema of several files and `schemas` in its datasource. */
export function defineForPrisma(defined: DefinedSchema): string {
  const { schema, tables } = defined
  const outside = tables.map(({ name }) => `${schema}.${name}`).join(', ')
  return [
    ...headerLines('prisma', defined).map((line) => `// ${line}`.trimEnd()),
    '//',
    `// The datasource needs schemas = [..., ${JSON.stringify(schema)}]. Keep Prisma Migrate away from these tables, by tables.external`,
    `// of prisma.config.ts: ${outside}`,
    ...tables.flatMap((table) => model(table, defined)),
    '',
  ].join('\n')
}

function model(table: Table, { schema, tables }: DefinedSchema): string[] {
  const taken = new Set(table.columns.map(({ name }) => camelCase(name)))
  const relations = [
    ...table.references.map((reference) => forward(reference, table, taken)),
    ...tables.flatMap((other) =>
      other.references
        .filter(({ target }) => target === table.name)
        .map((reference) => backward(reference, other, taken)),
    ),
  ]
  return [
    '',
    ...tableLines(table).map((line) => `/// ${line}`),
    `model ${modelName(table.name)} {`,
    ...table.columns.flatMap(field),
    ...(relations.length === 0 ? [] : ['', ...relations]),
    '',
    ...table.keys.map(key),
    ...table.indexes.map(index),
    // Without a key Prisma cannot tell one row from another.
    ...(table.keys.length === 0 ? ['  @@ignore'] : []),
    `  @@map(${JSON.stringify(table.name)})`,
    `  @@schema(${JSON.stringify(schema)})`,
    '}',
  ]
}

function field(column: TableColumn): string[] {
  const [type = '', native] = columnTypeOf(column).prisma.split(' ')
  const list = column.isArray ? '[]' : column.isNullable ? '?' : ''
  const name = camelCase(column.name)
  const attributes = [
    ...(native === undefined ? [] : [native]),
    ...defaultOf(column),
    ...(name === column.name ? [] : [`@map(${JSON.stringify(column.name)})`]),
  ]
  return [
    ...columnLines(column).map((line) => `  /// ${line}`),
    `  ${[name, `${type}${list}`, ...attributes].join(' ')}`,
  ]
}

/** An expression that only the database can compute is named as such. */
function defaultOf({ identity, isGenerated, expression, type }: TableColumn): string[] {
  if (identity !== null) return ['@default(autoincrement())']
  if (expression === null) return []
  if (!isGenerated && expression === 'now()') return ['@default(now())']
  if (!isGenerated && /^(?:\d+|true|false)$/.test(expression) && type !== 'text')
    return [`@default(${expression})`]
  return [`@default(dbgenerated(${JSON.stringify(expression)}))`]
}

/** The name of a field that no column and no other field has. */
function freeName(name: string, taken: Set<string>): string {
  const free = taken.has(name) ? freeName(`${name}Row`, taken) : name
  taken.add(free)
  return free
}

const fieldsOf = (columns: readonly string[]) => `[${columns.map(camelCase).join(', ')}]`

const actions: Readonly<Record<ReferenceAction, string>> = {
  cascade: 'Cascade',
  'set null': 'SetNull',
  'set default': 'SetDefault',
  restrict: 'Restrict',
  'no action': 'NoAction',
}

function forward(
  { name, columns, target, targetColumns, onDelete, onUpdate }: TableReference,
  table: Table,
  taken: Set<string>,
): string {
  const isOptional = table.columns.some((one) => one.isNullable && columns.includes(one.name))
  const own = freeName(
    camelCase(columns.length === 1 ? withoutId(columns[0] ?? '') : target),
    taken,
  )
  const facts = [
    JSON.stringify(name),
    `fields: ${fieldsOf(columns)}`,
    `references: ${fieldsOf(targetColumns)}`,
    `onDelete: ${actions[onDelete]}`,
    `onUpdate: ${actions[onUpdate]}`,
    `map: ${JSON.stringify(name)}`,
  ]
  return `  ${own} ${modelName(target)}${isOptional ? '?' : ''} @relation(${facts.join(', ')})`
}

/** `user_id` refers to a user. */
const withoutId = (column: string) => column.replace(/_id$/, '')

/** Prisma needs the other side of a relation: one row where the columns are unique, else a list. */
function backward({ name, columns }: TableReference, from: Table, taken: Set<string>): string {
  const isSingle = from.keys.some((key) => key.columns.every((column) => columns.includes(column)))
  const own = freeName(camelCase(from.name), taken)
  return `  ${own} ${modelName(from.name)}${isSingle ? '?' : '[]'} @relation(${JSON.stringify(name)})`
}

const key = ({ name, isPrimary, columns }: TableKey): string =>
  `  ${isPrimary ? '@@id' : '@@unique'}(${fieldsOf(columns)}, map: ${JSON.stringify(name)})`

/** Prisma knows neither indexes on expressions nor partial ones. */
function index({ name, isUnique, method, parts, condition }: TableIndex): string {
  if (condition !== null || method !== 'btree' || parts.some(({ isColumn }) => !isColumn))
    return `  // Index ${name} of the database cannot be expressed here.`
  const fields = parts.map(
    ({ text, isDescending }) => `${camelCase(text)}${isDescending ? '(sort: Desc)' : ''}`,
  )
  return `  ${isUnique ? '@@unique' : '@@index'}([${fields.join(', ')}], map: ${JSON.stringify(name)})`
}
