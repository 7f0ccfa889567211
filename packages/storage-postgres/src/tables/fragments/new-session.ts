import type { NewSession, SessionId, TokenHash } from 'torii-core'
import type { SqlPart } from '../../sql/parameter.js'
import { nullable, parameter, sql } from '../../sql/parameter.js'
import { statementTime as now, secondsFromNow } from '../../sql/time.js'

/** The columns of a new session that its caller gives. */
type Given =
  | 'id'
  | 'secretHash'
  | 'methods'
  | 'ip'
  | 'userAgent'
  | 'idleSeconds'
  | 'absoluteSeconds'

/** The insert of sessions for the rows of `users`, which have `user_id` and `session_epoch`. */
export const insertSessions = <
  const Columns extends Readonly<Record<Given, SqlPart>>,
  const Users extends SqlPart,
>(
  schema: string,
  given: Columns,
  users: Users,
) => sql`
        insert into ${schema}.sessions as s (
          user_id, id, secret_hash, epoch, methods, ip, user_agent, created_at, authenticated_at,
          last_active_at, expires_at, absolute_expires_at)
        select u.user_id, ${given.id}, ${given.secretHash}, u.session_epoch, ${given.methods},
          ${given.ip}, ${given.userAgent}, ${now}, ${now}, ${now},
          ${secondsFromNow(given.idleSeconds)}, ${secondsFromNow(given.absoluteSeconds)}
        from ${users}`

/** The parameters of a session to open. */
export const newSession = {
  id: parameter('newSessionId', 'uuid')<SessionId>(),
  secretHash: parameter('newSessionSecretHash', 'bytea')<TokenHash>(),
  methods: parameter('methods', 'text[]')<string>(),
  ip: nullable('ip', 'text')<string>(),
  userAgent: nullable('userAgent', 'text')<string>(),
  idleSeconds: parameter('idleSeconds', 'float8')<number>(),
  absoluteSeconds: parameter('absoluteSeconds', 'float8')<number>(),
}

/** The columns of many sessions, under the names that {@link newSession} takes them by. */
const newSessions = {
  id: parameter('newSessionId', 'uuid[]')<readonly SessionId[]>(),
  secretHash: parameter('newSessionSecretHash', 'bytea[]')<readonly TokenHash[]>(),
  methods: parameter('methods', 'text[]')<readonly string[]>(),
  ip: parameter('ip', 'text[]')<readonly (string | null)[]>(),
  userAgent: parameter('userAgent', 'text[]')<readonly (string | null)[]>(),
  idleSeconds: parameter('idleSeconds', 'int4[]')<readonly number[]>(),
  absoluteSeconds: parameter('absoluteSeconds', 'int4[]')<readonly number[]>(),
}

/** The names that the rows of {@link newSessions} have in a batch. */
export const newSessionsColumns =
  'id, secret_hash, methods, ip, user_agent, idle_seconds, absolute_seconds'

/** {@link newSessions} as arrays to unnest, in the order of {@link newSessionsColumns}. */
export const unnestNewSessions = sql`
          pg_catalog.unnest(${newSessions.id}), pg_catalog.unnest(${newSessions.secretHash}),
          pg_catalog.unnest(${newSessions.methods}), pg_catalog.unnest(${newSessions.ip}), pg_catalog.unnest(${newSessions.userAgent}),
          pg_catalog.unnest(${newSessions.idleSeconds}), pg_catalog.unnest(${newSessions.absoluteSeconds})`

/** The insert that opens the sessions of a CTE `u` with `user_id`, `session_epoch` and {@link newSessionsColumns}. */
export const insertManySessions = (schema: string) =>
  insertSessions(
    schema,
    {
      id: 'u.id::uuid',
      secretHash: 'u.secret_hash::bytea',
      methods: 'u.methods::text[]',
      ip: 'u.ip::text',
      userAgent: 'u.user_agent::text',
      idleSeconds: 'u.idle_seconds::float8',
      absoluteSeconds: 'u.absolute_seconds::float8',
    },
    'u',
  )

/** The parameters of a session that is opened only where its id is not null. */
export const optionalSession = {
  id: nullable('newSessionId', 'uuid')<SessionId>(),
  secretHash: nullable('newSessionSecretHash', 'bytea')<TokenHash>(),
  methods: nullable('methods', 'text[]')<string>(),
  ip: nullable('ip', 'text')<string>(),
  userAgent: nullable('userAgent', 'text')<string>(),
  idleSeconds: nullable('idleSeconds', 'float8')<number>(),
  absoluteSeconds: nullable('absoluteSeconds', 'float8')<number>(),
}

/** The insert that opens a session for the rows of a CTE `u (user_id, session_epoch)`. */
export const insertSession = (schema: string) => insertSessions(schema, newSession, 'u')

/** {@link insertSession}; the statement says when there is none. */
export const insertOptionalSession = (schema: string) =>
  insertSessions(schema, optionalSession, 'u')

export const newSessionValues = (session: NewSession) => ({
  newSessionId: session.id,
  newSessionSecretHash: session.secretHash,
  // No sign-in method has a name that PostgreSQL would put in quotes.
  methods: `{${session.methods.join(',')}}`,
  ip: session.ip,
  userAgent: session.userAgent,
  idleSeconds: session.idleSeconds,
  absoluteSeconds: session.absoluteSeconds,
})

/** The values of {@link optionalSession}. */
export const optionalSessionValues = (session: NewSession | null) =>
  session === null
    ? {
        newSessionId: null,
        newSessionSecretHash: null,
        methods: null,
        ip: null,
        userAgent: null,
        idleSeconds: null,
        absoluteSeconds: null,
      }
    : newSessionValues(session)
