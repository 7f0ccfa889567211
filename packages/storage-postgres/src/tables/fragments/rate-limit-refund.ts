import type { RateLimitKey, RateLimitRefund } from 'torii-core'
import type { SqlPart } from '../../sql/parameter.js'
import { nullable, sql } from '../../sql/parameter.js'

const account = nullable('refundAccount', 'bytea')<RateLimitKey>()
const ipAddress = nullable('refundIpAddress', 'bytea')<RateLimitKey>()
const block = nullable('refundBlock', 'bytea')<RateLimitKey>()

/** The keys of a refund, as a pending sign-in keeps them until its second factor is proved. */
export const heldRefund = { refundAccount: account, refundIpAddress: ipAddress, refundBlock: block }

interface Keys {
  readonly account: SqlPart
  readonly ipAddress: SqlPart
  readonly block: SqlPart
}

/**
 * CTEs that give a charge back once the CTE named `after` has a row: everything of the account, one charge of the
 * IP address and one of its block; else one own account would reset the whole IP address. Rate limits are the last rows to be locked, so
 * `last` names the CTE that locks the last row before them: PostgreSQL runs CTEs that nothing reads in no promised
 * order.
 */
const refund = <const Given extends Keys>(
  schema: string,
  after: string,
  last: string,
  keys: Given,
) => sql`
      cleared as (
        delete from ${schema}.rate_limits a
        where a.key in (${keys.account}) and exists (select 1 from ${after})
          and (select pg_catalog.count(*) from ${last}) >= 0
        returning a.key
      ), given_back as (
        update ${schema}.rate_limits a set failures = a.failures - 1, total = greatest(a.total - 1, 0)
        where a.key = ${keys.ipAddress} and a.failures > 0 and exists (select 1 from ${after})
          and (select pg_catalog.count(*) from cleared) >= 0
        returning a.key
      ), given_back_to_block as (
        update ${schema}.rate_limits a set failures = a.failures - 1, total = greatest(a.total - 1, 0)
        where a.key = ${keys.block} and a.failures > 0 and exists (select 1 from ${after})
          and (select pg_catalog.count(*) from given_back) >= 0
        returning a.key
      )`

/** {@link refund} of the statement's own charges. Takes {@link refundValues}. */
export const refundRateLimit = (schema: string, after: string, last = after) =>
  refund(schema, after, last, { account, ipAddress, block })

/**
 * {@link refund} of the charges of the first factor, which the pending sign-in `p` has kept, and of the second one's account:
 * the whole sign-in has succeeded only now.
 */
export const refundPending = (schema: string, after: string) =>
  refund(schema, after, after, {
    account: sql`${account}, (select p.refund_account from p)`,
    ipAddress: '(select p.refund_ip_address from p)',
    block: '(select p.refund_block from p)',
  })

/** The values of {@link refundRateLimit}; null gives nothing back. */
export const refundValues = (refund: RateLimitRefund | null) => ({
  refundAccount: refund?.account ?? null,
  refundIpAddress: refund?.ipAddress ?? null,
  refundBlock: refund?.block ?? null,
})
