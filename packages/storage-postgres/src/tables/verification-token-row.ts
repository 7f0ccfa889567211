import { statementTime as now, secondsFromNow } from '../sql/db.js'

/** What {@link insertToken} is told: SQL of one value each. */
interface TokenValues {
  readonly purpose: string
  readonly secretHash: string
  readonly email: string
  readonly emailKey: string
  readonly epoch: string
  readonly lifetimeSeconds: string
  readonly userId: string
}

/** The insert that stores a token in the place of a former one of the user and the purpose; a `from` follows. */
export const insertToken = (schema: string, values: TokenValues): string => `
        insert into ${schema}.verification_tokens
          (user_id, purpose, secret_hash, email, email_key, epoch, created_at, expires_at)
        select ${values.userId}, ${values.purpose}, ${values.secretHash}, ${values.email},
          ${values.emailKey}, ${values.epoch}, ${now}, ${secondsFromNow(values.lifetimeSeconds)}`

/** What follows the `from` of {@link insertToken}. */
export const replaceToken = `
        on conflict (user_id, purpose) do update set
          secret_hash = excluded.secret_hash, email = excluded.email, email_key = excluded.email_key,
          epoch = excluded.epoch, created_at = excluded.created_at, expires_at = excluded.expires_at
        returning user_id, email`

/** Epochs that no user has, of a token that a change of address has used: its `email` is the former one. */
export const usedWithFormer = -1
/** The same where there was no former address. */
export const usedWithoutFormer = -2
