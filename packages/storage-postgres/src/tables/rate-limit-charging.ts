import type { Charge, MailChargeOutcome, RateLimitCharges, RateLimitRefund } from 'torii-core'
import { statementTime as now, secondsFromNow } from '../sql/db.js'

/** A key is locked while this holds of its row `a`; the one definition of it. */
export const lockedRateLimit = `
  a.ends_at > ${now} and (a.failures >= a.cap or a.total >= a.total_limit)`

/**
 * CTEs that charge an account and a network in one go, ending in `verdict (allowed, retry_after,
 * ip_address_retry_after)`, the last one null unless it is the network that is locked.
 * Takes the fourteen parameters of {@link chargeValues}, `$1` to `$14`.
 *
 * The gate reads without locking, so a flood on a locked key writes nothing. Past the gate the row's
 * own lock decides: the update refuses a full window, so of any number of callers exactly `cap` get
 * through. The account's row is always locked before the network's.
 */
export const chargeRateLimit = (schema: string): string =>
  charging(schema, { until: 'seen.locked', unless: 'false', entryRow: null })

/**
 * The same for a mail to an address, whose allowance stands for the account: a spent allowance is no reason to
 * spare the network, so what is charged tells nobody whether it was spent. Allowed when both were charged.
 *
 * `door` are CTEs that end in one named `door` and lock what the mail's link or token will replace, unless the
 * `gate (until)` is closed. Attempts are locked after it: whoever waits at a door must not hold the counter of
 * a whole network, and who uses a link up while giving an attempt back locks them in the same order.
 */
export const chargeMail = (schema: string, entryRow: string | null = null): string =>
  charging(schema, {
    until: 'seen.locked and seen.key = $8::bytea',
    unless: 'coalesce(seen.locked, false)',
    entryRow,
  })

interface Charging {
  /** What of `seen` closes the gate for both keys. */
  readonly until: string
  /** What of `seen` spares its own key alone. */
  readonly unless: string
  readonly entryRow: string | null
}

const charging = (schema: string, { until, unless, entryRow }: Charging): string => `
      asked (ord, key, cap, window_seconds, lock_seconds, max_lock_seconds, total_limit, forget_seconds) as (
        select * from (values
          (1, $1::bytea, $2::int, $3::int, $4::int, $5::int, $6::int, $7::int),
          (2, $8::bytea, $9::int, $10::int, $11::int, $12::int, $13::int, $14::int)
        ) as both_keys where column2 is not null
      ), seen as materialized (
        select a.key, a.ends_at, ${lockedRateLimit} as locked,
          case when a.forget_at > ${now} then a.total else 0 end as total
        from ${schema}.rate_limits a where a.key in ($1::bytea, $8::bytea)
      ), gate as materialized (
        select pg_catalog.max(seen.ends_at) filter (where ${until}) as until from seen
      ), terms as (
        select a.ord, a.key, a.cap, a.total_limit, a.window_seconds, a.forget_seconds,
          ${lockSeconds} as lock_seconds, ${unless} as spared
        from asked a left join seen on seen.key = a.key
      ), ${entryRow === null ? '' : `${entryRow}, `}charge as (
        insert into ${schema}.rate_limits as t
          (key, failures, cap, total, total_limit, ends_at, lock_ends_at, seen_at, forget_at)
        select d.key, 1, d.cap, 1, d.total_limit,
          ${secondsFromNow('(case when 1 in (d.cap, d.total_limit) then d.lock_seconds else d.window_seconds end)')},
          ${secondsFromNow('d.lock_seconds')}, ${now}, ${secondsFromNow('d.forget_seconds')}
        from terms d, gate
        where gate.until is null and not d.spared
          ${entryRow === null ? '' : 'and (select pg_catalog.count(*) from door) >= 0'}
        order by d.ord
        on conflict (key) do update set
          failures = case when t.ends_at <= excluded.seen_at then 1 else t.failures + 1 end,
          cap = excluded.cap,
          total = case when t.forget_at <= excluded.seen_at then 1 else t.total + 1 end,
          total_limit = excluded.total_limit,
          ends_at = case
            when (case when t.ends_at <= excluded.seen_at then 1 else t.failures + 1 end) >= excluded.cap
              or (case when t.forget_at <= excluded.seen_at then 1 else t.total + 1 end) >= excluded.total_limit
              then excluded.lock_ends_at
            when t.ends_at <= excluded.seen_at then excluded.ends_at
            else t.ends_at end,
          lock_ends_at = excluded.lock_ends_at, seen_at = excluded.seen_at, forget_at = excluded.forget_at
        where t.ends_at <= excluded.seen_at or (t.failures < t.cap and t.total < t.total_limit)
        returning t.key
      ), verdict as (
        select (select pg_catalog.count(*) from charge) = (select pg_catalog.count(*) from asked) as allowed,
          coalesce(
            pg_catalog.ceil(pg_catalog.date_part('epoch', gate.until - ${now}))::int,
            (select pg_catalog.min(a.lock_seconds) from asked a)
          ) as retry_after,
          coalesce(
            (select pg_catalog.ceil(pg_catalog.date_part('epoch', seen.ends_at - ${now}))::int from seen
              where seen.key = $8::bytea and seen.locked),
            (select a.lock_seconds from asked a
              where a.ord = 2 and gate.until is null
                and not exists (select 1 from charge where charge.key = a.key))
          ) as ip_address_retry_after
        from gate
      )`

/**
 * Doubles with each cap's worth of failures in a row. The lock of the window in which the limit is
 * reached lasts until the key is forgotten.
 */
const lockSeconds = `case
            when (coalesce(seen.total, 0) / a.cap + 1) * a.cap >= a.total_limit then a.forget_seconds::float8
            else least(a.max_lock_seconds::float8, a.lock_seconds::float8 *
              pg_catalog.power(2::float8, least(coalesce(seen.total, 0) / a.cap, 30)::float8))
          end`

export function chargeValues({ account, ipAddress }: RateLimitCharges): unknown[] {
  return [...policyValues(account), ...policyValues(ipAddress)]
}

function policyValues(charge: Charge | null): unknown[] {
  if (charge === null) return [null, null, null, null, null, null, null]
  const { cap, windowSeconds, lockSeconds, maxLockSeconds, limit, forgetSeconds } = charge.policy
  return [charge.key, cap, windowSeconds, lockSeconds, maxLockSeconds, limit, forgetSeconds]
}

/** How a verdict reads. */
export interface VerdictRow {
  allowed: boolean
  retry_after: number
}

export const toRefusal = (row: VerdictRow) =>
  ({
    ok: false,
    reason: 'too_many_attempts',
    retryAfterSeconds: Math.max(1, row.retry_after),
  }) as const

/** How the verdict of {@link chargeMail} reads. */
export interface MailVerdictRow extends VerdictRow {
  ip_address_retry_after: number | null
}

/** Only a locked network is told; a spent allowance says nothing. */
export function toMailCharge(row: MailVerdictRow): MailChargeOutcome {
  if (row.allowed) return { ok: true, allowed: true }
  return row.ip_address_retry_after === null
    ? { ok: true, allowed: false }
    : toRefusal({ allowed: false, retry_after: row.ip_address_retry_after })
}

/**
 * CTEs that give an attempt back once the CTE named `after` has a row: everything of the account
 * (`$first`), one charge of the network (`$first + 1`); else one own account would reset the network.
 * Attempts are the last rows to be locked, so `last` names the CTE that locks the last row before them:
 * PostgreSQL runs CTEs that nothing reads in no promised order.
 */
export const refundRateLimit = (
  schema: string,
  after: string,
  first: number,
  last = after,
): string => `
      cleared as (
        delete from ${schema}.rate_limits a
        where a.key = $${first}::bytea and exists (select 1 from ${after})
          and (select pg_catalog.count(*) from ${last}) >= 0
        returning a.key
      ), given_back as (
        update ${schema}.rate_limits a set failures = a.failures - 1, total = greatest(a.total - 1, 0)
        where a.key = $${first + 1}::bytea and a.failures > 0 and exists (select 1 from ${after})
          and (select pg_catalog.count(*) from cleared) >= 0
        returning a.key
      )`

export const refundValues = (refund: RateLimitRefund | null): unknown[] => [
  refund?.account ?? null,
  refund?.ipAddress ?? null,
]
