import type { AcceptedCredential, PasskeyRepository, SessionActor } from 'torii-core'
import type { Database } from '../../sql/database.js'
import { sql } from '../../sql/parameter.js'
import { exists, many } from '../../sql/rows.js'
import { read } from '../../sql/statement.js'
import { actor, actorIsLive } from '../fragments/actor.js'
import { actorValues } from '../input/input.js'
import { checkBytes } from '../input/input-credentials.js'
import { credentialId } from './passkey-columns.js'

export const passkeySignalStatements = (schema: string) => ({
  // One snapshot of the actor and the passkeys: an account that is disabled meanwhile does not look as if it had none.
  accepted: read(
    'passkeys.accepted',
    sql`
      select k.credential_id, k.user_handle
      from ${schema}.users u left join ${schema}.passkeys k on k.user_id = u.id and k.owner_epoch = u.owner_epoch
      where u.id = ${actor.userId} and ${actorIsLive(schema)} order by k.created_at, k.id`,
  ),
  // Any row: also that of a disabled account.
  isStored: read(
    'passkeys.isStored',
    sql`select k.id from ${schema}.passkeys k where k.credential_id = ${credentialId}`,
  ),
})

type AcceptedRow =
  | { credential_id: Uint8Array; user_handle: Uint8Array | null }
  | { credential_id: null; user_handle: null }

/** Reads what browsers signal to authenticators. */
export function createPasskeySignals(
  db: Database,
  statements: ReturnType<typeof passkeySignalStatements>,
): Pick<PasskeyRepository, 'accepted' | 'isStored'> {
  return {
    async accepted(acting: SessionActor) {
      const rows = await many(
        db,
        statements.accepted,
        actorValues(acting),
        (row: AcceptedRow) => row,
      )
      return rows.length === 0 ? null : rows.flatMap(toAccepted)
    },
    async isStored(id: Uint8Array) {
      const values = { credentialId: checkBytes(id, 'credentialId', 1, 1023) }
      return exists(db, statements.isStored, values)
    },
  }
}

const toAccepted = (row: AcceptedRow): AcceptedCredential[] =>
  row.credential_id === null
    ? []
    : [{ credentialId: row.credential_id, userHandle: row.user_handle }]
