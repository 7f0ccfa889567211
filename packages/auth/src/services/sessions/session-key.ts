import type { SessionKey, TokenHash, ValidSession } from 'torii-core'
import { InvalidInputError, SessionToken } from 'torii-core'
import {
  formatSessionToken,
  hashSessionSecret,
  newSessionSecret,
  parseSessionToken,
} from '../../crypto/session-token.js'

/** The key in a token, as its text or its object; null for everything that is no token. */
export const readToken = (token: unknown): SessionKey | null =>
  parseSessionToken(token instanceof SessionToken ? token.reveal() : token)

/**
 * The key in the token of this very session.
 * @throws InvalidInputError for every other text: the session and the token then come from two requests
 */
export function keyOfSession(
  token: string | SessionToken,
  { user, session }: ValidSession<object>,
): SessionKey {
  const key = readToken(token)
  if (key === null || key.userId !== user.id || key.id !== session.id)
    throw new InvalidInputError('token', 'must be the token of this session')
  return key
}

/** A secret to give a session in place of its own, and the token that goes with it. */
export interface NextSecret {
  readonly secretHash: TokenHash
  readonly token: SessionToken
}

/** A fresh secret: once it is stored, the token before is dead. */
export function freshSecret({ userId, id }: Pick<SessionKey, 'userId' | 'id'>): NextSecret {
  const secret = newSessionSecret()
  return { secretHash: hashSessionSecret(secret), token: formatSessionToken(userId, id, secret) }
}

/** The secret that the session has: its token stays good. */
export const sameSecret = (key: SessionKey, token: string | SessionToken): NextSecret => ({
  secretHash: key.secretHash,
  token: token instanceof SessionToken ? token : new SessionToken(token),
})
