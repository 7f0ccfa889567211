import type { Json, OthersRevoked, Session, SessionKey, ValidSession } from 'torii-core'
import { parseSessionId, SessionToken } from 'torii-core'
import type { ServiceContext } from '../context.js'

import { event } from '../events/story.js'
import { parseSessionToken } from '../tokens/session-token.js'
import { askingOf, sceneOf } from './valid-session.js'

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
    async validate(token) {
      const key = readToken(token)
      if (key === null) return null
      const valid = await sessions.validate(key, { touchSeconds, recentSeconds })
      return valid?.touchDue === true ? touch(key, valid) : valid
    },
    list: (valid) => sessions.list(valid.user.id),
    async revoke(valid, id) {
      const revokedSessionId = parseSessionId(id)
      if (revokedSessionId === null) return false
      return context.commit(
        (repositories) => repositories.sessions.revoke(askingOf(valid), revokedSessionId),
        (done) =>
          done
            ? {
                events: [
                  event('session_revoked', sceneOf(valid), { revokedSessionId, by: 'user' }),
                ],
              }
            : {},
      )
    },
    revokeOthers: (valid) =>
      context.commit(
        (repositories) => repositories.sessions.revokeOthers(askingOf(valid)),
        (outcome) =>
          outcome.ok
            ? {
                events: [
                  event('sessions_revoked', sceneOf(valid), { count: outcome.revoked, by: 'user' }),
                ],
              }
            : {},
      ),
    async signOut(token) {
      const key = readToken(token)
      if (key === null) return false
      const scene = { userId: key.userId, sessionId: key.id }
      return context.commit(
        (repositories) => repositories.sessions.end(key),
        (done) => (done ? { events: [event('signed_out', scene, {})] } : {}),
      )
    },
  }
}

const readToken = (token: unknown): SessionKey | null =>
  parseSessionToken(token instanceof SessionToken ? token.reveal() : token)
