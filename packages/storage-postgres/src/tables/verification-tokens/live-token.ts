import { statementTime as now } from '../../sql/time.js'
import { liveSessionOf } from '../fragments/session-row.js'

/**
 * A token counts only while this holds of its row `t` and its user `u`: mailed to the email that the user
 * still has, in the same epoch, by this statement's time.
 */
export const liveToken = `
        t.expires_at > ${now} and u.session_epoch = t.epoch and u.disabled_at is null
        and (t.purpose = 'change_email' or u.email_key = t.email_key)
        and (t.purpose <> 'verify_email' or u.email_verified_at is null)`

/** A CTE that ends every session of the users of a CTE `u (user_id)`, whose epoch it has raised. */
export const endSessions = (schema: string): string => `
      gone as (
        delete from ${schema}.sessions s using u, ${schema}.users before
        where s.user_id = u.user_id and before.id = u.user_id and u.raised
        returning ${liveSessionOf('before')} as live
      )`

/** The refusal of a token that is unknown, used, expired or replaced. */
export const invalidToken = { ok: false, reason: 'invalid_token' } as const
