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
