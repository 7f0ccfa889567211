import type {
  ChargeRefusal,
  PasskeyCeremony,
  PasskeyCredential,
  PasskeyReauthentication,
  PasskeyRepository,
  PasskeySignInOutcome,
  PasskeyUse,
  TokenHash,
} from 'torii-core'
import type { Database } from '../../sql/database.js'
import { countedTwice, readBack, repeat, usedUp } from '../../sql/lost-reply.js'
import { nullable, parameter, sql } from '../../sql/parameter.js'
import { exists, many, one } from '../../sql/rows.js'
import { read, write } from '../../sql/statement.js'
import { statementTime as now } from '../../sql/time.js'
import { actor } from '../fragments/actor.js'
import { challengeIsCurrent } from '../fragments/challenge.js'
import {
  openedColumns,
  openedRelations,
  openSessionWithRefund,
  signInSessionValues,
} from '../fragments/new-session.js'
import { newSecretHash, secretHash, sessionId, userId } from '../fragments/parameters.js'
import type { CredentialRow } from '../fragments/passkey-credential.js'
import { credentialColumns, toCredential } from '../fragments/passkey-credential.js'
import type { VerdictRow } from '../fragments/rate-limit-charging.js'
import { chargeFailure, chargeValues, toRefusal } from '../fragments/rate-limit-charging.js'
import { refundRateLimit, refundValues } from '../fragments/rate-limit-refund.js'
import type { OpenedRow, Readback } from '../fragments/readback.js'
import { toSignedIn } from '../fragments/readback.js'
import { reachesLevel2, signInColumns } from '../fragments/second-factor.js'
import type { SessionRow } from '../fragments/session-row.js'
import { liveSession, sessionColumns, toSession } from '../fragments/session-row.js'
import { toUser, userColumns } from '../fragments/user-row.js'
import {
  checkBoolean,
  checkInteger,
  checkLevel,
  checkNewSession,
  checkObject,
  checkRefund,
  maxEpoch,
  sessionKeyValues,
} from '../input/input.js'
import {
  checkBytes,
  checkCeremony,
  checkIpAddressCharge,
  checkUserHandle,
} from '../input/input-credentials.js'
import { backedUp, credentialId, maxSignCount, signCount } from './passkey-columns.js'

const { sessionEpoch } = actor
export const { ownerEpoch } = actor
export const challengeHash = parameter('challengeHash', 'bytea')<TokenHash>()
/** 2 where the assertion has user verification. */
const level = parameter('level', 'int')<number>()
/** The user handle in the assertion; null where it has none. */
const usedHandle = nullable('usedHandle', 'bytea')<Uint8Array>()
const ceremony = parameter('ceremony', 'text')<PasskeyCeremony>()

/**
 * A count is accepted when it rose, when the authenticator has none, or when the passkey may be on several devices, each
 * of which counts for itself. That it may is read from the registration, since a copy chooses the flags that it signs.
 * @see WebAuthn Level 3, section 6.1.1, which leaves the decision to the site
 */
export const countIsAccepted = sql`(k.sign_count < ${signCount} or (k.sign_count = 0 and ${signCount} = 0) or k.backup_eligible)`

/** The user handle of an import that did not know it is that of the first use. After that it must be the same. */
const handleIsAccepted = sql`(k.user_handle is null or ${usedHandle} is null or k.user_handle = ${usedHandle})`

/** The CTE `held` of the passkey that is used, locked. Takes {@link useValues}. */
export const holdPasskey = (schema: string) => sql`held as (
        select k.user_id, k.owner_epoch from ${schema}.passkeys k
        where k.credential_id = ${credentialId} and k.user_id = ${userId} and k.owner_epoch = ${ownerEpoch}
          and ${countIsAccepted} and ${handleIsAccepted}
        for update of k
      )`

/**
 * CTEs of the use of a passkey: `held` is its row, locked, and `u` its user, in whose epochs nothing has changed
 * meanwhile. Takes the values of {@link useValues}.
 */
const usePasskey = (schema: string) => sql`
      ${holdPasskey(schema)}, u as (
        select ${userColumns}, ${signInColumns} from ${schema}.users u
        where u.id = (select held.user_id from held) and u.owner_epoch = ${ownerEpoch} and u.session_epoch = ${sessionEpoch}
          and u.disabled_at is null
        for key share
      )`

/** What a use sets of the passkey `k`. */
export const countUse = sql`sign_count = ${signCount}, backed_up = ${backedUp} and k.backup_eligible, last_used_at = ${now},
          user_handle = coalesce(k.user_handle, ${usedHandle})`

/** Advances the count of the passkey once the CTE named `after` has a row: both or none. */
const advanceCount = (schema: string, after: string) => sql`
      k as (
        update ${schema}.passkeys k set ${countUse}
        where k.credential_id = ${credentialId} and exists (select 1 from ${after})
      )`

export const passkeyUseStatements = (schema: string) => ({
  credentials: read(
    'passkeys.credentials',
    sql`
      select ${credentialColumns}
      from ${schema}.passkeys k join ${schema}.users u on u.id = k.user_id and u.owner_epoch = k.owner_epoch
      where k.user_id = ${userId} and u.disabled_at is null order by k.created_at, k.id`,
  ),
  findForSignIn: write(
    'passkeys.findForSignIn',
    sql`
      with ${chargeFailure(
        schema,
        sql`c as (
        delete from ${schema}.passkey_challenges c using gate
        where gate.until is null and c.challenge_hash = ${challengeHash}
        returning c.ceremony, c.user_id, c.session_epoch, c.owner_epoch, c.global_epoch, c.expires_at
      ), found as (
        select ${credentialColumns}
        from c join ${schema}.passkeys k on k.credential_id = ${credentialId}
        join ${schema}.users u on u.id = k.user_id and u.owner_epoch = k.owner_epoch
        where c.ceremony = ${ceremony} and ${challengeIsCurrent(schema)} and u.disabled_at is null
          and (c.user_id is null or c.user_id = k.user_id)
          and (c.session_epoch is null or (c.session_epoch = u.session_epoch and c.owner_epoch = u.owner_epoch))
      )`,
        'found',
      )}
      select v.allowed, v.retry_after, found.* from verdict v left join found on true`,
    { schema, onLostReply: repeat(`${usedUp}; a failure is ${countedTwice}`) },
  ),
  signIn: write(
    'passkeys.signIn',
    sql`
      with ${usePasskey(schema)}, ${openSessionWithRefund(schema)}, ${advanceCount(schema, 'opened')}, ${refundRateLimit(schema, 's')}
      select u.*, ${openedColumns}, (select pg_catalog.count(*) from held)::int as usable
      from (select 1 as one) as always left join u on true ${openedRelations}`,
    { schema, onLostReply: readBack('the id and the secret of the session') },
  ),
  reauthenticate: write(
    'passkeys.reauthenticate',
    sql`
      with ${usePasskey(schema)}, s as (
        update ${schema}.sessions s set
          secret_hash = ${newSecretHash}, authenticated_at = ${now},
          level = case when ${level} = 2 or ${reachesLevel2} then 2 else 1 end,
          level2_at = case when ${level} = 2 or ${reachesLevel2} then ${now} else s.level2_at end,
          methods = case when 'passkey' = any (s.methods) then s.methods
            else pg_catalog.array_append(s.methods, 'passkey'::text) end
        from u as asked, ${schema}.users u
        where s.user_id = asked.user_id and s.id = ${sessionId} and s.secret_hash = ${secretHash}
          and u.id = s.user_id and ${liveSession}
        returning s.user_id, ${sessionColumns}
      ), ${advanceCount(schema, 's')}, ${refundRateLimit(schema, 's')}
      select s.*, (select pg_catalog.count(*) from held)::int as usable
      from (select 1 as one) as always left join s on true`,
    {
      schema,
      onLostReply: readBack(
        'the session with its new secret (where the secret is kept, with the count of this use; a passkey without a count is used again, without giving the charge back twice)',
      ),
    },
  ),
  // Distinguishes a count that did not rise from a passkey or an account that ended. A separate statement,
  // asked after a refusal: the snapshot of a use that waited for another one shows the count before that.
  findRegression: read(
    'passkeys.findRegression',
    sql`
      select k.id from ${schema}.passkeys k join ${schema}.users u on u.id = k.user_id
      where k.credential_id = ${credentialId} and k.user_id = ${userId} and k.owner_epoch = u.owner_epoch
        and u.session_epoch = ${sessionEpoch} and u.owner_epoch = ${ownerEpoch} and u.disabled_at is null
        and not ${countIsAccepted}`,
  ),
})

type UseRefusal = Extract<PasskeyReauthentication, { ok: false }>
type UsedRow = { usable: number } & (SessionRow | { session_id: null })

/** Neither a session was opened nor a pending sign-in. */
interface NotOpenedRow {
  session_id: null
  pending_id: null
}

const toOutcome = <Metadata extends object>(row: OpenedRow): PasskeySignInOutcome<Metadata> =>
  toSignedIn(row, (opened) => ({
    ok: true,
    user: toUser<Metadata>(opened),
    session: toSession(opened),
  }))

type UseStatements = ReturnType<typeof passkeyUseStatements>

/** Whether the count of this use is stored; a count of zero shows nothing, nor does one that need not rise. */
async function isCounted(
  db: Database,
  { credentials }: UseStatements,
  { userId: user, credentialId: used, signCount: count }: PasskeyUse,
): Promise<boolean> {
  if (count === 0) return false
  const stored = await many(db, credentials, { userId: user }, toCredential)
  return stored.some(
    (passkey) =>
      passkey.signCount === count &&
      !passkey.backupEligible &&
      Buffer.compare(passkey.credentialId, used) === 0,
  )
}

/** Why a use was refused: a statement of its own distinguishes a count that did not rise from an end of the account. */
async function refusalOf(
  db: Database,
  { findRegression }: UseStatements,
  { passkey, sessionEpoch: seen }: UseValues,
  { usable }: { usable: number },
): Promise<UseRefusal> {
  const values = { ...passkey, sessionEpoch: seen }
  const regressed = usable === 0 && (await exists(db, findRegression, values))
  return { ok: false, reason: regressed ? 'counter_regression' : 'stale' }
}

/** Finds passkeys, signs in and re-authenticates with them. */
export function createPasskeyUse<Metadata extends object>(
  db: Database,
  statements: UseStatements,
  readback: Readback,
): Pick<
  PasskeyRepository<Metadata>,
  'credentials' | 'findForSignIn' | 'signIn' | 'reauthenticate'
> {
  return {
    async credentials(user) {
      return many(db, statements.credentials, { userId: user }, toCredential)
    },
    async findForSignIn(input: Assertion) {
      const given = checkObject(input, 'input')
      const values = {
        challengeHash: given.challengeHash,
        ceremony: checkCeremony(given.ceremony, ['authenticate', 'reauthenticate']),
        credentialId: checkBytes(given.credentialId, 'credentialId', 1, 1023),
        ...chargeValues(checkIpAddressCharge(given.charge ?? null)),
      }
      return one(db, statements.findForSignIn, values, toFound)
    },
    async signIn(use: PasskeyUse, options: SignInOptions) {
      const { session, refund } = checkObject(options, 'options')
      const { passkey, ...used } = useValues(use)
      const values = {
        ...passkey,
        ...used,
        ...signInSessionValues(checkNewSession(session)),
        ...refundValues(refund === undefined ? null : checkRefund(refund)),
      }
      return db.runWithRecovery<PasskeySignInOutcome<Metadata>>(
        async (call) => {
          const row = await one(
            call,
            statements.signIn,
            values,
            (found: { usable: number } & (OpenedRow | NotOpenedRow)) => found,
          )
          if (row.session_id === null && row.pending_id === null)
            return refusalOf(call, statements, { passkey, ...used }, row)
          return toOutcome<Metadata>(row)
        },
        async (call) => {
          const row = await readback.opened(call, passkey.userId, session)
          return row === null ? null : toOutcome<Metadata>(row)
        },
      )
    },
    async reauthenticate(use: PasskeyUse, options: ReauthenticateOptions) {
      const given = checkObject(options, 'options')
      const key = sessionKeyValues(given.key)
      const { passkey, ...used } = useValues(use)
      const newHash = given.newSecretHash
      const refund = given.refund === undefined ? null : checkRefund(given.refund)
      if (passkey.userId !== key.userId) return { ok: false, reason: 'stale' }
      // A kept secret does not show whether the write was committed; the count of this use does, where the
      // authenticator has one.
      const keepsSecret = Buffer.compare(key.secretHash, newHash) === 0
      return db.runWithRecovery<PasskeyReauthentication>(
        async (call, isRepetition) => {
          const refunded = refundValues(isRepetition && keepsSecret ? null : refund)
          const values = {
            ...passkey,
            ...used,
            ...key,
            newSecretHash: newHash,
            level: checkLevel(given.level ?? 1),
            ...refunded,
          }
          const row = await one(call, statements.reauthenticate, values, (found: UsedRow) => found)
          if (row.session_id === null) return refusalOf(call, statements, { passkey, ...used }, row)
          return { ok: true, session: toSession(row) }
        },
        async (call) => {
          if (keepsSecret && !(await isCounted(call, statements, use))) return null
          const next = { id: key.sessionId, secretHash: newHash }
          const row = await readback.session(call, key.userId, next)
          return row === null ? null : { ok: true, session: toSession(row) }
        },
      )
    },
  }
}

type FoundRow = VerdictRow & (CredentialRow | { id: null })

function toFound(row: FoundRow): PasskeyCredential | ChargeRefusal | null {
  if (row.id !== null) return toCredential(row)
  return row.allowed ? null : toRefusal(row)
}

type Assertion = Parameters<PasskeyRepository['findForSignIn']>[0]
type SignInOptions = Parameters<PasskeyRepository['signIn']>[1]
type ReauthenticateOptions = Parameters<PasskeyRepository['reauthenticate']>[1]
/** The values of a use: of the passkey with its new count, and what not every statement takes. */
export function useValues(use: PasskeyUse) {
  const given = checkObject(use, 'use')
  const { session, owner } = checkObject(given.epochs, 'epochs')
  return {
    passkey: {
      credentialId: checkBytes(given.credentialId, 'credentialId', 1, 1023),
      userId: given.userId,
      ownerEpoch: checkInteger(owner, 'epochs.owner', 0, maxEpoch),
      signCount: checkInteger(given.signCount, 'signCount', 0, maxSignCount),
    },
    sessionEpoch: checkInteger(session, 'epochs.session', 0, maxEpoch),
    backedUp: checkBoolean(given.backedUp, 'backedUp'),
    usedHandle: checkUserHandle(given.userHandle ?? null),
  }
}

type UseValues = ReturnType<typeof useValues>
