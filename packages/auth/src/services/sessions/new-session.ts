import type {
  NewSession,
  PendingToken,
  SessionLifetime,
  SessionToken,
  SignInMethod,
  UserId,
} from 'torii-core'
import { InvalidInputError, newSessionId } from 'torii-core'
import type { CheckedRequestInfo } from '../../base/request-info.js'
import type { SessionSecrets } from '../../crypto/session-token.js'
import {
  formatPendingToken,
  formatSessionToken,
  hashSessionSecret,
  newSessionSecret,
} from '../../crypto/session-token.js'
import type { SessionOptions } from '../options/session.js'

const newSessionSecrets = (): SessionSecrets => ({ id: newSessionId(), secret: newSessionSecret() })

/** What a sign-in may ask for. */
export interface Remembering {
  /**
   * Whether the session outlives the browser (default: true). False: its cookie goes when the browser closes, and it
   * expires after `session.unrememberedSeconds`.
   */
  remember?: boolean | null | undefined
}

/** How long a session of this sign-in lives. @throws InvalidInputError */
export function lifetimeOf(
  { idleSeconds, absoluteSeconds, unrememberedSeconds }: SessionOptions,
  remember: Remembering['remember'],
): SessionLifetime {
  if (readRemember(remember)) return { idleSeconds, absoluteSeconds }
  return {
    idleSeconds: Math.min(idleSeconds, unrememberedSeconds),
    absoluteSeconds: unrememberedSeconds,
  }
}

/** @throws InvalidInputError */
export function readRemember(remember: unknown): boolean {
  const value = remember ?? true
  if (typeof value === 'boolean') return value
  throw new InvalidInputError('remember', 'must be true or false')
}

/** Creates a session for the storage and its token for the user; `pendingToken` is that of the sign-in that waits in its place. */
export function prepareSession(
  userId: UserId,
  method: SignInMethod,
  info: CheckedRequestInfo,
  lifetime: SessionLifetime,
  secrets: SessionSecrets = newSessionSecrets(),
): { session: NewSession; token: SessionToken; pendingToken(): PendingToken } {
  const prepared = prepareSessionForUnknownUser(method, info, lifetime, secrets)
  return {
    session: prepared.session,
    token: prepared.tokenFor(userId),
    pendingToken: () => prepared.pendingTokenFor(userId),
  }
}

/** Creates a session whose user only the storage can find. Its token is formatted once the user is known. */
export function prepareSessionForUnknownUser(
  method: SignInMethod,
  info: CheckedRequestInfo,
  { idleSeconds, absoluteSeconds }: SessionLifetime,
  { id, secret }: SessionSecrets = newSessionSecrets(),
): {
  session: NewSession
  tokenFor(userId: UserId): SessionToken
  pendingTokenFor(userId: UserId): PendingToken
} {
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
    pendingTokenFor: (userId) => formatPendingToken(userId, id, secret),
  }
}
