import { requireEmail } from 'torii-core'
import type { ServiceContext } from '../context/context.js'
import { linkSeconds } from './link-mail.js'
import type { LinkToken, MailLink } from './link-token.js'
import { formatVerificationToken, hashLinkSecret, mailLink, newLinkSecret } from './link-token.js'
import type { AddressPurpose } from './request-link.js'

/** A link that the server itself asked for, to hand over by other means than Torii's mail. */
export interface CreatedLink {
  readonly link: MailLink
  readonly token: LinkToken
  readonly lifetimeSeconds: number
}

/**
 * Makes a link without mailing it and without charging anybody; it takes the place of the account's former
 * one. Null when no account can use it (unknown, disabled; verified already, for a verification).
 * @throws InvalidInputError for what is not an address, before any query
 */
export async function createLink<Metadata extends object>(
  { options, storage }: ServiceContext<Metadata>,
  purpose: AddressPurpose,
  email: string,
): Promise<CreatedLink | null> {
  requireEmail(email)
  const secret = newLinkSecret()
  const lifetimeSeconds = linkSeconds(options, purpose)
  const secretHash = hashLinkSecret(purpose, secret)
  const issued = await storage.verificationTokens.issue({
    purpose,
    email,
    secretHash,
    lifetimeSeconds,
    charges: null,
  })
  if (!issued.ok || issued.userId === null) return null
  const token = formatVerificationToken(purpose, issued.userId, secret)
  return { link: mailLink(options.baseUrl, purpose, token), token, lifetimeSeconds }
}
