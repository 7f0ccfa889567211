import type { EmailKey, RateLimitKey, UserId } from 'torii-core'
import { newUserId, undoSeconds } from 'torii-core'
import type { QueuedMail } from '../../mail/queued-mail.js'
import { queuedMail, rehearsedMail } from '../../mail/queued-mail.js'
import type { CountedMail } from '../../rate-limits/rate-limits.js'
import { requireMagicLinks } from '../options/magic-link.js'
import type { ResolvedOptions } from '../options/options.js'
import type { LinkPurpose } from './link-token.js'
import { formatVerificationToken, mailLink } from './link-token.js'

/** The purposes whose token belongs to an account. */
type AccountLinkPurpose = Exclude<LinkPurpose, 'magic_link'>
/** Those whose mail says no more than the link; that of an undo is part of another message. */
type MailedPurpose = Exclude<AccountLinkPurpose, 'undo_second_factor'>

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
    case 'undo_second_factor':
      return undoSeconds
    default:
      return purpose satisfies never
  }
}

/**
 * Writes the message that delivers a link for the account `userId` to the email address `to`. Its request counted against
 * `allowances`.
 */
export function linkMail(
  options: ResolvedOptions,
  purpose: MailedPurpose,
  { to, userId, secret }: { to: string; userId: UserId; secret: Uint8Array },
  allowances: readonly RateLimitKey[],
): QueuedMail {
  const token = formatVerificationToken(purpose, userId, secret)
  const link = mailLink(options, purpose, token).reveal()
  const facts = { link, lifetimeSeconds: linkSeconds(options, purpose) }
  return queuedMail(purpose, to, facts, allowances)
}

/** Writes the same message and sends it to no one: what {@link linkMail} does for an account that does not exist. */
export function rehearsedLinkMail(
  options: ResolvedOptions,
  purpose: MailedPurpose,
  { to, secret }: { to: string; secret: Uint8Array },
): QueuedMail {
  const token = formatVerificationToken(purpose, newUserId(), secret)
  const link = mailLink(options, purpose, token).reveal()
  return rehearsedMail(purpose, to, { link, lifetimeSeconds: linkSeconds(options, purpose) })
}

/** Returns what a mail of this purpose to an email address is counted under. */
export const countedMail = (
  options: ResolvedOptions,
  purpose: Exclude<LinkPurpose, 'undo_second_factor'>,
  email: EmailKey,
): CountedMail => ({
  email,
  purpose,
  lifetimeSeconds:
    purpose === 'magic_link'
      ? requireMagicLinks(options).lifetimeSeconds
      : linkSeconds(options, purpose),
})
