/*
 * How the results of our own statements are read, whatever parsers the application gave its driver: `pg` keeps one list
 * of parsers for the whole process (`pg.types.setTypeParser`) and one for each client, and PGlite one for each database.
 * The application's own statements are read as the application wants.
 */

/** What `pg` takes as the member `types` of a query; it goes before the parsers of the client and of the process. */
export interface ResultTypes {
  getTypeParser(oid: number): (value: string) => unknown
}

/** Reads what the server sends in the text format, the only one that `pg` takes without loss. */
type Reader = (value: string) => unknown

const asSent: Reader = (value) => value

/** The types of PostgreSQL that our statements return, by the numbers that they have on every server. */
const readers: ReadonlyMap<number, Reader> = new Map<number, Reader>([
  [16, (value) => value === 't'], // bool
  [17, readBytes], // bytea
  [19, asSent], // name
  [20, Number], // int8: milliseconds since 1970
  [23, Number], // int4
  [25, asSent], // text
  [114, JSON.parse], // json
  [701, Number], // float8
  [1009, readTexts], // text[]
  [1184, asSent], // timestamptz: no caller reads one
  [2950, asSent], // uuid
  [3802, JSON.parse], // jsonb
])

/** For the queries that go to `pg`. */
export const resultTypes: ResultTypes = { getTypeParser: (oid) => readers.get(oid) ?? asSent }

/** For the queries that go to PGlite, as its option `parsers`. */
export const resultParsers: Readonly<Record<number, (value: string) => unknown>> =
  Object.fromEntries(readers)

/** Reads both forms of `bytea_output`. */
function readBytes(value: string): Buffer {
  if (value.startsWith('\\x')) return Buffer.from(value.slice(2), 'hex')
  const bytes = value.replace(/\\(\\|[0-7]{3})/g, (_, code: string) =>
    code === '\\' ? code : String.fromCharCode(Number.parseInt(code, 8)),
  )
  return Buffer.from(bytes, 'latin1')
}

/** Reads an array of one dimension; an element without quotes that reads NULL is null. */
function readTexts(value: string): (string | null)[] {
  const elements = value.slice(1, -1).matchAll(/"((?:[^"\\]|\\.)*)"|([^,]+)/gs)
  return [...elements].map(([, quoted, plain = '']) => {
    if (quoted !== undefined) return quoted.replace(/\\(.)/gs, '$1')
    return plain === 'NULL' ? null : plain
  })
}
