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
import type { ResolvedOptions } from '../options/options.js'
import { presentedTrust } from './trusted-cookie.js'

const newSessionSecrets = (): SessionSecrets => ({ id: newSessionId(), secret: newSessionSecret() })

/** What a sign-in may ask for. */
export interface Remembering {
  /**
   * Whether the session outlives the browser (default: true). False: its cookie goes when the browser closes, and it
   * expires after `session.unrememberedSeconds`.
   */
  remember?: boolean | null | undefined
}

/** How long a session lives, and of whom a second factor is asked. */
export type SessionTerms = SessionLifetime & Required<Pick<NewSession, 'secondFactor'>>

/** The terms of a session of this sign-in. @throws InvalidInputError */
export function termsOf(
  {
    session,
    secondFactor: { required: secondFactor },
  }: Pick<ResolvedOptions, 'session' | 'secondFactor'>,
  remember: Remembering['remember'],
): SessionTerms {
  const { idleSeconds, absoluteSeconds, unrememberedSeconds } = session
  if (readRemember(remember)) return { idleSeconds, absoluteSeconds, secondFactor }
  return {
    idleSeconds: Math.min(idleSeconds, unrememberedSeconds),
    absoluteSeconds: unrememberedSeconds,
    secondFactor,
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
  options: Pick<ResolvedOptions, 'keys' | 'secondFactor'>,
  userId: UserId,
  method: SignInMethod,
  info: CheckedRequestInfo,
  terms: SessionTerms,
  secrets: SessionSecrets = newSessionSecrets(),
): { session: NewSession; token: SessionToken; pendingToken(): PendingToken } {
  const prepared = prepareSessionForUnknownUser(options, method, info, terms, secrets)
  return {
    session: prepared.session,
    token: prepared.tokenFor(userId),
    pendingToken: () => prepared.pendingTokenFor(userId),
  }
}

/** Creates a session whose user only the storage can find. Its token is formatted once the user is known. */
export function prepareSessionForUnknownUser(
  options: Pick<ResolvedOptions, 'keys' | 'secondFactor'>,
  method: SignInMethod,
  info: CheckedRequestInfo,
  { idleSeconds, absoluteSeconds, secondFactor }: SessionTerms,
  { id, secret }: SessionSecrets = newSessionSecrets(),
): {
  session: NewSession
  tokenFor(userId: UserId): SessionToken
  pendingTokenFor(userId: UserId): PendingToken
} {
  const secretHash = hashSessionSecret(secret)
  return {
    session: {
      id,
      secretHash,
      trust: presentedTrust(options, info, { secretHash }),
      methods: [method],
      ip: info.ip,
      userAgent: info.userAgent,
      idleSeconds,
      absoluteSeconds,
      secondFactor,
    },
    tokenFor: (userId) => formatSessionToken(userId, id, secret),
    pendingTokenFor: (userId) => formatPendingToken(userId, id, secret),
  }
}
