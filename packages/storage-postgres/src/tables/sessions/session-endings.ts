import type {
  CountedActor,
  OthersRevoked,
  SessionActor,
  SessionId,
  SessionKey,
  SessionRepository,
  TokenHash,
  UserId,
} from 'torii-core'
import type { Database } from '../../sql/database.js'
import { readBack, repeat } from '../../sql/lost-reply.js'
import { parameter, sql } from '../../sql/parameter.js'
import { maybeOne, one } from '../../sql/rows.js'
import { inBatches, write } from '../../sql/statement.js'
import { actorIsLive, endOtherSessions, isAllowed } from '../fragments/actor.js'
import { countedActorValues } from '../fragments/counted-actor.js'
import { secretHash, sessionId, userId } from '../fragments/parameters.js'
import { chargeRateLimit } from '../fragments/rate-limit-charging.js'
import type { Readback } from '../fragments/readback.js'
import { endedCount, liveSession } from '../fragments/session-row.js'
import { actorOrAdminValues, sessionKeyValues } from '../input/input.js'

const revokedId = parameter('revokedId', 'uuid')<SessionId>()

const end = (schema: string) =>
  write(
    'sessions.end',
    sql`
      delete from ${schema}.sessions s using ${schema}.users u
      where s.user_id = ${userId} and s.id = ${sessionId} and s.secret_hash = ${secretHash} and u.id = s.user_id
      returning ${liveSession} as live`,
    { schema, onLostReply: repeat('false: it is not live any more') },
  )

const ended = {
  userId: parameter('userId', 'uuid[]')<readonly UserId[]>(),
  sessionId: parameter('sessionId', 'uuid[]')<readonly SessionId[]>(),
  secretHash: parameter('secretHash', 'bytea[]')<readonly TokenHash[]>(),
}

// The rows are locked before they are deleted, and those that another transaction has locked are skipped: only their own callers wait.
const endMany = (schema: string) =>
  write(
    'sessions.endMany',
    sql`
      with found as (
        select s.user_id, s.id, k.i, ${liveSession} as live
        from rows from (
          pg_catalog.unnest(${ended.userId}), pg_catalog.unnest(${ended.sessionId}), pg_catalog.unnest(${ended.secretHash})
        ) with ordinality as k (user_id, id, secret_hash, i)
        join ${schema}.sessions s on s.user_id = k.user_id and s.id = k.id and s.secret_hash = k.secret_hash
        join ${schema}.users u on u.id = s.user_id
        for update of s skip locked
      )
      delete from ${schema}.sessions s using found
      where s.user_id = found.user_id and s.id = found.id
      returning found.i::int4 as i, found.live`,
    { schema, onLostReply: repeat('none: they are not live any more') },
  )

export const sessionEndingStatements = (schema: string) => {
  const many = endMany(schema)
  return {
    revoke: write(
      'sessions.revoke',
      sql`
      delete from ${schema}.sessions s using ${schema}.users u
      where s.user_id = ${userId} and s.id = ${revokedId} and u.id = s.user_id and ${isAllowed(schema)}
      returning ${liveSession} as live`,
      { schema, onLostReply: repeat('false: it is not live any more') },
    ),
    end: inBatches(end(schema), many, { skipsLocked: true }),
    endMany: many,
    // Adding to the epoch ends the others, also those being opened; the acting one is carried along.
    revokeOthers: write(
      'sessions.revokeOthers',
      sql`
      with ${chargeRateLimit(schema)}, raised as (
        update ${schema}.users u set session_epoch = u.session_epoch + 1
        from verdict v where v.allowed and u.id = ${userId} and ${actorIsLive(schema)}
        returning u.id, u.session_epoch
      ), ${endOtherSessions(schema)}
      select (select pg_catalog.count(*) from raised)::int as done, ${endedCount} as ended`,
      {
        schema,
        onLostReply: readBack(
          'the acting session, carried along to the next epoch; the count is then 0',
        ),
      },
    ),
    revokeAll: write(
      'sessions.revokeAll',
      sql`
      with raised as (
        update ${schema}.users u set session_epoch = u.session_epoch + 1
        where u.id = ${userId} and ${isAllowed(schema)}
        returning u.id
      ), gone as (
        delete from ${schema}.sessions s using raised, ${schema}.users u
        where s.user_id = raised.id and u.id = raised.id
        returning ${liveSession} as live
      )
      select ${endedCount} as ended`,
      {
        schema,
        onLostReply: repeat('the count of what was still live, so 0; the epoch goes up once more'),
      },
    ),
  }
}

/** Ends sessions. */
export function createSessionEndings(
  db: Database,
  statements: ReturnType<typeof sessionEndingStatements>,
  readback: Readback,
): Pick<SessionRepository, 'revoke' | 'end' | 'revokeOthers' | 'revokeAll'> {
  const wasLive = (row: { live: boolean }) => row.live
  return {
    async revoke(who: UserId | SessionActor, id: SessionId) {
      const values = { ...actorOrAdminValues(who), revokedId: id }
      return (await maybeOne(db, statements.revoke, values, wasLive)) ?? false
    },
    async end(key: SessionKey) {
      return (await maybeOne(db, statements.end, sessionKeyValues(key), wasLive)) ?? false
    },
    async revokeOthers(acting: CountedActor) {
      const values = countedActorValues(acting)
      return db.runWithRecovery<OthersRevoked>(
        (call) => one(call, statements.revokeOthers, values, toOthersRevoked),
        async (call) =>
          (await readback.carried(call, acting)) === null ? null : { ok: true, revoked: 0 },
      )
    },
    async revokeAll(who: UserId | SessionActor) {
      return one(
        db,
        statements.revokeAll,
        actorOrAdminValues(who),
        (row: { ended: number }) => row.ended,
      )
    },
  }
}

const toOthersRevoked = ({ done, ended }: { done: number; ended: number }): OthersRevoked =>
  done === 0 ? { ok: false, reason: 'stale' } : { ok: true, revoked: ended }
