import { readSection, readWholeNumber } from '../../base/option-checks.js'
import { defaults } from './defaults.js'

/** How long mailed proofs of an address work. */
export interface EmailOptions {
  /** Seconds a link that verifies an address works (default: a day). */
  readonly verifySeconds: number
  /** Seconds a link that changes an address works (default: an hour). */
  readonly changeSeconds: number
}

const minSeconds = 60
/** A week: an older mail is no proof of who reads it today. */
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
