import type { NewSession, SessionToken, SignInMethod, UserId } from 'torii-core'
import { newSessionId } from 'torii-core'
import type { CheckedRequestInfo } from '../../base/request-info.js'
import type { SessionSecrets } from '../../crypto/session-token.js'
import {
  formatSessionToken,
  hashSessionSecret,
  newSessionSecret,
} from '../../crypto/session-token.js'
import type { SessionOptions } from '../options/session.js'

const newSessionSecrets = (): SessionSecrets => ({ id: newSessionId(), secret: newSessionSecret() })

/** Creates a session for the storage and its token for the user. */
export function prepareSession(
  userId: UserId,
  method: SignInMethod,
  info: CheckedRequestInfo,
  lifetime: SessionOptions,
  secrets: SessionSecrets = newSessionSecrets(),
): { session: NewSession; token: SessionToken } {
  const { session, tokenFor } = prepareSessionForUnknownUser(method, info, lifetime, secrets)
  return { session, token: tokenFor(userId) }
}

/** Creates a session whose user only the storage can find. Its token is formatted once the user is known. */
export function prepareSessionForUnknownUser(
  method: SignInMethod,
  info: CheckedRequestInfo,
  { idleSeconds, absoluteSeconds }: SessionOptions,
  { id, secret }: SessionSecrets = newSessionSecrets(),
): { session: NewSession; tokenFor(userId: UserId): SessionToken } {
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
