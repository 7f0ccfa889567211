import type { ProfileChanges } from 'torii-core'
import { checkMetadata, checkName, checkPicture, InvalidInputError, invalidValue } from 'torii-core'

/** The fields that users may change themselves. The id, the verified flag and the epochs are never among them. */
const fields = ['name', 'picture', 'metadata'] as const

/**
 * Reads and validates the fields to change, each once. Refuses any other field by its name, so a request that contains
 * `emailVerified` changes nothing.
 * @throws InvalidInputError before any query
 */
export function readProfile<Metadata extends object>(
  value: ProfileChanges<Metadata>,
): ProfileChanges<Metadata> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidInputError('changes', 'must be { name?, picture?, metadata? }')
  const unknown = Reflect.ownKeys(value).find((key) => !fields.some((field) => field === key))
  if (unknown !== undefined) throw invalidValue(describe(unknown), 'cannot be changed here')
  const { name, picture, metadata } = value
  if (metadata !== undefined) checkMetadata(metadata)
  return {
    ...(name === undefined ? {} : { name: checkName(name) }),
    ...(picture === undefined ? {} : { picture: checkPicture(picture) }),
    ...(metadata === undefined ? {} : { metadata }),
  }
}

/** {@link readProfile} of at least one field. @throws InvalidInputError before any query */
export function readChanges<Metadata extends object>(
  value: ProfileChanges<Metadata>,
): ProfileChanges<Metadata> {
  const profile = readProfile(value)
  if (Object.keys(profile).length === 0)
    throw invalidValue('changes', 'must contain at least one field')
  return profile
}

/** Truncates a name from the input, and replaces characters that a log or a page would interpret. */
const describe = (key: string | symbol): string =>
  String(key)
    .slice(0, 64)
    .replace(/[^\w.-]/g, '?')
