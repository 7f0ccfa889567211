import type { EmailKey, RateLimitKey, SecondFactor, User, UserId } from 'torii-core'
import { rateLimitKey, requireEmail } from 'torii-core'
import { hash } from '../base/hash.js'

// The keys of the counters. The database sees only their hashes.

/** What a mailed link or code is for. Each purpose has its own mail allowance. */
export type MailPurpose =
  | 'magic_link'
  | 'verify_email'
  | 'reset_password'
  | 'change_email'
  | 'enrollment_code'

const mailPurposes: readonly MailPurpose[] = [
  'magic_link',
  'verify_email',
  'reset_password',
  'change_email',
  'enrollment_code',
]

/** Key of the password attempts for one email address. Addresses without an account are counted too. */
export const accountAttempts = (email: EmailKey): RateLimitKey => keyOf('account', email)

/** Key of the code attempts for one email address. */
export const codeAttempts = (email: EmailKey): RateLimitKey => keyOf('code', email)

/**
 * Key of the mails for one purpose to one mailbox, requested by strangers or by one known browser. Addresses that differ
 * only after a `+` usually are one mailbox, so they share it; they never share an account.
 */
export const mailboxKey = (
  { email, purpose }: { email: EmailKey; purpose: MailPurpose },
  knownBrowser: string | null = null,
): RateLimitKey =>
  knownBrowser === null
    ? keyOf(`mailbox_${purpose}`, withoutTag(email))
    : keyOf(`known_browser_${purpose}`, knownBrowser)

const withoutTag = (email: EmailKey): string => email.replace(/^([^+@]+)\+[^@]*@/, '$1@')

/** The counters of one account. Locking one leaves the others open. */
export interface AccountCounters<Counter> {
  /** Password attempts by strangers. */
  readonly password: Counter
  /** Code attempts by strangers; null for an account without an email address. */
  readonly codes: Counter | null
  /** Mails requested by strangers, by purpose; null for an account without an email address. */
  readonly mails: Readonly<Record<MailPurpose, Counter>> | null
}

/** Returns the keys of everything that is counted for one account. */
export function accountCounters(
  user: Pick<User<object>, 'id' | 'email'>,
): AccountCounters<RateLimitKey> {
  // An account without an email address is counted under its id.
  if (user.email === null) return { password: keyOf('account', user.id), codes: null, mails: null }
  const email = requireEmail(user.email)
  const keys = mailPurposes.map((purpose) => [purpose, mailboxKey({ email, purpose })] as const)
  return {
    password: accountAttempts(email),
    codes: codeAttempts(email),
    // Every purpose is in the list above.
    mails: Object.fromEntries(keys) as Record<MailPurpose, RateLimitKey>,
  }
}

/** Key of the codes of a second factor for one account. */
export const secondFactorKey = (factor: SecondFactor, userId: UserId): RateLimitKey =>
  keyOf(`second_factor_${factor}`, userId)

/** Key of the mails about sign-ins of one account without the second factor. */
export const incompleteSignInKey = (userId: UserId): RateLimitKey =>
  keyOf('sign_in_incomplete', userId)

/** The purpose is part of the hash, so two purposes never share a counter. */
export const keyOf = (purpose: string, subject: string): RateLimitKey =>
  rateLimitKey(hash('sha256', `torii:attempt:${purpose}:${subject}`, 'buffer'))
