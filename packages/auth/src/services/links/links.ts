import type { ServiceContext } from '../context/context.js'
import type { LinkPurpose, LinkToken } from './link-token.js'
import { parseMagicToken, parseVerificationToken } from './link-token.js'

/** The content of a valid link. */
export interface InspectedLink {
  /** The email address that it was mailed to. */
  readonly email: string
  /** For a change of email address: the current one. Otherwise null. */
  readonly formerEmail: string | null
}

/** Reads links without using them, for the pages that they open. */
export interface LinkService {
  /**
   * Returns the content of the link with this token, or null if the token is not valid. It does not use the token, so
   * mail scanners do no harm, and does not reveal whether an account has the email address. One statement, two for a
   * change of email address, none for a malformed token.
   */
  inspect(purpose: LinkPurpose, token: string | LinkToken): Promise<InspectedLink | null>
}

export function createLinkService<Metadata extends object>({
  storage,
}: ServiceContext<Metadata>): LinkService {
  return {
    async inspect(purpose, token) {
      if (purpose === 'magic_link') {
        const hash = parseMagicToken(token)
        const link = hash === null ? null : await storage.magicLinks.find(hash)
        return link === null ? null : { email: link.email, formerEmail: null }
      }
      const key = parseVerificationToken(purpose, token)
      const found = key === null ? null : await storage.verificationTokens.find(purpose, key)
      if (found === null) return null
      const user = purpose === 'change_email' ? await storage.users.find(found.userId) : null
      return { email: found.email, formerEmail: user?.email ?? null }
    },
  }
}
