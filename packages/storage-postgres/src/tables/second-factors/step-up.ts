import type {
  EncryptedTotpSecret,
  SecondFactorRepository,
  Session,
  SessionKey,
  TotpLookup,
  UserId,
} from 'torii-core'
import type { Database } from '../../sql/database.js'
import { countedTwice, readBack, repeat } from '../../sql/lost-reply.js'
import { sql } from '../../sql/parameter.js'
import { maybeOne, one } from '../../sql/rows.js'
import { write } from '../../sql/statement.js'
import { statementTime as now } from '../../sql/time.js'
import { newSecretHash, secretHash, sessionId, userId } from '../fragments/parameters.js'
import type { VerdictRow } from '../fragments/rate-limit-charging.js'
import {
  chargeFailure,
  chargeRateLimit,
  chargeValues,
  toRefusal,
} from '../fragments/rate-limit-charging.js'
import { refundRateLimit, refundValues } from '../fragments/rate-limit-refund.js'
import type { Readback } from '../fragments/readback.js'
import { hasSecondFactor, raisedLevel } from '../fragments/second-factor.js'
import type { SessionRow } from '../fragments/session-row.js'
import { liveSession, sessionColumns, sessionOrNull, toSession } from '../fragments/session-row.js'
import {
  checkCharges,
  checkInteger,
  checkObject,
  checkRefund,
  sessionKeyValues,
} from '../input/input.js'
import type { recoveryCodeStatements } from './recovery-codes.js'
import {
  checkCodeHashes,
  countRemaining,
  factorOfCodes,
  givenCode,
  lockCode,
  otherRemaining,
} from './recovery-codes.js'
import { currentStep, maxStep, step } from './totp-step.js'

/** The CTE `owner (user_id)` of the user who has a second factor, locked. `from` and `condition` are further ones. */
const lockOwner = (schema: string, from: string, condition: string) => sql`owner as (
        select u.id as user_id from ${schema}.users u${from} where u.id = ${userId} and ${hasSecondFactor}${condition}
        for share of u
      )`

/** The CTE `s`: `factor` is proved in the live session of the key, where the locked rows of `from` exist. */
const raiseSession = (schema: string, factor: 'totp' | 'recovery_code', from: string) => sql`s as (
        update ${schema}.sessions s set
          secret_hash = ${newSecretHash}, ${raisedLevel},
          methods = case when '${factor}' = any (s.methods) then s.methods
            else pg_catalog.array_append(s.methods, '${factor}'::text) end
        from ${from}, ${schema}.users u
        where s.user_id = ${from}.user_id and s.id = ${sessionId} and s.secret_hash = ${secretHash}
          and u.id = s.user_id and ${liveSession}
        returning s.user_id, ${sessionColumns}
      )`

export const stepUpStatements = (schema: string) => ({
  findForSession: write(
    'second_factors.findForSession',
    sql`
      with ${chargeRateLimit(schema)}
      select v.allowed, v.retry_after, f.user_id, f.secret, f.last_step, ${currentStep} as step
      from verdict v left join ${schema}.users u on v.allowed and u.id = ${userId} and ${hasSecondFactor}
      left join ${schema}.totp_factors f on f.user_id = u.id`,
    { schema, onLostReply: repeat(countedTwice) },
  ),
  // The locks: user, factor, session.
  reauthenticate: write(
    'second_factors.reauthenticate',
    sql`
      with ${lockOwner(schema, '', '')}, f as (
        select f.user_id from ${schema}.totp_factors f join owner on owner.user_id = f.user_id
        where f.last_step < ${step} for update of f
      ), ${raiseSession(schema, 'totp', 'f')}, used as (
        update ${schema}.totp_factors t set last_step = ${step}, last_used_at = ${now}
        from s where t.user_id = s.user_id
        returning 1 as one
      ), ${refundRateLimit(schema, 's', 'used')}
      select s.* from s`,
    { schema, onLostReply: readBack('the session with its new secret') },
  ),
  reauthenticateByRecoveryCode: write(
    'second_factors.reauthenticateByRecoveryCode',
    sql`
      with ${chargeFailure(
        schema,
        sql`${lockOwner(schema, ', gate', ' and gate.until is null')}, ${factorOfCodes(schema, 'owner')}, ${lockCode(schema)}, ${raiseSession(schema, 'recovery_code', 'c')}, used as (
        delete from ${schema}.recovery_codes d using s where d.user_id = s.user_id and d.code_hash = ${givenCode(schema)}
        returning 1 as one
      )`,
        's',
      )}
      select v.allowed, v.retry_after, s.*, ${otherRemaining(schema)} as remaining
      from verdict v left join s on true`,
    {
      schema,
      onLostReply: readBack(
        'the session with its new secret; a wrong code is counted a second time',
      ),
    },
  ),
})

/** Proves a second factor in a live session. */
export function createStepUp(
  db: Database,
  statements: ReturnType<typeof stepUpStatements> & ReturnType<typeof recoveryCodeStatements>,
  readback: Readback,
): Pick<
  SecondFactorRepository,
  'findForSession' | 'reauthenticate' | 'reauthenticateByRecoveryCode'
> {
  return {
    async findForSession(input: { userId: UserId; charges: Charges }) {
      const { userId: user, charges } = checkObject(input, 'input')
      const values = { ...chargeValues(checkCharges(charges)), userId: user }
      return one(db, statements.findForSession, values, toLookup)
    },
    async reauthenticate(key: SessionKey, proof: TotpProof) {
      const given = checkObject(proof, 'proof')
      const values = {
        ...sessionKeyValues(key),
        step: checkInteger(given.step, 'step', 0, maxStep),
        newSecretHash: given.newSecretHash,
        ...refundValues(checkRefund(given.refund)),
      }
      return db.runWithRecovery<Session>(
        (call) => maybeOne(call, statements.reauthenticate, values, toSession) as Promise<Session>,
        async (call) => sessionOrNull(await readback.session(call, key.userId, nextOf(key, given))),
      )
    },
    async reauthenticateByRecoveryCode(key: SessionKey, proof: RecoveryProof) {
      const given = checkObject(proof, 'proof')
      const charges = given.charges === null ? noCharges : checkCharges(given.charges)
      const values = {
        ...sessionKeyValues(key),
        codeHashes: checkCodeHashes(given.codeHashes),
        newSecretHash: given.newSecretHash,
        ...chargeValues(charges),
      }
      return db.runWithRecovery<Recovered>(
        (call) => one(call, statements.reauthenticateByRecoveryCode, values, toRecovered),
        async (call) => {
          const row = await readback.session(call, key.userId, nextOf(key, given))
          if (row === null) return null
          const remaining = await countRemaining(call, statements, key.userId)
          return { session: toSession(row), remaining }
        },
      )
    },
  }
}

const noCharges = { account: null, ipAddress: null }

const nextOf = (key: SessionKey, { newSecretHash: next }: Pick<TotpProof, 'newSecretHash'>) => ({
  id: key.id,
  secretHash: next,
})

type LookupRow = VerdictRow &
  (
    | { user_id: UserId; secret: EncryptedTotpSecret; last_step: string; step: string }
    | { user_id: null }
  )

function toLookup(row: LookupRow): TotpLookup {
  if (!row.allowed) return toRefusal(row)
  if (row.user_id === null) return { ok: true, credential: null }
  const { user_id, secret, last_step, step: now } = row
  return {
    ok: true,
    credential: { userId: user_id, secret, lastStep: Number(last_step), step: Number(now) },
  }
}

type Recovered = Awaited<ReturnType<SecondFactorRepository['reauthenticateByRecoveryCode']>>
type RecoveredRow = VerdictRow & { remaining: number } & (SessionRow | { session_id: null })

function toRecovered(row: RecoveredRow): Recovered {
  if (row.session_id !== null) return { session: toSession(row), remaining: row.remaining }
  return row.allowed ? null : toRefusal(row)
}

type Charges = Parameters<SecondFactorRepository['findForSession']>[0]['charges']
type TotpProof = Parameters<SecondFactorRepository['reauthenticate']>[1]
type RecoveryProof = Parameters<SecondFactorRepository['reauthenticateByRecoveryCode']>[1]
