import { hash } from 'node:crypto'
import type {
  Charge,
  EmailKey,
  MailCharges,
  RateLimitCharges,
  RateLimitKey,
  RateLimitPolicy,
  RateLimitRefund,
  User,
} from 'torii-core'
import { rateLimitKey, requireEmail } from 'torii-core'
import { ipAddressRange } from '../base/ip-address.js'

/** How often something may be tried. Each has counters of its own: no path in locks another. */
export interface BruteForcePolicies {
  /** Passwords tried for one address, whether an account has it or not. */
  readonly account: RateLimitPolicy
  /** Passwords tried from one network, for any account. */
  readonly ipAddress: RateLimitPolicy
  /** Accounts made from one network. */
  readonly registrations: RateLimitPolicy
  /** Mails to one address. Beyond it nothing is sent, and nobody is told. */
  readonly mailbox: RateLimitPolicy
  /** Mails asked for, and tokens tried, from one network. */
  readonly mailRequests: RateLimitPolicy
  /** Typed codes tried for one address; a fresh code does not start it again. */
  readonly codes: RateLimitPolicy
  /** Flows to providers and passkey ceremonies started from one network. */
  readonly starts: RateLimitPolicy
}

/** Counts the passwords tried for one address. Made-up addresses have one like real ones. */
export const accountAttempts = (email: EmailKey): RateLimitKey => keyOf('account', email)

/** Counts the passwords tried from one network; null when the address is unknown. */
export const ipAddressAttempts = (ip: string | null): RateLimitKey | null =>
  ipAddressKey('ipAddress', ip)

/** Counts the mails to one address. */
const mailboxAttempts = (email: EmailKey): RateLimitKey => keyOf('mailbox', email)

/** Counts the codes typed for one address. */
const codeAttempts = (email: EmailKey): RateLimitKey => keyOf('code', email)

/** What one sign-in costs, and what it gives back when it succeeds. */
export const signInAttempt = (
  policies: BruteForcePolicies,
  email: EmailKey,
  ip: string | null,
): Attempt => passwordAttempt(policies, accountAttempts(email), ip)

/**
 * What it costs to prove the password again while signed in: the counter is that of signing in, so a
 * session gives nobody a second set of guesses.
 */
export function proofAttempt(
  policies: BruteForcePolicies,
  { id, email }: Pick<User<object>, 'id' | 'email'>,
  ip: string | null,
): Attempt {
  return passwordAttempt(policies, passwordCounter({ id, email }), ip)
}

/** An account without an address is counted under its id, which is no address. */
const passwordCounter = ({ id, email }: Pick<User<object>, 'id' | 'email'>): RateLimitKey =>
  email === null ? keyOf('account', id) : accountAttempts(requireEmail(email))

/** The counters of one account. Each is a path of its own: a locked one leaves the others open. */
export interface AccountCounters<Counter> {
  /** Passwords tried. */
  readonly password: Counter
  /** Typed codes tried; null for an account without an address. */
  readonly codes: Counter | null
  /** Mails sent; null for an account without an address. */
  readonly mails: Counter | null
}

/** What counts against one account. */
export function accountCounters(
  user: Pick<User<object>, 'id' | 'email'>,
): AccountCounters<RateLimitKey> {
  const password = passwordCounter(user)
  if (user.email === null) return { password, codes: null, mails: null }
  const email = requireEmail(user.email)
  return { password, codes: codeAttempts(email), mails: mailboxAttempts(email) }
}

/** What is charged before something is tried, and given back when it succeeds. */
interface Attempt {
  charges: RateLimitCharges
  refund: RateLimitRefund
}

function passwordAttempt(
  policies: BruteForcePolicies,
  account: RateLimitKey,
  ip: string | null,
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

/** What one typed code costs, and what it gives back when it is right. */
export function codeAttempt(
  policies: BruteForcePolicies,
  email: EmailKey,
  ip: string | null,
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

/** What a registration costs: the network's share of accounts, and one of the address's mails. */
export const registrationCharges = (
  policies: BruteForcePolicies,
  email: EmailKey,
  ip: string | null,
): MailCharges => ({
  address: { key: mailboxAttempts(email), policy: policies.mailbox },
  ipAddress: ipAddressCharge('register', ip, policies.registrations),
})

/** What asking for a mail costs. */
export const mailCharges = (
  policies: BruteForcePolicies,
  email: EmailKey,
  ip: string | null,
): MailCharges => ({
  address: { key: mailboxAttempts(email), policy: policies.mailbox },
  ipAddress: ipAddressCharge('mail', ip, policies.mailRequests),
})

/** What starting a flow to a provider, or a passkey ceremony, costs the network; null when unknown. */
export const startCharge = (policies: BruteForcePolicies, ip: string | null): Charge | null =>
  ipAddressCharge('start', ip, policies.starts)

/** Purposes that are counted per network. */
type IpAddressPurpose = 'ipAddress' | 'register' | 'mail' | 'start'

function ipAddressCharge(
  purpose: IpAddressPurpose,
  ip: string | null,
  policy: RateLimitPolicy,
): Charge | null {
  const key = ipAddressKey(purpose, ip)
  return key === null ? null : { key, policy }
}

function ipAddressKey(purpose: IpAddressPurpose, ip: string | null): RateLimitKey | null {
  const ipAddress = ipAddressRange(ip)
  return ipAddress === null ? null : keyOf(purpose, ipAddress)
}

/** The purpose is part of what is hashed, so no count is ever shared by two purposes. */
const keyOf = (purpose: string, subject: string): RateLimitKey =>
  rateLimitKey(hash('sha256', `torii:attempt:${purpose}:${subject}`, 'buffer'))
