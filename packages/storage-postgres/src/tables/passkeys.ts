import type {
  Json,
  NewPasskey,
  Passkey,
  PasskeyAddition,
  PasskeyId,
  PasskeyReauthentication,
  PasskeyRepository,
  PasskeySignInOutcome,
  PasskeyUse,
  SessionActor,
  UserId,
} from 'torii-core'
import { requireEmail, tokenHash } from 'torii-core'
import type { Database } from '../sql/db.js'
import {
  many,
  maybeOne,
  nameStatements,
  statementTime as now,
  one,
  seconds,
  toDate,
  toDateOrNull,
} from '../sql/db.js'
import {
  actorValues,
  checkBoolean,
  checkInteger,
  checkNewSession,
  checkObject,
  checkRefund,
  checkSessionKey,
  checkUserId,
  maxEpoch,
} from './input/input.js'
import {
  checkBytes,
  checkCeremony,
  checkPasskeyId,
  checkPasskeyName,
  checkTransports,
  checkUuid,
} from './input/input-credentials.js'
import { credentialColumns, toCredential } from './passkey-credential.js'
import { refundRateLimit, refundValues } from './rate-limit-charging.js'
import { createReceipts } from './readback.js'
import type { SessionRow } from './sessions/session-row.js'
import {
  actorIsLive,
  insertSession,
  liveSession,
  sessionColumns,
  sessionValues,
  toSession,
} from './sessions/session-row.js'
import type { RemovalRow } from './sign-in-methods.js'
import { removalColumns, signInMethods, toRemoval } from './sign-in-methods.js'
import type { UserRow } from './user-row.js'
import { toUser, userColumns } from './user-row.js'

/** 2^32 - 1, the largest count an authenticator can have. */
const maxCount = 4_294_967_295

const passkeyColumns = `
  k.id, k.name, ${seconds('k.created_at')} as created_at, ${seconds('k.last_used_at')} as last_used_at,
  k.backup_eligible, k.backed_up, k.aaguid, k.transports`

/** A count is accepted when it rose, or when the authenticator has none. @see WebAuthn Level 3, section 6.1.1 */
const countRose = (count: string): string =>
  `(k.sign_count < ${count}::bigint or (k.sign_count = 0 and ${count}::bigint = 0))`

/**
 * CTEs of the use of a passkey `$1` by user `$2` in epochs `$3` and `$4`, with count `$5` and backup state
 * `$6`: `held` is its row, locked, and `u` its user, in whose epochs nothing has changed meanwhile.
 */
const usePasskey = (schema: string): string => `
      held as (
        select k.user_id from ${schema}.passkeys k
        where k.credential_id = $1::bytea and k.user_id = $2::uuid and k.owner_epoch = $4::int
          and ${countRose('$5')}
        for update of k
      ), u as (
        select ${userColumns}, u.session_epoch from ${schema}.users u
        where u.id = (select held.user_id from held) and u.owner_epoch = $4::int and u.session_epoch = $3::int
          and u.disabled_at is null
        for key share
      )`

/** Advances the count of the passkey once the CTE named `after` has a row: both or none. */
const advanceCount = (schema: string, after: string): string => `
      k as (
        update ${schema}.passkeys k set
          sign_count = $5::bigint, backed_up = $6::boolean and k.backup_eligible, last_used_at = ${now}
        where k.credential_id = $1::bytea and exists (select 1 from ${after})
      )`

/** Found by the tests of all statements. @public */
export const statements = (schema: string) =>
  nameStatements('passkeys', {
    deleteDead: `
      delete from ${schema}.passkeys k using ${schema}.users u
      where k.credential_id = $1::bytea and u.id = k.user_id and k.owner_epoch <> u.owner_epoch
      returning k.id`,
    lockActor: `
      select u.id from ${schema}.users u where u.id = $1::uuid and ${actorIsLive(schema)} for no key update`,
    // Runs under the user's lock, in a statement of its own: its snapshot sees every earlier addition.
    add: `
      with me as (
        select u.id, u.owner_epoch from ${schema}.users u where u.id = $1::uuid and ${actorIsLive(schema)}
      ), held as (
        select pg_catalog.count(*) as count from ${schema}.passkeys k, me
        where k.user_id = me.id and k.owner_epoch = me.owner_epoch
      ), k as (
        insert into ${schema}.passkeys as k (
          credential_id, id, user_id, owner_epoch, public_key, sign_count, user_handle, user_verified,
          backup_eligible, backed_up, aaguid, transports, name, created_at)
        select $5::bytea, $6::uuid, me.id, me.owner_epoch, $7::bytea, $8::bigint, $9::bytea, $10::boolean,
          $11::boolean, $12::boolean, $13::uuid, $14::text[], $15::text, ${now}
        from me, held where held.count < $16::bigint
        on conflict (credential_id) do nothing
        returning ${passkeyColumns}
      )
      select (select pg_catalog.count(*) from me)::int as live, held.count >= $16::bigint as full, k.*
      from held left join k on true`,
    list: `
      select ${passkeyColumns}
      from ${schema}.passkeys k join ${schema}.users u on u.id = k.user_id and u.owner_epoch = k.owner_epoch
      where k.user_id = $1::uuid order by k.created_at, k.id`,
    credentials: `
      select ${credentialColumns}
      from ${schema}.passkeys k join ${schema}.users u on u.id = k.user_id and u.owner_epoch = k.owner_epoch
      where k.user_id = $1::uuid and u.disabled_at is null order by k.created_at, k.id`,
    credentialsByEmail: `
      select ${credentialColumns}
      from ${schema}.user_emails e join ${schema}.users u on u.id = e.user_id
      join ${schema}.passkeys k on k.user_id = u.id and k.owner_epoch = u.owner_epoch
      where e.email_key = $1::text and u.disabled_at is null order by k.created_at, k.id`,
    findForSignIn: `
      with c as (
        delete from ${schema}.passkey_challenges c where c.challenge_hash = $1::bytea
        returning c.ceremony, c.user_id, c.session_epoch, c.owner_epoch, c.expires_at
      )
      select ${credentialColumns}
      from c join ${schema}.passkeys k on k.credential_id = $3::bytea
      join ${schema}.users u on u.id = k.user_id and u.owner_epoch = k.owner_epoch
      where c.ceremony = $2::text and c.expires_at > ${now} and u.disabled_at is null
        and (c.user_id is null or c.user_id = k.user_id)
        and (c.session_epoch is null or (c.session_epoch = u.session_epoch and c.owner_epoch = u.owner_epoch))`,
    signIn: `
      with ${usePasskey(schema)}, s as (
        ${insertSession(schema, 7)}
        returning ${sessionColumns}
      ), ${advanceCount(schema, 's')}, ${refundRateLimit(schema, 's', 14)}
      select u.*, s.*, (select pg_catalog.count(*) from held)::int as usable
      from (select 1 as one) as always left join u on true left join s on true`,
    reauthenticate: `
      with ${usePasskey(schema)}, s as (
        update ${schema}.sessions s set
          secret_hash = $9::bytea, authenticated_at = ${now},
          methods = case when 'passkey' = any (s.methods) then s.methods
            else pg_catalog.array_append(s.methods, 'passkey'::text) end
        from u as asked, ${schema}.users u
        where s.user_id = asked.user_id and s.id = $7::uuid and s.secret_hash = $8::bytea
          and u.id = s.user_id and ${liveSession}
        returning s.user_id, ${sessionColumns}
      ), ${advanceCount(schema, 's')}, ${refundRateLimit(schema, 's', 10)}
      select s.*, (select pg_catalog.count(*) from held)::int as usable
      from (select 1 as one) as always left join s on true`,
    // Tells a count that did not rise from a passkey or an account that ended. A statement of its own,
    // asked after a refusal: the snapshot of a use that waited for another one shows the count before that.
    findRegression: `
      select k.id from ${schema}.passkeys k join ${schema}.users u on u.id = k.user_id
      where k.credential_id = $1::bytea and k.user_id = $2::uuid and k.owner_epoch = u.owner_epoch
        and u.session_epoch = $3::int and u.owner_epoch = $4::int and u.disabled_at is null
        and not ${countRose('$5')}`,
    rename: `
      update ${schema}.passkeys k set name = $6::text
      from ${schema}.users u
      where k.user_id = $1::uuid and k.id = $5::uuid and u.id = k.user_id and u.owner_epoch = k.owner_epoch
        and ${actorIsLive(schema)}
      returning ${passkeyColumns}`,
    delete: `
      with ${signInMethods(schema)}, found as (
        select keys.id from keys where keys.id = $6::uuid
      ), gone as (
        delete from ${schema}.passkeys k using me, ways
        where k.user_id = me.id and k.id = $6::uuid and exists (select 1 from found) and ways.count > 1
        returning k.id
      )
      select ${removalColumns}`,
  })

interface PasskeyRow {
  id: PasskeyId
  name: string
  created_at: number
  last_used_at: number | null
  backup_eligible: boolean
  backed_up: boolean
  aaguid: string
  transports: string[]
}

type AddedRow = { live: number; full: boolean } & (PasskeyRow | { id: null })
type UseRefusal = Extract<PasskeyReauthentication, { ok: false }>
type UsedRow = { usable: number } & (SessionRow | { session_id: null })

/** `schema` is an already quoted identifier. */
export function createPasskeyRepository<Metadata extends object = Record<string, Json>>(
  db: Database,
  schema: string,
): PasskeyRepository<Metadata> {
  const sql = statements(schema)

  const receipts = createReceipts(db, schema)

  async function isCounted({ userId, credentialId, signCount }: PasskeyUse): Promise<boolean> {
    if (signCount === 0) return false
    const stored = await many(db, sql.credentials, [userId], toCredential)
    return stored.some(
      (one) => one.signCount === signCount && Buffer.compare(one.credentialId, credentialId) === 0,
    )
  }

  async function refusalOf(use: unknown[], { usable }: UsedRow): Promise<UseRefusal> {
    const ended = { ok: false, reason: 'stale' } as const
    if (usable > 0) return ended
    const regressed = await maybeOne(db, sql.findRegression, use.slice(0, 5), () => true)
    return regressed === null ? ended : { ok: false, reason: 'counter_regression' }
  }

  return {
    async add(actor: SessionActor, passkey: NewPasskey, options: { max: number }) {
      const { max } = checkObject(options, 'options')
      const who = actorValues(actor)
      const values = [...who, ...passkeyValues(passkey), checkInteger(max, 'max', 1, 1000)]
      const addOnce = () =>
        db.atomic(async (tx): Promise<PasskeyAddition> => {
          // The door before the user, whose lock then makes the count of the next statement exact.
          await many(tx, sql.deleteDead, [values[4]], () => true)
          if ((await maybeOne(tx, sql.lockActor, who, () => true)) === null)
            return { ok: false, reason: 'stale' }
          return one(tx, sql.add, values, toAddition)
        })
      return db.settle(addOnce, async () => {
        const stored = await many(db, sql.list, [actor.userId], toPasskey)
        const added = stored.find(({ id }) => id === values[5])
        return added === undefined ? null : { ok: true, passkey: added }
      })
    },
    async list(userId: UserId) {
      return many(db, sql.list, [checkUserId(userId)], toPasskey)
    },
    async credentials(userId: UserId) {
      return many(db, sql.credentials, [checkUserId(userId)], toCredential)
    },
    async credentialsByEmail(email: string) {
      return many(db, sql.credentialsByEmail, [requireEmail(email)], toCredential)
    },
    async findForSignIn(input: Assertion) {
      const { challengeHash, ceremony, credentialId } = checkObject(input, 'input')
      const values = [
        tokenHash(challengeHash),
        checkCeremony(ceremony, ['authenticate', 'reauthenticate']),
        checkBytes(credentialId, 'credentialId', 1, 1023),
      ]
      return maybeOne(db, sql.findForSignIn, values, toCredential)
    },
    async signIn(use: PasskeyUse, options: SignInOptions) {
      const { session, refund } = checkObject(options, 'options')
      const used = useValues(use)
      const values = [
        ...used,
        ...sessionValues(checkNewSession(session)),
        ...refundValues(refund === undefined ? null : checkRefund(refund)),
      ]
      return db.settle<PasskeySignInOutcome<Metadata>>(
        async () => {
          const row = await one(db, sql.signIn, values, (found: UsedRow & UserRow) => found)
          if (row.session_id === null) return refusalOf(used, row)
          return { ok: true, user: toUser(row), session: toSession(row) }
        },
        async () => {
          const row = await receipts.opened(use.userId, session)
          return row === null ? null : { ok: true, user: toUser(row), session: toSession(row) }
        },
      )
    },
    async reauthenticate(use: PasskeyUse, options: ReauthenticateOptions) {
      const { key, newSecretHash, refund } = checkObject(options, 'options')
      const { userId, id, secretHash } = checkSessionKey(key)
      const used = useValues(use)
      const newHash = tokenHash(newSecretHash)
      const values = [...used, id, secretHash, newHash]
      const refunded = refundValues(refund === undefined ? null : checkRefund(refund))
      if (used[1] !== userId) return { ok: false, reason: 'stale' }
      // A secret that is kept tells nothing; the count of this use does, where the authenticator has one.
      const kept = Buffer.compare(secretHash, newHash) === 0
      return db.settle<PasskeyReauthentication>(
        async (again) => {
          const given = again && kept ? refundValues(null) : refunded
          const sent = [...values, ...given]
          const row = await one(db, sql.reauthenticate, sent, (found: UsedRow) => found)
          if (row.session_id === null) return refusalOf(used, row)
          return { ok: true, session: toSession(row) }
        },
        async () => {
          if (kept && !(await isCounted(use))) return null
          const row = await receipts.opened(userId, { id, secretHash: newHash })
          return row === null ? null : { ok: true, session: toSession(row) }
        },
      )
    },
    async rename(actor: SessionActor, id: PasskeyId, name: string) {
      const values = [...actorValues(actor), checkPasskeyId(id, 'id'), checkPasskeyName(name)]
      return maybeOne(db, sql.rename, values, toPasskey)
    },
    async delete(actor: SessionActor, id: PasskeyId, options: { mailSignIn: boolean }) {
      const { mailSignIn } = checkObject(options, 'options')
      const values = [
        ...actorValues(actor),
        checkBoolean(mailSignIn, 'mailSignIn'),
        checkPasskeyId(id, 'id'),
      ]
      return one(db, sql.delete, values, (row: RemovalRow) => toRemoval(row))
    },
  }
}

type Assertion = Parameters<PasskeyRepository['findForSignIn']>[0]
type SignInOptions = Parameters<PasskeyRepository['signIn']>[1]
type ReauthenticateOptions = Parameters<PasskeyRepository['reauthenticate']>[1]

function passkeyValues(passkey: NewPasskey): unknown[] {
  const given = checkObject(passkey, 'passkey')
  const backupEligible = checkBoolean(given.backupEligible, 'backupEligible')
  return [
    checkBytes(given.credentialId, 'credentialId', 1, 1023),
    checkPasskeyId(given.id, 'id'),
    checkBytes(given.publicKey, 'publicKey', 1, 2048),
    checkInteger(given.signCount, 'signCount', 0, maxCount),
    checkBytes(given.userHandle, 'userHandle', 1, 64),
    checkBoolean(given.userVerified, 'userVerified'),
    backupEligible,
    checkBoolean(given.backedUp, 'backedUp') && backupEligible,
    checkUuid(given.aaguid, 'aaguid'),
    checkTransports(given.transports),
    checkPasskeyName(given.name),
  ]
}

function useValues(use: PasskeyUse): unknown[] {
  const { credentialId, userId, signCount, backedUp, epochs } = checkObject(use, 'use')
  const { session, owner } = checkObject(epochs, 'epochs')
  return [
    checkBytes(credentialId, 'credentialId', 1, 1023),
    checkUserId(userId),
    checkInteger(session, 'epochs.session', 0, maxEpoch),
    checkInteger(owner, 'epochs.owner', 0, maxEpoch),
    checkInteger(signCount, 'signCount', 0, maxCount),
    checkBoolean(backedUp, 'backedUp'),
  ]
}

function toAddition(row: AddedRow): PasskeyAddition {
  if (row.id !== null) return { ok: true, passkey: toPasskey(row) }
  if (row.live === 0) return { ok: false, reason: 'stale' }
  return { ok: false, reason: row.full ? 'too_many' : 'already_exists' }
}

const toPasskey = (row: PasskeyRow): Passkey => ({
  id: row.id,
  name: row.name,
  createdAt: toDate(row.created_at),
  lastUsedAt: toDateOrNull(row.last_used_at),
  backupEligible: row.backup_eligible,
  backedUp: row.backed_up,
  aaguid: row.aaguid,
  transports: row.transports,
})
