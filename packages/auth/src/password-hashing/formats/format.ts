import { timingSafeEqual } from 'node:crypto'

/** A stored hash of another system, ready to be verified. */
export interface ForeignHash {
  /** Computes the hash of a password off the event loop, and compares in constant time. */
  matches(password: string): Promise<boolean>
  /** Returns false for a password of which this hash proves only a part. It is then not replaced. */
  provesAllOf(password: string): boolean
}

/**
 * Reads one form of stored hash. Returns null for any other text, and for a cost beyond the limits of the form, so that a
 * row in the database cannot exhaust the memory or the time of the server. Computes no hash.
 */
export type HashFormat = (text: string) => ForeignHash | null

/** A hash that depends on every byte of the password. */
export const wholeHash = (matches: ForeignHash['matches']): ForeignHash => ({
  matches,
  provesAllOf: () => true,
})

/** Compares in constant time for equal lengths, which the form of a hash makes public. */
export const equalBytes = (one: Buffer, other: Buffer): boolean =>
  one.length === other.length && timingSafeEqual(one, other)

/** Decodes canonical base64, with or without its padding. Returns null for any other text. */
export function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64')
  const padded = bytes.toString('base64')
  return text === padded || text === padded.replace(/=+$/, '') ? bytes : null
}

/** A whole number without a sign or a leading zero, as a part of a regular expression. */
export const wholeNumber = '([1-9][0-9]{0,8})'
