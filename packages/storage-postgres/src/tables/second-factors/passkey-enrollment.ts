import type {
  NewPasskey,
  PasskeyEnrollment,
  PasskeyStartUse,
  SecondFactorRepository,
} from 'torii-core'
import type { Database } from '../../sql/database.js'
import { countedTwice, readBack, repeat, usedUp } from '../../sql/lost-reply.js'
import { sql } from '../../sql/parameter.js'
import { maybeOne, one } from '../../sql/rows.js'
import { write } from '../../sql/statement.js'
import {
  givenPending,
  livePending,
  lockPending,
  lockUserOfPending,
  pendingKeyValues,
} from '../fragments/pending-row.js'
import type { VerdictRow } from '../fragments/rate-limit-charging.js'
import { chargeTry, chargeValues, toRefusal, tryColumns } from '../fragments/rate-limit-charging.js'
import { refundPending, refundValues } from '../fragments/rate-limit-refund.js'
import type { Readback } from '../fragments/readback.js'
import { endedCount, liveSession } from '../fragments/session-row.js'
import { checkObject } from '../input/input.js'
import { checkIpAddressCharge } from '../input/input-credentials.js'
import { insertPasskey, passkeyValues } from '../passkeys/passkey-addition.js'
import { credentialId } from '../passkeys/passkey-columns.js'
import { challengeHash } from '../passkeys/passkey-use.js'
import { invalidToken, noLimit, openedValues, openOfPending } from './pending-answers.js'
import type { EnrolledRow } from './required-enrollment.js'
import {
  mailboxValues,
  mayEnroll,
  proveMailbox,
  stillEnrolls,
  toEnrolled,
  toStart,
} from './required-enrollment.js'

export const passkeyEnrollmentStatements = (schema: string) => ({
  startPasskeyForSignIn: write(
    'second_factors.startPasskeyForSignIn',
    sql`
      with ${proveMailbox(
        schema,
        sql`,
          passkey_challenge_hash = case when ${mayEnroll} then ${challengeHash} else t.passkey_challenge_hash end`,
      )}
      select given.tries::int + 1 as tries, ${mayEnroll} as started from given`,
    { schema, onLostReply: repeat(countedTwice) },
  ),
  usePasskeyStart: write(
    'second_factors.usePasskeyStart',
    sql`
      with ${chargeTry(
        schema,
        sql`p as (
        update ${schema}.pending_sign_ins p set passkey_challenge_hash = null
        from ${schema}.users u, gate
        where gate.until is null and ${givenPending} and u.id = p.user_id and ${livePending}
          and p.passkey_challenge_hash = ${challengeHash}
        returning p.user_id
      )`,
        'p',
      )}
      select ${tryColumns}, exists (select 1 from p) as used from verdict v`,
    { schema, onLostReply: repeat(`${usedUp}; ${countedTwice}`) },
  ),
  // The locks: passkey, user, pending sign-in, passkey that is added, sessions, rate limits. Then all is written or nothing. The epoch
  // ends the pending sign-ins and the sessions, also those that this statement cannot see yet.
  addPasskeyForSignIn: write(
    'second_factors.addPasskeyForSignIn',
    sql`
      with dead as (
        delete from ${schema}.passkeys k using ${schema}.users u
        where k.credential_id = ${credentialId} and u.id = k.user_id and k.owner_epoch <> u.owner_epoch
        returning 1 as one
      ), ${lockUserOfPending(schema, { condition: ' and (select pg_catalog.count(*) from dead) >= 0', strength: 'no key update' })}, ${lockPending(schema, ` and ${stillEnrolls(schema)}`)}, k as (${insertPasskey(schema, 'p', 'p')}
        returning k.user_id
      ), ended as (
        delete from ${schema}.pending_sign_ins d using p, k where d.user_id = p.user_id and d.id = p.id and k.user_id = p.user_id
        returning 1 as one
      ), used as (
        update ${schema}.users u set session_epoch = u.session_epoch + 1
        from k where u.id = k.user_id
        returning u.id as user_id, u.session_epoch
      ), gone as (
        delete from ${schema}.sessions s using used, ${schema}.users u
        where s.user_id = used.user_id and u.id = used.user_id
        returning ${liveSession} as live
      ), ${openOfPending(schema, "'passkey'", noLimit, 'used.session_epoch')}, ${refundPending(schema, 's')}
      select u.*, s.*, ${endedCount} as ended
      from p join u on u.user_id = p.user_id left join s on true`,
    { schema, onLostReply: readBack('the id and the secret of the session') },
  ),
})

/** Enrolls a passkey as the second factor on a pending sign-in, where one is required and the user has none. */
export function createPasskeyEnrollment<Metadata extends object>(
  db: Database,
  statements: ReturnType<typeof passkeyEnrollmentStatements>,
  readback: Readback,
): Pick<
  SecondFactorRepository<Metadata>,
  'startPasskeyForSignIn' | 'usePasskeyStart' | 'addPasskeyForSignIn'
> {
  return {
    async startPasskeyForSignIn(input: Start) {
      const { key, challengeHash: hash, emailCodeHashes } = checkObject(input, 'input')
      const values = { ...mailboxValues(key, emailCodeHashes), challengeHash: hash }
      return (await maybeOne(db, statements.startPasskeyForSignIn, values, toStart)) ?? invalidToken
    },
    async usePasskeyStart(input: Use) {
      const { key, challengeHash: hash, ipAddress } = checkObject(input, 'input')
      const values = {
        ...pendingKeyValues(key),
        challengeHash: hash,
        ...chargeValues(checkIpAddressCharge(ipAddress)),
      }
      return one(db, statements.usePasskeyStart, values, toUse)
    },
    async addPasskeyForSignIn(input: Addition) {
      const { key, passkey, session } = checkObject(input, 'input')
      const values = {
        ...pendingKeyValues(key),
        ...passkeyValues(passkey),
        ...openedValues(session),
        ...refundValues(null),
      }
      return db.runWithRecovery<PasskeyEnrollment<Metadata>>(
        async (call) =>
          (await maybeOne(call, statements.addPasskeyForSignIn, values, (row: AddedRow) =>
            row.session_id === null ? alreadyExists : toOutcome<Metadata>(row, passkey),
          )) ?? invalidToken,
        async (call) => {
          const row = await readback.session(call, values.userId, session)
          return row === null ? null : toOutcome<Metadata>({ ...row, ended: 0 }, passkey)
        },
      )
    },
  }
}

const toUse = (
  row: Pick<VerdictRow, 'retry_after'> & { open: boolean; used: boolean },
): PasskeyStartUse => {
  if (!row.open) return toRefusal({ allowed: false, retry_after: row.retry_after })
  return row.used ? { ok: true } : invalidToken
}

type AddedRow = EnrolledRow | { session_id: null }

const alreadyExists = { ok: false, reason: 'already_exists' } as const

/** Both rows are of one statement, and so of one time. */
const toOutcome = <Metadata extends object>(
  row: EnrolledRow,
  { id, name, backupEligible, backedUp, aaguid, transports }: NewPasskey,
): PasskeyEnrollment<Metadata> => {
  const opened = toEnrolled<Metadata>(row)
  const { createdAt } = opened.session
  const used = { createdAt, lastUsedAt: null, backedUp: backedUp && backupEligible }
  return { ...opened, passkey: { id, name, backupEligible, aaguid, transports, ...used } }
}

type Start = Parameters<SecondFactorRepository['startPasskeyForSignIn']>[0]
type Use = Parameters<SecondFactorRepository['usePasskeyStart']>[0]
type Addition = Parameters<SecondFactorRepository['addPasskeyForSignIn']>[0]
