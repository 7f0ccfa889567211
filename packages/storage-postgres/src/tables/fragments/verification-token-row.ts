import type { SqlPart } from '../../sql/parameter.js'
import { sql } from '../../sql/parameter.js'
import { statementTime as now, secondsFromNow } from '../../sql/time.js'
import { globalEpoch } from './global-epoch.js'
import { freeSlot } from './link-row.js'

/** SQL for one value of a new token each. */
type TokenColumn =
  | 'id'
  | 'purpose'
  | 'secretHash'
  | 'email'
  | 'emailKey'
  | 'epoch'
  | 'lifetimeSeconds'
  | 'userId'

/**
 * Holds for a token `t` that can no longer be used: it has expired, everything was revoked since, or the user is in a
 * later epoch by now.
 */
const dead = (schema: string, epoch: string) =>
  `t.expires_at <= ${now} or t.global_epoch < ${globalEpoch(schema)} or t.epoch < ${epoch}`

/**
 * The insert that stores a token in a free slot of the user and purpose, for the row of `from`. Without a free slot it
 * stores none and locks a row all the same, so no request ends a live token, and the work is the same; where `replaces`
 * holds, it takes the slot of the oldest.
 */
export const insertToken = <
  const Columns extends Readonly<Record<TokenColumn, SqlPart>>,
  const From extends SqlPart,
  const Replaces extends SqlPart,
>(
  schema: string,
  given: Columns & { readonly epoch: string; readonly since?: SqlPart },
  from: From,
  replaces: Replaces,
) => sql`
        insert into ${schema}.verification_tokens as t
          (id, user_id, purpose, slot, secret_hash, email, email_key, epoch, global_epoch, created_at, expires_at)
        select ${given.id}, ${given.userId}, ${given.purpose}, ${freeSlot({
          table: `${schema}.verification_tokens`,
          owned: sql`t.user_id = ${given.userId} and t.purpose = ${given.purpose}`,
          id: given.id,
          dead: dead(schema, given.epoch),
        })}, ${given.secretHash}, ${given.email},
          ${given.emailKey}, ${given.epoch}, ${globalEpoch(schema)}, ${given.since ?? now},
          ${secondsFromNow(given.lifetimeSeconds)}
        from ${from}
        on conflict (user_id, purpose, slot) do update set
          id = excluded.id, secret_hash = excluded.secret_hash, email = excluded.email, email_key = excluded.email_key,
          epoch = excluded.epoch, global_epoch = excluded.global_epoch, used_by = null,
          created_at = excluded.created_at, expires_at = excluded.expires_at
        where t.id = excluded.id or ${dead(schema, 'excluded.epoch')} or ${replaces}
        returning user_id, email`

/** The epoch, which no user has, of a token that an email change has used; its `email` is the former one. */
export const usedWithFormer = '-1'
/** The same where there was no former email. */
export const usedWithoutFormer = '-2'
