import { InvalidInputError } from 'torii-core'

/** A column of a table, as the catalog has it. */
export interface CatalogColumn {
  readonly table: string
  readonly column: string
  readonly type: string
}

/** The tables of a source. Names are found in every spelling: `userId`, `user_id`, `UserId`. */
export interface Tables {
  /** @throws InvalidInputError if there is none of these names */
  require(names: readonly string[], alias: string): Table
  /** Null if there is none of these names. */
  find(names: readonly string[], alias: string): Table | null
}

/** A table under an alias. What it returns is SQL. */
export interface Table {
  /** `"public"."user" u` */
  readonly from: string
  has(column: string): boolean
  /** @throws InvalidInputError if there is no such column */
  column(name: string): string
  /** `null` if there is no such column. */
  optional(name: string): string
  /** Whether a time is past, judged by the database; false if the column is no timestamp. */
  isOver(name: string): string
}

/** Which tables are read, for messages. */
export interface KnownSource {
  readonly name: string
  /** `Better Auth 1.0 to 1.7` */
  readonly versions: string
}

export function createTables(
  columns: readonly CatalogColumn[],
  schema: string,
  { name: source, versions }: KnownSource,
): Tables {
  const known = `import ${source} reads the tables of ${versions}`
  const find: Tables['find'] = (names, alias) => {
    const table = spelledAs(
      names,
      columns.map(({ table }) => table),
    )
    if (table === null) return null
    const own = columns.filter((column) => column.table === table)
    return createTable({ schema, table, alias, own, known })
  }
  return {
    find,
    require(names, alias) {
      const table = find(names, alias)
      if (table !== null) return table
      throw new InvalidInputError(
        'from',
        `has no table ${JSON.stringify(names[0])} in schema ${JSON.stringify(schema)}; ${known}, and --from-schema names another schema`,
      )
    },
  }
}

interface TableEntry {
  readonly schema: string
  readonly table: string
  readonly alias: string
  readonly own: readonly CatalogColumn[]
  readonly known: string
}

function createTable({ schema, table, alias, own, known }: TableEntry): Table {
  const columnNamed = (name: string) => {
    const found = spelledAs(
      [name],
      own.map(({ column }) => column),
    )
    return own.find(({ column }) => column === found) ?? null
  }
  const sqlOf = ({ column }: CatalogColumn) => `${alias}.${quoteName(column)}`
  return {
    from: `${quoteName(schema)}.${quoteName(table)} ${alias}`,
    has: (name) => columnNamed(name) !== null,
    column(name) {
      const found = columnNamed(name)
      if (found !== null) return sqlOf(found)
      throw new InvalidInputError(
        'from',
        `has no column ${JSON.stringify(name)} in table ${JSON.stringify(table)}; ${known}`,
      )
    },
    optional(name) {
      const found = columnNamed(name)
      return found === null ? 'null' : sqlOf(found)
    },
    isOver(name) {
      const found = columnNamed(name)
      return found?.type.startsWith('timestamp') ? `${sqlOf(found)} <= pg_catalog.now()` : 'false'
    },
  }
}

/** A name of the catalog in one of these spellings, the exact one first. */
function spelledAs(names: readonly string[], given: readonly string[]): string | null {
  for (const name of names) {
    const exact = given.find((each) => each === name)
    const similar = exact ?? given.find((each) => plain(each) === plain(name))
    if (similar !== undefined) return similar
  }
  return null
}

const plain = (name: string) => name.replaceAll('_', '').toLowerCase()

/** A name as an identifier of SQL, whatever it holds. */
const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`

/**
 * The rows of a table that belong to a user, as one list: SQL to join. `fields` are names in the list and their SQL. Grouped once for all
 * users, so that no index on the user's id is needed.
 */
export function listOf(
  table: Table,
  {
    as,
    owner,
    user,
    fields,
    where = 'true',
  }: {
    /** Alias whose `list` the query selects. */
    readonly as: string
    /** Column with the user's id. */
    readonly owner: string
    /** SQL of the user's id as text. */
    readonly user: string
    readonly fields: Readonly<Record<string, string>>
    readonly where?: string
  },
): string {
  const pairs = Object.entries(fields).map(([name, sql]) => `'${name}', ${sql}`)
  return `left join (
    select ${table.column(owner)}::text as owner, pg_catalog.json_agg(pg_catalog.json_build_object(${pairs.join(', ')})) as list
    from ${table.from} where ${where} group by 1
  ) ${as} on ${as}.owner = ${user}`
}
