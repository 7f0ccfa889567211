import { hash } from 'node:crypto'
import type { AttemptCharges, AttemptKey, AttemptPolicy, AttemptRefund, EmailKey } from 'torii-core'
import { attemptKey } from 'torii-core'
import { canonicalNetwork } from '../network.js'

/** How often the password path may be tried, per account and per network. */
export interface BruteForcePolicies {
  /** Sign-ins to one address, whether an account has it or not. */
  readonly account: AttemptPolicy
  /** Sign-ins from one network to any account. */
  readonly network: AttemptPolicy
  /** Accounts made from one network. */
  readonly registrations: AttemptPolicy
}

/** Counts the passwords tried for one address. Made-up addresses have one like real ones. */
export const accountAttempts = (email: EmailKey): AttemptKey => keyOf('account', email)

/** Counts the passwords tried from one network; null when the address is unknown. */
export const networkAttempts = (ip: string | null): AttemptKey | null => networkKey('network', ip)

/** Counts the accounts made from one network; null when the address is unknown. */
export const registrationAttempts = (ip: string | null): AttemptKey | null =>
  networkKey('register', ip)

/** What one sign-in costs, and what it gives back when it succeeds. */
export function signInAttempt(
  policies: BruteForcePolicies,
  email: EmailKey,
  ip: string | null,
): { charges: AttemptCharges; refund: AttemptRefund } {
  const account = accountAttempts(email)
  const network = networkAttempts(ip)
  return {
    charges: {
      account: { key: account, policy: policies.account },
      network: network === null ? null : { key: network, policy: policies.network },
    },
    refund: { account, network },
  }
}

function networkKey(purpose: string, ip: string | null): AttemptKey | null {
  const network = canonicalNetwork(ip)
  return network === null ? null : keyOf(purpose, network)
}

/** The purpose is part of what is hashed, so no count is ever shared by two purposes. */
const keyOf = (purpose: string, subject: string): AttemptKey =>
  attemptKey(hash('sha256', `torii:attempt:${purpose}:${subject}`, 'buffer'))
