import { readSection, readWholeNumber } from '../../base/option-checks.js'
import { defaults } from './defaults.js'

/** How long the links of the email service are valid. */
export interface EmailOptions {
  /** Seconds for which a link that verifies an email address is valid (default: one day). */
  readonly verifySeconds: number
  /** Seconds for which a link that changes an email address is valid (default: one hour). */
  readonly changeSeconds: number
}

const minSeconds = 60
/** One week: an older mail does not prove who reads the mailbox today. */
const maxSeconds = 604_800

/** @throws InvalidOptionsError */
export function resolveEmail(value: unknown): EmailOptions {
  const given = readSection(value, 'email', Object.keys(defaults.email))
  const seconds = (name: keyof EmailOptions) =>
    readWholeNumber(given[name], `email.${name}`, {
      min: minSeconds,
      max: maxSeconds,
      otherwise: defaults.email[name],
    })
  return Object.freeze({
    verifySeconds: seconds('verifySeconds'),
    changeSeconds: seconds('changeSeconds'),
  })
}
