import { InvalidOptionsError } from 'torii-core'
import { readSection, readWholeNumber } from '../../base/option-checks.js'
import { defaults } from './defaults.js'

/** The lifetime of sessions. */
export interface SessionOptions {
  /** Seconds without a request until a session expires; at most `absoluteSeconds` (default: 7 days). */
  readonly idleSeconds: number
  /** Seconds from sign-in until the user must sign in again, regardless of activity (default: 30 days). */
  readonly absoluteSeconds: number
  /**
   * Seconds from sign-in until a session expires that was asked for with `remember: false`, whose cookie the browser
   * also drops when it closes; more than `touchSeconds`, at most `absoluteSeconds`, which leaves no difference
   * (default: a day, or half of `absoluteSeconds` where that is less).
   */
  readonly unrememberedSeconds: number
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
  const seconds = (name: keyof SessionOptions, otherwise: number = defaults.session[name]) =>
    readWholeNumber(given[name], `session.${name}`, { min: 1, max: maxSessionSeconds, otherwise })
  const idleSeconds = seconds('idleSeconds')
  const absoluteSeconds = seconds('absoluteSeconds')
  const touchSeconds = seconds('touchSeconds')
  const recentSeconds = seconds('recentSeconds')
  const unrememberedSeconds = seconds(
    'unrememberedSeconds',
    Math.max(
      touchSeconds + 1,
      Math.min(defaults.session.unrememberedSeconds, Math.ceil(absoluteSeconds / 2)),
    ),
  )
  if (idleSeconds > absoluteSeconds)
    throw new InvalidOptionsError('session.idleSeconds', 'must be at most session.absoluteSeconds')
  if (touchSeconds >= idleSeconds)
    throw new InvalidOptionsError('session.touchSeconds', 'must be less than session.idleSeconds')
  if (unrememberedSeconds > absoluteSeconds || unrememberedSeconds <= touchSeconds)
    throw new InvalidOptionsError(
      'session.unrememberedSeconds',
      'must be more than session.touchSeconds and at most session.absoluteSeconds',
    )
  return Object.freeze({
    idleSeconds,
    absoluteSeconds,
    unrememberedSeconds,
    touchSeconds,
    recentSeconds,
  })
}
