import type {
  MailCharges,
  RateLimitCharges,
  RateLimitKey,
  RateLimitRefund,
  RateLimitRepository,
} from 'torii-core'
import { rateLimitKey } from 'torii-core'
import type { Database } from '../sql/db.js'
import { maybeOne, nameStatements, statementTime as now, one, seconds, toDate } from '../sql/db.js'
import { checkCharges, checkRefund } from './input/input.js'
import { checkGivenMailCharges } from './input/input-credentials.js'
import type { MailVerdictRow, VerdictRow } from './rate-limit-charging.js'
import {
  chargeMail,
  chargeRateLimit,
  chargeValues,
  lockedRateLimit,
  refundRateLimit,
  refundValues,
  toMailCharge,
  toRefusal,
} from './rate-limit-charging.js'

/** Found by the tests of all statements. @public */
export const statements = (schema: string) =>
  nameStatements('rate_limits', {
    charge: `
      with ${chargeRateLimit(schema)}
      select v.allowed, v.retry_after from verdict v`,
    chargeMail: `
      with ${chargeMail(schema)}
      select v.allowed, v.retry_after, v.ip_address_retry_after from verdict v`,
    refund: `
      with given as (select 1 as one), ${refundRateLimit(schema, 'given', 1)}
      select 1 as done`,
    unlock: `
      delete from ${schema}.rate_limits a where a.key = $1::bytea
      returning ${lockedRateLimit} as locked`,
    status: `
      select a.failures, ${lockedRateLimit} as locked, ${seconds('a.ends_at')} as ends_at
      from ${schema}.rate_limits a where a.key = $1::bytea and a.ends_at > ${now}`,
  })

interface StatusRow {
  failures: number
  locked: boolean
  ends_at: number
}

/** `schema` is an already quoted identifier. */
export function createRateLimitRepository(db: Database, schema: string): RateLimitRepository {
  const sql = statements(schema)
  return {
    async charge(charges: RateLimitCharges) {
      const values = chargeValues(checkCharges(charges))
      return one(db, sql.charge, values, (row: VerdictRow) =>
        row.allowed ? { ok: true } : toRefusal(row),
      )
    },
    async chargeMail(charges: MailCharges) {
      const values = chargeValues(checkGivenMailCharges(charges))
      return one(db, sql.chargeMail, values, (row: MailVerdictRow) => toMailCharge(row))
    },
    async refund(refund: RateLimitRefund) {
      await one(db, sql.refund, refundValues(checkRefund(refund)), () => undefined)
    },
    async unlock(key: RateLimitKey) {
      const locked = await maybeOne(
        db,
        sql.unlock,
        [rateLimitKey(key)],
        (row: { locked: boolean }) => row.locked,
      )
      return locked ?? false
    },
    async status(key: RateLimitKey) {
      const row = await maybeOne(db, sql.status, [rateLimitKey(key)], (found: StatusRow) => found)
      if (row === null) return { state: 'open', failures: 0 }
      return row.locked
        ? { state: 'locked', failures: row.failures, lockedUntil: toDate(row.ends_at) }
        : { state: 'open', failures: row.failures }
    },
  }
}
