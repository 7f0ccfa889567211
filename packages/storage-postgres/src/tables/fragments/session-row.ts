import type { AuthenticationMethod, Session, SessionId, SessionLevel, UserId } from 'torii-core'
import { milliseconds, statementTime as now, toDate, toDateOrNull } from '../../sql/time.js'
import { hasSecondFactorOf } from './second-factor.js'

/** What every statement that returns a session selects besides `user_id`; `s` is the sessions row. */
export const sessionColumns = `
  s.id as session_id, s.methods, coalesce(s.level, 1)::int as level, ${milliseconds('s.level2_at')} as level2_at,
  s.ip, s.user_agent,
  ${milliseconds('s.created_at')} as created_at, ${milliseconds('s.authenticated_at')} as authenticated_at,
  ${milliseconds('s.last_active_at')} as last_active_at, ${milliseconds('s.expires_at')} as expires_at,
  ${milliseconds('s.absolute_expires_at')} as absolute_expires_at`

/**
 * A session row counts only while this holds; the one definition of a live session. `user` is the alias of its
 * user's row. A row's epoch never passes its user's, except in a statement that waited for the row: it sees the
 * newest row next to the user as it was, and a session that was just carried along must not look ended to it.
 * A row without a level was opened by version 0.1.0, which knows no second factor: it is not live where there is one.
 */
export const liveSessionOf = (user: string): string => `
  s.epoch >= ${user}.session_epoch and ${user}.disabled_at is null
  and s.expires_at > ${now} and s.absolute_expires_at > ${now}
  and (s.level is not null or not (${hasSecondFactorOf(user)}))`

/** {@link liveSessionOf} the user `u`. */
export const liveSession = liveSessionOf('u')

/** How many live sessions a CTE `gone` ended. */
export const endedCount = '(select pg_catalog.count(*) from gone where gone.live)::int'

export interface SessionRow {
  user_id: UserId
  session_id: SessionId
  methods: AuthenticationMethod[]
  level: SessionLevel
  level2_at: number | null
  ip: string | null
  user_agent: string | null
  created_at: number
  authenticated_at: number
  last_active_at: number
  expires_at: number
  absolute_expires_at: number
}

export const toSession = (row: SessionRow): Session => ({
  id: row.session_id,
  userId: row.user_id,
  methods: row.methods,
  level: row.level,
  level2At: toDateOrNull(row.level2_at),
  ip: row.ip,
  userAgent: row.user_agent,
  createdAt: toDate(row.created_at),
  authenticatedAt: toDate(row.authenticated_at),
  lastActiveAt: toDate(row.last_active_at),
  expiresAt: toDate(row.expires_at),
  absoluteExpiresAt: toDate(row.absolute_expires_at),
})

export const sessionOrNull = (row: SessionRow | null): Session | null =>
  row === null ? null : toSession(row)
