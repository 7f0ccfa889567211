import type {
  ImportedSession,
  ImportedSessionOpening,
  SessionOfImported,
  SessionRepository,
  TokenHash,
  UserId,
} from 'torii-core'
import { InvalidInputError } from 'torii-core'
import type { Database } from '../../sql/database.js'
import { readBack, repeat } from '../../sql/lost-reply.js'
import { parameter, sql } from '../../sql/parameter.js'
import { many, maybeOne } from '../../sql/rows.js'
import { write } from '../../sql/statement.js'
import { statementTime as now, seconds } from '../../sql/time.js'
import type { PendingRow } from '../fragments/new-session.js'
import {
  newSession,
  openedColumns,
  openedRelations,
  openSessionOfImported,
  toSecondFactorRequired,
} from '../fragments/new-session.js'
import type { Readback } from '../fragments/readback.js'
import { policyValue, signInColumns } from '../fragments/second-factor.js'
import type { SessionRow } from '../fragments/session-row.js'
import { toSession } from '../fragments/session-row.js'
import {
  checkBoolean,
  checkDate,
  checkLevel,
  checkLifetime,
  checkObject,
  checkPolicy,
  textOrNull,
} from '../input/input.js'

const key = parameter('importedKey', 'bytea')<TokenHash>()
const verifiedOnly = parameter('verifiedOnly', 'boolean')<boolean>()

/** For so long the requests that a browser sends at once with one token get the same session. */
const sameSessionSeconds = 60

const imported = {
  keys: parameter('importedKey', 'bytea[]')<readonly TokenHash[]>(),
  userIds: parameter('userId', 'uuid[]')<readonly UserId[]>(),
  levels: parameter('level', 'int4[]')<readonly number[]>(),
  userAgents: parameter('userAgent', 'text[]')<readonly (string | null)[]>(),
  authenticated: parameter('authenticatedAt', 'float8[]')<readonly number[]>(),
  expires: parameter('expiresAt', 'float8[]')<readonly number[]>(),
}

// A user whose epoch was raised has ended what was opened before, and the other system's sessions with it.
const importMany = (schema: string) =>
  write(
    'sessions.importMany',
    sql`
      insert into ${schema}.imported_sessions (key, user_id, session_epoch, level, user_agent, authenticated_at, expires_at)
      select k.key, u.id, 0, k.level, k.user_agent,
        pg_catalog.to_timestamp(k.authenticated_at), pg_catalog.to_timestamp(k.expires_at)
      from rows from (
        pg_catalog.unnest(${imported.keys}), pg_catalog.unnest(${imported.userIds}), pg_catalog.unnest(${imported.levels}),
        pg_catalog.unnest(${imported.userAgents}), pg_catalog.unnest(${imported.authenticated}), pg_catalog.unnest(${imported.expires})
      ) as k (key, user_id, level, user_agent, authenticated_at, expires_at)
      join ${schema}.users u on u.id = k.user_id
      where u.session_epoch = 0 and pg_catalog.to_timestamp(k.expires_at) > ${now}
      order by k.key
      on conflict (key) do nothing
      returning 1 as one`,
    { schema, onLostReply: repeat('the count of those that were not stored yet, so 0') },
  )

// Who waits for another request with the same token finds it used up, and is told whose it is.
const openImported = (schema: string) =>
  write(
    'sessions.openImported',
    sql`
      with found as (
        select i.user_id, i.session_epoch, i.user_agent, i.used_at, i.expires_at
        from ${schema}.imported_sessions i where i.key = ${key}
      ), owner as (
        select u.id as user_id, ${signInColumns} from ${schema}.users u
        where u.id = (select found.user_id from found) and u.disabled_at is null
          and (u.email_verified_at is not null or u.email_key is null or not ${verifiedOnly})
        for key share
      ), u as (
        update ${schema}.imported_sessions i set used_at = ${now}
        from owner o
        where i.key = ${key} and i.user_id = o.user_id and i.used_at is null
          and i.session_epoch = o.session_epoch and i.expires_at > ${now}
        returning o.user_id, o.session_epoch, o.owner_epoch, o.has_factor, o.factor_required_at, i.level,
          i.authenticated_at, ${seconds('i.expires_at')} - ${seconds(now)} as seconds_left
      ), ${openSessionOfImported(schema)}
      select o.user_id, ${openedColumns},
        coalesce(f.user_agent = ${newSession.userAgent}, true) as same_user_agent
      from found f join owner o on o.session_epoch = f.session_epoch ${openedRelations}
      where f.expires_at > ${now}
        and (f.used_at is null or f.used_at > ${now} - pg_catalog.make_interval(secs => ${`${sameSessionSeconds}::float8`}))`,
    { schema, onLostReply: readBack('the id and the secret of the session') },
  )

const endImported = (schema: string) =>
  write(
    'sessions.endImported',
    sql`
      update ${schema}.imported_sessions i set session_epoch = -1
      where i.key = ${key} and i.session_epoch >= 0
      returning 1 as one`,
    { schema, onLostReply: repeat('false: it was ended') },
  )

export const importedSessionStatements = (schema: string) => ({
  importMany: importMany(schema),
  openImported: openImported(schema),
  endImported: endImported(schema),
})

/** Stores sessions of another system, and opens sessions in their place. */
export function createImportedSessions(
  db: Database,
  statements: ReturnType<typeof importedSessionStatements>,
  readback: Readback,
): Pick<SessionRepository, 'importMany' | 'openImported' | 'endImported'> {
  return {
    async importMany(sessions: readonly ImportedSession[]) {
      const values = importedValues(sessions)
      if (values.importedKey.length === 0) return 0
      return (await many(db, statements.importMany, values, () => 1)).length
    },
    async openImported(importedKey: TokenHash, session: SessionOfImported) {
      const checked = checkSessionOfImported(session)
      const values = { importedKey, ...checked }
      return db.runWithRecovery<ImportedSessionOpening>(
        async (call) => {
          const row = await maybeOne(call, statements.openImported, values, (one: OpenedRow) => one)
          return row === null ? invalidToken : toOpening(row)
        },
        async (call) => {
          const row = await readback.openedByImported(call, importedKey, {
            id: checked.newSessionId,
            secretHash: checked.newSessionSecretHash,
          })
          return row === null ? null : toOpening({ ...row, same_user_agent: true })
        },
      )
    },
    async endImported(importedKey: TokenHash) {
      return (await maybeOne(db, statements.endImported, { importedKey }, () => true)) ?? false
    },
  }
}

const invalidToken: ImportedSessionOpening = { ok: false, reason: 'invalid_token' }

type OpenedRow = { user_id: UserId; same_user_agent: boolean } & (
  | (SessionRow & { pending_id: null })
  | PendingRow
  | { session_id: null; pending_id: null }
)

function toOpening(row: OpenedRow): ImportedSessionOpening {
  if (row.session_id !== null)
    return { ok: true, session: toSession(row), sameUserAgent: row.same_user_agent }
  return row.pending_id === null
    ? { ok: false, reason: 'opened_before', userId: row.user_id }
    : toSecondFactorRequired(row)
}

const maxImported = 1000

function importedValues(sessions: readonly ImportedSession[]) {
  if (!Array.isArray(sessions) || sessions.length > maxImported)
    throw new InvalidInputError('sessions', `must be a list of at most ${maxImported}`)
  const checked = sessions.map((session: ImportedSession) => {
    const { key: importedKey, userId, level, userAgent, ...times } = checkObject(session, 'session')
    return {
      importedKey,
      userId,
      level: checkLevel(level ?? 1),
      userAgent: textOrNull(userAgent, 'userAgent', 1024),
      authenticatedAt: secondsOf(times.authenticatedAt, 'authenticatedAt'),
      expiresAt: secondsOf(times.expiresAt, 'expiresAt'),
    }
  })
  return {
    importedKey: checked.map((each) => each.importedKey),
    userId: checked.map((each) => each.userId),
    level: checked.map((each) => each.level),
    userAgent: checked.map((each) => each.userAgent),
    authenticatedAt: checked.map((each) => each.authenticatedAt),
    expiresAt: checked.map((each) => each.expiresAt),
  }
}

/** Years that the column holds, and no further. */
function secondsOf(value: unknown, field: string): number {
  const milliseconds = checkDate(value, field).getTime()
  if (milliseconds < 0 || milliseconds > Date.UTC(9999, 0))
    throw new InvalidInputError(field, 'must be a time from 1970 to 9998')
  return milliseconds / 1000
}

function checkSessionOfImported(value: SessionOfImported) {
  const { id, secretHash, secondFactor, verifiedOnly: only = false } = checkObject(value, 'session')
  const { idleSeconds, absoluteSeconds } = checkLifetime(value)
  return {
    newSessionId: id,
    newSessionSecretHash: secretHash,
    factorPolicy: policyValue(checkPolicy(secondFactor)),
    ip: textOrNull(value.ip, 'ip', 64),
    userAgent: textOrNull(value.userAgent, 'userAgent', 1024),
    idleSeconds,
    absoluteSeconds,
    verifiedOnly: checkBoolean(only, 'verifiedOnly'),
  }
}
