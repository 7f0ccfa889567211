import type { SessionId, SignInMethod, UserId, ValidSession } from 'torii-core'
import type { BatchForm, Statement, TextRow } from './db.js'
import { statementTime as now, seconds } from './db.js'
import type { SessionRow } from './session-row.js'
import { liveSession, sessionColumns, toSession } from './session-row.js'
import type { UserRow } from './user-row.js'
import { toUser, userColumns } from './user-row.js'

/** What is judged beside the rows; the parameters are SQL for numbers of seconds. */
const verdicts = (touchSeconds: string, recentSeconds: string): string => {
  const ago = (amount: string) => `${now} - pg_catalog.make_interval(secs => ${amount}::float8)`
  return `
        u.session_epoch, u.owner_epoch, s.last_active_at <= ${ago(touchSeconds)} as touch_due,
        coalesce(s.authenticated_at > ${ago(recentSeconds)}, false) as recent`
}

/** The statement of a validation, and the one that answers many: both take the five values of `valuesOf`. */
export const validationTexts = (schema: string) => ({
  validate: `
      select ${userColumns}, ${sessionColumns}, ${verdicts('$4', '$5')}
      from ${schema}.sessions s join ${schema}.users u on u.id = s.user_id
      where s.user_id = $1::uuid and s.id = $2::uuid and s.secret_hash = $3::bytea and ${liveSession}`,
  // Leaves out what the caller knows or the conditions say; readRow knows the columns by their places.
  validateMany: `
      select k.i::int4 as i, u.email, ${seconds('u.email_verified_at')}, u.name, u.picture, u.metadata,
        ${seconds('u.created_at')}, ${seconds('u.updated_at')}, s.methods, s.ip, s.user_agent,
        ${seconds('s.created_at')}, ${seconds('s.authenticated_at')}, ${seconds('s.last_active_at')},
        ${seconds('s.expires_at')}, ${seconds('s.absolute_expires_at')},
        ${verdicts('k.touch_seconds', 'k.recent_seconds')}
      from rows from (
        pg_catalog.unnest($1::uuid[]), pg_catalog.unnest($2::uuid[]), pg_catalog.unnest($3::bytea[]),
        pg_catalog.unnest($4::int4[]), pg_catalog.unnest($5::int4[])
      ) with ordinality as k (user_id, id, secret_hash, touch_seconds, recent_seconds, i)
      join ${schema}.sessions s
        on s.user_id = k.user_id and s.id = k.id and s.secret_hash = k.secret_hash
      join ${schema}.users u on u.id = s.user_id
      where ${liveSession}`,
})

/** How callers that validate at the same time share a statement. */
export const validationBatch = (validateMany: Statement): BatchForm => ({
  statement: { ...validateMany, asTexts: true },
  elements: ['uuid', 'uuid', 'bytea', 'int4', 'int4'],
  readRow,
})

export interface ValidRow extends UserRow, SessionRow {
  session_epoch: number
  owner_epoch: number
  touch_due: boolean
  recent: boolean
}

export const toValidSession = <Metadata extends object>(row: ValidRow): ValidSession<Metadata> => ({
  user: toUser<Metadata>(row),
  session: toSession(row),
  epochs: { session: row.session_epoch, owner: row.owner_epoch },
  touchDue: row.touch_due,
  recent: row.recent,
})

/** The row that the single statement would have answered, of a row of `validateMany`. */
function readRow(row: TextRow, [userId, sessionId]: readonly unknown[]): ValidRow {
  const text = (place: number) => row[place] ?? null
  const number = (place: number) => Number(row[place])
  const verifiedAt = text(2)
  return {
    // The canonical texts that the statement found its rows by.
    user_id: userId as UserId,
    session_id: sessionId as SessionId,
    email: text(1),
    email_verified_at: verifiedAt === null ? null : Number(verifiedAt),
    name: text(3),
    picture: text(4),
    metadata: JSON.parse(row[5] ?? '{}'),
    disabled_at: null,
    user_created_at: number(6),
    user_updated_at: number(7),
    methods: readMethods(row[8] ?? '{}'),
    ip: text(9),
    user_agent: text(10),
    created_at: number(11),
    authenticated_at: number(12),
    last_active_at: number(13),
    expires_at: number(14),
    absolute_expires_at: number(15),
    session_epoch: number(16),
    owner_epoch: number(17),
    touch_due: row[18] === 't',
    recent: row[19] === 't',
  }
}

/** `{password,oauth}`: no way to sign in has a name that PostgreSQL would put in quotes. */
const readMethods = (array: string): SignInMethod[] =>
  array.slice(1, -1).split(',') as SignInMethod[]
