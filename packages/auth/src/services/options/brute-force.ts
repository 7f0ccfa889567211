import type { RateLimitPolicy } from 'torii-core'
import { InvalidOptionsError } from 'torii-core'
import { readSection, readWholeNumber } from '../../base/option-checks.js'
import type { BruteForcePolicies } from '../../rate-limits/rate-limits.js'
import { maxSessionPasswords } from '../../rate-limits/rate-limits.js'
import { defaults } from './defaults.js'
import { maxSessionSeconds } from './session.js'

/** NIST SP 800-63B-4 section 3.2.2: no more than 100 consecutive failures on one account. */
const maxAccountLimit = 100
/** A live session of the account has a counter of its own, which may be reached as well. */
const maxPasswordLimit = maxAccountLimit - maxSessionPasswords

/** @throws InvalidOptionsError */
export function resolveBruteForce(value: unknown): BruteForcePolicies {
  const given = readSection(value, 'bruteForce', Object.keys(defaults.bruteForce))
  const policy = (name: keyof BruteForcePolicies, maxLimit: number) =>
    resolvePolicy(given[name], `bruteForce.${name}`, defaults.bruteForce[name], maxLimit)
  return Object.freeze({
    account: policy('account', maxPasswordLimit),
    ipAddress: policy('ipAddress', 1_000_000),
    registrations: policy('registrations', 1_000_000),
    mailbox: policy('mailbox', 1_000_000),
    mailRequests: policy('mailRequests', 1_000_000),
    codes: policy('codes', maxAccountLimit),
    starts: policy('starts', 1_000_000),
    completions: policy('completions', 1_000_000),
    sessionRequests: policy('sessionRequests', 1_000_000),
    derivedSessions: policy('derivedSessions', 1_000_000),
  })
}

function resolvePolicy(
  value: unknown,
  section: string,
  otherwise: RateLimitPolicy,
  maxLimit: number,
): RateLimitPolicy {
  const given = readSection(value, section, Object.keys(otherwise))
  const number = (name: keyof RateLimitPolicy, max: number) =>
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
