import type {
  AuthenticationMethod,
  SessionId,
  SessionKey,
  SessionRepository,
  TokenHash,
  UserId,
  ValidSession,
} from 'torii-core'
import type { Database } from '../../sql/database.js'
import type { SqlPart } from '../../sql/parameter.js'
import { nullable, parameter, sql } from '../../sql/parameter.js'
import { maybeOne } from '../../sql/rows.js'
import { inBatches, read } from '../../sql/statement.js'
import { milliseconds, statementTime as now, secondsAgo, toDate } from '../../sql/time.js'
import { secretHash, sessionId, userId } from '../fragments/parameters.js'
import { hasSecondFactor } from '../fragments/second-factor.js'
import { liveSession } from '../fragments/session-row.js'
import { checkObject, checkSeconds, sessionKeyValues } from '../input/input.js'

const touchSeconds = parameter('touchSeconds', 'float8')<number>()
/** Null: no proof counts as recent. */
const recentSeconds = nullable('recentSeconds', 'float8')<number>()

/**
 * The columns of a validated session: numbers in one text, since a driver's work grows with the columns, and
 * everything else as text too, which no driver decodes. What the caller knows (both ids) or the conditions say is
 * left out. `touch` and `recent` are amounts of seconds of the type float8.
 */
const validColumns = <const Touch extends SqlPart, const Recent extends SqlPart>(
  touch: Touch,
  recent: Recent,
) => sql`
        pg_catalog.concat_ws(' ', u.session_epoch, u.owner_epoch,
          (s.last_active_at <= ${secondsAgo(touch)})::int,
          coalesce(
            case when ${hasSecondFactor} then s.level2_at else s.authenticated_at end > ${secondsAgo(recent)}, false)::int,
          ${milliseconds('u.created_at')}, ${milliseconds('u.updated_at')},
          ${milliseconds('s.created_at')}, ${milliseconds('s.authenticated_at')}, ${milliseconds('s.last_active_at')},
          ${milliseconds('s.expires_at')}, ${milliseconds('s.absolute_expires_at')}, ${milliseconds(now)}, (${hasSecondFactor})::int,
          coalesce(${milliseconds('s.level2_at')}, 0), ${milliseconds('u.email_verified_at')}
        ) as numbers,
        u.email, u.name, u.picture, u.metadata::text as metadata,
        s.methods::text as methods, s.ip, s.user_agent`

const validate = (schema: string) =>
  read(
    'sessions.validate',
    sql`
      select ${validColumns(touchSeconds, recentSeconds)}
      from ${schema}.sessions s join ${schema}.users u on u.id = s.user_id
      where s.user_id = ${userId} and s.id = ${sessionId} and s.secret_hash = ${secretHash} and ${liveSession}`,
  )

/** The columns of many validations, under the names that {@link validate} takes them by. */
const columns = {
  userId: parameter('userId', 'uuid[]')<readonly UserId[]>(),
  sessionId: parameter('sessionId', 'uuid[]')<readonly SessionId[]>(),
  secretHash: parameter('secretHash', 'bytea[]')<readonly TokenHash[]>(),
  touchSeconds: parameter('touchSeconds', 'int4[]')<readonly number[]>(),
  recentSeconds: parameter('recentSeconds', 'int4[]')<readonly (number | null)[]>(),
}

const validateMany = (schema: string) =>
  read(
    'sessions.validateMany',
    sql`
      select k.i::int4 as i, ${validColumns('k.touch_seconds::float8', 'k.recent_seconds::float8')}
      from rows from (
        pg_catalog.unnest(${columns.userId}), pg_catalog.unnest(${columns.sessionId}), pg_catalog.unnest(${columns.secretHash}),
        pg_catalog.unnest(${columns.touchSeconds}), pg_catalog.unnest(${columns.recentSeconds})
      ) with ordinality as k (user_id, id, secret_hash, touch_seconds, recent_seconds, i)
      join ${schema}.sessions s
        on s.user_id = k.user_id and s.id = k.id and s.secret_hash = k.secret_hash
      join ${schema}.users u on u.id = s.user_id
      where ${liveSession}`,
  )

export const sessionValidationStatements = (schema: string) => {
  const many = validateMany(schema)
  return {
    validate: inBatches(validate(schema), many, { skipsLocked: false }),
    validateMany: many,
  }
}

/** Validates sessions. */
export const createSessionValidation = <Metadata extends object>(
  db: Database,
  statements: ReturnType<typeof sessionValidationStatements>,
): Pick<SessionRepository<Metadata>, 'validate'> => ({
  async validate(key: SessionKey, options: { touchSeconds: number; recentSeconds?: number }) {
    const checked = sessionKeyValues(key)
    const { touchSeconds: touch, recentSeconds: recent } = checkObject(options, 'options')
    const values = {
      ...checked,
      touchSeconds: checkSeconds(touch, 'touchSeconds'),
      recentSeconds: recent === undefined ? null : checkSeconds(recent, 'recentSeconds'),
    }
    // Awaited here: handing the promise on costs each caller three more turns of the microtask queue.
    return await maybeOne(db, statements.validate, values, (row: ValidRow) =>
      toValidSession<Metadata>(row, { userId: checked.userId, id: checked.sessionId }),
    )
  },
})

interface ValidRow {
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
function toValidSession<Metadata extends object>(
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
    emailVerifiedAt: numbers.length > 14 ? date(14) : null,
    emailVerified: numbers.length > 14,
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
      // Null where one factor was proved, so the time says the level.
      level: number(13) === 0 ? 1 : 2,
      level2At: number(13) === 0 ? null : date(13),
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
    hasSecondFactor: numbers[12] === '1',
    recent: numbers[3] === '1',
    validatedAt: date(11),
  }
}

/** `{password,oauth}`: no sign-in method has a name that PostgreSQL would put in quotes. */
const readMethods = (array: string): AuthenticationMethod[] =>
  array.slice(1, -1).split(',') as AuthenticationMethod[]
