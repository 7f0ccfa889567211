import type {
  Json,
  OthersRevoked,
  Session,
  SessionCursor,
  SessionKey,
  SessionPage,
  SessionToken,
  SignInMethod,
  UserId,
  ValidSession,
} from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import type { OperationContext, ServiceContext } from '../context/context.js'
import type {
  ReauthenticationRequired,
  RefusedByApplication,
  TooManyAttempts,
} from '../refusals.js'
import { revokeAllSessions, revokeOtherSessions, revokeSession, signOut } from './ending.js'
import type { ContinueImportedOutcome } from './imported.js'
import { continueImportedSession, endImportedSession } from './imported.js'
import type { DeriveOutcome, OpeningOptions, OpenOutcome } from './opening.js'
import { deriveSession, openSession } from './opening.js'
import type { ReauthenticateInput, ReauthenticateOutcome } from './reauthenticate.js'
import { reauthenticate } from './reauthenticate.js'
import type { RotateOutcome } from './rotate.js'
import { rotateToken } from './rotate.js'
import { readToken } from './session-key.js'
import { requireRecent } from './valid-session.js'

/** The session operations that also run in a transaction of the application. */
export interface TransactionalSessions<Metadata extends object = Record<string, Json>> {
  /** Opens a session for a user whom the application has identified itself. Never call it with an id of a request. */
  open(
    userId: UserId,
    method: SignInMethod,
    requestInfo: RequestInfo,
    options?: OpeningOptions,
  ): Promise<OpenOutcome>
  /** Opens a second session for the same user, for example for another device. Needs a recent authentication. */
  derive(valid: ValidSession<Metadata>, requestInfo: RequestInfo): Promise<DeriveOutcome>
  /** Replaces a session's token. Of several calls with one token, one succeeds. */
  rotate(token: string | SessionToken): Promise<RotateOutcome>
  /** Ends one session of the user. False if it is not a live session of this user. */
  revoke(valid: ValidSession<Metadata>, id: string): Promise<boolean>
  /** Ends every session of the user except this one. */
  revokeOthers(valid: ValidSession<Metadata>): Promise<OthersRevoked | TooManyAttempts>
  /** Ends every session of the user, including this one. */
  revokeAll(valid: ValidSession<Metadata>): Promise<OthersRevoked>
  /** Ends the session of a token. False if the token belongs to no live session. */
  signOut(token: string | SessionToken): Promise<boolean>
}

/** Which page of the sessions to list. */
export interface SessionPageQuery {
  /** 1 to 200 (default: 50). */
  limit?: number
  /** The `next` of the previous page. */
  after?: string
}

/**
 * The sessions of signed-in users. The user always comes from a session that was validated in this request, never from
 * other data of the request.
 * @see OWASP ASVS 5.0, 7.2.4, 7.3.1, 7.3.2, 7.4.1, 7.5.2
 */
export interface SessionService<Metadata extends object = Record<string, Json>>
  extends TransactionalSessions<Metadata> {
  /**
   * Returns the session and its user, or null if the token is malformed, unknown or ended, or if the session has
   * expired or the user is disabled. One statement, and at most one more per `touchSeconds` to record the last use; if
   * that one fails, the session is returned all the same. Never throws because of `token`.
   */
  validate(token: string | SessionToken): Promise<ValidSession<Metadata> | null>
  /**
   * Checks that the user authenticated within `session.recentSeconds` before this validation. No statement. If it
   * refuses, ask for the password or a passkey and re-authenticate.
   * @see OWASP ASVS 5.0, 7.5.1
   */
  requireRecent(valid: ValidSession<Metadata>): { readonly ok: true } | ReauthenticationRequired
  /** Lists the live sessions of the user, the last used first. */
  list(valid: ValidSession<Metadata>): Promise<readonly Session[]>
  /**
   * Lists a page of them. A session that is used between two pages moves to the first one.
   * @throws InvalidInputError for `after` that is not the `next` of a page, and for a limit that is not 1 to 200
   */
  listPage(valid: ValidSession<Metadata>, query?: SessionPageQuery): Promise<SessionPage>
  /**
   * Re-authenticates by password: sets `authenticatedAt` to now, so operations that need a recent authentication work
   * again. Counted with the other passwords that are sent in this session. Two statements for the right password, otherwise one.
   * @throws InvalidInputError for a token of another session, before any query
   * @throws ToriiError ERR_BUSY if too many passwords are waiting to be hashed; nothing was counted
   */
  reauthenticate(
    valid: ValidSession<Metadata>,
    input: ReauthenticateInput,
    requestInfo: RequestInfo,
  ): Promise<ReauthenticateOutcome>
  /**
   * Opens the session that goes on from an imported one, by the cookie of the other system; requests that a browser sends at
   * once get the same session. Only for a request without a session of Torii, from your own pages. The HTTP handler does it.
   * @throws InvalidOptionsError without the option `importedSessions`
   */
  continueImported(cookie: string, requestInfo: RequestInfo): Promise<ContinueImportedOutcome>
  /**
   * Ends an imported session by the cookie of the other system, so that it opens nothing here: part of signing out. False if there
   * is none, or it was ended.
   * @throws InvalidOptionsError without the option `importedSessions`
   */
  endImported(cookie: string): Promise<boolean>
}

export const createTransactionalSessions = <Metadata extends object>(
  context: OperationContext<Metadata>,
): TransactionalSessions<Metadata> => ({
  open: openSession(context),
  derive: deriveSession(context),
  rotate: rotateToken(context),
  revoke: revokeSession(context),
  revokeOthers: revokeOtherSessions(context),
  revokeAll: revokeAllSessions(context),
  signOut: signOut(context),
})

export const createSessionService = <Metadata extends object>(
  context: ServiceContext<Metadata>,
): SessionService<Metadata> => {
  const validate = validateSession(context)
  return {
    ...createTransactionalSessions(context),
    open: withBeforeSession(
      context,
      'sessions.open',
      (_userId, _method, requestInfo) => requestInfo,
      openSession(context),
    ),
    derive: withBeforeSession(
      context,
      'sessions.derive',
      (_valid, requestInfo) => requestInfo,
      deriveSession(context),
    ),
    validate,
    continueImported: continueImportedSession(context, validate),
    endImported: endImportedSession(context),
    requireRecent,
    list: ({ user }) => context.storage.sessions.list(user.id),
    listPage: async ({ user }, { limit, after } = {}) =>
      context.storage.sessions.listPage(user.id, {
        ...(limit === undefined ? {} : { limit }),
        // The storage refuses an invalid cursor.
        ...(after === undefined ? {} : { after: after as SessionCursor }),
      }),
    reauthenticate: reauthenticate(context),
  }
}

/** The operation behind the hook `beforeSession`. It passes all arguments on, so that no option is lost. */
const withBeforeSession =
  <Arguments extends readonly unknown[], Outcome>(
    { before }: Pick<ServiceContext<object>, 'before'>,
    operation: 'sessions.open' | 'sessions.derive',
    requestInfoOf: (...args: Arguments) => RequestInfo,
    run: (...args: Arguments) => Promise<Outcome>,
  ) =>
  async (...args: Arguments): Promise<Outcome | RefusedByApplication> => {
    const info = readRequestInfo(requestInfoOf(...args))
    const refused = await before(['beforeSession'], { operation, info })
    return refused ?? run(...args)
  }

function validateSession<Metadata extends object>({
  options,
  storage: { sessions },
}: ServiceContext<Metadata>): SessionService<Metadata>['validate'] {
  const { idleSeconds, touchSeconds, recentSeconds } = options.session

  /** Records the use and returns the updated session; the session as it was read if that fails. */
  async function touch(
    key: SessionKey,
    valid: ValidSession<Metadata>,
  ): Promise<ValidSession<Metadata>> {
    const { session } = valid
    try {
      // Null: another request recorded it at the same moment.
      const touched = await sessions.touch(key, { idleSeconds, touchSeconds })
      return { ...valid, session: { ...session, ...touched }, touchDue: false }
    } catch (error) {
      options.log({ level: 'warn', event: 'session_touch_failed', sessionId: session.id, error })
      return valid
    }
  }

  return async (token) => {
    const key = readToken(token)
    if (key === null) return null
    const valid = await sessions.validate(key, { touchSeconds, recentSeconds })
    return valid?.touchDue === true ? touch(key, valid) : valid
  }
}
