import type { InvalidInputKind } from './errors.js'
import { InvalidInputError } from './errors.js'

/** The maximum length of a text: in code points, as users count it, or in bytes, as a column limits it. */
export interface TextLimits {
  codePoints?: number
  bytes?: number
  /** Whose mistake a violation is (default: `argument`). */
  kind?: InvalidInputKind
}

/**
 * Validates a text and returns it unchanged: a string within its limits, without NUL and lone surrogates, which
 * PostgreSQL cannot store unchanged. Two strings with different lone surrogates would be stored as the same text.
 * @throws InvalidInputError
 */
export function checkText(value: unknown, field: string, limits: TextLimits): string {
  const { codePoints, bytes, kind } = limits
  const invalid = (problem: string) => new InvalidInputError(field, problem, kind)
  if (typeof value !== 'string') throw invalid('must be a string')
  // A lower bound of both counts follows from the UTF-16 length, so a huge text is refused without counting.
  if (value.length > 2 * (codePoints ?? Infinity))
    throw invalid(`must have at most ${codePoints} characters`)
  if (bytes !== undefined && (value.length > bytes || Buffer.byteLength(value) > bytes))
    throw invalid(`must have at most ${bytes} bytes`)
  if (codePoints !== undefined && countCodePoints(value) > codePoints)
    throw invalid(`must have at most ${codePoints} characters`)
  if (!isStorable(value)) throw invalid('must not contain NUL or half of a surrogate pair')
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
