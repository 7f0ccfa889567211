import type { RateLimitKey, RateLimitRefund } from 'torii-core'
import { nullable, sql } from '../../sql/parameter.js'

const account = nullable('refundAccount', 'bytea')<RateLimitKey>()
const ipAddress = nullable('refundIpAddress', 'bytea')<RateLimitKey>()
const block = nullable('refundBlock', 'bytea')<RateLimitKey>()

/**
 * CTEs that give a charge back once the CTE named `after` has a row: everything of the account, one charge of the
 * IP address and one of its block; else one own account would reset the whole IP address. Rate limits are the last rows to be locked, so
 * `last` names the CTE that locks the last row before them: PostgreSQL runs CTEs that nothing reads in no promised
 * order.
 */
export const refundRateLimit = (schema: string, after: string, last = after) => sql`
      cleared as (
        delete from ${schema}.rate_limits a
        where a.key = ${account} and exists (select 1 from ${after})
          and (select pg_catalog.count(*) from ${last}) >= 0
        returning a.key
      ), given_back as (
        update ${schema}.rate_limits a set failures = a.failures - 1, total = greatest(a.total - 1, 0)
        where a.key = ${ipAddress} and a.failures > 0 and exists (select 1 from ${after})
          and (select pg_catalog.count(*) from cleared) >= 0
        returning a.key
      ), given_back_to_block as (
        update ${schema}.rate_limits a set failures = a.failures - 1, total = greatest(a.total - 1, 0)
        where a.key = ${block} and a.failures > 0 and exists (select 1 from ${after})
          and (select pg_catalog.count(*) from given_back) >= 0
        returning a.key
      )`

/** The values of {@link refundRateLimit}; null gives nothing back. */
export const refundValues = (refund: RateLimitRefund | null) => ({
  refundAccount: refund?.account ?? null,
  refundIpAddress: refund?.ipAddress ?? null,
  refundBlock: refund?.block ?? null,
})
