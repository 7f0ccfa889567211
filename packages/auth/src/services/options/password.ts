import { InvalidOptionsError } from 'torii-core'
import {
  readBoolean,
  readFunction,
  readSection,
  readWholeNumber,
} from '../../base/option-checks.js'
import type { KeyRing } from '../../crypto/key-ring.js'
import { argon2Ceilings } from '../../password-hashing/formats/argon2.js'
import type { HashingOptions } from '../../password-hashing/hashing.js'
import type { ImportedPasswordHook } from '../../password-hashing/imported-password.js'
import type { LegacyVerifier } from '../../password-hashing/legacy-verifier.js'
import type { BreachedHook } from '../../password-policy/breach-lookup.js'
import { defaults } from './defaults.js'

/** The options of passwords. */
export interface PasswordOptions {
  /** The minimum length of a new password in characters (code points), 8 to 64 (default: 15). */
  readonly minLength: number
  /** Seconds for which a reset link is valid (default: 1,800). */
  readonly resetSeconds: number
  readonly hashing: HashingOptions
  /** Checks whether a new password is known from a data breach; see `createBreachCheck` (default: null, no check). */
  readonly breached: BreachedHook | null
  /** Verify imported hashes of forms that are not built in, until their owners sign in (default: none). */
  readonly legacyVerifiers: readonly LegacyVerifier[]
  /**
   * Asks the old system once about the password of an account that was imported without a hash; see docs/password-hashes.md
   * (default: null, none). It has five seconds.
   */
  readonly importedPassword: ImportedPasswordHook | null
}

/** The cheapest of OWASP's equivalent settings is m=7168, t=5. */
const minMemoryKib = 7168
const minWorkKib = 7168 * 5

/** @throws InvalidOptionsError */
export function resolvePassword(value: unknown, keys: KeyRing): PasswordOptions {
  const given = readSection(value, 'password', Object.keys(defaults.password))
  // NIST SP 800-63B-4 section 3.1.1.2: 8 only with a second factor; at least 64 must be possible.
  const rule = { min: 8, max: 64, otherwise: defaults.password.minLength }
  const minLength = readWholeNumber(given.minLength, 'password.minLength', rule)
  return Object.freeze({
    minLength,
    resetSeconds: readWholeNumber(given.resetSeconds, 'password.resetSeconds', {
      min: 60,
      max: 86_400,
      otherwise: defaults.password.resetSeconds,
    }),
    hashing: resolveHashing(given.hashing, keys),
    breached: readFunction<BreachedHook>(given.breached ?? undefined, 'password.breached') ?? null,
    legacyVerifiers: resolveLegacyVerifiers(given.legacyVerifiers),
    importedPassword:
      readFunction<ImportedPasswordHook>(
        given.importedPassword ?? undefined,
        'password.importedPassword',
      ) ?? null,
  })
}

function resolveLegacyVerifiers(value: unknown): readonly LegacyVerifier[] {
  if (value === undefined) return defaults.password.legacyVerifiers
  if (!Array.isArray(value) || !value.every(isLegacyVerifier))
    throw new InvalidOptionsError(
      'password.legacyVerifiers',
      'must be an array of { accepts, verify }',
    )
  return Object.freeze([...value])
}

const isLegacyVerifier = (value: unknown): value is LegacyVerifier =>
  typeof value === 'object' &&
  value !== null &&
  ['accepts', 'verify'].every((name) => typeof Reflect.get(value, name) === 'function')

function resolveHashing(value: unknown, keys: KeyRing): HashingOptions {
  const given = readSection(value, 'password.hashing', Object.keys(defaults.password.hashing))
  const number = (name: Exclude<keyof HashingOptions, 'pepper'>, min: number, max: number) =>
    readWholeNumber(given[name], `password.hashing.${name}`, {
      min,
      max,
      otherwise: defaults.password.hashing[name],
    })
  const memoryKib = number('memoryKib', minMemoryKib, argon2Ceilings.memoryKib)
  const passes = number('passes', 1, argon2Ceilings.passes)
  const work = memoryKib * passes
  if (work < minWorkKib || work > argon2Ceilings.workKib)
    throw new InvalidOptionsError(
      'password.hashing.passes',
      `times memoryKib must be from ${minWorkKib} to ${argon2Ceilings.workKib}`,
    )
  return Object.freeze({
    memoryKib,
    passes,
    lanes: number('lanes', 1, argon2Ceilings.lanes),
    concurrency: number('concurrency', 1, 1024),
    maxWaiting: number('maxWaiting', 0, 100_000),
    pepper: resolvePepper(given.pepper, keys),
  })
}

function resolvePepper(value: unknown, keys: KeyRing): boolean {
  const pepper = readBoolean(value, 'password.hashing.pepper', defaults.password.hashing.pepper)
  if (pepper && keys.isEmpty)
    throw new InvalidOptionsError(
      'password.hashing.pepper',
      'needs the option keys: the pepper is derived from the first key',
    )
  return pepper
}
