import type { VerificationPurpose } from 'torii-core'
import type { SqlPart } from '../../sql/parameter.js'
import { sql } from '../../sql/parameter.js'
import { statementTime as now } from '../../sql/time.js'
import { entryLock, entryLockTaken } from '../fragments/entry-lock.js'
import { globalEpoch } from '../fragments/global-epoch.js'
import { linkId, usedBy, usedUntil } from '../fragments/link-row.js'
import { secretHash, userId } from '../fragments/parameters.js'
import { liveSessionOf } from '../fragments/session-row.js'

/**
 * Holds for a token `t` whose user `u` has not moved on. That of an undo outlives every epoch: the one who turned the second
 * factor on could else end it, by signing the others out or by changing the password.
 */
const inEpoch = `(t.purpose = 'undo_second_factor' or u.session_epoch = t.epoch)`

/**
 * A token counts only while this holds of its row `t` and its user `u`: mailed to the email that the user
 * still has, in the same epochs, by this statement's time.
 */
export const liveToken = (schema: string) => `
        t.expires_at > ${now} and t.used_by is null and t.global_epoch = ${globalEpoch(schema)}
        and ${inEpoch} and u.disabled_at is null
        and (t.purpose = 'change_email' or u.email_key = t.email_key)
        and (t.purpose <> 'verify_email' or u.email_verified_at is null)`

/** The row `t` of the given token. */
export const givenToken = sql`t.id = ${linkId} and t.user_id = ${userId} and t.secret_hash = ${secretHash}`

/**
 * CTEs that lock every token of the given one's user and purpose, ending in `t`, the given token, used or not, and `repeated`, which
 * has a row if the same form of the same browser has just used it. Nothing is used up yet: see {@link useToken}.
 * `from` is where the `entry_lock` is selected from, and `condition` must hold for a lock to be taken.
 */
export const lockTokens = <const Condition extends SqlPart>(
  schema: string,
  purpose: Exclude<VerificationPurpose, 'change_email'>,
  from: string,
  condition: Condition,
) => sql`${entryLock(schema, 'verification_tokens', sql`'${purpose}' || ${userId}::text`, from)}, held as (
        select h.* from ${schema}.verification_tokens h
        where h.user_id = ${userId} and h.purpose = '${purpose}' and ${condition} and ${entryLockTaken}
          and exists (select 1 from ${schema}.verification_tokens t where ${givenToken})
        order by h.id for update of h
      ), t as (
        select t.* from held t where ${givenToken}
      ), repeated as (
        select 1 as one from held t where ${givenToken} and t.used_by = ${usedBy} and t.expires_at > ${now}
      )`

/**
 * CTEs that use up all tokens that {@link lockTokens} has locked, once the CTE `after` has a row. The given one is kept
 * for a minute where a form has used it.
 */
export const useToken = (schema: string, after: string) => sql`
      used as (
        update ${schema}.verification_tokens v set used_by = ${usedBy}, expires_at = ${usedUntil}
        from t where v.id = t.id and ${usedBy} is not null and exists (select 1 from ${after})
        returning 1 as one
      ), ended as (
        delete from ${schema}.verification_tokens v using held
        where v.id = held.id and (${usedBy} is null or v.id <> ${linkId}) and exists (select 1 from ${after})
        returning 1 as one
      )`

/** A CTE that ends every session of the users of a CTE `u (user_id)`, whose epoch it has raised. */
export const endSessions = (schema: string): string => `
      gone as (
        delete from ${schema}.sessions s using u, ${schema}.users before
        where s.user_id = u.user_id and before.id = u.user_id and u.raised
        returning ${liveSessionOf('before')} as live
      )`

/** The refusal of a token that is unknown, used, expired or replaced. */
export const invalidToken = { ok: false, reason: 'invalid_token' } as const
