import type { TableColumn } from './read-tables.js'

/** A type of PostgreSQL in the definitions of each library. Values are those that the driver `pg` returns. */
export interface ColumnType {
  /** The call of `drizzle-orm/pg-core` for a column, where NAME stands for its name. */
  readonly drizzle: string
  readonly prisma: string
  readonly kysely: string
}

const plain = (drizzle: string, prisma: string, kysely: string): ColumnType => ({
  drizzle: `pg.${drizzle}(NAME)`,
  prisma,
  kysely,
})

const columnTypes: ReadonlyMap<string, ColumnType> = new Map([
  [
    'bigint',
    { drizzle: "pg.bigint(NAME, { mode: 'bigint' })", prisma: 'BigInt', kysely: 'string' },
  ],
  ['boolean', plain('boolean', 'Boolean', 'boolean')],
  ['bytea', { drizzle: 'bytea(NAME)', prisma: 'Bytes', kysely: 'Buffer' }],
  ['character varying', plain('varchar', 'String @db.VarChar', 'string')],
  ['date', plain('date', 'DateTime @db.Date', 'Date')],
  ['double precision', plain('doublePrecision', 'Float', 'number')],
  ['inet', plain('inet', 'String @db.Inet', 'string')],
  ['integer', plain('integer', 'Int', 'number')],
  ['json', plain('json', 'Json @db.Json', 'unknown')],
  ['jsonb', plain('jsonb', 'Json', 'unknown')],
  ['numeric', plain('numeric', 'Decimal', 'string')],
  ['real', plain('real', 'Float @db.Real', 'number')],
  ['smallint', plain('smallint', 'Int @db.SmallInt', 'number')],
  ['text', plain('text', 'String', 'string')],
  [
    'timestamp with time zone',
    {
      drizzle: 'pg.timestamp(NAME, { withTimezone: true })',
      prisma: 'DateTime @db.Timestamptz(6)',
      kysely: 'Date',
    },
  ],
  ['timestamp without time zone', plain('timestamp', 'DateTime @db.Timestamp(6)', 'Date')],
  ['uuid', plain('uuid', 'String @db.Uuid', 'string')],
])

/** Returns the definitions of the elements of a column's type; of a type that is not known here, by its name. */
export const columnTypeOf = ({ type }: TableColumn): ColumnType =>
  columnTypes.get(type) ?? {
    drizzle: `pg.customType<{ data: unknown }>({ dataType: () => ${JSON.stringify(type)} })(NAME)`,
    prisma: `Unsupported(${JSON.stringify(type)})`,
    kysely: 'unknown',
  }

/**
 * Whether a column holds a secret or its hash: binary values, and texts that are named so. Torii alone reads and writes
 * it.
 */
export const isSensitive = ({ name, type }: TableColumn): boolean =>
  type === 'bytea' || (type === 'text' && /(?:^|_)(?:hash|secret|token|code)s?$/.test(name))
