import type { DefinedSchema } from './definition-text.js'
import { defineForDrizzle } from './drizzle.js'
import { defineForKysely } from './kysely.js'
import { defineForPrisma } from './prisma.js'
import type { DefinitionQuery } from './read-tables.js'
import { readTables } from './read-tables.js'

const libraries = {
  drizzle: defineForDrizzle,
  prisma: defineForPrisma,
  kysely: defineForKysely,
} as const satisfies Readonly<Record<string, (defined: DefinedSchema) => string>>

/** A library whose definitions can be printed. */
export type DefinitionLibrary = keyof typeof libraries

export const definitionLibraries = Object.keys(libraries) as readonly DefinitionLibrary[]

export const isDefinitionLibrary = (name: string): name is DefinitionLibrary =>
  Object.hasOwn(libraries, name)

/**
 * Returns the definitions of the tables of a migrated schema for a library, read from the catalog.
 * @param schema the plain name
 */
export async function defineTables(
  library: DefinitionLibrary,
  query: DefinitionQuery,
  { schema, version }: Pick<DefinedSchema, 'schema' | 'version'>,
): Promise<string> {
  const tables = await readTables(query, schema)
  return libraries[library]({ schema, version, tables })
}
