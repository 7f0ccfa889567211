import type { SecondFactorUndo, VerificationKey, VerificationTokenRepository } from 'torii-core'
import { undoSeconds } from 'torii-core'
import type { Database } from '../../sql/database.js'
import { countedTwice, readBack } from '../../sql/lost-reply.js'
import { sql } from '../../sql/parameter.js'
import { one } from '../../sql/rows.js'
import { write } from '../../sql/statement.js'
import { statementTime as now, secondsFromNow } from '../../sql/time.js'
import type { VerdictRow } from '../fragments/rate-limit-charging.js'
import { chargeFailure, chargeValues, toRefusal } from '../fragments/rate-limit-charging.js'
import { endedCount } from '../fragments/session-row.js'
import type { UserRow } from '../fragments/user-row.js'
import { selectedUserColumns, toUser, userColumns } from '../fragments/user-row.js'
import { checkObject } from '../input/input.js'
import { checkIpAddressCharge, tokenKeyValues } from '../input/input-credentials.js'
import { endSessions, invalidToken, liveToken, lockTokens, useToken } from './live-token.js'

const purpose = 'undo_second_factor'

const countOf = (cte: string) => `(select pg_catalog.count(*) from ${cte})`

/**
 * Holds of a row of the CTE `rows` that the user keeps: it was there before, counted until now, and the email was verified already.
 * A first proof of the mailbox leaves nothing of who came before.
 */
const isKept = (rows: string) =>
  `(u.verified and ${rows}.former and ${rows}.owner_epoch = u.owner_epoch - 1)`

/** Whether a row of the CTE `rows` that is deleted counted until now. */
const counted = (rows: string) => `${rows}.owner_epoch = u.owner_epoch - 1 as counted`

// The locks: tokens, accounts, passkeys, user, factor, sessions. The owner epoch rises, and what was there before is carried
// along: so nothing counts that another caller adds while this one waits, and that this snapshot cannot see.
export const undoSecondFactor = (schema: string) =>
  write(
    'verification_tokens.undoSecondFactor',
    sql`
      with ${chargeFailure(
        schema,
        sql`${lockTokens(schema, purpose, 'from gate where gate.until is null', '(select gate.until is null from gate)')}, since as (
        select t.user_id, greatest(t.created_at, ${secondsFromNow(`(-${undoSeconds})::float8`)}) as at
        from t join ${schema}.users u on u.id = t.user_id where ${liveToken(schema)}
      ), accounts as (
        select a.subject, a.provider, a.owner_epoch, a.created_at < since.at as former
        from ${schema}.oauth_accounts a join since on since.user_id = a.user_id
        order by a.subject, a.provider for update of a
      ), keys as (
        select k.credential_id, k.owner_epoch, k.created_at < since.at as former
        from ${schema}.passkeys k join since on since.user_id = k.user_id where ${countOf('accounts')} >= 0
        order by k.credential_id for update of k
      ), me as (
        select u.id, u.owner_epoch, u.email_verified_at is not null as verified
        from ${schema}.users u join t on t.user_id = u.id where ${liveToken(schema)} and ${countOf('keys')} >= 0
        for no key update of u
      ), factor as (
        select f.user_id, f.created_at < since.at as former
        from ${schema}.totp_factors f join me on me.id = f.user_id join since on since.user_id = me.id
        for update of f
      ), factor_gone as (
        delete from ${schema}.totp_factors d using factor where d.user_id = factor.user_id and not factor.former
        returning d.user_id
      ), codes_gone as (
        delete from ${schema}.recovery_codes d using factor_gone where d.user_id = factor_gone.user_id
        returning 1 as one
      ), u as (
        update ${schema}.users u set
          session_epoch = u.session_epoch + 1, owner_epoch = u.owner_epoch + 1,
          second_factor_epoch = case when me.verified and exists (select 1 from factor where factor.former)
            then u.second_factor_epoch + 1 end,
          email_verified_at = coalesce(u.email_verified_at, ${now}), updated_at = ${now}
        from me where u.id = me.id and ${countOf('codes_gone')} >= 0
        returning ${userColumns}, u.owner_epoch, me.verified, true as raised
      ), accounts_kept as (
        update ${schema}.oauth_accounts a set owner_epoch = u.owner_epoch from u, accounts
        where a.subject = accounts.subject and a.provider = accounts.provider and ${isKept('accounts')}
        returning 1 as one
      ), accounts_gone as (
        delete from ${schema}.oauth_accounts a using u, accounts
        where a.subject = accounts.subject and a.provider = accounts.provider and not ${isKept('accounts')}
        returning ${counted('accounts')}
      ), keys_kept as (
        update ${schema}.passkeys k set owner_epoch = u.owner_epoch from u, keys
        where k.credential_id = keys.credential_id and ${isKept('keys')}
        returning 1 as one
      ), keys_gone as (
        delete from ${schema}.passkeys k using u, keys
        where k.credential_id = keys.credential_id and not ${isKept('keys')}
        returning ${counted('keys')}
      ), password_gone as (
        delete from ${schema}.passwords p using u where p.user_id = u.user_id returning 1 as one
      ), ${useToken(schema, 'u')}, ${endSessions(schema)}, success as (
        select 1 as one from u union all select 1 from repeated
      )`,
        'success',
      )}, shown as (
        select ${selectedUserColumns} from u
        union all
        select ${userColumns} from t join ${schema}.users u on u.id = t.user_id where exists (select 1 from repeated)
      )
      select v.allowed, v.retry_after, exists (select 1 from repeated) as repeated, shown.*, ${endedCount} as ended,
        ${countOf('factor_gone')}::int as factors,
        (select pg_catalog.count(*) from keys_gone where counted)::int as passkeys,
        (select pg_catalog.count(*) from accounts_gone where counted)::int as oauth_accounts
      from verdict v left join shown on true`,
    {
      schema,
      onLostReply: readBack(
        `the form that used the token, by sending it again: the counts are then 0 (without a form, used up; a failure is ${countedTwice})`,
      ),
    },
  )

/** Undoes a second factor by a mailed token. */
export function createSecondFactorUndo<Metadata extends object>(
  db: Database,
  statements: { readonly undoSecondFactor: ReturnType<typeof undoSecondFactor> },
): Pick<VerificationTokenRepository<Metadata>, 'undoSecondFactor'> {
  return {
    async undoSecondFactor(key: VerificationKey, use: Use) {
      const given = checkObject(use, 'use')
      const values = {
        ...tokenKeyValues(key),
        usedBy: given.usedBy,
        ...chargeValues(checkIpAddressCharge(given.ipAddress)),
      }
      return db.runWithRecovery<SecondFactorUndo<Metadata>>(
        async (call, isRepetition) => {
          const undone = await one(call, statements.undoSecondFactor, values, toUndo<Metadata>)
          // What the first attempt of this very call has done.
          return undone.ok && isRepetition ? { ...undone, repeated: false } : undone
        },
        async () => null,
      )
    },
  }
}

type Use = Parameters<VerificationTokenRepository['undoSecondFactor']>[1]
type UndoRow = VerdictRow & {
  repeated: boolean
  ended: number
  factors: number
  passkeys: number
  oauth_accounts: number
} & (UserRow | { user_id: null })

function toUndo<Metadata extends object>(row: UndoRow): SecondFactorUndo<Metadata> {
  if (row.user_id === null) return row.allowed ? invalidToken : toRefusal(row)
  const { factors, passkeys, oauth_accounts: oauthAccounts, ended, repeated } = row
  const removed = { factors, passkeys, oauthAccounts }
  return { ok: true, user: toUser<Metadata>(row), removed, sessionsEnded: ended, repeated }
}
