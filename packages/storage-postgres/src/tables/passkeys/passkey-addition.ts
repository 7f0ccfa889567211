import type {
  NewPasskey,
  PasskeyAddition,
  PasskeyId,
  PasskeyRepository,
  SessionActor,
} from 'torii-core'
import type { Database } from '../../sql/database.js'
import { partOfTransaction, readBack } from '../../sql/lost-reply.js'
import type { SqlPart } from '../../sql/parameter.js'
import { nullable, parameter, sql } from '../../sql/parameter.js'
import { exists, many, one } from '../../sql/rows.js'
import { read, write } from '../../sql/statement.js'
import { statementTime as now } from '../../sql/time.js'
import { actor, actorIsLive } from '../fragments/actor.js'
import { userId } from '../fragments/parameters.js'
import { actorValues, checkBoolean, checkInteger, checkObject } from '../input/input.js'
import {
  checkBytes,
  checkPasskeyName,
  checkTransports,
  checkUserHandle,
  checkUuid,
} from '../input/input-credentials.js'
import type { PasskeyRow } from './passkey-columns.js'
import {
  backedUp,
  credentialId,
  maxSignCount,
  name,
  passkeyColumns,
  signCount,
  toPasskey,
} from './passkey-columns.js'

const added = {
  id: parameter('id', 'uuid')<PasskeyId>(),
  publicKey: parameter('publicKey', 'bytea')<Uint8Array>(),
  userHandle: nullable('userHandle', 'bytea')<Uint8Array>(),
  userVerified: parameter('userVerified', 'boolean')<boolean>(),
  backupEligible: parameter('backupEligible', 'boolean')<boolean>(),
  aaguid: parameter('aaguid', 'uuid')<string>(),
  transports: parameter('transports', 'text[]')<readonly string[]>(),
}
/** Passkeys that a user may have. */
const max = parameter('max', 'bigint')<number>()

/** The insert of a passkey for the user of the row `owner` of `rows`. A credential that is stored already stays as it is. */
export const insertPasskey = <const Rows extends SqlPart>(
  schema: string,
  owner: string,
  rows: Rows,
) => sql`
        insert into ${schema}.passkeys as k (
          credential_id, id, user_id, owner_epoch, public_key, sign_count, user_handle, user_verified,
          backup_eligible, backed_up, aaguid, transports, name, created_at)
        select ${credentialId}, ${added.id}, ${owner}.user_id, ${owner}.owner_epoch, ${added.publicKey}, ${signCount}, ${added.userHandle}, ${added.userVerified},
          ${added.backupEligible}, ${backedUp}, ${added.aaguid}, ${added.transports}, ${name}, ${now}
        from ${rows}
        on conflict (credential_id) do nothing`

export const passkeyAdditionStatements = (schema: string) => ({
  deleteDead: write(
    'passkeys.deleteDead',
    sql`
      delete from ${schema}.passkeys k using ${schema}.users u
      where k.credential_id = ${credentialId} and u.id = k.user_id and k.owner_epoch <> u.owner_epoch
      returning k.id`,
    { schema, onLostReply: readBack(partOfTransaction) },
  ),
  lockActor: write(
    'passkeys.lockActor',
    sql`
      select u.id from ${schema}.users u where u.id = ${actor.userId} and ${actorIsLive(schema)} for no key update`,
    { schema, onLostReply: readBack(partOfTransaction) },
  ),
  // Runs under the user's lock, in a statement of its own: its snapshot sees every earlier addition.
  add: write(
    'passkeys.add',
    sql`
      with me as (
        select u.id as user_id, u.owner_epoch from ${schema}.users u where u.id = ${actor.userId} and ${actorIsLive(schema)}
      ), held as (
        select pg_catalog.count(*) as count from ${schema}.passkeys k, me
        where k.user_id = me.user_id and k.owner_epoch = me.owner_epoch
      ), k as (${insertPasskey(schema, 'me', sql`me, held where held.count < ${max}`)}
        returning ${passkeyColumns}
      ), enrolling as (
        delete from ${schema}.pending_sign_ins p using me, k where p.user_id = me.user_id and p.enrolls
        returning 1 as one
      )
      select (select pg_catalog.count(*) from me)::int as live, held.count >= ${max} as full, k.*
      from held left join k on true`,
    { schema, onLostReply: readBack('the id of the passkey') },
  ),
  list: read(
    'passkeys.list',
    sql`
      select ${passkeyColumns}
      from ${schema}.passkeys k join ${schema}.users u on u.id = k.user_id and u.owner_epoch = k.owner_epoch
      where k.user_id = ${userId} order by k.created_at, k.id`,
  ),
})

type AddedRow = { live: number; full: boolean } & (PasskeyRow | { id: null })

/** Adds and lists passkeys. */
export function createPasskeyAddition(
  db: Database,
  statements: ReturnType<typeof passkeyAdditionStatements>,
): Pick<PasskeyRepository, 'add' | 'list'> {
  return {
    async add(acting: SessionActor, passkey: NewPasskey, options: { max: number }) {
      const { max: most } = checkObject(options, 'options')
      const who = actorValues(acting)
      const values = {
        ...who,
        ...passkeyValues(passkey),
        max: checkInteger(most, 'max', 1, 1000),
      }
      const addOnce = (call: Database) =>
        call.atomic(async (tx): Promise<PasskeyAddition> => {
          // The entry row before the user, whose lock then makes the count of the next statement exact.
          const dead = { credentialId: values.credentialId }
          await many(tx, statements.deleteDead, dead, () => true)
          if (!(await exists(tx, statements.lockActor, who))) return { ok: false, reason: 'stale' }
          return one(tx, statements.add, values, toAddition)
        })
      return db.runWithRecovery(addOnce, async (call) => {
        const stored = await many(call, statements.list, { userId: who.userId }, toPasskey)
        const found = stored.find(({ id }) => id === values.id)
        return found === undefined ? null : { ok: true, passkey: found }
      })
    },
    async list(user) {
      return many(db, statements.list, { userId: user }, toPasskey)
    },
  }
}

/** The values of {@link insertPasskey}. */
export function passkeyValues(passkey: NewPasskey) {
  const given = checkObject(passkey, 'passkey')
  const backupEligible = checkBoolean(given.backupEligible, 'backupEligible')
  return {
    credentialId: checkBytes(given.credentialId, 'credentialId', 1, 1023),
    id: given.id,
    publicKey: checkBytes(given.publicKey, 'publicKey', 1, 2048),
    signCount: checkInteger(given.signCount, 'signCount', 0, maxSignCount),
    userHandle: checkUserHandle(given.userHandle),
    userVerified: checkBoolean(given.userVerified, 'userVerified'),
    backupEligible,
    backedUp: checkBoolean(given.backedUp, 'backedUp') && backupEligible,
    aaguid: checkUuid(given.aaguid, 'aaguid'),
    transports: checkTransports(given.transports),
    name: checkPasskeyName(given.name),
  }
}

function toAddition(row: AddedRow): PasskeyAddition {
  if (row.id !== null) return { ok: true, passkey: toPasskey(row) }
  if (row.live === 0) return { ok: false, reason: 'stale' }
  return { ok: false, reason: row.full ? 'too_many' : 'already_exists' }
}
