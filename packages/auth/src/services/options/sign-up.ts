import type { Json } from 'torii-core'
import { InvalidOptionsError } from 'torii-core'
import { readFunction, readSection } from '../../base/option-checks.js'
import type { StandardSchema } from '../../base/standard-schema.js'
import { isStandardSchema } from '../../base/standard-schema.js'

/** The application's own fields of a registration. `Fields` is the type of what the schema returns. */
export interface SignUpOptions<Metadata extends object = Record<string, Json>, Fields = unknown> {
  /**
   * Validates the `fields` of a registration: a schema of any library with Standard Schema 1. It runs before anything is
   * counted, hashed or queried, so it must not use a database. Without it, a registration with `fields` is refused.
   */
  fields?: StandardSchema<Fields>
  /**
   * Returns the metadata of the new account from its validated fields; they are stored in the commit that creates it
   * (default: no metadata; `hooks.onUserCreated` receives the fields either way). Needs `fields`.
   */
  metadata?(fields: Fields): Metadata
}

/** The validated options. Null for an option that is absent. */
export interface ResolvedSignUp {
  readonly fields: StandardSchema<unknown> | null
  readonly metadata: ((fields: unknown) => unknown) | null
}

/** @throws InvalidOptionsError */
export function resolveSignUp(value: unknown): ResolvedSignUp {
  const given = readSection(value, 'signUp', ['fields', 'metadata'])
  const { fields = null } = given
  if (fields !== null && !isStandardSchema(fields))
    throw new InvalidOptionsError(
      'signUp.fields',
      'must be a schema with Standard Schema 1, such as z.strictObject({ … }) of Zod 3.24 or newer',
    )
  const metadata =
    readFunction<NonNullable<ResolvedSignUp['metadata']>>(given.metadata, 'signUp.metadata') ?? null
  if (metadata !== null && fields === null)
    throw new InvalidOptionsError('signUp.metadata', 'needs the option signUp.fields')
  return Object.freeze({ fields, metadata })
}
