import { sqlStateOf } from '../driver/error-classes.js'
import { historyTable, tableNames } from './table-names.js'

const tables = [historyTable, ...tableNames].join('|')

/**
 * Whether a statement of the application failed because Torii's schema or one of its tables does not exist. The server
 * says which by its message only, whose words depend on `lc_messages`; the names in it do not. A name that Torii has no
 * table of is a mistake of the statement.
 * @param schema quoted identifier
 */
export function isMissingTable(error: unknown, schema: string): boolean {
  if (!(error instanceof Error)) return false
  const name = schema.slice(1, -1)
  switch (sqlStateOf(error)) {
    case '3F000': // invalid_schema_name
      return new RegExp(`(?<![\\w.])${name}(?![\\w.])`).test(error.message)
    case '42P01': // undefined_table
      return new RegExp(`(?<![\\w.])${name}\\.(?:${tables})(?![\\w.])`).test(error.message)
    default:
      return false
  }
}
