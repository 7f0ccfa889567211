import { InvalidOptionsError } from 'torii-core'
import { readSection, readWholeNumber } from '../../base/option-checks.js'
import type { ResolvedOptions } from './options.js'

/** The options of `torii.startSweeping`. */
export interface SweepingOptions {
  /** Seconds from the end of a sweep to the next one, by whichever process (default: 3600). */
  readonly everySeconds?: number
  /**
   * Seconds after its creation from which an account is deleted whose email address was never verified; at least one
   * day, and at least as long as the links that verify (default: no account is deleted). Needs `requireVerifiedEmail`.
   */
  readonly unverifiedAccountSeconds?: number | null
}

const day = 86_400

/** @throws InvalidOptionsError */
export function resolveSweeping(
  value: unknown,
  { requireVerifiedEmail, email }: Pick<ResolvedOptions, 'requireVerifiedEmail' | 'email'>,
): { everySeconds: number; unverifiedAccountSeconds: number | null } {
  const name = 'startSweeping'
  const given = readSection(value, name, ['everySeconds', 'unverifiedAccountSeconds'])
  const everySeconds = readWholeNumber(given.everySeconds, `${name}.everySeconds`, {
    min: 60,
    max: 7 * day,
    otherwise: 3600,
  })
  const { unverifiedAccountSeconds: seconds = null } = given
  if (seconds === null) return { everySeconds, unverifiedAccountSeconds: null }
  const option = `${name}.unverifiedAccountSeconds`
  if (!requireVerifiedEmail)
    throw new InvalidOptionsError(
      option,
      'needs requireVerifiedEmail: without it, users sign in to accounts that were never verified',
    )
  const min = Math.max(day, email.verifySeconds)
  const rule = { min, max: 3650 * day, otherwise: min }
  return { everySeconds, unverifiedAccountSeconds: readWholeNumber(seconds, option, rule) }
}
