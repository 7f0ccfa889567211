import type { RateLimitPolicy } from 'torii-core'
import { InvalidOptionsError } from 'torii-core'
import { readSection, readWholeNumber } from '../../base/option-checks.js'
import type { BruteForcePolicies } from '../../rate-limits/rate-limits.js'
import { maxSessionPasswords } from '../../rate-limits/rate-limits.js'
import { defaults } from './defaults.js'
import { maxSessionSeconds } from './session.js'

/**
 * NIST SP 800-63B-4 section 3.2.2: no more than 100 consecutive failures on one account. Strangers, a known browser and a
 * live session of the account have separate counters, which may all be reached.
 */
const maxAccountLimit = 100
const maxKnownBrowserLimit = 20
const maxStrangerLimit = maxAccountLimit - maxKnownBrowserLimit - maxSessionPasswords
const maxOtherLimit = 1_000_000

/** The limit in a row of each policy; of the others it is no bound. */
const maxLimits: Readonly<Record<PolicyName, number>> = {
  account: maxStrangerLimit,
  codes: maxAccountLimit - maxKnownBrowserLimit,
  knownBrowser: maxKnownBrowserLimit,
  knownBrowsers: maxOtherLimit,
  ipAddress: maxOtherLimit,
  registrations: maxOtherLimit,
  mailRequests: maxOtherLimit,
  starts: maxOtherLimit,
  secondFactors: maxAccountLimit,
  completions: maxOtherLimit,
  sessionRequests: maxOtherLimit,
  emailChanges: maxOtherLimit,
  derivedSessions: maxOtherLimit,
}

type PolicyName = Exclude<keyof BruteForcePolicies, 'mailbox'>

/** @throws InvalidOptionsError */
export function resolveBruteForce(value: unknown): BruteForcePolicies {
  const given = readSection(value, 'bruteForce', Object.keys(defaults.bruteForce))
  const { burst } = readSection(given.mailbox, 'bruteForce.mailbox', ['burst'])
  const otherwise = defaults.bruteForce.mailbox.burst
  const mailbox = Object.freeze({
    burst: readWholeNumber(burst, 'bruteForce.mailbox.burst', { min: 1, max: 100, otherwise }),
  })
  const policies = Object.entries(maxLimits).map(([key, maxLimit]) => {
    // The keys of `maxLimits`, in which every policy is.
    const name = key as PolicyName
    const section = `bruteForce.${name}`
    return [name, resolvePolicy(given[name], section, defaults.bruteForce[name], maxLimit)]
  })
  return Object.freeze({ mailbox, ...(Object.fromEntries(policies) as Policies) })
}

type Policies = Record<PolicyName, RateLimitPolicy>

/** A policy of the options. All of them give everything back at the end of a window. */
type PolicyOptions = Omit<RateLimitPolicy, 'refill'>

function resolvePolicy(
  value: unknown,
  section: string,
  otherwise: PolicyOptions,
  maxLimit: number,
): PolicyOptions {
  const given = readSection(value, section, Object.keys(otherwise))
  const number = (name: keyof PolicyOptions, max: number) =>
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
      `must be at least ${section}.windowSeconds and ${section}.maxLockSeconds`,
    )
  return Object.freeze(policy)
}
