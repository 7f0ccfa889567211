import type {
  EmailChange,
  EmailVerification,
  Json,
  MailboxHolder,
  NewEmailChange,
  NewVerification,
  PasswordReset,
  SessionActor,
  UserId,
  Verification,
  VerificationDecision,
  VerificationKey,
  VerificationPurpose,
  VerificationTokenRepository,
} from 'torii-core'
import { InvalidInputError, PasswordHash, requireEmail, tokenHash } from 'torii-core'
import type { Database } from '../sql/db.js'
import { maybeOne, nameStatements, statementTime as now, one } from '../sql/db.js'
import {
  actorValues,
  checkNewSession,
  checkObject,
  checkPasswordHash,
  checkRefund,
  checkSeconds,
  checkUserId,
} from './input/input.js'
import { checkMailCharges, checkPurpose } from './input/input-credentials.js'
import type { MailRow } from './magic-links.js'
import { toMailDecision } from './magic-links.js'
import { chargeMail, chargeValues, refundRateLimit, refundValues } from './rate-limit-charging.js'
import { createReceipts } from './readback.js'
import type { SessionRow } from './sessions/session-row.js'
import {
  actorIsLive,
  endedCount,
  endOtherSessions,
  insertSession,
  liveSession,
  sessionColumns,
  sessionValues,
  toSession,
} from './sessions/session-row.js'
import type { UserRow } from './user-row.js'
import { toUser, userColumns } from './user-row.js'
import {
  insertToken,
  replaceToken,
  usedWithFormer,
  usedWithoutFormer,
} from './verification-token-row.js'

/**
 * A token counts only while this holds of its row `t` and its user `u`: mailed to the address the user
 * still has, in the same epoch, by this statement's time.
 */
const liveToken = `
        t.expires_at > ${now} and u.session_epoch = t.epoch and u.disabled_at is null
        and (t.purpose = 'change_email' or u.email_key = t.email_key)
        and (t.purpose <> 'verify_email' or u.email_verified_at is null)`

/** Ends every session of the users of a CTE `u (user_id)`, whose epoch it has raised. */
const endSessions = (schema: string): string => `
      gone as (
        delete from ${schema}.sessions s using u, ${schema}.users before
        where s.user_id = u.user_id and before.id = u.user_id and u.raised
        returning ${liveSession.replaceAll('u.', 'before.')} as live
      )`

/** What the holder of a token claims beside it; see `verifyEmail` for the parameters. */
const holderHolds = (schema: string): string => `
          ($4::text is null or exists (
            select 1 from ${schema}.passwords p
            where p.user_id = $1::uuid and p.hash = $4::text and p.owner_epoch = u.owner_epoch))
          and ($6::uuid is null or (
            u.session_epoch = $7::int and u.owner_epoch = $8::int and exists (
              select 1 from ${schema}.sessions s
              where s.user_id = u.id and s.id = $6::uuid and ${liveSession})))`

/** Found by the tests of all statements. @public */
export const statements = (schema: string) =>
  nameStatements('verification_tokens', {
    // The key lock sees a user that is being deleted. It lets an ending pass, by which the token is then dead
    // on arrival: a lock that waits for it would be taken before a token that somebody else has just stored.
    issue: `
      with ${chargeMail(
        schema,
        `held as (
        select e.user_id from ${schema}.user_emails e, gate
        where gate.until is null and e.email_key = $15::text
      ), former as (
        select t.user_id from ${schema}.verification_tokens t join held on t.user_id = held.user_id
        where t.purpose = $16::text for update of t
      ), door as (
        select u.id, u.email, u.email_key, u.session_epoch
        from ${schema}.users u join held on u.id = held.user_id
        where u.disabled_at is null and ($16::text <> 'verify_email' or u.email_verified_at is null)
          and (select pg_catalog.count(*) from former) >= 0
        for key share of u
      )`,
      )}, token as (
        ${insertToken(schema, {
          userId: 'door.id',
          purpose: '$16::text',
          secretHash: '$17::bytea',
          email: 'door.email',
          emailKey: 'door.email_key',
          epoch: 'door.session_epoch',
          lifetimeSeconds: '$18',
        })}
        from door join verdict v on v.allowed and door.email_key = $15::text ${replaceToken}
      )
      select v.allowed, v.retry_after, v.ip_address_retry_after, token.email as send_to, token.user_id
      from verdict v left join token on true`,
    find: `
      select u.id as user_id, t.email, u.session_epoch, u.owner_epoch, p.hash
      from ${schema}.verification_tokens t join ${schema}.users u on u.id = t.user_id
      left join ${schema}.passwords p on p.user_id = u.id and p.owner_epoch = u.owner_epoch
      where t.user_id = $1::uuid and t.purpose = $2::text and t.secret_hash = $3::bytea and ${liveToken}`,
    // `$3` raises both epochs. `$4` is the password that was verified, `$5` the one to set; `$6` to `$8`
    // the session that asks; a claim that does not hold leaves the token alone. The token goes first, the
    // user after it: the lock order of all doors.
    verifyEmail: `
      with t as (
        delete from ${schema}.verification_tokens t
        where t.user_id = $1::uuid and t.purpose = 'verify_email' and t.secret_hash = $2::bytea
          and exists (select 1 from ${schema}.users u where u.id = $1::uuid and ${holderHolds(schema)})
        returning t.user_id, t.purpose, t.email_key, t.epoch, t.expires_at
      ), u as (
        update ${schema}.users u set
          email_verified_at = ${now}, updated_at = ${now},
          session_epoch = u.session_epoch + $3::boolean::int, owner_epoch = u.owner_epoch + $3::boolean::int
        from t
        where u.id = t.user_id and ${liveToken} and ${holderHolds(schema)}
        returning ${userColumns}, u.session_epoch, u.owner_epoch, $3::boolean as raised
      ), p as (
        insert into ${schema}.passwords (user_id, hash, owner_epoch, updated_at)
        select u.user_id, $5::text, u.owner_epoch, ${now} from u where $5::text is not null
        on conflict (user_id) do update set
          hash = excluded.hash, owner_epoch = excluded.owner_epoch, updated_at = excluded.updated_at
        returning user_id
      ), s as (
        ${insertSession(schema, 9)}
        where $9::uuid is not null and (select pg_catalog.count(*) from p) >= 0
        returning ${sessionColumns}
      ), ${endSessions(schema)}
      select u.*, s.* from u left join s on true`,
    resetPassword: `
      with t as (
        delete from ${schema}.verification_tokens t
        where t.user_id = $1::uuid and t.purpose = 'reset_password' and t.secret_hash = $2::bytea
        returning t.user_id, t.purpose, t.email_key, t.epoch, t.expires_at
      ), u as (
        update ${schema}.users u set
          session_epoch = u.session_epoch + 1,
          owner_epoch = u.owner_epoch + (u.email_verified_at is null)::int,
          email_verified_at = coalesce(u.email_verified_at, ${now}), updated_at = ${now}
        from t where u.id = t.user_id and ${liveToken}
        returning u.id as user_id, u.email, u.owner_epoch, true as raised
      ), p as (
        insert into ${schema}.passwords (user_id, hash, owner_epoch, updated_at)
        select u.user_id, $3::text, u.owner_epoch, ${now} from u
        on conflict (user_id) do update set
          hash = excluded.hash, owner_epoch = excluded.owner_epoch, updated_at = excluded.updated_at
        returning user_id
      ), ${endSessions(schema)}, ${refundRateLimit(schema, 'p', 4, 'gone')}
      select u.email, ${endedCount} as ended from u join p on p.user_id = u.user_id`,
    // The session that asks is judged in the look-up only; its epochs travel in the token's own epoch.
    issueEmailChange: `
      with ${chargeMail(
        schema,
        `former as (
        select t.user_id from ${schema}.verification_tokens t, gate
        where gate.until is null and t.user_id = $15::uuid and t.purpose = 'change_email'
        for update of t
      ), door as (
        select u.id, u.session_epoch from ${schema}.users u, gate
        where gate.until is null and u.id = $15::uuid and ${actorIsLive(schema, 15)}
          and (select pg_catalog.count(*) from former) >= 0
        for key share of u
      )`,
      )}, me as (
        select u.id from ${schema}.users u, gate
        where gate.until is not null and u.id = $15::uuid and ${actorIsLive(schema, 15)}
      ), token as (
        ${insertToken(schema, {
          userId: 'door.id',
          purpose: "'change_email'",
          secretHash: '$19::bytea',
          email: '$20::text',
          emailKey: '$21::text',
          epoch: 'door.session_epoch',
          lifetimeSeconds: '$22',
        })}
        from door join verdict v on v.allowed ${replaceToken}
      )
      select v.allowed, v.retry_after, v.ip_address_retry_after, token.email as send_to,
        (select pg_catalog.count(*) from door)::int + (select pg_catalog.count(*) from me)::int as live
      from verdict v left join token on true`,
    // Doors are locked first, chained: links of both addresses, the token, the old claim; then the user;
    // the new claim comes last, which waits only for callers that want nothing of ours (proved in the
    // matrix). Nothing is used up before the user's row has shown that who asks still may. An address that
    // differs only in spelling is claimed already. A used token stays until it is swept or replaced, as
    // the receipt of the change: expired, in an epoch that no user has.
    changeEmail: `
      with asked as (
        select u.email_key as old_key, t.email, t.email_key as new_key, not exists (
          select 1 from ${schema}.user_emails e where e.email_key = t.email_key and e.user_id <> u.id
        ) as free
        from ${schema}.verification_tokens t join ${schema}.users u on u.id = t.user_id
        where t.user_id = $1::uuid and t.purpose = 'change_email' and t.secret_hash = $5::bytea
          and ${liveToken} and ${actorIsLive(schema)}
      ), links as (
        select l.email_key from ${schema}.magic_links l
        join asked on asked.free and l.email_key in (asked.old_key, asked.new_key)
        order by l.email_key for update of l
      ), t as (
        select t.user_id, asked.email, asked.new_key as email_key
        from ${schema}.verification_tokens t join asked on true
        where t.user_id = $1::uuid and t.purpose = 'change_email' and t.secret_hash = $5::bytea
          and t.expires_at > ${now} and t.epoch = $3::int and (select pg_catalog.count(*) from links) >= 0
        for update of t
      ), old as (
        select e.email_key from ${schema}.user_emails e join asked on e.email_key = asked.old_key
        where e.user_id = $1::uuid and exists (select 1 from t) for update of e
      ), me as (
        select u.id, u.email, u.email_key from ${schema}.users u
        where u.id = $1::uuid and exists (select 1 from t) and ${actorIsLive(schema)}
          and (u.email_key is null or u.email_key = (select old.email_key from old))
        for no key update
      ), new as (
        insert into ${schema}.user_emails (email_key, user_id)
        select t.email_key, me.id from t, me where t.email_key is distinct from me.email_key
        on conflict (email_key) do nothing returning email_key
      ), claimed as (
        select new.email_key from new
        union all
        select t.email_key from t, me where t.email_key = me.email_key
      ), dropped as (
        delete from ${schema}.user_emails e using old
        where e.email_key = old.email_key and exists (select 1 from new)
        returning e.email_key
      ), u as (
        update ${schema}.users u set
          email = t.email, email_key = t.email_key, email_verified_at = ${now}, updated_at = ${now},
          session_epoch = u.session_epoch + 1
        from t, claimed
        where u.id = t.user_id and u.session_epoch = $3::int
          and (select pg_catalog.count(*) from dropped) >= 0
        returning ${userColumns}, u.id, u.session_epoch
      ), used as (
        update ${schema}.verification_tokens t set
          epoch = case when me.email is null then ${usedWithoutFormer} else ${usedWithFormer} end,
          email = coalesce(me.email, t.email), expires_at = t.created_at
        from me
        where t.user_id = me.id and t.purpose = 'change_email'
      ), unlinked as (
        delete from ${schema}.magic_links l using links
        where l.email_key = links.email_key and exists (select 1 from u)
      ), raised as (
        select u.id, u.session_epoch from u
      ), ${endOtherSessions(schema, '$2')}
      select u.*, me.email as former_email, ${endedCount} as ended,
        (select pg_catalog.count(*) from t)::int as used, (select pg_catalog.count(*) from me)::int as mine
      from (select 1 as one) as always left join me on true left join u on true`,
  })

interface FoundRow {
  user_id: UserId
  email: string
  session_epoch: number
  owner_epoch: number
  hash: string | null
}

type ChangeRow = (UserRow | { user_id: null }) & {
  former_email: string | null
  ended: number
  used: number
  mine: number
}

const invalidToken = { ok: false, reason: 'invalid_token' } as const

/** `schema` is an already quoted identifier. */
export function createVerificationTokenRepository<Metadata extends object = Record<string, Json>>(
  db: Database,
  schema: string,
): VerificationTokenRepository<Metadata> {
  const sql = statements(schema)
  const receipts = createReceipts(db, schema)

  return {
    async issue(verification: NewVerification) {
      const { purpose, email, secretHash, lifetimeSeconds, charges } = checkObject(
        verification,
        'verification',
      )
      const values = [
        ...chargeValues(checkMailCharges(charges)),
        requireEmail(email),
        checkPurpose(purpose, ['verify_email', 'reset_password']),
        tokenHash(secretHash),
        checkSeconds(lifetimeSeconds, 'lifetimeSeconds'),
      ]
      return one(db, sql.issue, values, toDecision)
    },
    async find(purpose: VerificationPurpose, key: VerificationKey) {
      const [userId, secretHash] = keyValues(key)
      return maybeOne(db, sql.find, [userId, checkPurpose(purpose), secretHash], toVerification)
    },
    async verifyEmail(key: VerificationKey, holder: MailboxHolder) {
      const values = [...keyValues(key), ...holderValues(holder)]
      const session = 'session' in holder ? holder.session : null
      return db.settle<EmailVerification<Metadata>>(
        async () =>
          (await maybeOne(db, sql.verifyEmail, values, toEmailVerification<Metadata>)) ??
          invalidToken,
        async () => {
          const row = session === null ? null : await receipts.opened(key.userId, session)
          return row === null ? null : toEmailVerification<Metadata>(row)
        },
      )
    },
    async resetPassword(key: VerificationKey, reset: NewPassword) {
      const { hash, refund } = checkObject(reset, 'reset')
      const values = [
        ...keyValues(key),
        checkPasswordHash(hash, 'hash'),
        ...refundValues(refund === undefined ? null : checkRefund(refund)),
      ]
      return db.settle<PasswordReset>(
        async () => (await maybeOne(db, sql.resetPassword, values, toReset)) ?? invalidToken,
        async () => {
          const done = await receipts.hash(key.userId, hash.reveal())
          return done === null || done.email === null
            ? null
            : toReset({ email: done.email, ended: 0 })
        },
      )
    },
    async issueEmailChange(change: NewEmailChange) {
      const { actor, email, secretHash, lifetimeSeconds, charges } = checkObject(change, 'change')
      const emailKey = requireEmail(email)
      const values = [
        ...chargeValues(checkMailCharges(charges)),
        ...actorValues(actor),
        tokenHash(secretHash),
        email,
        emailKey,
        checkSeconds(lifetimeSeconds, 'lifetimeSeconds'),
      ]
      return one(db, sql.issueEmailChange, values, (row: MailRow & { live: number }) =>
        row.live === 0 ? { ok: false, reason: 'stale' } : toMailDecision(row),
      )
    },
    async changeEmail(actor: SessionActor, secretHash: VerificationKey['secretHash']) {
      const values = [...actorValues(actor), tokenHash(secretHash)]
      return db.settle<EmailChange<Metadata>>(
        () => one(db, sql.changeEmail, values, toEmailChange<Metadata>),
        async () => {
          const done = await receipts.emailChange(actor.userId, secretHash)
          return done === null ? null : toEmailChange<Metadata>(done)
        },
      )
    },
  }
}

type NewPassword = Parameters<VerificationTokenRepository['resetPassword']>[1]

function keyValues(key: VerificationKey): [UserId, Uint8Array] {
  const { userId, secretHash } = checkObject(key, 'key')
  return [checkUserId(userId), tokenHash(secretHash)]
}

/** `wipe, verified hash, new hash, session, epochs`, then the session to open. */
function holderValues(holder: MailboxHolder): unknown[] {
  const nobody = [null, null, null]
  const noSession = sessionValues(null)
  const opened = (session: Parameters<typeof checkNewSession>[0]) =>
    sessionValues(checkNewSession(session))
  const given = checkObject(holder, 'holder')
  switch (given.kind) {
    case 'password':
      return [
        false,
        checkPasswordHash(given.verified, 'verified'),
        null,
        ...nobody,
        ...opened(given.session),
      ]
    case 'new_password':
      return [
        true,
        null,
        checkPasswordHash(given.passwordHash, 'passwordHash'),
        ...nobody,
        ...opened(given.session),
      ]
    case 'session': {
      const [, sessionId, sessionEpoch, ownerEpoch] = actorValues(given.actor)
      return [false, null, null, sessionId, sessionEpoch, ownerEpoch, ...noSession]
    }
    case 'nobody':
      return [true, null, null, ...nobody, ...noSession]
    default:
      throw new InvalidInputError('kind', 'must be password, new_password, session or nobody')
  }
}

function toDecision(row: MailRow & { user_id: UserId | null }): VerificationDecision {
  const decision = toMailDecision(row)
  if (!decision.ok) return decision
  return decision.to === null || row.user_id === null
    ? { ok: true, to: null, userId: null }
    : { ok: true, to: decision.to, userId: row.user_id }
}

const toVerification = (row: FoundRow): Verification => ({
  userId: row.user_id,
  email: row.email,
  passwordHash: row.hash === null ? null : new PasswordHash(row.hash),
  epochs: { session: row.session_epoch, owner: row.owner_epoch },
})

const toEmailVerification = <Metadata extends object>(
  row: UserRow & (SessionRow | { session_id: null }),
): EmailVerification<Metadata> => ({
  ok: true,
  user: toUser(row),
  session: row.session_id === null ? null : toSession(row),
})

const toReset = (row: { email: string; ended: number }): PasswordReset => ({
  ok: true,
  email: row.email,
  sessionsEnded: row.ended,
})

/** Nothing of ours was taken: the token was no good. Taken, but no claim made: the address is another's. */
function toEmailChange<Metadata extends object>(row: ChangeRow): EmailChange<Metadata> {
  if (row.user_id !== null)
    return { ok: true, user: toUser(row), formerEmail: row.former_email, sessionsEnded: row.ended }
  return row.used > 0 && row.mine > 0 ? { ok: false, reason: 'email_taken' } : invalidToken
}
