import { InvalidOptionsError } from 'torii-core'

const form = /^[a-z_][a-z0-9_]{0,62}$/

/**
 * The quoted name of the schema. Only lower-case letters, digits and `_` are allowed and at most 63 of
 * them, because PostgreSQL silently cuts longer names, so that two names would be one schema.
 * @throws InvalidOptionsError
 */
export function quoteSchema(schema: unknown): string {
  if (typeof schema !== 'string' || !form.test(schema))
    throw new InvalidOptionsError(
      'schema',
      'must be 1 to 63 lower-case letters, digits or underscores, not starting with a digit',
    )
  if (schema.startsWith('pg_') || schema === 'information_schema')
    throw new InvalidOptionsError('schema', 'must not be one of the schemas of PostgreSQL itself')
  return `"${schema}"`
}
