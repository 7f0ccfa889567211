import type { ProfileChanges } from 'torii-core'
import { checkMetadata, checkName, checkPicture, InvalidInputError } from 'torii-core'

/** What a person may say of themselves. All else (the id, the verified flag, the epochs) is never taken from them. */
const fields = ['name', 'picture', 'metadata'] as const

/**
 * The members of `value` that may be changed, each read once and checked. Any other member is refused by its
 * name: who sends `emailVerified` is told so, and nothing is half done.
 * @throws InvalidInputError before any query
 */
export function readProfile<Metadata extends object>(
  value: ProfileChanges<Metadata>,
): ProfileChanges<Metadata> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidInputError('changes', 'must be { name?, picture?, metadata? }')
  const stranger = Reflect.ownKeys(value).find((key) => !fields.some((field) => field === key))
  if (stranger !== undefined)
    throw new InvalidInputError(describe(stranger), 'is nothing that can be set')
  const { name, picture, metadata } = value
  if (metadata !== undefined) checkMetadata(metadata)
  return {
    ...(name === undefined ? {} : { name: checkName(name) }),
    ...(picture === undefined ? {} : { picture: checkPicture(picture) }),
    ...(metadata === undefined ? {} : { metadata }),
  }
}

/** A name that somebody made up is cut, and loses what a log or a page would obey. */
const describe = (key: string | symbol): string =>
  String(key)
    .slice(0, 64)
    .replace(/[^\w.-]/g, '?')
