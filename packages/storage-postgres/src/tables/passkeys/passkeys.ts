import type {
  CountedActor,
  Json,
  PasskeyId,
  PasskeyRepository,
  SessionActor,
  UsableMethods,
} from 'torii-core'
import { requireEmail } from 'torii-core'
import type { Database } from '../../sql/database.js'
import { countedTwice, repeat, sameState } from '../../sql/lost-reply.js'
import { parameter, sql } from '../../sql/parameter.js'
import { many, maybeOne, one } from '../../sql/rows.js'
import { read, write } from '../../sql/statement.js'
import { actor, actorIsLive } from '../fragments/actor.js'
import { countedActorValues } from '../fragments/counted-actor.js'
import { emailKey } from '../fragments/parameters.js'
import { credentialColumns, toCredential } from '../fragments/passkey-credential.js'
import { chargeRateLimit } from '../fragments/rate-limit-charging.js'
import type { Readback } from '../fragments/readback.js'
import type { RemovalRow } from '../fragments/sign-in-methods.js'
import {
  methodRemains,
  removalColumns,
  signInMethods,
  toRemoval,
} from '../fragments/sign-in-methods.js'
import { actorValues, usableMethodValues } from '../input/input.js'
import { checkPasskeyName } from '../input/input-credentials.js'
import { createPasskeyAddition, passkeyAdditionStatements } from './passkey-addition.js'
import { name, passkeyColumns, toPasskey } from './passkey-columns.js'
import { createPasskeySignals, passkeySignalStatements } from './passkey-signals.js'
import { createPasskeyUse, passkeyUseStatements } from './passkey-use.js'

const id = parameter('id', 'uuid')<PasskeyId>()

export const passkeyStatements = (schema: string) => ({
  ...passkeyAdditionStatements(schema),
  ...passkeyUseStatements(schema),
  ...passkeySignalStatements(schema),
  credentialsByEmail: read(
    'passkeys.credentialsByEmail',
    sql`
      select ${credentialColumns}
      from ${schema}.user_emails e join ${schema}.users u on u.id = e.user_id
      join ${schema}.passkeys k on k.user_id = u.id and k.owner_epoch = u.owner_epoch
      where e.email_key = ${emailKey} and u.disabled_at is null order by k.created_at, k.id`,
  ),
  rename: write(
    'passkeys.rename',
    sql`
      with ${chargeRateLimit(schema)}
      update ${schema}.passkeys k set name = ${name}
      from verdict v join ${schema}.users u on v.allowed
      where k.user_id = ${actor.userId} and k.id = ${id} and u.id = k.user_id and u.owner_epoch = k.owner_epoch
        and ${actorIsLive(schema)}
      returning ${passkeyColumns}`,
    { schema, onLostReply: repeat(`${sameState}; ${countedTwice}`) },
  ),
  delete: write(
    'passkeys.delete',
    sql`
      with ${signInMethods(schema)}, found as (
        select keys.id, keys.usable from keys where keys.id = ${id}
      ), gone as (
        delete from ${schema}.passkeys k using me, ways
        where k.user_id = me.id and k.id = ${id} and exists (select 1 from found) and ${methodRemains}
        returning k.id
      )
      select ${removalColumns}`,
    { schema, onLostReply: repeat('not_found: it is not there any more') },
  ),
})

export function createPasskeyRepository<Metadata extends object = Record<string, Json>>(
  db: Database,
  statements: ReturnType<typeof passkeyStatements>,
  readback: Readback,
): PasskeyRepository<Metadata> {
  return {
    ...createPasskeyAddition(db, statements),
    ...createPasskeyUse<Metadata>(db, statements, readback),
    ...createPasskeySignals(db, statements),
    async credentialsByEmail(email: string) {
      const values = { emailKey: requireEmail(email) }
      return many(db, statements.credentialsByEmail, values, toCredential)
    },
    async rename(acting: CountedActor, passkeyId: PasskeyId, newName: string) {
      const values = {
        ...countedActorValues(acting),
        id: passkeyId,
        name: checkPasskeyName(newName),
      }
      return maybeOne(db, statements.rename, values, toPasskey)
    },
    async delete(acting: SessionActor, passkeyId: PasskeyId, usable: UsableMethods) {
      const values = {
        ...actorValues(acting),
        ...usableMethodValues(usable),
        id: passkeyId,
      }
      return one(db, statements.delete, values, (row: RemovalRow) => toRemoval(row))
    },
  }
}
