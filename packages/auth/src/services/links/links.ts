import type { ServiceContext } from '../context/context.js'
import type { LinkPurpose, LinkToken } from './link-token.js'
import { parseMagicToken, parseVerificationToken } from './link-token.js'

/** What a live link is about. */
export interface LinkFacts {
  /** The address that it was mailed to. */
  readonly email: string
  /** Of a change of address: the one it takes the place of, or null. */
  readonly formerEmail: string | null
}

/** Mailed links, as the page behind them needs them. */
export interface LinkService {
  /**
   * What the link of this token is about, or null for every token that is not live. Uses nothing up, so a
   * mail scanner may do it, and says nothing of whether an account has the address. One statement, for a
   * change of address two; none for what is no token of this purpose.
   */
  inspect(purpose: LinkPurpose, token: string | LinkToken): Promise<LinkFacts | null>
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
