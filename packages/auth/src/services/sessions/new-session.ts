import type { NewSession, SessionToken, SignInMethod, UserId } from 'torii-core'
import { newSessionId } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import {
  formatSessionToken,
  hashSessionSecret,
  newSessionSecret,
} from '../../crypto/session-token.js'
import type { SessionOptions } from '../options/session.js'

/** A session to hand to the storage, and the token to hand to the person: nothing else ever holds both. */
export function prepareSession(
  userId: UserId,
  method: SignInMethod,
  info: RequestInfo,
  lifetime: SessionOptions,
): { session: NewSession; token: SessionToken } {
  const { session, tokenFor } = prepareAnybodysSession(method, info, lifetime)
  return { session, token: tokenFor(userId) }
}

/** The same where only the storage finds out whose it is: the token is written once that is known. */
export function prepareAnybodysSession(
  method: SignInMethod,
  info: RequestInfo,
  { idleSeconds, absoluteSeconds }: SessionOptions,
): { session: NewSession; tokenFor(userId: UserId): SessionToken } {
  const id = newSessionId()
  const secret = newSessionSecret()
  return {
    session: {
      id,
      secretHash: hashSessionSecret(secret),
      methods: [method],
      ip: info.ip,
      userAgent: info.userAgent,
      idleSeconds,
      absoluteSeconds,
    },
    tokenFor: (userId) => formatSessionToken(userId, id, secret),
  }
}
