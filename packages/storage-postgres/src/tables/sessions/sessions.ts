import type {
  DerivedSession,
  Json,
  NewSession,
  OthersRevoked,
  SessionActor,
  SessionId,
  SessionKey,
  SessionRepository,
  TokenHash,
  UserId,
} from 'torii-core'
import { tokenHash } from 'torii-core'
import type { Database, Statement } from '../../sql/db.js'
import {
  many,
  maybeOne,
  nameStatements,
  statementTime as now,
  one,
  seconds,
  secondsFromNow,
  toDate,
} from '../../sql/db.js'
import {
  actorOrAdminValues,
  actorValues,
  checkActor,
  checkDerivedSession,
  checkMethod,
  checkNewSession,
  checkObject,
  checkRefund,
  checkSeconds,
  checkSessionId,
  checkSessionKey,
  checkUserId,
} from '../input/input.js'
import { refundRateLimit, refundValues } from '../rate-limit-charging.js'
import { createReceipts } from '../readback.js'
import { openingTexts } from './session-opening.js'
import type { SessionRow } from './session-row.js'
import {
  actorIsLive,
  endedCount,
  endOtherSessions,
  isAllowed,
  liveSession,
  sessionColumns,
  sessionOrNull,
  sessionValues,
  toSession,
} from './session-row.js'
import type { ValidRow } from './session-validation.js'
import { toValidSession, validationTexts } from './session-validation.js'

/** Found by the tests of all statements. @public */
export const statements = (schema: string) =>
  nameStatements('sessions', {
    ...openingTexts(schema),
    // The key lock makes a concurrent delete of the user wait. A session that is being ended just now derives one that is dead on arrival.
    derive: `
      with asking as (
        select u.id as user_id, u.session_epoch, s.methods, s.authenticated_at, s.absolute_expires_at
        from ${schema}.sessions s join ${schema}.users u on u.id = s.user_id
        where s.user_id = $1::uuid and s.id = $2::uuid and u.session_epoch = $3::int
          and u.owner_epoch = $4::int and ${liveSession}
        for key share of u
      ), s as (
        insert into ${schema}.sessions as s (
          user_id, id, secret_hash, epoch, methods, ip, user_agent, created_at, authenticated_at,
          last_active_at, expires_at, absolute_expires_at)
        select a.user_id, $5::uuid, $6::bytea, a.session_epoch, a.methods, $7::text, $8::text, ${now},
          a.authenticated_at, ${now}, least(${secondsFromNow('$9')}, a.absolute_expires_at),
          a.absolute_expires_at
        from asking a
        returning s.user_id, ${sessionColumns}
      )
      select s.* from s`,
    ...validationTexts(schema),
    // Skipping a locked row lets a hundred tabs touch at once: one writes, none waits.
    touch: `
      with due as (
        select s.user_id, s.id from ${schema}.sessions s join ${schema}.users u on u.id = s.user_id
        where s.user_id = $1::uuid and s.id = $2::uuid and s.secret_hash = $3::bytea and ${liveSession}
          and s.last_active_at <= ${now} - pg_catalog.make_interval(secs => $5::float8)
        for no key update of s skip locked
      )
      update ${schema}.sessions s set
        last_active_at = ${now}, expires_at = least(${secondsFromNow('$4')}, s.absolute_expires_at)
      from due where s.user_id = due.user_id and s.id = due.id
      returning ${seconds('s.last_active_at')} as last_active_at, ${seconds('s.expires_at')} as expires_at`,
    list: `
      select s.user_id, ${sessionColumns}
      from ${schema}.sessions s join ${schema}.users u on u.id = s.user_id
      where s.user_id = $1::uuid and ${liveSession}
      order by s.last_active_at desc, s.id desc`,
    revoke: `
      delete from ${schema}.sessions s using ${schema}.users u
      where s.user_id = $1::uuid and s.id = $5::uuid and u.id = s.user_id and ${isAllowed(schema)}
      returning ${liveSession} as live`,
    end: `
      delete from ${schema}.sessions s using ${schema}.users u
      where s.user_id = $1::uuid and s.id = $2::uuid and s.secret_hash = $3::bytea and u.id = s.user_id
      returning ${liveSession} as live`,
    // Adding to the epoch ends the others, also those being opened; the asking one is carried along.
    revokeOthers: `
      with raised as (
        update ${schema}.users u set session_epoch = u.session_epoch + 1
        where u.id = $1::uuid and ${actorIsLive(schema)}
        returning u.id, u.session_epoch
      ), ${endOtherSessions(schema, '$2')}
      select (select pg_catalog.count(*) from raised)::int as done, ${endedCount} as ended`,
    revokeAll: `
      with raised as (
        update ${schema}.users u set session_epoch = u.session_epoch + 1
        where u.id = $1::uuid and ${isAllowed(schema)}
        returning u.id
      ), gone as (
        delete from ${schema}.sessions s using raised, ${schema}.users u
        where s.user_id = raised.id and u.id = raised.id
        returning ${liveSession} as live
      )
      select ${endedCount} as ended`,
    rotate: `
      update ${schema}.sessions s set secret_hash = $4::bytea
      from ${schema}.users u
      where u.id = s.user_id
        and s.user_id = $1::uuid and s.id = $2::uuid and s.secret_hash = $3::bytea and ${liveSession}
      returning s.user_id, ${sessionColumns}`,
    reauthenticate: `
      with s as (
        update ${schema}.sessions s set
          secret_hash = $4::bytea, authenticated_at = ${now},
          methods = case when $5::text = any (s.methods) then s.methods
            else pg_catalog.array_append(s.methods, $5::text) end
        from ${schema}.users u
        where u.id = s.user_id
          and s.user_id = $1::uuid and s.id = $2::uuid and s.secret_hash = $3::bytea and ${liveSession}
        returning s.user_id, ${sessionColumns}
      ), ${refundRateLimit(schema, 's', 6)}
      select s.* from s`,
  })

/** `schema` is an already quoted identifier. */
export function createSessionRepository<Metadata extends object = Record<string, Json>>(
  db: Database,
  schema: string,
): SessionRepository<Metadata> {
  const sql = statements(schema)
  const validate: Statement = {
    ...sql.validate,
    batch: { statement: sql.validateMany, elements: ['uuid', 'uuid', 'bytea', 'int4', 'int4'] },
  }
  const open: Statement = {
    ...sql.open,
    batch: {
      statement: sql.openMany,
      elements: ['uuid', 'uuid', 'bytea', 'text', 'text', 'text', 'int4', 'int4'],
      skipsHeld: true,
    },
  }
  const receipts = createReceipts(db, schema)
  const ended = (row: { ended: number }) => row.ended
  const wasLive = (row: { live: boolean }) => row.live

  return {
    async open(userId: UserId, session: NewSession) {
      const [id, checked] = [checkUserId(userId), checkNewSession(session)]
      const values = [id, ...sessionValues(checked)]
      const opened = await db.settle(
        () => maybeOne(db, open, values, toSession),
        async () => sessionOrNull(await receipts.opened(id, checked)),
      )
      return opened === null
        ? { ok: false, reason: 'account_disabled' }
        : { ok: true, session: opened }
    },
    async derive(actor: SessionActor, session: DerivedSession) {
      const { id, secretHash, ip, userAgent, idleSeconds } = checkDerivedSession(session)
      const values = [...actorValues(actor), id, secretHash, ip, userAgent, idleSeconds]
      return db.settle(
        () => maybeOne(db, sql.derive, values, toSession),
        async () => sessionOrNull(await receipts.opened(actor.userId, { id, secretHash })),
      )
    },
    async validate(key: SessionKey, options: { touchSeconds: number; recentSeconds?: number }) {
      const { userId, id, secretHash } = checkSessionKey(key)
      const { touchSeconds, recentSeconds } = checkObject(options, 'options')
      const values = [
        userId,
        id,
        secretHash,
        checkSeconds(touchSeconds, 'touchSeconds'),
        recentSeconds === undefined ? null : checkSeconds(recentSeconds, 'recentSeconds'),
      ]
      // Awaited here: handing the promise on costs each caller three more turns of the microtask queue.
      return await maybeOne(db, validate, values, (row: ValidRow) =>
        toValidSession<Metadata>(row, { userId, id }),
      )
    },
    async touch(key: SessionKey, options: { idleSeconds: number; touchSeconds: number }) {
      const { idleSeconds, touchSeconds } = checkObject(options, 'options')
      const values = [
        ...keyValues(key),
        checkSeconds(idleSeconds, 'idleSeconds'),
        checkSeconds(touchSeconds, 'touchSeconds'),
      ]
      return maybeOne(db, sql.touch, values, (row: TouchedRow) => ({
        lastActiveAt: toDate(row.last_active_at),
        expiresAt: toDate(row.expires_at),
      }))
    },
    async list(userId: UserId) {
      return many(db, sql.list, [checkUserId(userId)], toSession)
    },
    async revoke(who: UserId | SessionActor, id: SessionId) {
      const values = [...actorOrAdminValues(who), checkSessionId(id, 'id')]
      return (await maybeOne(db, sql.revoke, values, wasLive)) ?? false
    },
    async end(key: SessionKey) {
      return (await maybeOne(db, sql.end, keyValues(key), wasLive)) ?? false
    },
    async revokeOthers(actor: SessionActor) {
      const { userId, sessionId, epochs } = checkActor(actor)
      const values = [userId, sessionId, epochs.session, epochs.owner]
      return db.settle<OthersRevoked>(
        () => one(db, sql.revokeOthers, values, toOthersRevoked),
        async () => ((await receipts.carried(actor)) === null ? null : { ok: true, revoked: 0 }),
      )
    },
    async revokeAll(who: UserId | SessionActor) {
      return one(db, sql.revokeAll, actorOrAdminValues(who), ended)
    },
    async rotate(key: SessionKey, newSecretHash: TokenHash) {
      const { userId, id } = checkSessionKey(key)
      const secretHash = tokenHash(newSecretHash)
      return db.settle(
        () => maybeOne(db, sql.rotate, [...keyValues(key), secretHash], toSession),
        async () => sessionOrNull(await receipts.opened(userId, { id, secretHash })),
      )
    },
    async reauthenticate(key: SessionKey, proof: Proof) {
      const { newSecretHash, method, refund } = checkObject(proof, 'proof')
      const { userId, id, secretHash: former } = checkSessionKey(key)
      const secretHash = tokenHash(newSecretHash)
      const values = [...keyValues(key), secretHash, checkMethod(method)]
      const refunded = refundValues(refund === undefined ? null : checkRefund(refund))
      // A secret that is kept tells nothing.
      const kept = Buffer.compare(former, secretHash) === 0
      return db.settle(
        (again) => {
          const given = again && kept ? refundValues(null) : refunded
          return maybeOne(db, sql.reauthenticate, [...values, ...given], toSession)
        },
        async () =>
          kept ? null : sessionOrNull(await receipts.opened(userId, { id, secretHash })),
      )
    },
  }
}

const toOthersRevoked = ({ done, ended }: EndedRow): OthersRevoked =>
  done === 0 ? { ok: false, reason: 'stale' } : { ok: true, revoked: ended }

type TouchedRow = Pick<SessionRow, 'last_active_at' | 'expires_at'>
type EndedRow = { done: number; ended: number }
type Proof = Parameters<SessionRepository['reauthenticate']>[1]

function keyValues(key: SessionKey): unknown[] {
  const { userId, id, secretHash } = checkSessionKey(key)
  return [userId, id, secretHash]
}
