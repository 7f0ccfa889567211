import type {
  Json,
  OthersRevoked,
  RepositoryProvider,
  Session,
  SessionKey,
  ValidSession,
} from 'torii-core'
import { parseSessionId, SessionToken } from 'torii-core'
import type { ServiceContext } from '../context.js'
import { parseSessionToken } from './session-token.js'

/**
 * Sessions of people who are signed in. Whose they are always comes from a session that was validated
 * in this request, never from what a request says.
 * @see OWASP ASVS 5.0, 7.2.4, 7.3.1, 7.3.2, 7.4.1, 7.5.2
 */
export interface SessionService<Metadata extends object = Record<string, Json>> {
  /**
   * The session and its user, or null for every token that opens none: malformed, unknown, ended,
   * expired, of a disabled user. One statement, and at most one more per `touchSeconds` to note the
   * use; that one failing never fails the read. Never throws for any value of `token`.
   */
  validate(token: string | SessionToken): Promise<ValidSession<Metadata> | null>
  /** The live sessions of this person, last used first. */
  list(valid: ValidSession<Metadata>): Promise<readonly Session[]>
  /** Ends one session of this person, by its id. False for any other id, also somebody else's. */
  revoke(valid: ValidSession<Metadata>, id: string): Promise<boolean>
  /** Ends every session of this person but this one. `stale` when this one has ended meanwhile. */
  revokeOthers(valid: ValidSession<Metadata>): Promise<OthersRevoked>
  /** Ends the session of this token, at once and everywhere. False if it was none. */
  signOut(token: string | SessionToken): Promise<boolean>
}

export function createSessionService<Metadata extends object>(
  { options }: ServiceContext,
  { sessions }: Pick<RepositoryProvider<Metadata>, 'sessions'>,
): SessionService<Metadata> {
  const { idleSeconds, touchSeconds } = options.session

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
    async validate(token) {
      const key = readToken(token)
      if (key === null) return null
      const valid = await sessions.validate(key, { touchSeconds })
      return valid?.touchDue === true ? touch(key, valid) : valid
    },
    list: (valid) => sessions.list(valid.user.id),
    async revoke(valid, id) {
      const sessionId = parseSessionId(id)
      return sessionId !== null && sessions.revoke(valid.user.id, sessionId)
    },
    revokeOthers: ({ user, session, epochs }) =>
      sessions.revokeOthers({ userId: user.id, sessionId: session.id, epochs }),
    async signOut(token) {
      const key = readToken(token)
      return key !== null && sessions.end(key)
    },
  }
}

const readToken = (token: unknown): SessionKey | null =>
  parseSessionToken(token instanceof SessionToken ? token.reveal() : token)
