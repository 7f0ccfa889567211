import type {
  AttemptCharges,
  AttemptKey,
  AttemptRefund,
  LoginAttemptRepository,
  MailCharges,
} from 'torii-core'
import { attemptKey } from 'torii-core'
import type { Database } from '../sql/db.js'
import { maybeOne, nameStatements, statementTime as now, one, seconds, toDate } from '../sql/db.js'
import type { MailVerdictRow, VerdictRow } from './attempt-charging.js'
import {
  chargeAttempt,
  chargeMail,
  chargeValues,
  lockedAttempt,
  refundAttempt,
  refundValues,
  toMailCharge,
  toRefusal,
} from './attempt-charging.js'
import { checkCharges, checkRefund } from './input/input.js'
import { checkGivenMailCharges } from './input/input-credentials.js'

/** Found by the tests of all statements. @public */
export const statements = (schema: string) =>
  nameStatements('login_attempts', {
    charge: `
      with ${chargeAttempt(schema)}
      select v.allowed, v.retry_after from verdict v`,
    chargeMail: `
      with ${chargeMail(schema)}
      select v.allowed, v.retry_after, v.network_retry_after from verdict v`,
    refund: `
      with given as (select 1 as one), ${refundAttempt(schema, 'given', 1)}
      select 1 as done`,
    unlock: `
      delete from ${schema}.login_attempts a where a.key = $1::bytea
      returning ${lockedAttempt} as locked`,
    status: `
      select a.failures, ${lockedAttempt} as locked, ${seconds('a.ends_at')} as ends_at
      from ${schema}.login_attempts a where a.key = $1::bytea and a.ends_at > ${now}`,
  })

interface StatusRow {
  failures: number
  locked: boolean
  ends_at: number
}

/** `schema` is an already quoted identifier. */
export function createLoginAttemptRepository(db: Database, schema: string): LoginAttemptRepository {
  const sql = statements(schema)
  return {
    async charge(charges: AttemptCharges) {
      const values = chargeValues(checkCharges(charges))
      return one(db, sql.charge, values, (row: VerdictRow) =>
        row.allowed ? { ok: true } : toRefusal(row),
      )
    },
    async chargeMail(charges: MailCharges) {
      const values = chargeValues(checkGivenMailCharges(charges))
      return one(db, sql.chargeMail, values, (row: MailVerdictRow) => toMailCharge(row))
    },
    async refund(refund: AttemptRefund) {
      await one(db, sql.refund, refundValues(checkRefund(refund)), () => undefined)
    },
    async unlock(key: AttemptKey) {
      const locked = await maybeOne(
        db,
        sql.unlock,
        [attemptKey(key)],
        (row: { locked: boolean }) => row.locked,
      )
      return locked ?? false
    },
    async status(key: AttemptKey) {
      const row = await maybeOne(db, sql.status, [attemptKey(key)], (found: StatusRow) => found)
      if (row === null) return { state: 'open', failures: 0 }
      return row.locked
        ? { state: 'locked', failures: row.failures, lockedUntil: toDate(row.ends_at) }
        : { state: 'open', failures: row.failures }
    },
  }
}
