import { readBoolean, readSection, readWholeNumber } from '../../base/option-checks.js'
import type { KeyRing } from '../../crypto/key-ring.js'
import { defaults } from './defaults.js'

/** Signing in with a mailed link. */
export interface MagicLinkOptions {
  /** Seconds for which a link works, 60 to 3,600 (default: 600). */
  readonly lifetimeSeconds: number
  /** Whether a link to an address without an account makes one when it is opened (default: true). */
  readonly signUp: boolean
  /** Whether the message also holds a code of eight digits to type; needs the option `keys` (default: false). */
  readonly code: boolean
}

/** @throws InvalidOptionsError */
export function resolveMagicLink(value: unknown, keys: KeyRing): MagicLinkOptions {
  const given = readSection(value, 'magicLink', Object.keys(defaults.magicLink))
  const code = readBoolean(given.code, 'magicLink.code', defaults.magicLink.code)
  // A code of eight digits can be guessed from its plain hash: it is kept under a key, or not at all.
  if (code) keys.writing('codes')
  const rule = { min: 60, max: 3600, otherwise: defaults.magicLink.lifetimeSeconds }
  return Object.freeze({
    lifetimeSeconds: readWholeNumber(given.lifetimeSeconds, 'magicLink.lifetimeSeconds', rule),
    signUp: readBoolean(given.signUp, 'magicLink.signUp', defaults.magicLink.signUp),
    code,
  })
}
