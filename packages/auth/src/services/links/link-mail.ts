import type { RateLimitKey, UserId } from 'torii-core'
import { requireEmail } from 'torii-core'
import type { QueuedMail } from '../../mail/queued-mail.js'
import { queuedMail } from '../../mail/queued-mail.js'
import { mailboxAttempts } from '../../rate-limits/rate-limits.js'
import type { ResolvedOptions } from '../options/options.js'
import type { LinkPurpose } from './link-token.js'
import { formatVerificationToken, mailLink } from './link-token.js'

/** The purposes whose token belongs to an account. */
type AccountLinkPurpose = Exclude<LinkPurpose, 'magic_link'>

/** Returns how many seconds a link of this purpose is valid. */
export function linkSeconds(
  { email, password }: ResolvedOptions,
  purpose: AccountLinkPurpose,
): number {
  switch (purpose) {
    case 'verify_email':
      return email.verifySeconds
    case 'change_email':
      return email.changeSeconds
    case 'reset_password':
      return password.resetSeconds
    default:
      return purpose satisfies never
  }
}

/**
 * Writes the message that delivers a link for the account `userId` to the email address `to`. Its request counted against
 * the mail allowance of `to`, and against `more`.
 */
export function linkMail(
  options: ResolvedOptions,
  purpose: AccountLinkPurpose,
  { to, userId, secret }: { to: string; userId: UserId; secret: Uint8Array },
  more: readonly RateLimitKey[] = [],
): QueuedMail {
  const token = formatVerificationToken(purpose, userId, secret)
  const link = mailLink(options, purpose, token).reveal()
  const facts = { link, lifetimeSeconds: linkSeconds(options, purpose) }
  return queuedMail(purpose, to, facts, [mailboxAttempts(requireEmail(to)), ...more])
}
