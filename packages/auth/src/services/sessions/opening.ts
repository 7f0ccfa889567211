import type {
  Session,
  SessionLevel,
  SessionToken,
  SignInMethod,
  UserId,
  ValidSession,
} from 'torii-core'
import { InvalidInputError, newSessionId } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import type { OperationContext } from '../context/context.js'
import { event, eventsOfSignIn } from '../effects/effects.js'
import { secondFactorRequired } from '../pending-sign-in.js'
import type {
  ReauthenticationRequired,
  Refused,
  RefusedByApplication,
  SecondFactorRequired,
  StaleSession,
  TooManyAttempts,
} from '../refusals.js'
import { staleSession } from '../refusals.js'
import { runCounted } from './counted.js'
import type { Remembering } from './new-session.js'
import { prepareSession, termsOf } from './new-session.js'
import { rotateSecret } from './session-key.js'
import { eventContextOf, requireRecent } from './valid-session.js'

/** A session and its token, which is returned here once. */
export interface OpenedSession {
  readonly ok: true
  readonly session: Session
  readonly token: SessionToken
}

/** How a session is opened for a user whom the application has identified itself. */
export interface OpeningOptions extends Remembering {
  /**
   * 2 if the application has proved two factors itself. With 1, a user who has a second factor gets a pending sign-in
   * (default: 1).
   */
  level?: SessionLevel
}

export type OpenOutcome =
  | OpenedSession
  /** The user does not exist or is disabled. */
  | Refused<'account_disabled'>
  | RefusedByApplication
  | SecondFactorRequired

export type DeriveOutcome =
  | OpenedSession
  | ReauthenticationRequired
  | RefusedByApplication
  | TooManyAttempts
  | StaleSession

/** Opens a session for a user whom the caller has identified; a pending sign-in where a second factor is due. One statement. */
export const openSession =
  <Metadata extends object>({ options, runWithEffects }: OperationContext<Metadata>) =>
  async (
    userId: UserId,
    method: SignInMethod,
    requestInfo: RequestInfo,
    { remember, level = 1 }: OpeningOptions = {},
  ): Promise<OpenOutcome> => {
    const info = readRequestInfo(requestInfo)
    if (level !== 1 && level !== 2) throw new InvalidInputError('level', 'must be 1 or 2')
    if (options.profile === 'aal2' && method === 'magic_link')
      throw new InvalidInputError(
        'method',
        'must not be magic_link with profile aal2: a mailbox and a second factor are no second level there',
      )
    const terms = termsOf(options, remember)
    const prepared = prepareSession(options, userId, method, info, terms)
    const { token, pendingToken } = prepared
    const session = { ...prepared.session, level }
    const eventContext = { userId, sessionId: session.id, info }
    const opened = await runWithEffects({
      run: ({ sessions }) => sessions.open(userId, session),
      effects: (outcome) => ({
        events: eventsOfSignIn(options.keys, outcome, method, eventContext),
      }),
    })
    if (opened.ok) return { ...opened, token }
    return opened.reason === 'second_factor_required'
      ? secondFactorRequired(options, opened.pending, pendingToken())
      : opened
  }

/** Opens a second session for the same user. One statement, which counts it; none if the authentication is not recent. */
export const deriveSession =
  <Metadata extends object>(context: OperationContext<Metadata>) =>
  async (valid: ValidSession<object>, requestInfo: RequestInfo): Promise<DeriveOutcome> => {
    const { ip, userAgent } = readRequestInfo(requestInfo)
    const recent = requireRecent(valid)
    if (!recent.ok) return recent
    const id = newSessionId()
    const { secretHash, token } = rotateSecret({ userId: valid.user.id, id })
    const { idleSeconds } = context.options.session
    const eventContext = eventContextOf(valid, { ip, userAgent })
    const session = await runCounted(context, valid, 'derivedSessions', {
      run: (actor) =>
        context.runWithEffects({
          run: ({ sessions }) =>
            sessions.derive(actor, { id, secretHash, idleSeconds, ip, userAgent }),
          effects: (derived) =>
            derived === null
              ? {}
              : { events: [event('session_derived', eventContext, { newSessionId: id })] },
        }),
      isUnchanged: (derived) => derived === null,
    })
    if (session === null) return staleSession
    return 'reason' in session ? session : { ok: true, session, token }
  }
