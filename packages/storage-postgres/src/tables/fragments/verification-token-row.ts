import type { SqlPart } from '../../sql/parameter.js'
import { sql } from '../../sql/parameter.js'
import { statementTime as now, secondsFromNow } from '../../sql/time.js'

/** SQL for one value of a new token each. */
type TokenColumn =
  | 'purpose'
  | 'secretHash'
  | 'email'
  | 'emailKey'
  | 'epoch'
  | 'lifetimeSeconds'
  | 'userId'

/** The insert that stores a token in the place of the user's former token of that purpose; a `from` follows. */
export const insertToken = <const Columns extends Readonly<Record<TokenColumn, SqlPart>>>(
  schema: string,
  given: Columns,
) => sql`
        insert into ${schema}.verification_tokens
          (user_id, purpose, secret_hash, email, email_key, epoch, created_at, expires_at)
        select ${given.userId}, ${given.purpose}, ${given.secretHash}, ${given.email},
          ${given.emailKey}, ${given.epoch}, ${now}, ${secondsFromNow(given.lifetimeSeconds)}`

/** What follows the `from` of {@link insertToken}. */
export const replaceToken = `
        on conflict (user_id, purpose) do update set
          secret_hash = excluded.secret_hash, email = excluded.email, email_key = excluded.email_key,
          epoch = excluded.epoch, created_at = excluded.created_at, expires_at = excluded.expires_at
        returning user_id, email`

/** The epoch, which no user has, of a token that an email change has used; its `email` is the former one. */
export const usedWithFormer = '-1'
/** The same where there was no former email. */
export const usedWithoutFormer = '-2'
