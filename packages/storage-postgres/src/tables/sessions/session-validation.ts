import type { SessionKey, SignInMethod, ValidSession } from 'torii-core'
import { statementTime as now, seconds, toDate } from '../../sql/db.js'
import { liveSession } from './session-row.js'

/**
 * What a validation answers with: numbers in one text, since a driver's work is by the column, and everything else
 * as text too, which no driver decodes. What the caller knows (both ids) or the conditions say is left out. The
 * parameters are SQL for numbers of seconds.
 */
const validColumns = (touchSeconds: string, recentSeconds: string): string => {
  const ago = (amount: string) => `${now} - pg_catalog.make_interval(secs => ${amount}::float8)`
  return `
        pg_catalog.concat_ws(' ', u.session_epoch, u.owner_epoch,
          (s.last_active_at <= ${ago(touchSeconds)})::int,
          coalesce(s.authenticated_at > ${ago(recentSeconds)}, false)::int,
          ${seconds('u.created_at')}, ${seconds('u.updated_at')},
          ${seconds('s.created_at')}, ${seconds('s.authenticated_at')}, ${seconds('s.last_active_at')},
          ${seconds('s.expires_at')}, ${seconds('s.absolute_expires_at')}, ${seconds('u.email_verified_at')}
        ) as numbers,
        u.email, u.name, u.picture, u.metadata::text as metadata,
        s.methods::text as methods, s.ip, s.user_agent`
}

/** The statement of one validation, and the one that answers many. */
export const validationTexts = (schema: string) => ({
  validate: `
      select ${validColumns('$4', '$5')}
      from ${schema}.sessions s join ${schema}.users u on u.id = s.user_id
      where s.user_id = $1::uuid and s.id = $2::uuid and s.secret_hash = $3::bytea and ${liveSession}`,
  validateMany: `
      select k.i::int4 as i, ${validColumns('k.touch_seconds', 'k.recent_seconds')}
      from rows from (
        pg_catalog.unnest($1::uuid[]), pg_catalog.unnest($2::uuid[]), pg_catalog.unnest($3::bytea[]),
        pg_catalog.unnest($4::int4[]), pg_catalog.unnest($5::int4[])
      ) with ordinality as k (user_id, id, secret_hash, touch_seconds, recent_seconds, i)
      join ${schema}.sessions s
        on s.user_id = k.user_id and s.id = k.id and s.secret_hash = k.secret_hash
      join ${schema}.users u on u.id = s.user_id
      where ${liveSession}`,
})

export interface ValidRow {
  numbers: string
  email: string | null
  name: string | null
  picture: string | null
  metadata: string
  methods: string
  ip: string | null
  user_agent: string | null
}

/** The session of a key that the statement has found. */
export function toValidSession<Metadata extends object>(
  row: ValidRow,
  { userId, id }: Pick<SessionKey, 'userId' | 'id'>,
): ValidSession<Metadata> {
  const numbers = row.numbers.split(' ')
  const number = (place: number) => Number(numbers[place])
  const date = (place: number) => toDate(number(place))
  const user = {
    id: userId,
    email: row.email,
    // The last one, and nothing where the column is null.
    emailVerifiedAt: numbers.length > 11 ? date(11) : null,
    name: row.name,
    picture: row.picture,
    metadata: JSON.parse(row.metadata),
    disabledAt: null,
    createdAt: date(4),
    updatedAt: date(5),
  }
  return {
    // The table's check: without an address there is no time at which it was verified.
    user: user as ValidSession<Metadata>['user'],
    session: {
      id,
      userId,
      methods: readMethods(row.methods),
      ip: row.ip,
      userAgent: row.user_agent,
      createdAt: date(6),
      authenticatedAt: date(7),
      lastActiveAt: date(8),
      expiresAt: date(9),
      absoluteExpiresAt: date(10),
    },
    epochs: { session: number(0), owner: number(1) },
    touchDue: numbers[2] === '1',
    recent: numbers[3] === '1',
  }
}

/** `{password,oauth}`: no way to sign in has a name that PostgreSQL would put in quotes. */
const readMethods = (array: string): SignInMethod[] =>
  array.slice(1, -1).split(',') as SignInMethod[]
