import type {
  CountedActor,
  DerivedSession,
  NewSession,
  SessionRepository,
  UserId,
} from 'torii-core'
import type { Database } from '../../sql/database.js'
import { readBack } from '../../sql/lost-reply.js'
import { parameter, sql } from '../../sql/parameter.js'
import { maybeOne } from '../../sql/rows.js'
import { inBatches, write } from '../../sql/statement.js'
import { statementTime as now, secondsFromNow } from '../../sql/time.js'
import { actor } from '../fragments/actor.js'
import { countedActorValues } from '../fragments/counted-actor.js'
import type { PendingRow } from '../fragments/new-session.js'
import {
  newSession,
  newSessionsColumns,
  openedColumns,
  openedRelations,
  openManySessions,
  openSession,
  signInSessionValues,
  unnestNewSessions,
} from '../fragments/new-session.js'
import { userId } from '../fragments/parameters.js'
import { chargeRateLimit } from '../fragments/rate-limit-charging.js'
import type { Readback } from '../fragments/readback.js'
import { toSignedIn } from '../fragments/readback.js'
import { signInColumns } from '../fragments/second-factor.js'
import type { SessionRow } from '../fragments/session-row.js'
import { liveSession, sessionColumns, sessionOrNull, toSession } from '../fragments/session-row.js'
import { trustParameters } from '../fragments/trusted-browser.js'
import { checkDerivedSession, checkNewSession } from '../input/input.js'

// The key lock makes a concurrent delete of the user wait, or makes this one see that it is gone.
const open = (schema: string) =>
  write(
    'sessions.open',
    sql`
      with u as (
        select u.id as user_id, ${signInColumns} from ${schema}.users u
        where u.id = ${userId} and u.disabled_at is null for key share
      ), ${openSession(schema)}
      select u.user_id, ${openedColumns} from u ${openedRelations}`,
    { schema, onLostReply: readBack('the id and the secret of the session') },
  )

const userIds = parameter('userId', 'uuid[]')<readonly UserId[]>()

// A user whom another transaction has locked is skipped: only that user's own caller waits, alone.
const openMany = (schema: string) =>
  write(
    'sessions.openMany',
    sql`
      with k as (
        select * from rows from (pg_catalog.unnest(${userIds}), ${unnestNewSessions})
          with ordinality as k (user_id, ${newSessionsColumns}, i)
      ), u as (
        select k.*, ${signInColumns} from k join ${schema}.users u on u.id = k.user_id
        where u.disabled_at is null for key share of u skip locked
      ), ${openManySessions(schema)}
      select u.i::int4 as i, u.user_id, ${openedColumns}
      from u left join s on s.session_id = u.id left join pending on pending.pending_id = u.id`,
    { schema, onLostReply: readBack('the id and the secret of each session') },
  )

export const sessionOpeningStatements = (schema: string) => {
  const many = openMany(schema)
  return {
    open: inBatches(open(schema), many, { skipsLocked: true, alone: trustParameters }),
    openMany: many,
    derive: derive(schema),
  }
}

// The key lock makes a concurrent delete of the user wait. A session that is being ended at the moment derives one that is dead on arrival.
const derive = (schema: string) =>
  write(
    'sessions.derive',
    sql`
      with ${chargeRateLimit(schema)}, asking as (
        select u.id as user_id, u.session_epoch, s.methods, s.level, s.level2_at, s.authenticated_at, s.absolute_expires_at
        from verdict v join ${schema}.sessions s on v.allowed join ${schema}.users u on u.id = s.user_id
        where s.user_id = ${actor.userId} and s.id = ${actor.sessionId} and u.session_epoch = ${actor.sessionEpoch}
          and u.owner_epoch = ${actor.ownerEpoch} and ${liveSession}
        for key share of u
      ), s as (
        insert into ${schema}.sessions as s (
          user_id, id, secret_hash, epoch, methods, level, level2_at, ip, user_agent, created_at, authenticated_at,
          last_active_at, expires_at, absolute_expires_at)
        select a.user_id, ${newSession.id}, ${newSession.secretHash}, a.session_epoch, a.methods, coalesce(a.level, 1), a.level2_at, ${newSession.ip}, ${newSession.userAgent}, ${now},
          a.authenticated_at, ${now}, least(${secondsFromNow(newSession.idleSeconds)}, a.absolute_expires_at),
          a.absolute_expires_at
        from asking a
        returning s.user_id, ${sessionColumns}
      )
      select s.* from s`,
    { schema, onLostReply: readBack('the id and the secret of the session') },
  )

/** Opens sessions. */
export function createSessionOpening(
  db: Database,
  statements: ReturnType<typeof sessionOpeningStatements>,
  readback: Readback,
): Pick<SessionRepository, 'open' | 'derive'> {
  return {
    async open(user: UserId, session: NewSession) {
      const [id, checked] = [user, checkNewSession(session)]
      const values = { userId: id, ...signInSessionValues(checked) }
      const opened = await db.runWithRecovery(
        (call) => maybeOne(call, statements.open, values, (row: SessionRow | PendingRow) => row),
        (call) => readback.opened(call, id, checked),
      )
      if (opened === null) return { ok: false, reason: 'account_disabled' }
      return toSignedIn(opened, (row) => ({ ok: true, session: toSession(row) }))
    },
    async derive(acting: CountedActor, session: DerivedSession) {
      const { id, secretHash, ip, userAgent, idleSeconds } = checkDerivedSession(session)
      const values = {
        ...countedActorValues(acting),
        newSessionId: id,
        newSessionSecretHash: secretHash,
        ip,
        userAgent,
        idleSeconds,
      }
      return db.runWithRecovery(
        (call) => maybeOne(call, statements.derive, values, toSession),
        async (call) =>
          sessionOrNull(await readback.session(call, acting.userId, { id, secretHash })),
      )
    },
  }
}
