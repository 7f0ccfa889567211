import { availableParallelism } from 'node:os'
import type { AttemptPolicy } from 'torii-core'
import { InvalidOptionsError } from 'torii-core'
import type { BruteForcePolicies } from '../attempts/attempts.js'
import type { ApplicationKey, KeyRing } from '../keys/key-ring.js'
import { resolveKeys } from '../keys/key-ring.js'
import type { Log, LogEvent } from '../log.js'
import { quietLog } from '../log.js'
import { argon2Ceilings } from '../password/argon2.js'
import type { BaseUrl } from './base-url.js'
import { resolveBaseUrl } from './base-url.js'
import { readSection, readWholeNumber } from './option-checks.js'

/** How long sessions live. */
export interface SessionOptions {
  /** Seconds without a request until a session ends; at most `absoluteSeconds` (default: 7 days). */
  readonly idleSeconds: number
  /** Seconds from sign-in until the person must sign in again, whatever the activity (default: 30 days). */
  readonly absoluteSeconds: number
  /** Seconds between two notes of a session's last use; less than `idleSeconds` (default: 60). */
  readonly touchSeconds: number
}

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

/** What `new Torii(storage, options)` takes. Only `baseUrl` has no default. */
export interface ToriiOptions {
  /**
   * Where browsers reach the application, for example `https://app.example`: https, or http on
   * localhost, 127.0.0.1 or [::1]; no path. Never taken from a request's Host header.
   */
  baseUrl: string
  /**
   * The application's secrets: the first one writes, all of them read. To rotate, add the new one at the
   * end and deploy everywhere, then move it to the front. May be absent until something needs it,
   * such as keeping provider tokens.
   */
  keys?: readonly ApplicationKey[]
  session?: Partial<SessionOptions>
  password?: Partial<Omit<PasswordOptions, 'hashing'>> & { hashing?: Partial<HashingOptions> }
  bruteForce?: { readonly [Name in keyof BruteForcePolicies]?: Partial<AttemptPolicy> }
  /** Whether an unverified address may not sign in. Only false for now: verifying needs a mailer. */
  requireVerifiedEmail?: boolean
  /** Receives what an operator may want to know (default: silent). */
  log?: Log
}

/** The options as the services take them: complete, checked, frozen. */
export interface ResolvedOptions {
  readonly baseUrl: BaseUrl
  readonly keys: KeyRing
  readonly session: SessionOptions
  readonly password: PasswordOptions
  readonly bruteForce: BruteForcePolicies
  readonly requireVerifiedEmail: boolean
  readonly log: (event: LogEvent) => void
}

/** Every default, with where it comes from. */
export const defaults = Object.freeze({
  session: Object.freeze({
    /** NIST SP 800-63B-4 asks for no idle limit at AAL1; a week ends what is forgotten on a shared device. */
    idleSeconds: 604_800,
    /** NIST SP 800-63B-4, AAL1: reauthenticate at least once per 30 days. OWASP ASVS 5.0, 7.3.2. */
    absoluteSeconds: 2_592_000,
    /** One write a minute per session keeps reads reads; a list of devices needs nothing finer. */
    touchSeconds: 60,
  }),
  password: Object.freeze({
    /** NIST SP 800-63B-4 section 3.1.1.2: at least 15 when the password is the only factor. */
    minLength: 15,
    hashing: Object.freeze({
      /** OWASP Password Storage Cheat Sheet: Argon2id with m=19456 (19 MiB), t=2, p=1. */
      memoryKib: 19_456,
      passes: 2,
      lanes: 1,
      /** More at once than cores makes each slower and none faster. OWASP ASVS 5.0, 15.2.2. */
      concurrency: availableParallelism(),
      /** About a second of work per core waiting; beyond it an honest refusal is quicker than an answer. */
      maxWaiting: 128,
    }),
  }),
  bruteForce: Object.freeze({
    /**
     * NIST SP 800-63B-4 section 3.2.2: at most 100 failures in a row, growing waits of 30 s up to an hour.
     * OWASP ASVS 5.0, 6.1.1. Ten in a quarter of an hour are more than a person who mistypes needs.
     */
    account: Object.freeze({
      cap: 10,
      windowSeconds: 900,
      lockSeconds: 30,
      maxLockSeconds: 3600,
      limit: 100,
      forgetSeconds: 2_592_000,
    }),
    /**
     * One password tried on many accounts. A network can be a whole office or a mobile carrier, so it
     * pays ten times an account's cap, its lock is short and never grows, and nothing is for good.
     */
    network: Object.freeze({
      cap: 100,
      windowSeconds: 600,
      lockSeconds: 600,
      maxLockSeconds: 600,
      limit: 1_000_000,
      forgetSeconds: 86_400,
    }),
    /** Rows and hashes made by somebody unknown; 200 an hour let a full lecture hall register. */
    registrations: Object.freeze({
      cap: 200,
      windowSeconds: 3600,
      lockSeconds: 3600,
      maxLockSeconds: 3600,
      limit: 1_000_000,
      forgetSeconds: 86_400,
    }),
  }),
  /** Without a mailer nothing can be verified. */
  requireVerifiedEmail: false,
})

/** 400 days: browsers keep no cookie longer. @see RFC 6265bis section 5.5 */
const maxSessionSeconds = 400 * 86_400
/** NIST SP 800-63B-4 section 3.2.2: no more than 100 failures in a row on one account. */
const maxAccountLimit = 100
/** The weakest line of OWASP's list of equal settings is m=7168, t=5. */
const minMemoryKib = 7168
const minWorkKib = 7168 * 5

/**
 * Completes and checks the options.
 * @throws InvalidOptionsError naming the first option that is unknown, out of range or contradicts another
 */
export function resolveOptions(options: ToriiOptions): ResolvedOptions {
  const names = [
    'baseUrl',
    'keys',
    'session',
    'password',
    'bruteForce',
    'requireVerifiedEmail',
    'log',
  ]
  const given = readSection(options ?? null, '', names)
  return Object.freeze({
    baseUrl: resolveBaseUrl(given.baseUrl),
    keys: resolveKeys(given.keys),
    session: resolveSession(given.session),
    password: resolvePassword(given.password),
    bruteForce: resolveBruteForce(given.bruteForce),
    requireVerifiedEmail: resolveRequireVerifiedEmail(given.requireVerifiedEmail),
    log: resolveLog(given.log),
  })
}

function resolveSession(value: unknown): SessionOptions {
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
  if (idleSeconds > absoluteSeconds)
    throw new InvalidOptionsError('session.idleSeconds', 'must be at most session.absoluteSeconds')
  if (touchSeconds >= idleSeconds)
    throw new InvalidOptionsError('session.touchSeconds', 'must be less than session.idleSeconds')
  return Object.freeze({ idleSeconds, absoluteSeconds, touchSeconds })
}

function resolvePassword(value: unknown): PasswordOptions {
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

function resolveBruteForce(value: unknown): BruteForcePolicies {
  const given = readSection(value, 'bruteForce', Object.keys(defaults.bruteForce))
  const policy = (name: keyof BruteForcePolicies, maxLimit: number) =>
    resolvePolicy(given[name], `bruteForce.${name}`, defaults.bruteForce[name], maxLimit)
  return Object.freeze({
    account: policy('account', maxAccountLimit),
    network: policy('network', 1_000_000),
    registrations: policy('registrations', 1_000_000),
  })
}

function resolvePolicy(
  value: unknown,
  section: string,
  otherwise: AttemptPolicy,
  maxLimit: number,
): AttemptPolicy {
  const given = readSection(value, section, Object.keys(otherwise))
  const number = (name: keyof AttemptPolicy, max: number) =>
    readWholeNumber(given[name], `${section}.${name}`, { min: 1, max, otherwise: otherwise[name] })
  const policy = {
    cap: number('cap', maxLimit),
    windowSeconds: number('windowSeconds', maxSessionSeconds),
    lockSeconds: number('lockSeconds', maxSessionSeconds),
    maxLockSeconds: number('maxLockSeconds', maxSessionSeconds),
    limit: number('limit', maxLimit),
    forgetSeconds: number('forgetSeconds', maxSessionSeconds),
  }
  if (policy.cap > policy.limit)
    throw new InvalidOptionsError(`${section}.cap`, `must be at most ${section}.limit`)
  if (policy.lockSeconds > policy.maxLockSeconds)
    throw new InvalidOptionsError(
      `${section}.lockSeconds`,
      `must be at most ${section}.maxLockSeconds`,
    )
  if (Math.max(policy.maxLockSeconds, policy.windowSeconds) > policy.forgetSeconds)
    throw new InvalidOptionsError(
      `${section}.forgetSeconds`,
      'must be at least the window and the longest lock',
    )
  return Object.freeze(policy)
}

function resolveRequireVerifiedEmail(value: unknown): boolean {
  if (value === undefined || value === false) return false
  if (value !== true) throw new InvalidOptionsError('requireVerifiedEmail', 'must be true or false')
  throw new InvalidOptionsError(
    'requireVerifiedEmail',
    'needs a mailer: without one nobody could ever verify an address and sign in',
  )
}

function resolveLog(value: unknown): (event: LogEvent) => void {
  if (value !== undefined && typeof value !== 'function')
    throw new InvalidOptionsError('log', 'must be a function')
  // A function takes whatever it is given; what it does with it is its own matter.
  return quietLog(value as Log | undefined)
}
