import { InvalidInputError } from './errors.js'

/** Room of a text field. Code points are what a person counts, bytes are what a column holds. */
export interface TextLimits {
  codePoints?: number
  bytes?: number
}

/**
 * The text itself if PostgreSQL can hold it as it is: a string without NUL and lone surrogates, within
 * its limits. Two strings with different lone surrogates would be stored as the same text.
 * @throws InvalidInputError
 */
export function checkText(value: unknown, field: string, limits: TextLimits): string {
  if (typeof value !== 'string') throw new InvalidInputError(field, 'must be a string')
  const { codePoints, bytes } = limits
  // UTF-16 length bounds both counts from below, so a huge text is refused without being walked.
  if (value.length > 2 * (codePoints ?? Infinity))
    throw new InvalidInputError(field, `must have at most ${codePoints} characters`)
  if (bytes !== undefined && (value.length > bytes || Buffer.byteLength(value) > bytes))
    throw new InvalidInputError(field, `must have at most ${bytes} bytes`)
  if (codePoints !== undefined && countCodePoints(value) > codePoints)
    throw new InvalidInputError(field, `must have at most ${codePoints} characters`)
  if (!isStorable(value))
    throw new InvalidInputError(field, 'must not contain NUL or half of a surrogate pair')
  return value
}

/** True when the text has neither NUL nor a lone surrogate. */
export const isStorable = (text: string): boolean => !/[\0\p{Surrogate}]/u.test(text)

/** How many Unicode code points the text has. */
export function countCodePoints(text: string): number {
  let count = 0
  for (const _ of text) count += 1
  return count
}
