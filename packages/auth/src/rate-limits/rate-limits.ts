import { hash } from 'node:crypto'
import type {
  Charge,
  EmailKey,
  MailCharges,
  RateLimitCharges,
  RateLimitKey,
  RateLimitPolicy,
  RateLimitRefund,
  TokenHash,
  User,
  ValidSession,
} from 'torii-core'
import { rateLimitKey, requireEmail } from 'torii-core'
import type { IpAddress } from '../base/ip-address.js'
import { ipAddressRange } from '../base/ip-address.js'

// The lock-out rules: what is counted, under which key, and by which policy. The numbers of each policy are in
// services/options/defaults.ts (`bruteForce`), their bounds in services/options/brute-force.ts. The database counts and
// locks: tables/rate-limits.ts of torii-storage-postgres.

/** The rate limits. Each has separate counters, so locking one sign-in method does not lock the others. */
export interface BruteForcePolicies {
  /**
   * Password attempts for one email address, whether or not an account has it. Passwords that are sent in a live session
   * have a counter per session, with the same numbers but a limit of 20.
   */
  readonly account: RateLimitPolicy
  /** Password attempts from one IP address (IPv6: /64), for any account. */
  readonly ipAddress: RateLimitPolicy
  /** Registrations from one IP address. */
  readonly registrations: RateLimitPolicy
  /**
   * Mails to one email address. Beyond the limit nothing is sent, and the response does not change. Email changes that
   * are requested in one session have a counter with the same numbers, whose refusal is returned.
   */
  readonly mailbox: RateLimitPolicy
  /** Mail requests and code attempts from one IP address. */
  readonly mailRequests: RateLimitPolicy
  /** Code attempts for one email address; requesting a new code does not reset the counter. */
  readonly codes: RateLimitPolicy
  /** OAuth flows and passkey ceremonies started from one IP address. */
  readonly starts: RateLimitPolicy
  /** Failed uses of links, passkey responses and OAuth callbacks from one IP address. */
  readonly completions: RateLimitPolicy
  /** Changes, exports and starts of flows in one session. */
  readonly sessionRequests: RateLimitPolicy
  /** Sessions that are opened by one session for other clients. */
  readonly derivedSessions: RateLimitPolicy
}

/** Key of the password attempts for one email address. Addresses without an account are counted too. */
export const accountAttempts = (email: EmailKey): RateLimitKey => keyOf('account', email)

/** Key of the password attempts from one IP address; null if the address is unknown. */
export const ipAddressAttempts = (ip: IpAddress | null): RateLimitKey | null =>
  ipAddressKey('ipAddress', ip)

/** Key of the mails to one email address. */
export const mailboxAttempts = (email: EmailKey): RateLimitKey => keyOf('mailbox', email)

/** Key of the code attempts for one email address. */
const codeAttempts = (email: EmailKey): RateLimitKey => keyOf('code', email)

/** The tries of a password with one verification link. */
const maxLinkTries = 5

/**
 * Returns the rate limits that a try of a password with a verification link counts against, and the refund of a success:
 * five tries for each link, and the password attempts of the IP address. `lifetimeSeconds` is that of the link.
 */
export function verificationAttempt(
  policies: BruteForcePolicies,
  { secretHash, lifetimeSeconds }: { secretHash: TokenHash; lifetimeSeconds: number },
  ip: IpAddress | null,
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
  const ipAddress = ipAddressCharge('ipAddress', ip, policies.ipAddress)
  return {
    charges: { address: { key, policy }, ipAddress },
    refund: { account: key, ipAddress: ipAddress?.key ?? null },
  }
}

/** Returns the rate limits that a password sign-in counts against, and the refund of a success. */
export const signInAttempt = (
  policies: BruteForcePolicies,
  email: EmailKey,
  ip: IpAddress | null,
): Attempt => passwordAttempt(policies, accountAttempts(email), ip)

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
  const account = sessionKey('session_password', valid)
  const cap = Math.min(policies.account.cap, maxSessionPasswords)
  const policy = { ...policies.account, cap, limit: maxSessionPasswords }
  return {
    charges: { account: { key: account, policy }, ipAddress: null },
    refund: { account, ipAddress: null },
  }
}

/** The rate limits of one session, besides that of its passwords. */
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
  email: EmailKey,
  valid: ValidSession<object>,
): MailCharges & { readonly ipAddress: Charge } => ({
  address: { key: mailboxAttempts(email), policy: policies.mailbox },
  ipAddress: { key: sessionKey('session_mail', valid), policy: policies.mailbox },
})

/** A session and those derived from it have the same end, so a derived session has no attempts of its own. */
const sessionKey = (
  purpose: SessionLimit | 'session_password' | 'session_mail',
  { user, session }: ValidSession<object>,
): RateLimitKey => keyOf(purpose, `${user.id}:${session.absoluteExpiresAt.getTime()}`)

/** An account without an email address is counted under its id. */
const passwordCounter = ({ id, email }: Pick<User<object>, 'id' | 'email'>): RateLimitKey =>
  email === null ? keyOf('account', id) : accountAttempts(requireEmail(email))

/** The counters of one account. Locking one leaves the others open. */
export interface AccountCounters<Counter> {
  /** Password attempts. */
  readonly password: Counter
  /** Code attempts; null for an account without an email address. */
  readonly codes: Counter | null
  /** Mails sent; null for an account without an email address. */
  readonly mails: Counter | null
}

/** Returns the keys of everything that is counted for one account. */
export function accountCounters(
  user: Pick<User<object>, 'id' | 'email'>,
): AccountCounters<RateLimitKey> {
  const password = passwordCounter(user)
  if (user.email === null) return { password, codes: null, mails: null }
  const email = requireEmail(user.email)
  return { password, codes: codeAttempts(email), mails: mailboxAttempts(email) }
}

/** The counters that are charged before an attempt, and the refund of a success. */
interface Attempt {
  charges: RateLimitCharges
  refund: RateLimitRefund
}

function passwordAttempt(
  policies: BruteForcePolicies,
  account: RateLimitKey,
  ip: IpAddress | null,
): Attempt {
  const ipAddress = ipAddressAttempts(ip)
  return {
    charges: {
      account: { key: account, policy: policies.account },
      ipAddress: ipAddress === null ? null : { key: ipAddress, policy: policies.ipAddress },
    },
    refund: { account, ipAddress },
  }
}

/** Returns the rate limits that a code attempt counts against, and the refund of a success. */
export function codeAttempt(
  policies: BruteForcePolicies,
  email: EmailKey,
  ip: IpAddress | null,
): Attempt {
  const account = codeAttempts(email)
  const ipAddress = ipAddressKey('mail', ip)
  return {
    charges: {
      account: { key: account, policy: policies.codes },
      ipAddress: ipAddressCharge('mail', ip, policies.mailRequests),
    },
    refund: { account, ipAddress },
  }
}

/**
 * Returns the rate limit that a password sent with a mailed token counts against; null for an unknown IP address. It is
 * counted before the token is read, because the token may be used only once but be sent many times.
 */
export function tokenPasswordCharges(
  policies: BruteForcePolicies,
  ip: IpAddress | null,
): RateLimitCharges | null {
  const ipAddress = ipAddressCharge('ipAddress', ip, policies.ipAddress)
  return ipAddress === null ? null : { account: null, ipAddress }
}

/** Returns the rate limits that a registration counts against: the IP address, and the mails to the email address. */
export const registrationCharges = (
  policies: BruteForcePolicies,
  email: EmailKey,
  ip: IpAddress | null,
): MailCharges => ({
  address: { key: mailboxAttempts(email), policy: policies.mailbox },
  ipAddress: ipAddressCharge('register', ip, policies.registrations),
})

/** Returns the rate limits that a mail request counts against. */
export const mailCharges = (
  policies: BruteForcePolicies,
  email: EmailKey,
  ip: IpAddress | null,
): MailCharges => ({
  address: { key: mailboxAttempts(email), policy: policies.mailbox },
  ipAddress: ipAddressCharge('mail', ip, policies.mailRequests),
})

/**
 * Returns the rate limit that starting an OAuth flow or a passkey ceremony counts against; null for an unknown IP
 * address.
 */
export const startCharge = (policies: BruteForcePolicies, ip: IpAddress | null): Charge | null =>
  ipAddressCharge('start', ip, policies.starts)

/**
 * Returns the rate limit that a failed use of a link, a passkey response or an OAuth callback counts against; null for an
 * unknown IP address.
 */
export const completionCharge = (
  policies: BruteForcePolicies,
  ip: IpAddress | null,
): Charge | null => ipAddressCharge('complete', ip, policies.completions)

/** The purposes that are counted per IP address. */
type IpAddressPurpose = 'ipAddress' | 'register' | 'mail' | 'start' | 'complete'

function ipAddressCharge(
  purpose: IpAddressPurpose,
  ip: IpAddress | null,
  policy: RateLimitPolicy,
): Charge | null {
  const key = ipAddressKey(purpose, ip)
  return key === null ? null : { key, policy }
}

const ipAddressKey = (purpose: IpAddressPurpose, ip: IpAddress | null): RateLimitKey | null =>
  ip === null ? null : keyOf(purpose, ipAddressRange(ip))

/** The purpose is part of the hash, so two purposes never share a counter. */
const keyOf = (purpose: string, subject: string): RateLimitKey =>
  rateLimitKey(hash('sha256', `torii:attempt:${purpose}:${subject}`, 'buffer'))
