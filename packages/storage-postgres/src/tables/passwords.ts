import type {
  Json,
  PasswordChange,
  PasswordLookup,
  PasswordRemoval,
  PasswordRepository,
  PasswordSetting,
  PasswordSignIn,
  RateLimitCharges,
  SessionActor,
  UserId,
} from 'torii-core'
import { PasswordHash, requireEmail } from 'torii-core'
import type { Database } from '../sql/db.js'
import { maybeOne, nameStatements, statementTime as now, one } from '../sql/db.js'
import {
  actorValues,
  checkBoolean,
  checkCharges,
  checkInteger,
  checkNewSession,
  checkObject,
  checkPasswordHash,
  checkRefund,
  checkUserId,
  maxEpoch,
} from './input/input.js'
import type { VerdictRow } from './rate-limit-charging.js'
import {
  chargeRateLimit,
  chargeValues,
  refundRateLimit,
  refundValues,
  toRefusal,
} from './rate-limit-charging.js'
import { createReceipts } from './readback.js'
import type { SessionRow } from './sessions/session-row.js'
import {
  actorIsLive,
  endedCount,
  endOtherSessions,
  insertSession,
  sessionColumns,
  sessionValues,
  toSession,
} from './sessions/session-row.js'
import { signInMethods } from './sign-in-methods.js'
import type { UserRow } from './user-row.js'
import { toUser, userColumns } from './user-row.js'

const credentialColumns = `
  u.id as user_id, u.session_epoch, u.owner_epoch, u.email_verified_at is not null as email_verified,
  u.disabled_at is not null as disabled, p.hash`

/** Found by the tests of all statements. @public */
export const statements = (schema: string) =>
  nameStatements('passwords', {
    // A refused charge joins no user, so no hash leaves the database for it.
    findForSignIn: `
      with ${chargeRateLimit(schema)}
      select v.allowed, v.retry_after, ${credentialColumns}
      from verdict v
      left join ${schema}.user_emails e on v.allowed and e.email_key = $15::text
      left join ${schema}.users u on u.id = e.user_id
      left join ${schema}.passwords p on p.user_id = u.id and p.owner_epoch = u.owner_epoch`,
    findForUser: `
      with ${chargeRateLimit(schema)}
      select v.allowed, v.retry_after, ${credentialColumns}
      from verdict v
      left join ${schema}.users u on v.allowed and u.id = $15::uuid
      left join ${schema}.passwords p on p.user_id = u.id and p.owner_epoch = u.owner_epoch`,
    exists: `
      select p.user_id from ${schema}.passwords p join ${schema}.users u on u.id = p.user_id
      where p.user_id = $1::uuid and p.owner_epoch = u.owner_epoch`,
    // The key lock fixes the order user before password, and sees a user that is being deleted.
    signIn: `
      with u as (
        select ${userColumns}, u.session_epoch from ${schema}.users u
        where u.id = $1::uuid and u.session_epoch = $2::int and u.owner_epoch = $3::int
          and u.disabled_at is null
        for key share
      ), p as (
        update ${schema}.passwords p set hash = $5::text, updated_at = ${now}
        from u where p.user_id = u.user_id and p.hash = $4::text and $5::text is not null
        returning p.user_id
      ), s as (
        ${insertSession(schema, 6)}
        returning ${sessionColumns}
      ), ${refundRateLimit(schema, 's', 13, 'p')}
      select u.*, s.* from u, s`,
    // A hash left behind by a take-over (its owner_epoch is old) counts as none.
    // The share lock waits for whoever is just removing the password or ending sessions, and then sees it.
    set: `
      with u as (
        select u.id, u.owner_epoch from ${schema}.users u
        where u.id = $1::uuid and ${actorIsLive(schema)}
        for share
      ), p as (
        insert into ${schema}.passwords as p (user_id, hash, owner_epoch, updated_at)
        select u.id, $5::text, u.owner_epoch, ${now} from u
        on conflict (user_id) do update set
          hash = excluded.hash, owner_epoch = excluded.owner_epoch, updated_at = excluded.updated_at
        where p.owner_epoch <> excluded.owner_epoch
        returning p.user_id
      )
      select (select pg_catalog.count(*) from u)::int as live, (select pg_catalog.count(*) from p)::int as done`,
    // The user is locked first, then the password decides, then the epoch is raised: all or nothing.
    change: `
      with me as (
        select u.id from ${schema}.users u where u.id = $1::uuid and ${actorIsLive(schema)}
        for no key update
      ), p as (
        update ${schema}.passwords p set hash = $6::text, updated_at = ${now}
        from me where p.user_id = me.id and p.hash = $5::text and p.owner_epoch = $4::int
        returning p.user_id
      ), raised as (
        update ${schema}.users u set session_epoch = u.session_epoch + 1
        from p where u.id = p.user_id and u.session_epoch = $3::int
        returning u.id, u.session_epoch
      ), ${endOtherSessions(schema, '$2')}, ${refundRateLimit(schema, 'raised', 7, 'kept')}
      select (select pg_catalog.count(*) from raised)::int as done, ${endedCount} as ended`,
    rehash: `
      update ${schema}.passwords p set hash = $3::text, updated_at = ${now}
      from ${schema}.users u
      where u.id = p.user_id and p.user_id = $1::uuid and p.hash = $2::text and p.owner_epoch = u.owner_epoch
      returning p.user_id`,
    remove: `
      with ${signInMethods(schema)}, found as (
        select secrets.user_id from secrets
      ), p as (
        delete from ${schema}.passwords p using me, ways
        where p.user_id = me.id and p.owner_epoch = me.owner_epoch and exists (select 1 from found)
          and ways.count > 1
        returning p.user_id
      ), raised as (
        update ${schema}.users u set session_epoch = u.session_epoch + 1
        from p where u.id = p.user_id and u.session_epoch = $3::int
        returning u.id, u.session_epoch
      ), ${endOtherSessions(schema, '$2')}
      select (select pg_catalog.count(*) from me)::int as live,
        (select pg_catalog.count(*) from found)::int as found,
        (select pg_catalog.count(*) from raised)::int as done, ${endedCount} as ended`,
  })

interface CredentialRow extends VerdictRow {
  user_id: UserId | null
  session_epoch: number
  owner_epoch: number
  email_verified: boolean
  disabled: boolean
  hash: string | null
}

interface OutcomeRow {
  live: number
  found: number
  done: number
  ended: number
}

function toLookup(row: CredentialRow): PasswordLookup {
  if (!row.allowed) return toRefusal(row)
  if (row.user_id === null || row.hash === null) return { ok: true, credential: null }
  return {
    ok: true,
    credential: {
      userId: row.user_id,
      hash: new PasswordHash(row.hash),
      epochs: { session: row.session_epoch, owner: row.owner_epoch },
      emailVerified: row.email_verified,
      disabled: row.disabled,
    },
  }
}

/** `schema` is an already quoted identifier. */
export function createPasswordRepository<Metadata extends object = Record<string, Json>>(
  db: Database,
  schema: string,
): PasswordRepository<Metadata> {
  const sql = statements(schema)
  const receipts = createReceipts(db, schema)

  return {
    async findForSignIn(input: { email: string; charges: RateLimitCharges }) {
      const { email, charges } = checkObject(input, 'input')
      const values = [...chargeValues(checkCharges(charges)), requireEmail(email)]
      return one(db, sql.findForSignIn, values, toLookup)
    },
    async findForUser(input: { userId: UserId; charges: RateLimitCharges }) {
      const { userId, charges } = checkObject(input, 'input')
      const values = [...chargeValues(checkCharges(charges)), checkUserId(userId)]
      return one(db, sql.findForUser, values, toLookup)
    },
    async exists(userId: UserId) {
      return (await maybeOne(db, sql.exists, [checkUserId(userId)], (row) => row)) !== null
    },
    async signIn(input: PasswordSignIn) {
      const values = signInValues(input)
      const { userId } = input.credential
      const opened = await db.settle(
        () => maybeOne(db, sql.signIn, values, (row: UserRow & SessionRow) => row),
        () => receipts.opened(userId, input.session),
      )
      return opened === null
        ? { ok: false, reason: 'stale' }
        : { ok: true, user: toUser<Metadata>(opened), session: toSession(opened) }
    },
    async set(actor: SessionActor, hash: PasswordHash) {
      const next = checkPasswordHash(hash, 'hash')
      const values = [...actorValues(actor), next]
      return db.settle<PasswordSetting>(
        () => one(db, sql.set, values, toSetting),
        async () => ((await receipts.hash(actor.userId, next)) === null ? null : { ok: true }),
      )
    },
    async change(actor: SessionActor, hashes: ChangedHashes) {
      const { verified, next, refund } = checkObject(hashes, 'hashes')
      const values = [
        ...actorValues(actor),
        checkPasswordHash(verified, 'verified'),
        checkPasswordHash(next, 'next'),
        ...refundValues(refund === undefined ? null : checkRefund(refund)),
      ]
      return db.settle<PasswordChange>(
        () => one(db, sql.change, values, toChange),
        async () =>
          (await receipts.hash(actor.userId, next.reveal())) === null
            ? null
            : { ok: true, sessionsEnded: 0 },
      )
    },
    async rehash(userId: UserId, hashes: { verified: PasswordHash; next: PasswordHash }) {
      const { verified, next } = checkObject(hashes, 'hashes')
      const values = [
        checkUserId(userId),
        checkPasswordHash(verified, 'verified'),
        checkPasswordHash(next, 'next'),
      ]
      return db.settle(
        async () => (await maybeOne(db, sql.rehash, values, () => true)) ?? false,
        async () => ((await receipts.hash(userId, next.reveal())) === null ? null : true),
      )
    },
    async remove(actor: SessionActor, options: { mailSignIn: boolean }) {
      const { mailSignIn } = checkObject(options, 'options')
      const values = [...actorValues(actor), checkBoolean(mailSignIn, 'mailSignIn')]
      return db.settle<PasswordRemoval>(
        () => one(db, sql.remove, values, toRemoval),
        async () => {
          const carried = await receipts.carried(actor)
          return carried === null || carried.has_password ? null : { ok: true, sessionsEnded: 0 }
        },
      )
    },
  }
}

function toSetting({ live, done }: Pick<OutcomeRow, 'live' | 'done'>): PasswordSetting {
  if (live === 0) return { ok: false, reason: 'stale' }
  return done === 0 ? { ok: false, reason: 'already_exists' } : { ok: true }
}

const toChange = ({ done, ended }: Pick<OutcomeRow, 'done' | 'ended'>): PasswordChange =>
  done === 0 ? { ok: false, reason: 'stale' } : { ok: true, sessionsEnded: ended }

function toRemoval({ live, found, done, ended }: OutcomeRow): PasswordRemoval {
  if (done > 0) return { ok: true, sessionsEnded: ended }
  if (live === 0) return { ok: false, reason: 'stale' }
  return { ok: false, reason: found === 0 ? 'not_found' : 'last_method' }
}

type ChangedHashes = Parameters<PasswordRepository['change']>[1]

function signInValues(input: PasswordSignIn): unknown[] {
  const { credential, session, refund, rehash } = checkObject(input, 'input')
  const { userId, hash, epochs } = checkObject(credential, 'credential')
  const { session: sessionEpoch, owner } = checkObject(epochs, 'epochs')
  return [
    checkUserId(userId),
    checkInteger(sessionEpoch, 'epochs.session', 0, maxEpoch),
    checkInteger(owner, 'epochs.owner', 0, maxEpoch),
    checkPasswordHash(hash, 'hash'),
    rehash === undefined ? null : checkPasswordHash(rehash, 'rehash'),
    ...sessionValues(checkNewSession(session)),
    ...refundValues(checkRefund(refund)),
  ]
}
