import type {
  Json,
  PasswordChange,
  PasswordHash,
  PasswordRemoval,
  PasswordRepository,
  PasswordSetting,
  SessionActor,
  UsableMethods,
  UserId,
} from 'torii-core'
import type { Database } from '../../sql/database.js'
import { readBack } from '../../sql/lost-reply.js'
import { parameter, sql } from '../../sql/parameter.js'
import { exists, one } from '../../sql/rows.js'
import { read, write } from '../../sql/statement.js'
import { statementTime as now } from '../../sql/time.js'
import { actor, actorIsLive, endOtherSessions } from '../fragments/actor.js'
import { userId } from '../fragments/parameters.js'
import { refundRateLimit, refundValues } from '../fragments/rate-limit-refund.js'
import type { Readback } from '../fragments/readback.js'
import { endedCount } from '../fragments/session-row.js'
import { methodRemains, signInMethods } from '../fragments/sign-in-methods.js'
import {
  actorValues,
  checkObject,
  checkRefund,
  passwordHashText,
  usableMethodValues,
} from '../input/input.js'
import { createPasswordSignIn, passwordSignInStatements } from './password-sign-in.js'

const hash = parameter('hash', 'text')<string>()
const verified = parameter('verified', 'text')<string>()
const next = parameter('next', 'text')<string>()

export const passwordStatements = (schema: string) => ({
  ...passwordSignInStatements(schema),
  exists: read(
    'passwords.exists',
    sql`
      select p.user_id from ${schema}.passwords p join ${schema}.users u on u.id = p.user_id
      where p.user_id = ${userId} and p.owner_epoch = u.owner_epoch`,
  ),
  // A hash of a former owner epoch (a removed unverified credential) counts as none. The share lock waits for a
  // caller that is removing the password or ending sessions, and then sees the result.
  set: write(
    'passwords.set',
    sql`
      with u as (
        select u.id, u.owner_epoch from ${schema}.users u
        where u.id = ${actor.userId} and ${actorIsLive(schema)}
        for share
      ), p as (
        insert into ${schema}.passwords as p (user_id, hash, owner_epoch, updated_at)
        select u.id, ${hash}, u.owner_epoch, ${now} from u
        on conflict (user_id) do update set
          hash = excluded.hash, owner_epoch = excluded.owner_epoch, updated_at = excluded.updated_at
        where p.owner_epoch <> excluded.owner_epoch
        returning p.user_id
      )
      select (select pg_catalog.count(*) from u)::int as live, (select pg_catalog.count(*) from p)::int as done`,
    { schema, onLostReply: readBack('the new hash') },
  ),
  // The user is locked first, then the password decides, then the epoch is raised: all or nothing.
  change: write(
    'passwords.change',
    sql`
      with me as (
        select u.id from ${schema}.users u where u.id = ${actor.userId} and ${actorIsLive(schema)}
        for no key update
      ), p as (
        update ${schema}.passwords p set hash = ${next}, updated_at = ${now}
        from me where p.user_id = me.id and p.hash = ${verified} and p.owner_epoch = ${actor.ownerEpoch}
        returning p.user_id
      ), raised as (
        update ${schema}.users u set session_epoch = u.session_epoch + 1
        from p where u.id = p.user_id and u.session_epoch = ${actor.sessionEpoch}
        returning u.id, u.session_epoch
      ), ${endOtherSessions(schema)}, ${refundRateLimit(schema, 'raised', 'kept')}
      select (select pg_catalog.count(*) from raised)::int as done, ${endedCount} as ended`,
    { schema, onLostReply: readBack('the new hash; the count of ended sessions is then 0') },
  ),
  rehash: write(
    'passwords.rehash',
    sql`
      update ${schema}.passwords p set hash = ${next}
      from ${schema}.users u
      where u.id = p.user_id and p.user_id = ${userId} and p.hash = ${verified} and p.owner_epoch = u.owner_epoch
      returning p.user_id`,
    { schema, onLostReply: readBack('the new hash') },
  ),
  remove: write(
    'passwords.remove',
    sql`
      with ${signInMethods(schema)}, found as (
        select secrets.user_id, secrets.usable from secrets
      ), p as (
        delete from ${schema}.passwords p using me, ways
        where p.user_id = me.id and p.owner_epoch = me.owner_epoch and exists (select 1 from found)
          and ${methodRemains}
        returning p.user_id
      ), raised as (
        update ${schema}.users u set session_epoch = u.session_epoch + 1
        from p where u.id = p.user_id and u.session_epoch = ${actor.sessionEpoch}
        returning u.id, u.session_epoch
      ), ${endOtherSessions(schema)}
      select (select pg_catalog.count(*) from me)::int as live,
        (select pg_catalog.count(*) from found)::int as found,
        (select pg_catalog.count(*) from raised)::int as done, ${endedCount} as ended`,
    {
      schema,
      onLostReply: readBack(
        'the acting session, carried along to the next epoch, and no password; the count is then 0',
      ),
    },
  ),
})

interface ChangeRow {
  done: number
  ended: number
}

interface RemovalRow extends ChangeRow {
  live: number
  found: number
}

export function createPasswordRepository<Metadata extends object = Record<string, Json>>(
  db: Database,
  statements: ReturnType<typeof passwordStatements>,
  readback: Readback,
): PasswordRepository<Metadata> {
  return {
    ...createPasswordSignIn<Metadata>(db, statements, readback),
    async exists(user: UserId) {
      return exists(db, statements.exists, { userId: user })
    },
    async set(acting: SessionActor, first: PasswordHash) {
      const values = { ...actorValues(acting), hash: passwordHashText(first, 'hash') }
      return db.runWithRecovery<PasswordSetting>(
        (call) => one(call, statements.set, values, toSetting),
        async (call) =>
          (await readback.hash(call, acting.userId, first)) === null ? null : { ok: true },
      )
    },
    async change(acting: SessionActor, hashes: ChangedHashes) {
      const given = checkObject(hashes, 'hashes')
      const values = {
        ...actorValues(acting),
        verified: passwordHashText(given.verified, 'verified'),
        next: passwordHashText(given.next, 'next'),
        ...refundValues(given.refund === undefined ? null : checkRefund(given.refund)),
      }
      return db.runWithRecovery<PasswordChange>(
        (call) => one(call, statements.change, values, toChange),
        async (call) =>
          (await readback.hash(call, acting.userId, given.next)) === null
            ? null
            : { ok: true, sessionsEnded: 0 },
      )
    },
    async rehash(user: UserId, hashes: { verified: PasswordHash; next: PasswordHash }) {
      const given = checkObject(hashes, 'hashes')
      const values = {
        userId: user,
        verified: passwordHashText(given.verified, 'verified'),
        next: passwordHashText(given.next, 'next'),
      }
      return db.runWithRecovery(
        (call) => exists(call, statements.rehash, values),
        async (call) => ((await readback.hash(call, user, given.next)) === null ? null : true),
      )
    },
    async remove(acting: SessionActor, usable: UsableMethods) {
      const values = { ...actorValues(acting), ...usableMethodValues(usable) }
      return db.runWithRecovery<PasswordRemoval>(
        (call) => one(call, statements.remove, values, toPasswordRemoval),
        async (call) => {
          const carried = await readback.carried(call, acting)
          return carried === null || carried.has_password ? null : { ok: true, sessionsEnded: 0 }
        },
      )
    },
  }
}

function toSetting({ live, done }: Pick<RemovalRow, 'live' | 'done'>): PasswordSetting {
  if (live === 0) return { ok: false, reason: 'stale' }
  return done === 0 ? { ok: false, reason: 'already_exists' } : { ok: true }
}

const toChange = ({ done, ended }: ChangeRow): PasswordChange =>
  done === 0 ? { ok: false, reason: 'stale' } : { ok: true, sessionsEnded: ended }

function toPasswordRemoval({ live, found, done, ended }: RemovalRow): PasswordRemoval {
  if (done > 0) return { ok: true, sessionsEnded: ended }
  if (live === 0) return { ok: false, reason: 'stale' }
  return { ok: false, reason: found === 0 ? 'not_found' : 'last_method' }
}

type ChangedHashes = Parameters<PasswordRepository['change']>[1]
