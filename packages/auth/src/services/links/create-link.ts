import { readEmail } from '../../base/email-input.js'
import type { ServiceContext } from '../context/context.js'
import { linkSeconds } from './link-mail.js'
import type { LinkToken, MailLink } from './link-token.js'
import { formatVerificationToken, hashLinkSecret, mailLink, newLinkSecret } from './link-token.js'
import type { RequestPurpose } from './request-link.js'

/** A link for the application to deliver itself. */
export interface CreatedLink {
  readonly link: MailLink
  readonly token: LinkToken
  readonly lifetimeSeconds: number
}

/**
 * Creates a link without mailing it and without rate limits; it replaces the account's previous link of this purpose.
 * Returns null if no account can use it: unknown, disabled, or already verified.
 * @throws InvalidInputError for an invalid email address, before any query
 */
export const createLink =
  <Metadata extends object>(
    { options, storage }: ServiceContext<Metadata>,
    purpose: RequestPurpose,
  ) =>
  async (entered: string): Promise<CreatedLink | null> => {
    const { email } = readEmail(entered)
    const secret = newLinkSecret()
    const lifetimeSeconds = linkSeconds(options, purpose)
    const issued = await storage.verificationTokens.issue({
      purpose,
      email,
      secretHash: hashLinkSecret(purpose, secret),
      lifetimeSeconds,
      charges: null,
    })
    if (!issued.ok || issued.userId === null) return null
    const token = formatVerificationToken(purpose, issued.userId, secret)
    return { link: mailLink(options, purpose, token), token, lifetimeSeconds }
  }
