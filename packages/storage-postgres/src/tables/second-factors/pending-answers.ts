import type {
  ChargeRefusal,
  EncryptedTotpSecret,
  PendingLookup,
  RateLimitCharges,
  SecondFactorRepository,
  SecondFactorSignIn,
  SessionId,
  SessionOfPending,
  TokenHash,
  UserId,
} from 'torii-core'
import { maxPendingTries } from 'torii-core'
import type { Database } from '../../sql/database.js'
import { countedTwice, readBack, repeat } from '../../sql/lost-reply.js'
import type { SqlPart } from '../../sql/parameter.js'
import { nullable, parameter, sql } from '../../sql/parameter.js'
import { one } from '../../sql/rows.js'
import { write } from '../../sql/statement.js'
import { statementTime as now, secondsFromNow } from '../../sql/time.js'
import {
  givenPending,
  livePending,
  lockPending,
  lockUserOfPending,
  pendingKeyValues,
} from '../fragments/pending-row.js'
import { chargeTry, chargeValues, toRefusal, tryColumns } from '../fragments/rate-limit-charging.js'
import { refundPending, refundValues } from '../fragments/rate-limit-refund.js'
import type { Readback } from '../fragments/readback.js'
import { hasSecondFactor, isPossession } from '../fragments/second-factor.js'
import type { SessionRow } from '../fragments/session-row.js'
import { sessionColumns, toSession } from '../fragments/session-row.js'
import { lockFormerTrust, newTrustValues, trustBrowser } from '../fragments/trusted-browser.js'
import type { UserRow } from '../fragments/user-row.js'
import { toUser } from '../fragments/user-row.js'
import {
  checkCharges,
  checkInteger,
  checkObject,
  checkRefund,
  checkSeconds,
} from '../input/input.js'
import type { recoveryCodeStatements } from './recovery-codes.js'
import {
  allRemaining,
  checkCodeHashes,
  countRemaining,
  factorOfCodes,
  lockCode,
  otherRemaining,
} from './recovery-codes.js'
import { currentStep, maxStep, step } from './totp-step.js'

const opened = {
  id: parameter('newSessionId', 'uuid')<SessionId>(),
  secretHash: parameter('newSessionSecretHash', 'bytea')<TokenHash>(),
}

/** The session of an answer lives as long as its sign-in asked. */
export const noLimit = 'null::float8'

/** The limit of a session that a recovery code opens. Null: none. */
const maxSeconds = nullable('maxSeconds', 'float8')<number>()

/** SQL for all methods of the pending sign-in `p` once `factor` is proved. */
const methodsWith = (factor: string): string =>
  `pg_catalog.array_append(p.methods, ${factor}::text)`

/**
 * CTEs that open the session `s` of the pending sign-in `p` once the CTE `used (user_id)` has used a factor up, and link the
 * identity that waited for it. `factor` is SQL for the factor's name, `limit` for the seconds after which the session ends at the
 * latest, `epoch` for the present session epoch.
 */
export const openOfPending = <const Limit extends SqlPart>(
  schema: string,
  factor: string,
  limit: Limit,
  epoch = 'p.session_epoch',
) => sql`linked as (
        insert into ${schema}.oauth_accounts as a
          (provider, subject, id, user_id, owner_epoch, label, tokens, created_at, last_used_at)
        select p.provider, p.subject, p.account_id, p.user_id, p.owner_epoch, p.label, p.tokens, ${now}, ${now}
        from p join used on used.user_id = p.user_id where p.provider is not null
        on conflict (subject, provider) do nothing
        returning 1 as one
      ), s as (
        insert into ${schema}.sessions as s (
          user_id, id, secret_hash, epoch, methods, level, level2_at, ip, user_agent, created_at, authenticated_at,
          last_active_at, expires_at, absolute_expires_at)
        select p.user_id, ${opened.id}, ${opened.secretHash}, ${epoch},
          ${methodsWith(factor)}, case when ${isPossession(methodsWith(factor))} then 1 else 2 end,
          case when ${isPossession(methodsWith(factor))} then null else ${now} end, p.ip, p.user_agent, ${now}, ${now}, ${now},
          ${secondsFromNow(sql`least(p.idle_seconds::float8, ${limit})`)}, ${secondsFromNow(sql`least(p.absolute_seconds::float8, ${limit})`)}
        from p join used on used.user_id = p.user_id
        where (select pg_catalog.count(*) from linked) >= 0
        returning ${sessionColumns}
      )`

/**
 * CTEs that count a try with a live pending sign-in, which `verdict` and `p` then show; `columns` is what `p` has besides
 * `user_id` and `tries`. The locks: pending sign-in, rate limits.
 */
export const countPendingTry = (schema: string, columns: string) =>
  chargeTry(
    schema,
    sql`p as (
        update ${schema}.pending_sign_ins p set tries = p.tries + 1
        from ${schema}.users u, gate
        where gate.until is null and ${givenPending} and u.id = p.user_id and ${livePending}
        returning p.user_id, p.tries::int as tries, ${columns}
      ), nothing as (
        select 1 as one where false
      )`,
    'nothing',
  )

/** Why such a try found nothing; null if it was counted. */
export function refusalOf(row: TryRow & { user_id: string | null }) {
  if (!row.open || (row.user_id !== null && !row.charged))
    return toRefusal({ allowed: false, ...row })
  return row.user_id === null ? invalidToken : null
}

export const pendingAnswerStatements = (schema: string) => ({
  findForSignIn: write(
    'second_factors.findForSignIn',
    sql`
      with ${countPendingTry(schema, `${hasSecondFactor} as has_factor`)}
      select ${tryColumns}, p.user_id, p.tries, f.secret, f.last_step, ${currentStep} as step
      from verdict v left join p on true left join ${schema}.totp_factors f on f.user_id = p.user_id and p.has_factor`,
    { schema, onLostReply: repeat(countedTwice) },
  ),
  // The locks: user, pending sign-in, trusted browser, factor. Then all is written or nothing.
  signIn: write(
    'second_factors.signIn',
    sql`
      with ${lockUserOfPending(schema, { condition: ` and ${hasSecondFactor}` })}, ${lockPending(schema, '')}, ${lockFormerTrust(schema)}, f as (
        select f.user_id from ${schema}.totp_factors f join p on p.user_id = f.user_id
        where f.last_step < ${step} and (select pg_catalog.count(*) from former) >= 0 for update of f
      ), ended as (
        delete from ${schema}.pending_sign_ins d using p, f where d.user_id = p.user_id and d.id = p.id
        returning d.user_id
      ), used as (
        update ${schema}.totp_factors t set last_step = ${step}, last_used_at = ${now}
        from f, ended where t.user_id = f.user_id and ended.user_id = f.user_id
        returning t.user_id
      ), ${trustBrowser(schema)}, ${openOfPending(schema, "'totp'", noLimit)}, ${refundPending(schema, 's')}
      select u.*, s.*, p.tries::int as tries, ${allRemaining(schema)} as remaining
      from (select 1 as one) as always left join u on true left join p on true left join s on true`,
    { schema, onLostReply: readBack('the id and the secret of the session') },
  ),
  useRecoveryCode: write(
    'second_factors.useRecoveryCode',
    sql`
      with ${chargeTry(
        schema,
        sql`${lockUserOfPending(schema, { from: ', gate', condition: ' and gate.until is null' })}, ${lockPending(schema, ` and p.tries < ${maxPendingTries}`)}, ${factorOfCodes(schema, 'p')}, ${lockCode(schema, ' join u on u.user_id = c.user_id and u.has_factor')}, ended as (
        delete from ${schema}.pending_sign_ins d using p, c where d.user_id = p.user_id and d.id = p.id
        returning d.user_id
      ), used as (
        delete from ${schema}.recovery_codes d using c, ended
        where d.user_id = c.user_id and d.code_hash = c.code_hash and ended.user_id = c.user_id
        returning d.user_id
      ), ${openOfPending(schema, "'recovery_code'", maxSeconds)}, missed as (
        update ${schema}.pending_sign_ins t set tries = t.tries + 1 from p
        where t.user_id = p.user_id and t.id = p.id and not exists (select 1 from s)
        returning 1 as one
      )`,
        's',
      )}, ${refundPending(schema, 's')}
      select ${tryColumns}, u.*, s.*, p.tries::int + 1 as tries,
        ${otherRemaining(schema)} as remaining
      from verdict v left join u on true left join p on true left join s on true`,
    {
      schema,
      onLostReply: readBack(
        'the id and the secret of the session; a wrong code is counted a second time',
      ),
    },
  ),
})

/** Answers pending sign-ins. */
export function createPendingAnswers<Metadata extends object>(
  db: Database,
  statements: ReturnType<typeof pendingAnswerStatements> &
    ReturnType<typeof recoveryCodeStatements>,
  readback: Readback,
): Pick<SecondFactorRepository<Metadata>, 'findForSignIn' | 'signIn' | 'useRecoveryCode'> {
  /** What an answer has done whose reply was lost. */
  const committed = async (
    call: Database,
    user: UserId,
    session: SessionOfPending,
  ): Promise<SecondFactorSignIn<Metadata> | null> => {
    const row = await readback.session(call, user, session)
    if (row === null) return null
    const remaining = await countRemaining(call, statements, user)
    return toOpened<Metadata>({ ...row, remaining })
  }
  return {
    async findForSignIn(input: Lookup) {
      const { key, charges } = checkObject(input, 'input')
      const values = { ...pendingKeyValues(key), ...chargeValues(checkCharges(charges)) }
      return one(db, statements.findForSignIn, values, toLookup)
    },
    async signIn(input: TotpAnswer) {
      const { key, session, refund, trust = null, ...given } = checkObject(input, 'input')
      const values = {
        ...pendingKeyValues(key),
        step: checkInteger(given.step, 'step', 0, maxStep),
        ...openedValues(session),
        ...refundValues(checkRefund(refund)),
        ...newTrustValues(trust),
      }
      return db.runWithRecovery<SecondFactorSignIn<Metadata>>(
        (call) => one(call, statements.signIn, values, toAnswered<Metadata>),
        (call) => committed(call, values.userId, session),
      )
    },
    async useRecoveryCode(input: RecoveryAnswer) {
      const {
        key,
        session,
        charges,
        codeHashes: hashes,
        maxSeconds: most = null,
      } = checkObject(input, 'input')
      const values = {
        ...pendingKeyValues(key),
        codeHashes: checkCodeHashes(hashes),
        maxSeconds: most === null ? null : checkSeconds(most, 'maxSeconds'),
        ...refundValues(null),
        ...openedValues(session),
        ...chargeValues(charges === null ? noCharges : checkCharges(charges)),
      }
      return db.runWithRecovery<SecondFactorSignIn<Metadata>>(
        (call) =>
          one(call, statements.useRecoveryCode, values, (row: TryRow & AnsweredRow) => {
            if (row.session_id === null && isRefused(row, charges))
              return toRefusal({ allowed: false, ...row })
            return toAnswered<Metadata>(row)
          }),
        (call) => committed(call, values.userId, session),
      )
    },
  }
}

const noCharges = { account: null, ipAddress: null }

export const openedValues = (session: SessionOfPending) => {
  const { id, secretHash } = checkObject(session, 'session')
  return { newSessionId: id, newSessionSecretHash: secretHash }
}

export interface TryRow {
  open: boolean
  charged: boolean
  retry_after: number
}

/** Whether a rate limit refused a try: before any work, or when the account was to be charged. */
const isRefused = (
  row: TryRow & { tries: number | null },
  charges: RateLimitCharges | null,
): boolean => !row.open || (row.tries !== null && !row.charged && charges?.account != null)

type LookupRow = TryRow &
  (
    | {
        user_id: UserId
        tries: number
        secret: EncryptedTotpSecret
        last_step: string
        step: string
      }
    | { user_id: UserId; tries: number; secret: null }
    | { user_id: null; tries: null }
  )

export const invalidToken = { ok: false, reason: 'invalid_token' } as const

function toLookup(row: LookupRow): PendingLookup {
  const refused = refusalOf(row)
  if (refused !== null || row.user_id === null) return refused ?? invalidToken
  const triesLeft = maxPendingTries - row.tries
  if (row.secret === null) return { ok: true, credential: null, triesLeft }
  const { user_id: userId, secret, last_step, step: present } = row
  const credential = { userId, secret, lastStep: Number(last_step), step: Number(present) }
  return { ok: true, credential, triesLeft }
}

export type OpenedAnswer = UserRow & SessionRow & { remaining: number }
type AnsweredRow = { tries: number | null; remaining: number } & (
  | OpenedAnswer
  | { session_id: null }
)

export const toOpened = <Metadata extends object>(row: OpenedAnswer): OpenedSignIn<Metadata> => ({
  ok: true,
  user: toUser<Metadata>(row),
  session: toSession(row),
  remaining: row.remaining,
})

type OpenedSignIn<Metadata extends object> = Extract<SecondFactorSignIn<Metadata>, { ok: true }>

/** The outcome of an answer that a statement before it has counted. */
export type UncountedAnswer<Metadata extends object> = Exclude<
  SecondFactorSignIn<Metadata>,
  ChargeRefusal
>

export function toAnswered<Metadata extends object>(row: AnsweredRow): UncountedAnswer<Metadata> {
  if (row.session_id !== null) return toOpened(row)
  if (row.tries === null) return invalidToken
  return { ok: false, reason: 'invalid_code', triesLeft: maxPendingTries - row.tries }
}

type Lookup = Parameters<SecondFactorRepository['findForSignIn']>[0]
type TotpAnswer = Parameters<SecondFactorRepository['signIn']>[0]
type RecoveryAnswer = Parameters<SecondFactorRepository['useRecoveryCode']>[0]
