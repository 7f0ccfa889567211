import { InvalidOptionsError } from 'torii-core'
import { argon2Ceilings } from '../password/argon2.js'
import { defaults } from './defaults.js'
import { readSection, readWholeNumber } from './option-checks.js'

/** What a password hash costs, and how many are made at once. */
export interface HashingOptions {
  /** Memory of one hash in KiB (default: 19,456). */
  readonly memoryKib: number
  /** Passes over that memory (default: 2). */
  readonly passes: number
  /** Lanes of one hash (default: 1). */
  readonly lanes: number
  /** Hashes made at the same time (default: the cores of the machine). Each takes `memoryKib`. */
  readonly concurrency: number
  /** Sign-ins and registrations that may wait for their turn; the next one is refused (default: 128). */
  readonly maxWaiting: number
}

/** What a password must be, and how it is kept. */
export interface PasswordOptions {
  /** Characters (code points) a new password must have, 8 to 64 (default: 15). */
  readonly minLength: number
  readonly hashing: HashingOptions
}

/** The weakest line of OWASP's list of equal settings is m=7168, t=5. */
const minMemoryKib = 7168
const minWorkKib = 7168 * 5

/** @throws InvalidOptionsError */
export function resolvePassword(value: unknown): PasswordOptions {
  const given = readSection(value, 'password', Object.keys(defaults.password))
  // NIST SP 800-63B-4 section 3.1.1.2: 8 only beside a second factor; at least 64 must be possible.
  const rule = { min: 8, max: 64, otherwise: defaults.password.minLength }
  const minLength = readWholeNumber(given.minLength, 'password.minLength', rule)
  return Object.freeze({ minLength, hashing: resolveHashing(given.hashing) })
}

function resolveHashing(value: unknown): HashingOptions {
  const given = readSection(value, 'password.hashing', Object.keys(defaults.password.hashing))
  const number = (name: keyof HashingOptions, min: number, max: number) =>
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
  })
}
