import { InvalidOptionsError } from 'torii-core'
import { readBoolean, readSection, readWholeNumber } from '../../base/option-checks.js'
import type { KeyRing } from '../../crypto/key-ring.js'
import { defaults } from './defaults.js'

/** The options of magic links. */
export interface MagicLinkOptions {
  /** Seconds for which a link is valid, 60 to 3,600 (default: 600). */
  readonly lifetimeSeconds: number
  /** Whether a link for an email address without an account creates one when it is used (default: true). */
  readonly signUp: boolean
  /** Whether the mail also contains a code of eight digits to type; needs the option `keys` (default: false). */
  readonly code: boolean
}

/** Returns null where magic links are off. @throws InvalidOptionsError */
export function resolveMagicLink(value: unknown, keys: KeyRing): MagicLinkOptions | null {
  if (value === false) return null
  if (value === true)
    throw new InvalidOptionsError(
      'magicLink',
      'must be false, or an object; magic links are on where there is a mailer',
    )
  const given = readSection(value, 'magicLink', Object.keys(defaults.magicLink))
  const code = readBoolean(given.code, 'magicLink.code', defaults.magicLink.code)
  // A code of eight digits can be guessed from a plain hash, so it is only stored under a key.
  if (code) keys.writing('codes')
  const rule = { min: 60, max: 3600, otherwise: defaults.magicLink.lifetimeSeconds }
  return Object.freeze({
    lifetimeSeconds: readWholeNumber(given.lifetimeSeconds, 'magicLink.lifetimeSeconds', rule),
    signUp: readBoolean(given.signUp, 'magicLink.signUp', defaults.magicLink.signUp),
    code,
  })
}

/** The options of an operation of magic links. @throws InvalidOptionsError where they are off */
export function requireMagicLinks({
  magicLink,
}: {
  readonly magicLink: MagicLinkOptions | null
}): MagicLinkOptions {
  if (magicLink === null)
    throw new InvalidOptionsError(
      'magicLink',
      'is false: the methods of torii.magicLink work only where magic links are on',
    )
  return magicLink
}
