import type { UserId } from 'torii-core'
import type { QueuedMail } from '../../mail/queued-mail.js'
import { queuedMail } from '../../mail/queued-mail.js'
import type { ResolvedOptions } from '../options/options.js'
import type { LinkPurpose } from './link-token.js'
import { formatVerificationToken, mailLink } from './link-token.js'

/** A token that belongs to an account. */
type VerificationLink = Exclude<LinkPurpose, 'magic_link'>

/** How long the link of each purpose works. */
export function linkSeconds(
  { email, password }: ResolvedOptions,
  purpose: VerificationLink,
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

/** The message that brings a link: to `to`, about the account `userId`. */
export function linkMail(
  options: ResolvedOptions,
  purpose: VerificationLink,
  { to, userId, secret }: { to: string; userId: UserId; secret: Uint8Array },
): QueuedMail {
  const token = formatVerificationToken(purpose, userId, secret)
  const link = mailLink(options.baseUrl, purpose, token).reveal()
  return queuedMail(purpose, to, { link, lifetimeSeconds: linkSeconds(options, purpose) })
}
