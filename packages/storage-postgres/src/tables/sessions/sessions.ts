import type {
  Json,
  SessionCursor,
  SessionId,
  SessionKey,
  SessionPage,
  SessionQuery,
  SessionRepository,
  SignInMethod,
  TokenHash,
  UserId,
} from 'torii-core'
import type { Database } from '../../sql/database.js'
import { readBack, repeat } from '../../sql/lost-reply.js'
import { nullable, parameter, sql } from '../../sql/parameter.js'
import { many, maybeOne } from '../../sql/rows.js'
import { read, write } from '../../sql/statement.js'
import {
  milliseconds,
  statementTime as now,
  seconds,
  secondsAgo,
  secondsFromNow,
  toDate,
} from '../../sql/time.js'
import { newSecretHash, secretHash, sessionId, userId } from '../fragments/parameters.js'
import { refundRateLimit, refundValues } from '../fragments/rate-limit-refund.js'
import type { Readback } from '../fragments/readback.js'
import { provesPossession } from '../fragments/second-factor.js'
import type { SessionRow } from '../fragments/session-row.js'
import { liveSession, sessionColumns, sessionOrNull, toSession } from '../fragments/session-row.js'
import {
  checkMethod,
  checkObject,
  checkRefund,
  checkSeconds,
  sessionKeyValues,
} from '../input/input.js'
import { checkSessionQuery } from '../input/page-cursor.js'
import { createImportedSessions, importedSessionStatements } from './imported-sessions.js'
import { createSessionEndings, sessionEndingStatements } from './session-endings.js'
import { createSessionOpening, sessionOpeningStatements } from './session-opening.js'
import { createSessionValidation, sessionValidationStatements } from './session-validation.js'

const idleSeconds = parameter('idleSeconds', 'float8')<number>()
const touchSeconds = parameter('touchSeconds', 'float8')<number>()
/** Where the previous page ended; null begins with the session that was used last. */
const beforeMicros = nullable('beforeMicros', 'float8')<number>()
const beforeId = nullable('beforeId', 'uuid')<SessionId>()
const limit = parameter('limit', 'int')<number>()
const method = parameter('method', 'text')<SignInMethod>()
/**
 * Holds of a session `s` of level 1 in which the user has proved something that they have, where `method` is the password: two factors, as
 * old as the first of both. A password alone never says that two were proved now.
 */
const completesLevel2 = sql`(coalesce(s.level, 1) = 1 and ${method} = 'password' and ${provesPossession('s.methods')})`

export const sessionStatements = (schema: string) => ({
  ...sessionOpeningStatements(schema),
  ...sessionValidationStatements(schema),
  ...sessionEndingStatements(schema),
  ...importedSessionStatements(schema),
  // Skipping a locked row lets a hundred tabs touch at once: one writes, none waits.
  touch: write(
    'sessions.touch',
    sql`
      with due as (
        select s.user_id, s.id from ${schema}.sessions s join ${schema}.users u on u.id = s.user_id
        where s.user_id = ${userId} and s.id = ${sessionId} and s.secret_hash = ${secretHash} and ${liveSession}
          and s.last_active_at <= ${secondsAgo(touchSeconds)}
        for no key update of s skip locked
      )
      update ${schema}.sessions s set
        last_active_at = ${now}, expires_at = least(${secondsFromNow(idleSeconds)}, s.absolute_expires_at)
      from due where s.user_id = due.user_id and s.id = due.id
      returning ${milliseconds('s.last_active_at')} as last_active_at, ${milliseconds('s.expires_at')} as expires_at`,
    { schema, onLostReply: repeat('null: nothing is due any more') },
  ),
  list: read(
    'sessions.list',
    sql`
      select s.user_id, ${sessionColumns}
      from ${schema}.sessions s join ${schema}.users u on u.id = s.user_id
      where s.user_id = ${userId} and ${liveSession}
      order by s.last_active_at desc, s.id desc`,
  ),
  listPage: read(
    'sessions.listPage',
    sql`
      select s.user_id, ${sessionColumns},
        (${seconds('s.last_active_at')} * 1000000::float8)::bigint::text as micros
      from ${schema}.sessions s join ${schema}.users u on u.id = s.user_id
      where s.user_id = ${userId} and ${liveSession} and (s.last_active_at, s.id) < (
        coalesce(pg_catalog.to_timestamp(${beforeMicros} / 1000000::float8), 'infinity'::timestamptz),
        coalesce(${beforeId}, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
      order by s.last_active_at desc, s.id desc limit ${limit}`,
  ),
  rotate: write(
    'sessions.rotate',
    sql`
      update ${schema}.sessions s set secret_hash = ${newSecretHash}
      from ${schema}.users u
      where u.id = s.user_id
        and s.user_id = ${userId} and s.id = ${sessionId} and s.secret_hash = ${secretHash} and ${liveSession}
      returning s.user_id, ${sessionColumns}`,
    { schema, onLostReply: readBack('the session with its new secret') },
  ),
  reauthenticate: write(
    'sessions.reauthenticate',
    sql`
      with s as (
        update ${schema}.sessions s set
          secret_hash = ${newSecretHash}, authenticated_at = ${now},
          level = case when ${completesLevel2} then 2 else s.level end,
          level2_at = case when ${completesLevel2} then s.authenticated_at else s.level2_at end,
          methods = case when ${method} = any (s.methods) then s.methods
            else pg_catalog.array_append(s.methods, ${method}) end
        from ${schema}.users u
        where u.id = s.user_id
          and s.user_id = ${userId} and s.id = ${sessionId} and s.secret_hash = ${secretHash} and ${liveSession}
        returning s.user_id, ${sessionColumns}
      ), ${refundRateLimit(schema, 's')}
      select s.* from s`,
    {
      schema,
      onLostReply: readBack(
        'the session with its new secret; where the secret is kept, it is sent again without giving the charge back twice',
      ),
    },
  ),
})

export function createSessionRepository<Metadata extends object = Record<string, Json>>(
  db: Database,
  statements: ReturnType<typeof sessionStatements>,
  readback: Readback,
): SessionRepository<Metadata> {
  return {
    ...createSessionOpening(db, statements, readback),
    ...createSessionValidation<Metadata>(db, statements),
    ...createSessionEndings(db, statements, readback),
    ...createImportedSessions(db, statements, readback),
    async touch(key: SessionKey, options: { idleSeconds: number; touchSeconds: number }) {
      const given = checkObject(options, 'options')
      const values = {
        ...sessionKeyValues(key),
        idleSeconds: checkSeconds(given.idleSeconds, 'idleSeconds'),
        touchSeconds: checkSeconds(given.touchSeconds, 'touchSeconds'),
      }
      return maybeOne(db, statements.touch, values, (row: TouchedRow) => ({
        lastActiveAt: toDate(row.last_active_at),
        expiresAt: toDate(row.expires_at),
      }))
    },
    async list(user: UserId) {
      return many(db, statements.list, { userId: user }, toSession)
    },
    async listPage(user: UserId, query: SessionQuery = {}): Promise<SessionPage> {
      const { limit: most, after } = checkSessionQuery(query)
      // One row more than the page holds shows whether there is a next page.
      const values = {
        userId: user,
        beforeMicros: after?.micros ?? null,
        beforeId: after?.id ?? null,
        limit: most + 1,
      }
      const rows = await many(db, statements.listPage, values, (row: ListedRow) => row)
      const page = rows.slice(0, most)
      const last = rows.length > most ? page.at(-1) : undefined
      return { sessions: page.map(toSession), next: last === undefined ? null : cursorAt(last) }
    },
    async rotate(key: SessionKey, next: TokenHash) {
      const values = { ...sessionKeyValues(key), newSecretHash: next }
      return db.runWithRecovery(
        (call) => maybeOne(call, statements.rotate, values, toSession),
        async (call) =>
          sessionOrNull(
            await readback.session(call, values.userId, {
              id: values.sessionId,
              secretHash: values.newSecretHash,
            }),
          ),
      )
    },
    async reauthenticate(key: SessionKey, proof: Proof) {
      const given = checkObject(proof, 'proof')
      const values = {
        ...sessionKeyValues(key),
        newSecretHash: given.newSecretHash,
        method: checkMethod(given.method),
      }
      const refund = given.refund === undefined ? null : checkRefund(given.refund)
      // A secret that is kept does not show whether the write was committed.
      const keepsSecret = Buffer.compare(values.secretHash, values.newSecretHash) === 0
      const next = { id: values.sessionId, secretHash: values.newSecretHash }
      return db.runWithRecovery(
        (call, isRepetition) => {
          const refunded = refundValues(isRepetition && keepsSecret ? null : refund)
          return maybeOne(call, statements.reauthenticate, { ...values, ...refunded }, toSession)
        },
        async (call) =>
          keepsSecret ? null : sessionOrNull(await readback.session(call, values.userId, next)),
      )
    },
  }
}

type ListedRow = SessionRow & { micros: string }

/** The time to the microsecond, since a Date would leave sessions out or give them twice. */
const cursorAt = ({ micros, session_id }: ListedRow): SessionCursor =>
  `${micros}_${session_id}` as SessionCursor

type TouchedRow = Pick<SessionRow, 'last_active_at' | 'expires_at'>
type Proof = Parameters<SessionRepository['reauthenticate']>[1]
