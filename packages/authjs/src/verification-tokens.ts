import { createHash } from 'node:crypto'
import type { Adapter } from '@auth/core/adapters'
import type { RepositoryProvider, TokenHash } from 'torii-core'
import { checkText, InvalidInputError, newUserId, requireEmail, tokenHash } from 'torii-core'
import { newSessionToken } from './session-token.js'
import { shortSession } from './short-session.js'
import { secondsUntil, wholeSeconds } from './times.js'

type TokenMethods = Required<Pick<Adapter, 'createVerificationToken' | 'useVerificationToken'>>

export function createVerificationTokenMethods(storage: RepositoryProvider): TokenMethods {
  return {
    async createVerificationToken({ identifier, token, expires }) {
      requireEmail(identifier, 'identifier')
      const lifetimeSeconds = secondsUntil(expires)
      if (lifetimeSeconds < 1) throw new InvalidInputError('expires', 'must be in the future')
      // Auth.js has sent the mail already, or does so now, and counts no requests.
      await storage.magicLinks.issue({
        email: identifier,
        tokenHash: hashToken(token),
        codeHash: null,
        lifetimeSeconds,
        charges: null,
      })
      return { identifier, token, expires }
    },
    // The identifier is absent where the application has taken it out of its links.
    async useVerificationToken({ identifier, token }: { identifier?: string; token: string }) {
      if (typeof token !== 'string' || token === '' || token.length > 1024) return null
      const hash = hashToken(token)
      const link = await storage.magicLinks.find(hash)
      if (link === null || (identifier !== undefined && identifier !== link.email)) return null
      const isUsed = await useLink(storage, hash)
      return isUsed
        ? { identifier: link.email, token, expires: wholeSeconds(link.expiresAt) }
        : null
    },
  }
}

/**
 * Uses a link: of concurrent callers one gets true. A link proves the mailbox, so an account that had not proved it loses
 * the sign-in methods and sessions from before in the same commit. Auth.js asks its `signIn` callback only now, and creates
 * the account and the session itself, so what the sign-in made of these is removed again in the same transaction.
 */
const useLink = (storage: RepositoryProvider, hash: TokenHash): Promise<boolean> =>
  storage.transaction(async (tx) => {
    const newUser = newUserId()
    const { key } = newSessionToken(newUser)
    const outcome = await tx.magicLinks.consume(hash, {
      session: shortSession(key),
      newUserId: newUser,
    })
    if (!outcome.ok) return false
    if (outcome.created) await tx.users.delete(outcome.user.id)
    else await tx.sessions.revoke(outcome.user.id, key.id)
    return true
  })

/** Auth.js gives a hash of the token and its secret. It is hashed again, so that the row alone does not show even that one. */
const hashToken = (token: unknown): TokenHash =>
  tokenHash(
    createHash('sha256')
      .update('torii:authjs:verification-token:')
      .update(checkText(token, 'token', { bytes: 1024 }))
      .digest(),
  )
