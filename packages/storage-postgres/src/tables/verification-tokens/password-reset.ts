import type { PasswordReset, VerificationKey, VerificationTokenRepository } from 'torii-core'
import type { Database } from '../../sql/database.js'
import { readBack } from '../../sql/lost-reply.js'
import { parameter, sql } from '../../sql/parameter.js'
import { maybeOne } from '../../sql/rows.js'
import { write } from '../../sql/statement.js'
import { statementTime as now } from '../../sql/time.js'
import { refundRateLimit, refundValues } from '../fragments/rate-limit-refund.js'
import type { Readback } from '../fragments/readback.js'
import { endedCount } from '../fragments/session-row.js'
import { checkObject, checkRefund, passwordHashText } from '../input/input.js'
import { tokenKeyValues } from '../input/input-credentials.js'
import { endSessions, invalidToken, liveToken, lockTokens, useToken } from './live-token.js'

const hash = parameter('hash', 'text')<string>()
/** Whether every other sign-in method ends, as it does for an unverified email. */
const removesOthers = parameter('removesOthers', 'boolean')<boolean>()

// The second factor of a verified account stays, also where every other sign-in method ends: the mailbox is one factor.
export const resetPassword = (schema: string) =>
  write(
    'verification_tokens.resetPassword',
    sql`
      with ${lockTokens(schema, 'reset_password', '', 'true')}, u as (
        update ${schema}.users u set
          session_epoch = u.session_epoch + 1,
          owner_epoch = u.owner_epoch + (u.email_verified_at is null or ${removesOthers})::int,
          second_factor_epoch = u.second_factor_epoch + (u.email_verified_at is not null and ${removesOthers})::int,
          email_verified_at = coalesce(u.email_verified_at, ${now}), updated_at = ${now}
        from t where u.id = t.user_id and ${liveToken(schema)}
        returning u.id as user_id, u.email, u.owner_epoch, true as raised
      ), p as (
        insert into ${schema}.passwords (user_id, hash, owner_epoch, updated_at)
        select u.user_id, ${hash}, u.owner_epoch, ${now} from u
        on conflict (user_id) do update set
          hash = excluded.hash, owner_epoch = excluded.owner_epoch, updated_at = excluded.updated_at
        returning user_id
      ), ${useToken(schema, 'p')}, ${endSessions(schema)}, ${refundRateLimit(schema, 'p', 'gone')}
      select u.email, ${endedCount} as ended from u join p on p.user_id = u.user_id`,
    { schema, onLostReply: readBack('the new hash; the count of ended sessions is then 0') },
  )

/** Sets a new password by a mailed token. */
export function createPasswordReset(
  db: Database,
  statements: { readonly resetPassword: ReturnType<typeof resetPassword> },
  readback: Readback,
): Pick<VerificationTokenRepository, 'resetPassword'> {
  return {
    async resetPassword(key: VerificationKey, reset: NewPassword) {
      const given = checkObject(reset, 'reset')
      const values = {
        ...tokenKeyValues(key),
        hash: passwordHashText(given.hash, 'hash'),
        removesOthers: given.removeOtherSignInMethods ?? false,
        usedBy: given.usedBy ?? null,
        ...refundValues(given.refund === undefined ? null : checkRefund(given.refund)),
      }
      return db.runWithRecovery<PasswordReset>(
        async (call) =>
          (await maybeOne(call, statements.resetPassword, values, toReset)) ?? invalidToken,
        async (call) => {
          const done = await readback.hash(call, key.userId, given.hash)
          return done === null || done.email === null
            ? null
            : toReset({ email: done.email, ended: 0 })
        },
      )
    },
  }
}

type NewPassword = Parameters<VerificationTokenRepository['resetPassword']>[1]

const toReset = (row: { email: string; ended: number }): PasswordReset => ({
  ok: true,
  email: row.email,
  sessionsEnded: row.ended,
})
