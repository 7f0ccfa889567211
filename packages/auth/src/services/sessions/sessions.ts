import type { Json, Session, SessionKey, SessionToken, ValidSession } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import type { ServiceContext } from '../context/context.js'
import type { ReauthenticationRequired } from '../refusals.js'
import type { TransactionalSessions } from './in-transaction.js'
import { createTransactionalSessions } from './in-transaction.js'
import type { ReauthenticateInput, ReauthenticateOutcome } from './reauthenticate.js'
import { reauthenticate } from './reauthenticate.js'
import { readToken } from './session-key.js'
import { requireRecent } from './valid-session.js'

/**
 * Sessions of people who are signed in. Whose they are always comes from a session that was validated
 * in this request, never from what a request says.
 * @see OWASP ASVS 5.0, 7.2.4, 7.3.1, 7.3.2, 7.4.1, 7.5.2
 */
export interface SessionService<Metadata extends object = Record<string, Json>>
  extends TransactionalSessions<Metadata> {
  /**
   * The session and its user, or null for every token that opens none: malformed, unknown, ended,
   * expired, of a disabled user. One statement, and at most one more per `touchSeconds` to note the
   * use; that one failing never fails the read. Never throws for any value of `token`.
   */
  validate(token: string | SessionToken): Promise<ValidSession<Metadata> | null>
  /**
   * Whether the person proved who they are recently enough for something sensitive: within
   * `session.recentSeconds` before this validation. No statement. After the refusal, ask for the
   * password or a passkey and reauthenticate.
   * @see OWASP ASVS 5.0, 7.5.1
   */
  requireRecent(valid: ValidSession<Metadata>): { readonly ok: true } | ReauthenticationRequired
  /** The live sessions of this person, last used first. */
  list(valid: ValidSession<Metadata>): Promise<readonly Session[]>
  /**
   * Proves by the password, once more, who is there: `authenticatedAt` is now, and whatever needs a recent
   * proof works again. Charged like a sign-in and with the sign-ins of this account. Two statements for
   * the right password, one for everything else.
   * @throws InvalidInputError for a token of another session, before any query
   * @throws ToriiError ERR_BUSY when too many passwords are waiting to be hashed; nothing was counted
   */
  reauthenticate(
    valid: ValidSession<Metadata>,
    input: ReauthenticateInput,
    requestInfo: RequestInfo,
  ): Promise<ReauthenticateOutcome>
}

export function createSessionService<Metadata extends object>(
  context: ServiceContext<Metadata>,
): SessionService<Metadata> {
  const { options } = context
  const { sessions } = context.storage
  const { idleSeconds, touchSeconds, recentSeconds } = options.session

  /** Notes the use, and answers the session as it is then; as it was read when that failed. */
  async function touch(
    key: SessionKey,
    valid: ValidSession<Metadata>,
  ): Promise<ValidSession<Metadata>> {
    const { session } = valid
    try {
      // Null: somebody else noted it in the same moment.
      const touched = await sessions.touch(key, { idleSeconds, touchSeconds })
      return { ...valid, session: { ...session, ...touched }, touchDue: false }
    } catch (error) {
      options.log({ level: 'warn', event: 'session_touch_failed', sessionId: session.id, error })
      return valid
    }
  }

  return {
    ...createTransactionalSessions(context),
    async validate(token) {
      const key = readToken(token)
      if (key === null) return null
      const valid = await sessions.validate(key, { touchSeconds, recentSeconds })
      return valid?.touchDue === true ? touch(key, valid) : valid
    },
    requireRecent,
    list: (valid) => sessions.list(valid.user.id),
    reauthenticate: (valid, input, requestInfo) =>
      reauthenticate(context, valid, input, requestInfo),
  }
}
