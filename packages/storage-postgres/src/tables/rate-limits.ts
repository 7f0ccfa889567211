import type {
  MailCharges,
  RateLimitCharges,
  RateLimitKey,
  RateLimitRefund,
  RateLimitRepository,
} from 'torii-core'
import type { Database } from '../sql/database.js'
import { countedTwice, repeat, throwUnknown } from '../sql/lost-reply.js'
import { parameter, sql } from '../sql/parameter.js'
import { maybeOne, one } from '../sql/rows.js'
import { read, write } from '../sql/statement.js'
import { milliseconds, statementTime as now, toDate } from '../sql/time.js'
import {
  chargeMail,
  chargeRateLimit,
  chargeValues,
  lockedRateLimit,
  toChargeOutcome,
  toMailCharge,
} from './fragments/rate-limit-charging.js'
import { refundRateLimit, refundValues } from './fragments/rate-limit-refund.js'
import { checkCharges, checkRateLimitKeys, checkRefund } from './input/input.js'
import { checkGivenMailCharges } from './input/input-credentials.js'

const key = parameter('key', 'bytea')<RateLimitKey>()
const keys = parameter('keys', 'bytea[]')<readonly RateLimitKey[]>()

export const rateLimitStatements = (schema: string) => ({
  charge: write(
    'rate_limits.charge',
    sql`
      with ${chargeRateLimit(schema)}
      select v.allowed, v.retry_after from verdict v`,
    { schema, onLostReply: repeat(countedTwice) },
  ),
  chargeMail: write(
    'rate_limits.chargeMail',
    sql`
      with ${chargeMail(schema)}
      select v.allowed, v.retry_after, v.ip_address_retry_after from verdict v`,
    { schema, onLostReply: repeat(countedTwice) },
  ),
  refund: write(
    'rate_limits.refund',
    sql`
      with given as (select 1 as one), ${refundRateLimit(schema, 'given')}
      select 1 as done`,
    {
      schema,
      onLostReply: throwUnknown('a second refund would give back what another caller was charged'),
    },
  ),
  // The rows are locked in the order of their keys, so two calls never wait for each other in a circle.
  giveBack: write(
    'rate_limits.giveBack',
    sql`
      with returned as (
        select k.key, pg_catalog.count(*)::int as attempts
        from (select pg_catalog.unnest(${keys}) as key) k group by k.key
      ), locked as materialized (
        select a.key from ${schema}.rate_limits a
        where a.key = any (${keys}) order by a.key for update
      ), given as (
        update ${schema}.rate_limits a
        set failures = greatest(a.failures - r.attempts, 0), total = greatest(a.total - r.attempts, 0)
        from returned r join locked l on l.key = r.key
        where a.key = r.key
        returning a.key
      )
      select 1 as done from (select pg_catalog.count(*) from given) as counted`,
    {
      schema,
      onLostReply: throwUnknown('a second call would give back what another message was counted'),
    },
  ),
  unlock: write(
    'rate_limits.unlock',
    sql`
      delete from ${schema}.rate_limits a where a.key = ${key}
      returning ${lockedRateLimit} as locked`,
    { schema, onLostReply: repeat('false: it is not locked any more') },
  ),
  status: read(
    'rate_limits.status',
    sql`
      select a.failures, ${lockedRateLimit} as locked, ${milliseconds('a.ends_at')} as ends_at
      from ${schema}.rate_limits a where a.key = ${key} and a.ends_at > ${now}`,
  ),
})

interface StatusRow {
  failures: number
  locked: boolean
  ends_at: number
}

export function createRateLimitRepository(
  db: Database,
  statements: ReturnType<typeof rateLimitStatements>,
): RateLimitRepository {
  return {
    async charge(charges: RateLimitCharges) {
      return one(db, statements.charge, chargeValues(checkCharges(charges)), toChargeOutcome)
    },
    async chargeMail(charges: MailCharges) {
      const values = chargeValues(checkGivenMailCharges(charges))
      return one(db, statements.chargeMail, values, toMailCharge)
    },
    async refund(refund: RateLimitRefund) {
      await one(db, statements.refund, refundValues(checkRefund(refund)), () => undefined)
    },
    async giveBack(given: readonly RateLimitKey[]) {
      await one(db, statements.giveBack, { keys: checkRateLimitKeys(given) }, () => undefined)
    },
    async unlock(given: RateLimitKey) {
      const isLocked = (row: { locked: boolean }) => row.locked
      const values = { key: given }
      return (await maybeOne(db, statements.unlock, values, isLocked)) ?? false
    },
    async status(given: RateLimitKey) {
      const values = { key: given }
      const row = await maybeOne(db, statements.status, values, (found: StatusRow) => found)
      if (row === null) return { state: 'open', failures: 0 }
      return row.locked
        ? { state: 'locked', failures: row.failures, lockedUntil: toDate(row.ends_at) }
        : { state: 'open', failures: row.failures }
    },
  }
}
