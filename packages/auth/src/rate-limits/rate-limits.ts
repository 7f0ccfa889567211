import type {
  Charge,
  EmailKey,
  IpAddressCharge,
  MailCharges,
  RateLimitCharges,
  RateLimitKey,
  RateLimitPolicy,
  RateLimitRefund,
  SecondFactor,
  TokenHash,
  UserId,
  ValidSession,
} from 'torii-core'
import type { IpAddress } from '../base/ip-address.js'
import { ipAddressRanges } from '../base/ip-address.js'
import type { Caller } from './caller.js'
import type { MailPurpose } from './keys.js'
import { accountAttempts, codeAttempts, keyOf, mailboxKey, secondFactorKey } from './keys.js'

// The lock-out rules: what is counted, under which key, and by which policy. The numbers of each policy are in
// services/options/defaults.ts (`bruteForce`), their bounds in services/options/brute-force.ts. The database counts and
// locks: tables/rate-limits.ts of torii-storage-postgres.

/** The rate limits. Each has separate counters, so locking one sign-in method does not lock the others. */
export interface BruteForcePolicies {
  /**
   * Password attempts for one email address by strangers, whether or not an account has it. Passwords that are sent in a
   * live session have a counter per session, with the same numbers but a limit of 20.
   */
  readonly account: RateLimitPolicy
  /**
   * Password and code attempts by a browser that signed in to the account before, instead of the rate limits of strangers; also the
   * codes of a second factor, and separately recovery codes.
   */
  readonly knownBrowser: RateLimitPolicy
  /** The same by all such browsers of one account together. */
  readonly knownBrowsers: RateLimitPolicy
  /**
   * Password attempts from one IP address (IPv6: /64), for any account. This and the other limits of an IP address are
   * three times as high for the /48 of an IPv6 address, and ten times for all callers whose IP address is unknown.
   */
  readonly ipAddress: RateLimitPolicy
  /** Registrations from one IP address. */
  readonly registrations: RateLimitPolicy
  /** Mails to one email address. Beyond the limit nothing is sent, and the response does not change. */
  readonly mailbox: MailboxPolicy
  /** Mail requests and code attempts from one IP address. */
  readonly mailRequests: RateLimitPolicy
  /** Code attempts for one email address by strangers; requesting a new code does not reset the counter. */
  readonly codes: RateLimitPolicy
  /**
   * Codes of an authenticator application for one account, and separately recovery codes, by callers without a known browser of it.
   * Only a caller who has proved the first factor is counted. Codes in a live session have a counter per session.
   */
  readonly secondFactors: RateLimitPolicy
  /** OAuth flows and passkey ceremonies started from one IP address. */
  readonly starts: RateLimitPolicy
  /**
   * Failed uses of links, passkey responses and OAuth callbacks from one IP address; not counted where it is unknown, since
   * they cannot be guessed, and the limit would refuse every caller.
   */
  readonly completions: RateLimitPolicy
  /** Changes, exports and starts of flows in one session. */
  readonly sessionRequests: RateLimitPolicy
  /** Email changes that are requested in one session. */
  readonly emailChanges: RateLimitPolicy
  /** Sessions that are opened by one session for other clients. */
  readonly derivedSessions: RateLimitPolicy
}

/**
 * Mails to one email address, separately for each purpose (magic link, verification, reset, email change) and each known
 * browser: `burst` at once, then one in the lifetime of its link, and at least one an hour. So at every moment either a live
 * link is in the mailbox or a request sends one.
 */
export interface MailboxPolicy {
  /** 1 to 100. */
  readonly burst: number
}

/** What a mail is counted under: the email address, and what its link is for. */
export interface CountedMail {
  readonly email: EmailKey
  readonly purpose: MailPurpose
  /** How long its link is valid. */
  readonly lifetimeSeconds: number
}

/** The counters that are charged before an attempt, and the refund of a success. */
export interface Attempt {
  charges: RateLimitCharges & { readonly account: Charge }
  refund: RateLimitRefund
}

/** The tries of a password with one verification link. */
const maxLinkTries = 5

/** Longer than every lock but that of too many failures in a row. */
const anHour = 3600

/**
 * Returns the rate limits that a try of a password with a verification link counts against, and the refund of a success:
 * five tries for each link, and the password attempts of the caller. `lifetimeSeconds` is that of the link.
 */
export function verificationAttempt(
  policies: BruteForcePolicies,
  { secretHash, lifetimeSeconds }: { secretHash: TokenHash; lifetimeSeconds: number },
  caller: Caller,
): { charges: MailCharges; refund: RateLimitRefund } {
  const key = keyOf('verification', Buffer.from(secretHash).toString('base64'))
  const policy: RateLimitPolicy = {
    cap: maxLinkTries,
    windowSeconds: lifetimeSeconds,
    lockSeconds: lifetimeSeconds,
    maxLockSeconds: lifetimeSeconds,
    limit: maxLinkTries,
    forgetSeconds: lifetimeSeconds,
  }
  const ipAddress = callerCharge('ipAddress', caller, policies.ipAddress)
  return { charges: { address: { key, policy }, ipAddress }, refund: refundOf(key, ipAddress) }
}

/** The attempts that name an account: a password, or a mailed code. */
export type AccountAttempt = 'password' | 'code'

/** What the attempts of strangers are counted under. */
const strangerLimits = {
  password: { keyOf: accountAttempts, account: 'account', ipAddress: ['ipAddress', 'ipAddress'] },
  code: { keyOf: codeAttempts, account: 'codes', ipAddress: ['mail', 'mailRequests'] },
} as const

/**
 * Returns the rate limits that an attempt for an account counts against, and the refund of a success. A known browser of
 * the account is counted by itself, and with its other known browsers; by no IP address.
 */
export function accountAttempt(
  policies: BruteForcePolicies,
  method: AccountAttempt,
  email: EmailKey,
  { ip, knownBrowser }: Caller,
): Attempt {
  if (knownBrowser !== null)
    return attemptOf(
      { key: keyOf(`known_browser_${method}`, knownBrowser), policy: policies.knownBrowser },
      { key: keyOf(`known_browsers_${method}`, email), policy: policies.knownBrowsers },
    )
  const stranger = strangerLimits[method]
  const [purpose, limit] = stranger.ipAddress
  return attemptOf(
    { key: stranger.keyOf(email), policy: policies[stranger.account] },
    strangerCharge(purpose, ip, policies[limit]),
  )
}

const attemptOf = (account: Charge, ipAddress: IpAddressCharge): Attempt => ({
  charges: { account, ipAddress },
  refund: refundOf(account.key, ipAddress),
})

const refundOf = (
  account: RateLimitKey | null,
  ipAddress: IpAddressCharge | null,
): RateLimitRefund => ({
  account,
  ipAddress: ipAddress?.key ?? null,
  block: ipAddress?.block?.key ?? null,
})

/**
 * Returns the rate limits that a code of a second factor counts against, and the refund of a success: a known browser of the
 * user by itself, any other caller by the account; a token that is no pending sign-in against `anyone`, the caller whose browser may be
 * known for another account.
 */
export function secondFactorAttempt(
  policies: BruteForcePolicies,
  { factor, userId, anyone }: { factor: SecondFactor; userId: UserId; anyone: Caller },
  { knownBrowser }: Caller,
): Attempt {
  const account =
    knownBrowser === null
      ? { key: secondFactorKey(factor, userId), policy: policies.secondFactors }
      : { key: keyOf(`known_browser_${factor}`, knownBrowser), policy: policies.knownBrowser }
  const ipAddress = completionCharge(policies, anyone)
  return { charges: { account, ipAddress }, refund: refundOf(account.key, null) }
}

/** Returns the rate limit that a code of a second factor in a live session counts against, and the refund of a success. */
export function secondFactorInSession(
  policies: BruteForcePolicies,
  factor: SecondFactor,
  valid: ValidSession<object>,
): Attempt {
  const key = sessionKey(`session_${factor}`, valid)
  const charges = { account: { key, policy: policies.secondFactors }, ipAddress: null }
  return { charges, refund: refundOf(key, null) }
}

/** The wrong passwords in a row after which a session takes none any more; its user can sign in again. */
export const maxSessionPasswords = 20

/**
 * Returns the rate limit that a password in a live session counts against, and the refund of a success. A stranger's
 * guesses do not lock it.
 */
export function sessionPasswordAttempt(
  policies: BruteForcePolicies,
  valid: ValidSession<object>,
): Attempt {
  const key = sessionKey('session_password', valid)
  const cap = Math.min(policies.account.cap, maxSessionPasswords)
  const policy = { ...policies.account, cap, limit: maxSessionPasswords }
  return { charges: { account: { key, policy }, ipAddress: null }, refund: refundOf(key, null) }
}

/** The rate limits of one session, besides those of its passwords and email changes. */
export type SessionLimit = 'sessionRequests' | 'derivedSessions'

/** Returns the rate limit that a request in a live session counts against. */
export const sessionCharge = (
  policies: BruteForcePolicies,
  limit: SessionLimit,
  valid: ValidSession<object>,
): Charge => ({ key: sessionKey(limit, valid), policy: policies[limit] })

/** Returns the rate limits that an email change counts against: the session, and the mails to the new email address. */
export const sessionMailCharges = (
  policies: BruteForcePolicies,
  mail: CountedMail,
  valid: ValidSession<object>,
): MailCharges & { readonly ipAddress: Charge } => ({
  address: { key: mailboxKey(mail), policy: mailPolicy(policies, mail) },
  ipAddress: { key: sessionKey('session_mail', valid), policy: policies.emailChanges },
})

/** A session and those derived from it have the same end, so a derived session has no attempts of its own. */
const sessionKey = (
  purpose: SessionLimit | 'session_password' | 'session_mail' | `session_${SecondFactor}`,
  { user, session }: ValidSession<object>,
): RateLimitKey => keyOf(purpose, `${user.id}:${session.absoluteExpiresAt.getTime()}`)

/**
 * Returns the rate limits that a password sent with a mailed token counts against, and the refund of a success. It is
 * counted before the token is read, because the token may be used only once but be sent many times.
 */
export function tokenPasswordAttempt(
  policies: BruteForcePolicies,
  caller: Caller,
): { charges: RateLimitCharges; refund: RateLimitRefund } {
  const ipAddress = callerCharge('ipAddress', caller, policies.ipAddress)
  return { charges: { account: null, ipAddress }, refund: refundOf(null, ipAddress) }
}

/** Returns the rate limits that a registration counts against: the IP address, and the mails to the email address. */
export const registrationCharges = (
  policies: BruteForcePolicies,
  mail: CountedMail,
  ip: IpAddress | null,
): MailCharges & { readonly ipAddress: IpAddressCharge } => ({
  address: { key: mailboxKey(mail), policy: mailPolicy(policies, mail) },
  ipAddress: strangerCharge('register', ip, policies.registrations),
})

/** Returns the rate limits that a mail request counts against. A known browser of the account has a separate allowance. */
export const mailCharges = (
  policies: BruteForcePolicies,
  mail: CountedMail,
  { ip, knownBrowser }: Caller,
): MailCharges => ({
  address: { key: mailboxKey(mail, knownBrowser), policy: mailPolicy(policies, mail) },
  ipAddress:
    knownBrowser === null
      ? strangerCharge('mail', ip, policies.mailRequests)
      : knownIpAddressCharge('mail', ip, policies.mailRequests),
})

/** `burst` mails at once, then one in each lifetime of the link. */
function mailPolicy(
  { mailbox }: BruteForcePolicies,
  { lifetimeSeconds }: CountedMail,
): RateLimitPolicy {
  const windowSeconds = Math.min(lifetimeSeconds, anHour)
  return {
    cap: mailbox.burst,
    refill: 1,
    windowSeconds,
    lockSeconds: windowSeconds,
    maxLockSeconds: windowSeconds,
    limit: 1_000_000,
    forgetSeconds: 86_400,
  }
}

/** Returns the rate limit that starting an OAuth flow or a passkey ceremony counts against. */
export const startCharge = (policies: BruteForcePolicies, caller: Caller): IpAddressCharge =>
  callerCharge('start', caller, policies.starts)

/**
 * Returns the rate limit that a failed use of a link, a passkey response or an OAuth callback counts against; null for a
 * stranger whose IP address is unknown.
 */
export const completionCharge = (
  policies: BruteForcePolicies,
  caller: Caller,
): IpAddressCharge | null =>
  caller.ip === null && caller.knownBrowser === null
    ? null
    : callerCharge('complete', caller, policies.completions)

/** The purposes that are counted per IP address. */
type IpAddressPurpose = 'ipAddress' | 'register' | 'mail' | 'start' | 'complete'

/**
 * A known browser is counted by itself, any other caller by IP address. Each sign-in makes another known browser, so all of
 * one IP address are counted together as well: an account must not open a way around its limit.
 */
const callerCharge = (
  purpose: IpAddressPurpose,
  { ip, knownBrowser }: Caller,
  policy: RateLimitPolicy,
): IpAddressCharge =>
  knownBrowser === null
    ? strangerCharge(purpose, ip, policy)
    : {
        key: keyOf(`known_browser_${purpose}`, knownBrowser),
        policy,
        block: knownIpAddressCharge(purpose, ip, policy),
      }

/** How many times as many attempts others may make as one IP address: its /48, and those that share a counter. */
const blockFactor = 3
const sharedFactor = 10

/** Counts the known browsers of one IP address together. Strangers do not reach this limit. */
const knownIpAddressCharge = (
  purpose: IpAddressPurpose,
  ip: IpAddress | null,
  policy: RateLimitPolicy,
): Charge => ({
  key: keyOf(`known_browsers_${purpose}`, ip === null ? 'unknown' : ipAddressRanges(ip).address),
  policy: scaled(policy, sharedFactor),
})

function strangerCharge(
  purpose: IpAddressPurpose,
  ip: IpAddress | null,
  policy: RateLimitPolicy,
): IpAddressCharge {
  if (ip === null)
    return { key: keyOf(purpose, 'unknown'), policy: scaled(policy, sharedFactor), block: null }
  const { address, block } = ipAddressRanges(ip)
  return {
    key: keyOf(purpose, address),
    policy,
    block:
      block === null ? null : { key: keyOf(purpose, block), policy: scaled(policy, blockFactor) },
  }
}

const maxCount = 1_000_000

const scaled = (policy: RateLimitPolicy, factor: number): RateLimitPolicy => ({
  ...policy,
  cap: Math.min(policy.cap * factor, maxCount),
  limit: Math.min(policy.limit * factor, maxCount),
})
