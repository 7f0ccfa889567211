import type { EmailKey } from 'torii-core'
import { requireEmail } from 'torii-core'

/** An email address as a user entered it. */
export interface EmailInput {
  /** Without the blanks at its end. */
  readonly email: string
  readonly emailKey: EmailKey
}

/** Longer than any email address with the blanks that a user enters by mistake. */
const maxLength = 300

/**
 * Reads an email address that a user entered. Blanks at the end are dropped: keyboards of phones add one after a suggested
 * word, which the user does not see.
 * @throws InvalidInputError for anything but an email address
 */
export function readEmail(value: unknown): EmailInput {
  const isText = typeof value === 'string' && value.length <= maxLength
  const email = isText ? value.replace(/[ \t]+$/, '') : value
  const emailKey = requireEmail(email)
  // It is an email address, so it is a text.
  return { email: String(email), emailKey }
}
