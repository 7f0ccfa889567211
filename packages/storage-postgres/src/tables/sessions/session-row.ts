import type { NewSession, Session, SessionId, SignInMethod, UserId } from 'torii-core'
import { statementTime as now, seconds, secondsFromNow, toDate } from '../../sql/db.js'

/** What every statement that answers with a session selects, beside `user_id`; `s` is the sessions row. */
export const sessionColumns = `
  s.id as session_id, s.methods, s.ip, s.user_agent,
  ${seconds('s.created_at')} as created_at, ${seconds('s.authenticated_at')} as authenticated_at,
  ${seconds('s.last_active_at')} as last_active_at, ${seconds('s.expires_at')} as expires_at,
  ${seconds('s.absolute_expires_at')} as absolute_expires_at`

/**
 * A session row counts only while this holds; the one definition of a live session. A row's epoch never
 * passes its user's, except in the eyes of a statement that waited for the row: it sees the newest row
 * beside the user as it was, and a session that was just carried along must not look ended to it.
 */
export const liveSession = `
  s.epoch >= u.session_epoch and u.disabled_at is null
  and s.expires_at > ${now} and s.absolute_expires_at > ${now}`

/** SQL for what a new session brings, in the order of {@link sessionValues}. */
type NewSessionSql = readonly [
  id: string,
  secretHash: string,
  methods: string,
  ip: string,
  userAgent: string,
  idleSeconds: string,
  absoluteSeconds: string,
]

/** The insert of sessions for the rows of `users`, which have `user_id`, `session_epoch` and what `given` names. */
export const insertSessions = (schema: string, given: NewSessionSql, users: string): string => {
  const [id, secretHash, methods, ip, userAgent, idleSeconds, absoluteSeconds] = given
  return `
        insert into ${schema}.sessions as s (
          user_id, id, secret_hash, epoch, methods, ip, user_agent, created_at, authenticated_at,
          last_active_at, expires_at, absolute_expires_at)
        select u.user_id, ${id}::uuid, ${secretHash}::bytea, u.session_epoch, ${methods}::text[],
          ${ip}::text, ${userAgent}::text, ${now}, ${now}, ${now},
          ${secondsFromNow(idleSeconds)}, ${secondsFromNow(absoluteSeconds)}
        from ${users}`
}

/**
 * The insert that opens a session for the rows of `u (user_id, session_epoch)`: a CTE, or the query `users` in its
 * place. Takes the seven parameters of {@link sessionValues} from `$first` on.
 */
export const insertSession = (schema: string, first: number, users = 'u'): string => {
  const $ = (offset: number) => `$${first + offset}`
  return insertSessions(schema, [$(0), $(1), $(2), $(3), $(4), $(5), $(6)], users)
}

/** The parameters of {@link insertSession}; null opens none where the statement allows that. */
export const sessionValues = (session: NewSession | null): unknown[] =>
  session === null
    ? [null, null, null, null, null, null, null]
    : [
        session.id,
        session.secretHash,
        // No way to sign in has a name that PostgreSQL would have in quotes.
        `{${session.methods.join(',')}}`,
        session.ip,
        session.userAgent,
        session.idleSeconds,
        session.absoluteSeconds,
      ]

/**
 * CTEs that end every session of a user but one, after a CTE `raised (id, session_epoch)` has raised
 * the epoch: the kept one is carried along, the others are deleted for tidiness (the epoch has ended
 * them already, and also those that this statement cannot see yet).
 */
export const endOtherSessions = (schema: string, kept: string): string => `
      kept as (
        update ${schema}.sessions s set epoch = raised.session_epoch from raised, ${schema}.users u
        where s.user_id = raised.id and s.id = ${kept}::uuid and u.id = raised.id and ${liveSession}
        returning s.id
      ), gone as (
        delete from ${schema}.sessions s using raised, ${schema}.users u
        where s.user_id = raised.id and s.id <> ${kept}::uuid and u.id = raised.id
        returning ${liveSession} as live
      )`

/**
 * Holds while the session that asks has not been ended; `u` is its user's row. `$first` is the user,
 * `$first + 1` the session, the two epochs that its validation saw follow: {@link actorValues}.
 */
export const actorIsLive = (schema: string, first = 1): string => `
        u.session_epoch = $${first + 2}::int and u.owner_epoch = $${first + 3}::int and u.disabled_at is null
        and exists (
          select 1 from ${schema}.sessions s
          where s.user_id = $${first}::uuid and s.id = $${first + 1}::uuid and ${liveSession})`

/**
 * Holds where an operator acts, or the user by a session that has not been ended: {@link actorOrAdminValues}. `u` is
 * the row of the user who is acted upon.
 */
export const isAllowed = (schema: string, first = 1): string => `
        ($${first + 1}::uuid is null or (${actorIsLive(schema, first)}))`

/** How many live sessions a CTE `gone` ended. */
export const endedCount = '(select pg_catalog.count(*) from gone where gone.live)::int'

export interface SessionRow {
  user_id: UserId
  session_id: SessionId
  methods: SignInMethod[]
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
