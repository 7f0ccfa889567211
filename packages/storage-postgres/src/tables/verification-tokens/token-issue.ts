import type {
  NewEmailChange,
  NewVerification,
  UserId,
  VerificationDecision,
  VerificationTokenRepository,
} from 'torii-core'
import { requireEmail } from 'torii-core'
import type { Database } from '../../sql/database.js'
import { countedTwice, repeat } from '../../sql/lost-reply.js'
import { sql } from '../../sql/parameter.js'
import { one } from '../../sql/rows.js'
import { write } from '../../sql/statement.js'
import { actor, actorIsLive } from '../fragments/actor.js'
import { entryLock, entryLockTaken } from '../fragments/entry-lock.js'
import { linkId, replacesOldest } from '../fragments/link-row.js'
import type { MailRow } from '../fragments/mail-decision.js'
import { toMailDecision } from '../fragments/mail-decision.js'
import { email, emailKey, lifetimeSeconds, purpose, secretHash } from '../fragments/parameters.js'
import { chargeMailAfter, chargeValues } from '../fragments/rate-limit-charging.js'
import { insertToken } from '../fragments/verification-token-row.js'
import { actorValues, checkObject, checkSeconds } from '../input/input.js'
import { checkMailCharges, checkPurpose, linkIdOf } from '../input/input-credentials.js'

export const tokenIssueStatements = (schema: string) => ({
  // The key lock sees a user that is being deleted. It does not wait for sessions that are being ended, so the token
  // may be invalid already: a lock that waits would be taken before a token that another caller has just stored.
  issue: write(
    'verification_tokens.issue',
    sql`
      with ${chargeMailAfter(
        schema,
        sql`held as (
        select e.user_id from ${schema}.user_emails e, gate
        where gate.until is null and e.email_key = ${emailKey}
      ), ${entryLock(schema, 'verification_tokens', sql`${purpose} || held.user_id::text`, 'from held')}, former as (
        select t.user_id from ${schema}.verification_tokens t join held on t.user_id = held.user_id
        where t.purpose = ${purpose} and ${entryLockTaken} order by t.id for update of t
      ), entry_row as (
        select u.id, u.email, u.email_key, u.session_epoch
        from ${schema}.users u join held on u.id = held.user_id
        where u.disabled_at is null and (${purpose} <> 'verify_email' or u.email_verified_at is null)
          and (select pg_catalog.count(*) from former) >= 0
        for key share of u
      )`,
      )}, token as (
        ${insertToken(
          schema,
          {
            id: linkId,
            userId: 'entry_row.id',
            purpose: purpose,
            secretHash: secretHash,
            email: 'entry_row.email',
            emailKey: 'entry_row.email_key',
            epoch: 'entry_row.session_epoch',
            lifetimeSeconds: lifetimeSeconds,
          },
          sql`entry_row join verdict v on v.allowed and entry_row.email_key = ${emailKey}`,
          replacesOldest,
        )}
      )
      select v.allowed, v.retry_after, v.ip_address_retry_after, token.email as send_to, token.user_id
      from verdict v left join token on true`,
    {
      schema,
      onLostReply: repeat(
        `${countedTwice}; the token is the same, but where the allowance was spent nothing is sent`,
      ),
    },
  ),
  // Only the look-up checks the acting session; its epochs travel in the token's own epoch.
  issueEmailChange: write(
    'verification_tokens.issueEmailChange',
    sql`
      with ${chargeMailAfter(
        schema,
        sql`${entryLock(schema, 'verification_tokens', sql`'change_email' || ${actor.userId}::text`, 'from gate where gate.until is null')},
      former as (
        select t.user_id from ${schema}.verification_tokens t, gate
        where gate.until is null and t.user_id = ${actor.userId} and t.purpose = 'change_email'
          and ${entryLockTaken}
        order by t.id for update of t
      ), entry_row as (
        select u.id, u.session_epoch from ${schema}.users u, gate
        where gate.until is null and u.id = ${actor.userId} and ${actorIsLive(schema)}
          and (select pg_catalog.count(*) from former) >= 0
        for key share of u
      )`,
      )}, me as (
        select u.id from ${schema}.users u, gate
        where gate.until is not null and u.id = ${actor.userId} and ${actorIsLive(schema)}
      ), token as (
        ${insertToken(
          schema,
          {
            id: linkId,
            userId: 'entry_row.id',
            purpose: "'change_email'",
            secretHash: secretHash,
            email: email,
            emailKey: emailKey,
            epoch: 'entry_row.session_epoch',
            lifetimeSeconds: lifetimeSeconds,
          },
          'entry_row join verdict v on v.allowed',
          replacesOldest,
        )}
      )
      select v.allowed, v.retry_after, v.ip_address_retry_after, token.email as send_to,
        (select pg_catalog.count(*) from entry_row)::int + (select pg_catalog.count(*) from me)::int as live
      from verdict v left join token on true`,
    {
      schema,
      onLostReply: repeat(
        `${countedTwice}; the token is the same, but where the allowance was spent nothing is sent`,
      ),
    },
  ),
})

/** Issues tokens for a mail, counting it against the rate limits. */
export function createTokenIssue(
  db: Database,
  statements: ReturnType<typeof tokenIssueStatements>,
): Pick<VerificationTokenRepository, 'issue' | 'issueEmailChange'> {
  return {
    async issue(verification: NewVerification) {
      const given = checkObject(verification, 'verification')
      const values = {
        ...chargeValues(checkMailCharges(given.charges)),
        emailKey: requireEmail(given.email),
        purpose: checkPurpose(given.purpose, ['verify_email', 'reset_password']),
        linkId: linkIdOf(given.secretHash),
        secretHash: given.secretHash,
        replacesOldest: given.charges === null,
        lifetimeSeconds: checkSeconds(given.lifetimeSeconds, 'lifetimeSeconds'),
      }
      return one(db, statements.issue, values, toDecision)
    },
    async issueEmailChange(change: NewEmailChange) {
      const given = checkObject(change, 'change')
      const key = requireEmail(given.email)
      const values = {
        ...chargeValues(checkMailCharges(given.charges)),
        ...actorValues(given.actor),
        linkId: linkIdOf(given.secretHash),
        secretHash: given.secretHash,
        replacesOldest: given.charges === null,
        email: given.email,
        emailKey: key,
        lifetimeSeconds: checkSeconds(given.lifetimeSeconds, 'lifetimeSeconds'),
      }
      return one(db, statements.issueEmailChange, values, (row: MailRow & { live: number }) =>
        row.live === 0 ? { ok: false, reason: 'stale' } : toMailDecision(row),
      )
    },
  }
}

function toDecision(row: MailRow & { user_id: UserId | null }): VerificationDecision {
  const decision = toMailDecision(row)
  if (!decision.ok) return decision
  return decision.to === null || row.user_id === null
    ? { ok: true, to: null, userId: null }
    : { ok: true, to: decision.to, userId: row.user_id }
}
