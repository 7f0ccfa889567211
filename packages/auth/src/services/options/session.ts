import { InvalidOptionsError } from 'torii-core'
import { readSection, readWholeNumber } from '../../base/option-checks.js'
import { defaults } from './defaults.js'

/** The lifetime of sessions. */
export interface SessionOptions {
  /** Seconds without a request until a session expires; at most `absoluteSeconds` (default: 7 days). */
  readonly idleSeconds: number
  /** Seconds from sign-in until the user must sign in again, regardless of activity (default: 30 days). */
  readonly absoluteSeconds: number
  /** Seconds between two updates of a session's last use; less than `idleSeconds` (default: 60). */
  readonly touchSeconds: number
  /** Seconds for which an authentication counts as recent (default: 600). */
  readonly recentSeconds: number
}

/** 400 days: browsers limit cookies to this. @see RFC 6265bis section 5.5 */
export const maxSessionSeconds = 400 * 86_400

/** @throws InvalidOptionsError */
export function resolveSession(value: unknown): SessionOptions {
  const given = readSection(value, 'session', Object.keys(defaults.session))
  const seconds = (name: keyof SessionOptions) =>
    readWholeNumber(given[name], `session.${name}`, {
      min: 1,
      max: maxSessionSeconds,
      otherwise: defaults.session[name],
    })
  const idleSeconds = seconds('idleSeconds')
  const absoluteSeconds = seconds('absoluteSeconds')
  const touchSeconds = seconds('touchSeconds')
  const recentSeconds = seconds('recentSeconds')
  if (idleSeconds > absoluteSeconds)
    throw new InvalidOptionsError('session.idleSeconds', 'must be at most session.absoluteSeconds')
  if (touchSeconds >= idleSeconds)
    throw new InvalidOptionsError('session.touchSeconds', 'must be less than session.idleSeconds')
  return Object.freeze({ idleSeconds, absoluteSeconds, touchSeconds, recentSeconds })
}
