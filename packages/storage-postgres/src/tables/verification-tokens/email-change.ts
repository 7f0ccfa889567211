import type { EmailChange, SessionActor, TokenHash, VerificationTokenRepository } from 'torii-core'
import type { Database } from '../../sql/database.js'
import { readBack } from '../../sql/lost-reply.js'
import { sql } from '../../sql/parameter.js'
import { one } from '../../sql/rows.js'
import { write } from '../../sql/statement.js'
import { statementTime as now } from '../../sql/time.js'
import { actor, actorIsLive, endOtherSessions } from '../fragments/actor.js'
import { usedBy, usedUntil } from '../fragments/link-row.js'
import type { Readback } from '../fragments/readback.js'
import { endedCount } from '../fragments/session-row.js'
import type { UserRow } from '../fragments/user-row.js'
import { toUser, userColumns } from '../fragments/user-row.js'
import { usedWithFormer, usedWithoutFormer } from '../fragments/verification-token-row.js'
import { actorValues } from '../input/input.js'
import { linkIdOf } from '../input/input-credentials.js'
import { givenToken, invalidToken, liveToken } from './live-token.js'

/**
 * Entry rows are locked first, one after the other: links of both emails, the token, the old ownership row; then the
 * user. The new ownership row comes last, which waits only for callers that want nothing of ours (proved by the
 * interleaving tests). Nothing is used up before the user's row has shown that the actor is still allowed to. An
 * email that differs only in spelling is owned already. A used token stays until it is swept or replaced, as the
 * evidence of the change after a lost reply: expired, in an epoch that no user has.
 */
export const changeEmail = (schema: string) =>
  write(
    'verification_tokens.changeEmail',
    sql`
      with asked as (
        select u.email_key as old_key, t.email, t.email_key as new_key, not exists (
          select 1 from ${schema}.user_emails e where e.email_key = t.email_key and e.user_id <> u.id
        ) as free
        from ${schema}.verification_tokens t join ${schema}.users u on u.id = t.user_id
        where ${givenToken} and t.purpose = 'change_email' and ${liveToken(schema)} and ${actorIsLive(schema)}
      ), links as (
        select l.email_key from ${schema}.magic_links l
        join asked on asked.free and l.email_key in (asked.old_key, asked.new_key)
        order by l.email_key, l.id for update of l
      ), t as (
        select t.user_id, asked.email, asked.new_key as email_key
        from ${schema}.verification_tokens t join asked on true
        where ${givenToken} and t.purpose = 'change_email' and t.used_by is null
          and t.expires_at > ${now} and t.epoch = ${actor.sessionEpoch} and (select pg_catalog.count(*) from links) >= 0
        for update of t
      ), old as (
        select e.email_key from ${schema}.user_emails e join asked on e.email_key = asked.old_key
        where e.user_id = ${actor.userId} and exists (select 1 from t) for update of e
      ), me as (
        select u.id, u.email, u.email_key from ${schema}.users u
        where u.id = ${actor.userId} and exists (select 1 from t) and ${actorIsLive(schema)}
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
        where u.id = t.user_id and u.session_epoch = ${actor.sessionEpoch}
          and (select pg_catalog.count(*) from dropped) >= 0
        returning ${userColumns}, u.id, u.session_epoch
      ), used as (
        update ${schema}.verification_tokens t set
          epoch = case when me.email is null then ${usedWithoutFormer} else ${usedWithFormer} end,
          email = coalesce(me.email, t.email),
          used_by = case when exists (select 1 from u) then ${usedBy} end,
          expires_at = case when ${usedBy} is null then t.created_at else ${usedUntil} end
        from me
        where ${givenToken} and t.user_id = me.id
      ), unlinked as (
        delete from ${schema}.magic_links l using links
        where l.email_key = links.email_key and exists (select 1 from u)
      ), raised as (
        select u.id, u.session_epoch from u
      ), ${endOtherSessions(schema)}
      select u.*, me.email as former_email, ${endedCount} as ended,
        (select pg_catalog.count(*) from t)::int as used, (select pg_catalog.count(*) from me)::int as mine
      from (select 1 as one) as always left join me on true left join u on true`,
    {
      schema,
      onLostReply: readBack('the token, marked as used; the count of ended sessions is then 0'),
    },
  )

/** Changes the email of a user by a token that was mailed to the new one. */
export function createEmailChange<Metadata extends object>(
  db: Database,
  statements: { readonly changeEmail: ReturnType<typeof changeEmail> },
  readback: Readback,
): Pick<VerificationTokenRepository<Metadata>, 'changeEmail'> {
  return {
    async changeEmail(acting: SessionActor, secret: TokenHash, form: TokenHash | null = null) {
      const values = {
        ...actorValues(acting),
        linkId: linkIdOf(secret),
        secretHash: secret,
        usedBy: form,
      }
      return db.runWithRecovery<EmailChange<Metadata>>(
        (call) => one(call, statements.changeEmail, values, toEmailChange<Metadata>),
        async (call) => {
          const done = await readback.emailChange(call, acting.userId, secret)
          return done === null ? null : toEmailChange<Metadata>(done)
        },
      )
    },
  }
}

type ChangeRow = (UserRow | { user_id: null }) & {
  former_email: string | null
  ended: number
  used: number
  mine: number
}

/** No token was used: it was invalid. One was used, but the email could not be claimed: it is another user's. */
function toEmailChange<Metadata extends object>(row: ChangeRow): EmailChange<Metadata> {
  if (row.user_id !== null)
    return { ok: true, user: toUser(row), formerEmail: row.former_email, sessionsEnded: row.ended }
  return row.used > 0 && row.mine > 0 ? { ok: false, reason: 'email_taken' } : invalidToken
}
