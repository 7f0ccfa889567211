import type {
  ChargeRefusal,
  EnrollingSignIn,
  EnrollmentSignIn,
  EnrollmentStart,
  IpAddressCharge,
  PendingKey,
  SecondFactorRepository,
  TokenHash,
} from 'torii-core'
import { maxPendingTries, recoveryCodeCount } from 'torii-core'
import type { Database } from '../../sql/database.js'
import { countedTwice, readBack, repeat, sameState } from '../../sql/lost-reply.js'
import type { SqlPart } from '../../sql/parameter.js'
import { parameter, sql } from '../../sql/parameter.js'
import { exists, maybeOne, one } from '../../sql/rows.js'
import { write } from '../../sql/statement.js'
import { statementTime as now } from '../../sql/time.js'
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
import { hasPasskey } from '../fragments/second-factor.js'
import type { SessionRow } from '../fragments/session-row.js'
import { endedCount, liveSession, toSession } from '../fragments/session-row.js'
import type { UserRow } from '../fragments/user-row.js'
import { toUser } from '../fragments/user-row.js'
import { checkInteger, checkObject } from '../input/input.js'
import { checkHashes, checkIpAddressCharge } from '../input/input-credentials.js'
import type { EnrollmentRow } from './enrollment.js'
import { insertEnrollment, maxTries, secret, toEnrollment, writeFactor } from './enrollment.js'
import { invalidToken, noLimit, openedValues, openOfPending } from './pending-answers.js'
import { currentStep, maxStep } from './totp-step.js'

const emailCodeHash = parameter('emailCodeHash', 'bytea')<TokenHash>()
/** Under every key that is in use. */
const emailCodeHashes = parameter('emailCodeHashes', 'bytea[]')<readonly TokenHash[]>()
const maxEmailCodeHashes = 32

/** Whether the mailbox of the user `u` need not be proved for an enrollment on the pending sign-in `p`. */
const mailboxProved = "(p.mailbox_proved or 'magic_link' = any (p.methods) or u.email is null)"

/**
 * The live enrollment `e` of the pending sign-in `p`, which alone can have started it. A factor or a passkey that was added
 * meanwhile has ended the sign-in.
 */
const enrollmentOfPending = `e.user_id = p.user_id and e.session_id = p.id and e.expires_at > ${now}`

/** Holds of the CTE `given` once the mailbox is proved. */
export const mayEnroll = '(given.proved_before or given.proves)'

/**
 * CTEs that lock the user `u` and the pending sign-in `p` on which they enroll, and compare the mailed code: `given` has the
 * row of a live one, whose wrong code is counted. `set` is what the start changes besides, SQL behind a comma. The locks: user,
 * pending sign-in.
 */
export const proveMailbox = <const Set extends SqlPart>(
  schema: string,
  set: Set,
) => sql`${lockUserOfPending(schema)}, ${lockPending(schema, ` and p.tries < ${maxPendingTries} and ${stillEnrolls(schema)}`)}, given as (
        select p.user_id, p.id, p.session_epoch, p.owner_epoch, p.tries, ${mailboxProved} as proved_before,
          coalesce(p.email_code_hash = any (${emailCodeHashes}), false) as proves
        from p join u on u.user_id = p.user_id
      ), counted as (
        update ${schema}.pending_sign_ins t set
          tries = t.tries + (not given.proved_before and not given.proves)::int,
          mailbox_proved = t.mailbox_proved or given.proves${set}
        from given where t.user_id = given.user_id and t.id = given.id
        returning 1 as one
      )`

/** The values of {@link proveMailbox}. Null: the user has given no code. */
export const mailboxValues = (key: PendingKey, codeHashes: readonly TokenHash[] | null) => ({
  ...pendingKeyValues(key),
  emailCodeHashes:
    codeHashes === null ? [] : checkHashes(codeHashes, 'emailCodeHashes', maxEmailCodeHashes),
})

/**
 * Holds of a pending sign-in `p` on which its user may enroll. Adding a passkey ends such sign-ins, but not one that began at the
 * same moment, which it cannot see.
 */
export const stillEnrolls = (schema: string) => `p.enrolls and not ${hasPasskey(schema, 'p')}`

export const requiredEnrollmentStatements = (schema: string) => ({
  findEnrolling: write(
    'second_factors.findEnrolling',
    sql`
      with ${chargeTry(
        schema,
        sql`p as (
        select u.id as user_id, u.email, u.name, ${mailboxProved} as mailbox_proved
        from gate join ${schema}.pending_sign_ins p on gate.until is null join ${schema}.users u on u.id = p.user_id
        where ${givenPending} and ${livePending} and p.enrolls
      )`,
        'p',
      )}
      select ${tryColumns}, p.* from verdict v left join p on true`,
    { schema, onLostReply: repeat(countedTwice) },
  ),
  setEmailCode: write(
    'second_factors.setEmailCode',
    sql`
      update ${schema}.pending_sign_ins p set email_code_hash = ${emailCodeHash}
      from ${schema}.users u
      where ${givenPending} and u.id = p.user_id and ${livePending} and p.enrolls
      returning 1 as one`,
    { schema, onLostReply: repeat(sameState) },
  ),
  // The locks: user, pending sign-in, enrollment.
  startTotpForSignIn: write(
    'second_factors.startTotpForSignIn',
    sql`
      with ${proveMailbox(schema, '')}, e as (
        ${insertEnrollment(
          schema,
          'given.id',
          `given where ${mayEnroll} and (select pg_catalog.count(*) from counted) >= 0`,
        )}
      )
      select given.tries::int + 1 as tries, exists (select 1 from e) as started from given`,
    { schema, onLostReply: repeat(countedTwice) },
  ),
  findEnrollmentForSignIn: write(
    'second_factors.findEnrollmentForSignIn',
    sql`
      with ${chargeTry(
        schema,
        sql`p as (
        update ${schema}.totp_enrollments e set tries = e.tries + 1
        from ${schema}.pending_sign_ins p, ${schema}.users u, gate
        where gate.until is null and ${givenPending} and u.id = p.user_id and ${livePending}
          and ${enrollmentOfPending} and e.tries < ${String(maxTries)}
        returning e.user_id, e.secret, e.tries::int as tries
      )`,
        'p',
      )}
      select ${tryColumns}, p.*, ${currentStep} as step from verdict v left join p on true`,
    { schema, onLostReply: repeat(countedTwice) },
  ),
  // The locks: user, pending sign-in, enrollment, factor, sessions, rate limits. Then all is written or nothing. The epoch ends the
  // pending sign-ins and the sessions, also those that this statement cannot see yet.
  confirmTotpForSignIn: write(
    'second_factors.confirmTotpForSignIn',
    sql`
      with ${lockUserOfPending(schema, { strength: 'no key update' })}, ${lockPending(schema, ` and ${stillEnrolls(schema)}`)}, e as (
        select e.user_id from ${schema}.totp_enrollments e join p on ${enrollmentOfPending}
        where e.secret = ${secret} for update of e
      ), former as (
        select t.user_id from ${schema}.totp_factors t join e on e.user_id = t.user_id for update of t
      ), ${writeFactor(schema, 'e where (select pg_catalog.count(*) from former) >= 0')}, ended as (
        delete from ${schema}.pending_sign_ins d using p, f where d.user_id = p.user_id and d.id = p.id and f.user_id = p.user_id
        returning 1 as one
      ), used as (
        update ${schema}.users u set second_factor_epoch = u.owner_epoch, session_epoch = u.session_epoch + 1
        from f where u.id = f.user_id
        returning u.id as user_id, u.session_epoch
      ), gone as (
        delete from ${schema}.sessions s using used, ${schema}.users u
        where s.user_id = used.user_id and u.id = used.user_id
        returning ${liveSession} as live
      ), ${openOfPending(schema, "'totp'", noLimit, 'used.session_epoch')}, ${refundPending(schema, 's')}
      select u.*, s.*, ${endedCount} as ended
      from u join s on true`,
    { schema, onLostReply: readBack('the id and the secret of the session') },
  ),
})

/** Enrolls a second factor on a pending sign-in, where one is required and the user has none. */
export function createRequiredEnrollment<Metadata extends object>(
  db: Database,
  statements: ReturnType<typeof requiredEnrollmentStatements>,
  readback: Readback,
): Pick<
  SecondFactorRepository<Metadata>,
  | 'findEnrolling'
  | 'setEmailCode'
  | 'startTotpForSignIn'
  | 'findEnrollmentForSignIn'
  | 'confirmTotpForSignIn'
> {
  return {
    async findEnrolling(input: Counted) {
      return one(db, statements.findEnrolling, countedValues(input), (row: EnrollingRow) =>
        orRefusal(row, toEnrolling),
      )
    },
    async setEmailCode(key: PendingKey, codeHash: TokenHash) {
      const values = { ...pendingKeyValues(key), emailCodeHash: codeHash }
      return exists(db, statements.setEmailCode, values)
    },
    async startTotpForSignIn(input: Start) {
      const { key, secret: enrolled, emailCodeHashes: hashes } = checkObject(input, 'input')
      const values = { ...mailboxValues(key, hashes), secret: enrolled }
      const started = await maybeOne(db, statements.startTotpForSignIn, values, toStart)
      return started ?? invalidToken
    },
    async findEnrollmentForSignIn(input: Counted) {
      return one(
        db,
        statements.findEnrollmentForSignIn,
        countedValues(input),
        (row: CountedRow & (EnrollmentRow | { secret: null })) => orRefusal(row, toEnrollment),
      )
    },
    async confirmTotpForSignIn(input: Confirmation) {
      const { key, confirmation, session } = checkObject(input, 'input')
      const given = checkObject(confirmation, 'confirmation')
      const values = {
        ...pendingKeyValues(key),
        secret: given.secret,
        step: checkInteger(given.step, 'step', 0, maxStep),
        recoveryCodes: checkHashes(given.recoveryCodes, 'recoveryCodes', recoveryCodeCount),
        ...openedValues(session),
        ...refundValues(null),
      }
      return db.runWithRecovery<EnrollmentSignIn<Metadata>>(
        async (call) =>
          (await maybeOne(call, statements.confirmTotpForSignIn, values, toEnrolled<Metadata>)) ??
          invalidToken,
        async (call) => {
          const row = await readback.session(call, values.userId, session)
          return row === null ? null : toEnrolled<Metadata>({ ...row, ended: 0 })
        },
      )
    },
  }
}

const countedValues = (input: Counted) => {
  const { key, ipAddress } = checkObject(input, 'input')
  return { ...pendingKeyValues(key), ...chargeValues(checkIpAddressCharge(ipAddress)) }
}

type CountedRow = Pick<VerdictRow, 'retry_after'> & { open: boolean; user_id: string | null }

/** The value of a row; null without one, and the refusal of a rate limit. */
const orRefusal = <Row extends CountedRow, Value>(
  row: Row,
  toValue: (row: Exclude<Row, { secret: null } | { mailbox_proved: null }>) => Value,
): Value | ChargeRefusal | null => {
  if (!row.open) return toRefusal({ allowed: false, retry_after: row.retry_after })
  return row.user_id === null
    ? null
    : toValue(row as Exclude<Row, { secret: null } | { mailbox_proved: null }>)
}

type EnrollingRow = CountedRow &
  (
    | { email: string | null; name: string | null; mailbox_proved: boolean }
    | { mailbox_proved: null }
  )

const toEnrolling = ({
  email,
  name,
  mailbox_proved,
}: {
  email: string | null
  name: string | null
  mailbox_proved: boolean
}): EnrollingSignIn => ({ email, name, mailboxProved: mailbox_proved })

export const toStart = ({
  tries,
  started,
}: {
  tries: number
  started: boolean
}): EnrollmentStart =>
  started
    ? { ok: true }
    : { ok: false, reason: 'invalid_code', triesLeft: Math.max(0, maxPendingTries - tries) }

/** Of an enrollment that has opened its session. */
export type EnrolledRow = UserRow & SessionRow & { ended: number }

export const toEnrolled = <Metadata extends object>(
  row: EnrolledRow,
): Extract<EnrollmentSignIn<Metadata>, { ok: true }> => ({
  ok: true,
  user: toUser<Metadata>(row),
  session: toSession(row),
  sessionsEnded: row.ended,
})

type Counted = { key: PendingKey; ipAddress: IpAddressCharge | null }
type Start = Parameters<SecondFactorRepository['startTotpForSignIn']>[0]
type Confirmation = Parameters<SecondFactorRepository['confirmTotpForSignIn']>[0]
