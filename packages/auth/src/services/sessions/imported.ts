import { createHash } from 'node:crypto'
import type { ImportedSessionOpening, SessionId, TokenHash, ValidSession } from 'torii-core'
import { InvalidOptionsError, tokenHash } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import { formatUuid } from '../../base/uuid.js'
import type { KeyRing } from '../../crypto/key-ring.js'
import type { SessionSecrets } from '../../crypto/session-token.js'
import {
  formatPendingToken,
  formatSessionToken,
  hashSessionSecret,
} from '../../crypto/session-token.js'
import type { ServiceContext } from '../context/context.js'
import type { EventContextInput } from '../effects/effects.js'
import { event, waitsForFactor } from '../effects/effects.js'
import type { ImportedSessionOptions } from '../options/imported-sessions.js'
import { secondFactorRequired } from '../pending-sign-in.js'
import type { InvalidToken, RefusedByApplication, SecondFactorRequired } from '../refusals.js'
import { invalidToken } from '../refusals.js'
import { termsOf } from './new-session.js'
import type { OpenedSession } from './opening.js'

export type ContinueImportedOutcome =
  | OpenedSession
  /** The cookie belongs to no imported session, or to one that was used, has expired or was ended. */
  | InvalidToken
  | RefusedByApplication
  /** The user has a second factor, or must have one, which the other system did not ask for. */
  | SecondFactorRequired

/** @throws InvalidOptionsError */
function requireImportedSessions({
  importedSessions,
}: {
  readonly importedSessions: ImportedSessionOptions | null
}): ImportedSessionOptions {
  if (importedSessions !== null) return importedSessions
  throw new InvalidOptionsError(
    'importedSessions',
    'is required for sessions of another system: pass { from }, the system that set the cookies',
  )
}

/** What the table knows of a token of another system. */
const keyOf = (token: string): TokenHash => tokenHash(createHash('sha256').update(token).digest())

/**
 * The id and the secret of the session that goes on from a token: computed, so that all requests that a browser sends at once with it
 * get the same session. Without the application's keys the token says nothing about them.
 */
function secretsOf(keys: KeyRing, token: string): SessionSecrets {
  const [idBytes, secret] = ['id', 'secret'].map((part) =>
    keys.hmac('imported-sessions', [part, token]),
  )
  if (idBytes === undefined || secret === undefined) throw new Error('no secrets')
  // Version 8 of RFC 9562: computed.
  idBytes[6] = ((idBytes[6] ?? 0) & 0x0f) | 0x80
  idBytes[8] = ((idBytes[8] ?? 0) & 0x3f) | 0x80
  return { id: formatUuid(idBytes.toString('hex'), 0) as SessionId, secret }
}

/**
 * Opens the session that goes on from one of another system. One statement for the first request with the cookie; for those that come
 * at the same time a second one, which validates the session.
 */
export const continueImportedSession =
  <Metadata extends object>(
    context: ServiceContext<Metadata>,
    validate: (token: OpenedSession['token']) => Promise<ValidSession<Metadata> | null>,
  ) =>
  async (cookie: string, requestInfo: RequestInfo): Promise<ContinueImportedOutcome> => {
    const { options } = context
    const info = readRequestInfo(requestInfo)
    const token = requireImportedSessions(options).readToken(cookie)
    if (token === null) return invalidToken
    const refused = await context.before(['beforeSession'], {
      operation: 'sessions.continueImported',
      info,
    })
    if (refused !== null) return refused
    const { id, secret } = secretsOf(options.keys, token)
    const session = {
      ...termsOf(options, true),
      id,
      secretHash: hashSessionSecret(secret),
      ip: info.ip,
      userAgent: info.userAgent,
      verifiedOnly: options.requireVerifiedEmail,
    }
    const opened = await context.runWithEffects({
      run: ({ sessions }) => sessions.openImported(keyOf(token), session),
      effects: (outcome) => ({ events: eventsOf(options.keys, outcome, { sessionId: id, info }) }),
    })
    if (opened.ok)
      return {
        ok: true,
        session: opened.session,
        token: formatSessionToken(opened.session.userId, id, secret),
      }
    switch (opened.reason) {
      case 'second_factor_required': {
        const pendingToken = formatPendingToken(opened.pending.userId, id, secret)
        return secondFactorRequired(options, opened.pending, pendingToken)
      }
      case 'opened_before': {
        const same = formatSessionToken(opened.userId, id, secret)
        const valid = await validate(same)
        return valid === null ? invalidToken : { ok: true, session: valid.session, token: same }
      }
      default:
        return invalidToken
    }
  }

/** Ends a session of another system, so that its cookie opens nothing. One statement. */
export const endImportedSession =
  <Metadata extends object>({ options, storage }: ServiceContext<Metadata>) =>
  async (cookie: string): Promise<boolean> => {
    const token = requireImportedSessions(options).readToken(cookie)
    return token !== null && storage.sessions.endImported(keyOf(token))
  }

function eventsOf(
  keys: KeyRing,
  outcome: ImportedSessionOpening,
  context: Omit<EventContextInput, 'userId'>,
) {
  if (outcome.ok) {
    const { userId } = outcome.session
    const { sameUserAgent } = outcome
    return [event('session_continued', { ...context, userId }, { sameUserAgent })]
  }
  if (outcome.reason !== 'second_factor_required') return []
  const { pending } = outcome
  return [waitsForFactor(keys, 'imported', { ...context, userId: pending.userId }, pending)]
}
