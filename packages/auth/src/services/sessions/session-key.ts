import type { SessionKey, TokenHash, ValidSession } from 'torii-core'
import { InvalidInputError, SessionToken } from 'torii-core'
import {
  formatSessionToken,
  hashSessionSecret,
  newSessionSecret,
  parseSessionToken,
} from '../../crypto/session-token.js'

/** Returns the key in a session token, or null for any other value. */
export const readToken = (token: unknown): SessionKey | null =>
  parseSessionToken(token instanceof SessionToken ? token.reveal() : token)

/**
 * Returns the key in the token of this session.
 * @throws InvalidInputError for any other value: the session and the token then come from different requests
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

/** The secret that a session has after an operation, and its token. */
export interface SessionSecret {
  readonly secretHash: TokenHash
  readonly token: SessionToken
}

/** Generates a new secret for the session. Once it is stored, the previous token is invalid. */
export function rotateSecret({ userId, id }: Pick<SessionKey, 'userId' | 'id'>): SessionSecret {
  const secret = newSessionSecret()
  return { secretHash: hashSessionSecret(secret), token: formatSessionToken(userId, id, secret) }
}

/** Keeps the session's current secret, so its token stays valid. */
export const keepSecret = (key: SessionKey, token: string | SessionToken): SessionSecret => ({
  secretHash: key.secretHash,
  token: token instanceof SessionToken ? token : new SessionToken(token),
})
