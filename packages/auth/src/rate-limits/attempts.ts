import { hash } from 'node:crypto'
import type {
  AttemptCharges,
  AttemptKey,
  AttemptPolicy,
  AttemptRefund,
  Charge,
  EmailKey,
  MailCharges,
  User,
} from 'torii-core'
import { attemptKey, requireEmail } from 'torii-core'
import { canonicalNetwork } from '../base/network.js'

/** How often something may be tried. Each has counters of its own: no path in locks another. */
export interface BruteForcePolicies {
  /** Passwords tried for one address, whether an account has it or not. */
  readonly account: AttemptPolicy
  /** Passwords tried from one network, for any account. */
  readonly network: AttemptPolicy
  /** Accounts made from one network. */
  readonly registrations: AttemptPolicy
  /** Mails to one address. Beyond it nothing is sent, and nobody is told. */
  readonly mailbox: AttemptPolicy
  /** Mails asked for, and tokens tried, from one network. */
  readonly mailRequests: AttemptPolicy
  /** Typed codes tried for one address; a fresh code does not start it again. */
  readonly codes: AttemptPolicy
  /** Flows to providers and passkey ceremonies started from one network. */
  readonly starts: AttemptPolicy
}

/** Counts the passwords tried for one address. Made-up addresses have one like real ones. */
export const accountAttempts = (email: EmailKey): AttemptKey => keyOf('account', email)

/** Counts the passwords tried from one network; null when the address is unknown. */
export const networkAttempts = (ip: string | null): AttemptKey | null => networkKey('network', ip)

/** Counts the mails to one address. */
const mailboxAttempts = (email: EmailKey): AttemptKey => keyOf('mailbox', email)

/** Counts the codes typed for one address. */
const codeAttempts = (email: EmailKey): AttemptKey => keyOf('code', email)

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
const passwordCounter = ({ id, email }: Pick<User<object>, 'id' | 'email'>): AttemptKey =>
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
): AccountCounters<AttemptKey> {
  const password = passwordCounter(user)
  if (user.email === null) return { password, codes: null, mails: null }
  const email = requireEmail(user.email)
  return { password, codes: codeAttempts(email), mails: mailboxAttempts(email) }
}

/** What is charged before something is tried, and given back when it succeeds. */
interface Attempt {
  charges: AttemptCharges
  refund: AttemptRefund
}

function passwordAttempt(
  policies: BruteForcePolicies,
  account: AttemptKey,
  ip: string | null,
): Attempt {
  const network = networkAttempts(ip)
  return {
    charges: {
      account: { key: account, policy: policies.account },
      network: network === null ? null : { key: network, policy: policies.network },
    },
    refund: { account, network },
  }
}

/** What one typed code costs, and what it gives back when it is right. */
export function codeAttempt(
  policies: BruteForcePolicies,
  email: EmailKey,
  ip: string | null,
): Attempt {
  const account = codeAttempts(email)
  const network = networkKey('mail', ip)
  return {
    charges: {
      account: { key: account, policy: policies.codes },
      network: networkCharge('mail', ip, policies.mailRequests),
    },
    refund: { account, network },
  }
}

/** What a registration costs: the network's share of accounts, and one of the address's mails. */
export const registrationCharges = (
  policies: BruteForcePolicies,
  email: EmailKey,
  ip: string | null,
): MailCharges => ({
  address: { key: mailboxAttempts(email), policy: policies.mailbox },
  network: networkCharge('register', ip, policies.registrations),
})

/** What asking for a mail costs. */
export const mailCharges = (
  policies: BruteForcePolicies,
  email: EmailKey,
  ip: string | null,
): MailCharges => ({
  address: { key: mailboxAttempts(email), policy: policies.mailbox },
  network: networkCharge('mail', ip, policies.mailRequests),
})

/** What starting a flow to a provider, or a passkey ceremony, costs the network; null when unknown. */
export const startCharge = (policies: BruteForcePolicies, ip: string | null): Charge | null =>
  networkCharge('start', ip, policies.starts)

/** Purposes that are counted per network. */
type NetworkPurpose = 'network' | 'register' | 'mail' | 'start'

function networkCharge(
  purpose: NetworkPurpose,
  ip: string | null,
  policy: AttemptPolicy,
): Charge | null {
  const key = networkKey(purpose, ip)
  return key === null ? null : { key, policy }
}

function networkKey(purpose: NetworkPurpose, ip: string | null): AttemptKey | null {
  const network = canonicalNetwork(ip)
  return network === null ? null : keyOf(purpose, network)
}

/** The purpose is part of what is hashed, so no count is ever shared by two purposes. */
const keyOf = (purpose: string, subject: string): AttemptKey =>
  attemptKey(hash('sha256', `torii:attempt:${purpose}:${subject}`, 'buffer'))
