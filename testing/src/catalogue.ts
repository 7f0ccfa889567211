import {
  columnsQuery,
  commentsQuery,
  constraintsQuery,
  indexesQuery,
  tablesQuery,
} from './catalogue-queries.js'

/** Any function that runs a statement: of `pg`, of PGlite, of a test database. */
export type CatalogueQuery = (text: string, values?: unknown[]) => Promise<{ rows: unknown[] }>

/**
 * The tables of a schema as readable SQL, made from pg_catalog: columns, defaults, storage options, constraints,
 * indexes, comments. Equal schemas give equal text on PostgreSQL 12 to 18 and PGlite, whatever their name: it is
 * written `torii`. Everything is in order of name, columns in their own order.
 */
export async function catalogue(query: CatalogueQuery, schema: string): Promise<string> {
  const lines = async (text: string) => (await query(text, [schema])).rows.map(readLine)
  // One after the other: a caller may hand us a single connection.
  const tables = await lines(tablesQuery)
  const columns = await lines(columnsQuery)
  const constraints = await lines(constraintsQuery)
  const rest = [...(await lines(indexesQuery)), ...(await lines(commentsQuery))]
  const of = (table: string, all: Line[]) =>
    all.filter((line) => line.table === table).map((line) => line.text)
  const blocks = tables.map(({ table, text }) => {
    const body = [...of(table, columns), ...of(table, constraints)]
      .map((line) => `  ${line}`)
      .join(',\n')
    return [
      `create table torii.${table} (\n${body}\n)${text};`,
      ...of(table, rest).map((line) => `${line};`),
    ].join('\n')
  })
  return blocks.map((block) => `${withoutName(block, schema)}\n`).join('\n')
}

interface Line {
  table: string
  text: string
}

function readLine(row: unknown): Line {
  if (typeof row !== 'object' || row === null || !('table' in row) || !('text' in row))
    throw new Error('not a row of the catalogue')
  return { table: String(row.table), text: String(row.text) }
}

/** PostgreSQL qualifies names within constraints, indexes and defaults. */
function withoutName(text: string, schema: string): string {
  const quoted = `"${schema.replaceAll('"', '""')}"`
  const plain = schema.replaceAll(/[^a-z0-9_]/g, '\\$&')
  return text
    .replaceAll(`${quoted}.`, 'torii.')
    .replaceAll(new RegExp(`(?<![\\w".])${plain}\\.`, 'g'), 'torii.')
}
