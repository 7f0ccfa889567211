import type { Adapter, AdapterSession } from '@auth/core/adapters'
import type { RepositoryProvider, UserId } from 'torii-core'
import { InvalidInputError, parseUserId } from 'torii-core'
import { AdapterRefusal, accountDisabled } from './adapter-refusal.js'
import type { ResolvedOptions } from './options.js'
import { newSessionToken, parseSessionToken } from './session-token.js'
import { secondsUntil, wholeSeconds } from './times.js'
import { toAdapterUser } from './users.js'

type SessionMethods = Required<
  Pick<Adapter, 'createSession' | 'getSessionAndUser' | 'updateSession' | 'deleteSession'>
>

/** `touchDue` is not used: Auth.js decides itself when it extends a session. */
const validation = { touchSeconds: 86_400 }

export function createSessionMethods(
  storage: RepositoryProvider,
  options: ResolvedOptions,
): SessionMethods {
  return {
    // The token that Auth.js generated is not used, so neither a weak nor a chosen one opens anything: Auth.js writes the
    // returned one into the cookie.
    async createSession({ userId: id, expires }) {
      const userId = parseUserId(id)
      if (userId === null) throw accountDisabled()
      const idleSeconds = secondsUntil(expires)
      if (idleSeconds < 1) throw new InvalidInputError('expires', 'must be in the future')
      const { token, key } = newSessionToken(userId)
      const opened = await storage.sessions.open(userId, {
        id: key.id,
        secretHash: key.secretHash,
        // Auth.js does not say how the user signed in.
        methods: ['oauth'],
        secondFactor: 'per-user',
        idleSeconds,
        absoluteSeconds: Math.max(idleSeconds, options.absoluteSeconds),
        ip: null,
        userAgent: null,
      })
      if (opened.ok) return toAdapterSession(token, userId, opened.session.expiresAt)
      if (opened.reason === 'account_disabled') throw accountDisabled()
      throw new AdapterRefusal(
        'second_factor_required',
        'the user has a second factor, which Auth.js cannot ask for: let torii-auth sign this user in',
      )
    },
    async getSessionAndUser(token) {
      const key = parseSessionToken(token)
      const valid = key === null ? null : await storage.sessions.validate(key, validation)
      if (valid === null) return null
      const { session, user } = valid
      return {
        session: toAdapterSession(token, user.id, session.expiresAt),
        user: toAdapterUser(user),
      }
    },
    async updateSession({ sessionToken: token, expires }) {
      const key = parseSessionToken(token)
      if (key === null || expires === undefined) return null
      const idleSeconds = secondsUntil(expires)
      if (idleSeconds < 1) {
        await storage.sessions.end(key)
        return null
      }
      const touched = await storage.sessions.touch(key, { idleSeconds, touchSeconds: 1 })
      return touched === null ? null : toAdapterSession(token, key.userId, touched.expiresAt)
    },
    async deleteSession(token) {
      const key = parseSessionToken(token)
      if (key !== null) await storage.sessions.end(key)
    },
  }
}

const toAdapterSession = (
  sessionToken: string,
  userId: UserId,
  expiresAt: Date,
): AdapterSession => ({
  sessionToken,
  userId,
  expires: wholeSeconds(expiresAt),
})
