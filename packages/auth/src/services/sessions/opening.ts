import type { Session, SessionToken, SignInMethod, UserId, ValidSession } from 'torii-core'
import { newSessionId } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import type { OperationContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type { ReauthenticationRequired, Refused, StaleSession } from '../refusals.js'
import { prepareSession } from './new-session.js'
import { freshSecret } from './session-key.js'
import { actorOf, eventContextOf, requireRecent } from './valid-session.js'

/** A session and the token that opens it, which is shown here once. */
export interface OpenedSession {
  readonly ok: true
  readonly session: Session
  readonly token: SessionToken
}

export type OpenOutcome =
  | OpenedSession
  /** The user does not exist or is disabled. */
  | Refused<'account_disabled'>

export type DeriveOutcome =
  | OpenedSession
  | ReauthenticationRequired
  /** The asking session has ended meanwhile. */
  | StaleSession

/** Opens a session for somebody whose identity the caller has established. One statement. */
export async function openSession<Metadata extends object>(
  { options, runWithEffects }: OperationContext<Metadata>,
  userId: UserId,
  method: SignInMethod,
  requestInfo: RequestInfo,
): Promise<OpenOutcome> {
  const info = readRequestInfo(requestInfo)
  const { session, token } = prepareSession(userId, method, info, options.session)
  const eventContext = { userId, sessionId: session.id, info }
  const opened = await runWithEffects({
    run: ({ sessions }) => sessions.open(userId, session),
    effects: ({ ok }) => (ok ? { events: [event('signed_in', eventContext, { method })] } : {}),
  })
  return opened.ok ? { ...opened, token } : opened
}

/** Opens a second session of the same person. One statement; none where the proof is too old. */
export async function deriveSession<Metadata extends object>(
  { options, runWithEffects }: OperationContext<Metadata>,
  valid: ValidSession<object>,
  requestInfo: RequestInfo,
): Promise<DeriveOutcome> {
  const info = readRequestInfo(requestInfo)
  const recent = requireRecent(valid)
  if (!recent.ok) return recent
  const id = newSessionId()
  const { secretHash, token } = freshSecret({ userId: valid.user.id, id })
  const { idleSeconds } = options.session
  const session = await runWithEffects({
    run: ({ sessions }) =>
      sessions.derive(actorOf(valid), { id, secretHash, idleSeconds, ...info }),
    effects: (derived) =>
      derived === null
        ? {}
        : { events: [event('session_derived', eventContextOf(valid, info), { newSessionId: id })] },
  })
  return session === null ? { ok: false, reason: 'stale' } : { ok: true, session, token }
}
