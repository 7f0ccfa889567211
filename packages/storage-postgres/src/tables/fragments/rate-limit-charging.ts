import type {
  Charge,
  ChargeOutcome,
  ChargeRefusal,
  MailChargeOutcome,
  RateLimitCharges,
  RateLimitKey,
} from 'torii-core'
import type { Sql, SqlPart } from '../../sql/parameter.js'
import { nullable, sql } from '../../sql/parameter.js'
import { statementTime as now, secondsFromNow } from '../../sql/time.js'
import { entryLockTaken } from './entry-lock.js'

/** A key is locked while this holds of its row `a`; the one definition of it. */
export const lockedRateLimit = `
  a.ends_at > ${now} and (a.failures >= a.cap or a.total >= a.total_limit)`

/** The parameters of one charge; all null where the key is not charged. */
const chargeParameters = <const Key extends 'account' | 'ipAddress' | 'block'>(key: Key) => ({
  key: nullable(`${key}Key`, 'bytea')<RateLimitKey>(),
  cap: nullable(`${key}Cap`, 'int')<number>(),
  windowSeconds: nullable(`${key}WindowSeconds`, 'int')<number>(),
  lockSeconds: nullable(`${key}LockSeconds`, 'int')<number>(),
  maxLockSeconds: nullable(`${key}MaxLockSeconds`, 'int')<number>(),
  limit: nullable(`${key}Limit`, 'int')<number>(),
  forgetSeconds: nullable(`${key}ForgetSeconds`, 'int')<number>(),
  refill: nullable(`${key}Refill`, 'int')<number>(),
})

const account = chargeParameters('account')
const ipAddress = chargeParameters('ipAddress')
const block = chargeParameters('block')

/** The keys of an IP address and its block. Takes {@link ipAddressKeyValues}. */
export const ipAddressKeys = sql`${ipAddress.key}, ${block.key}`

export const ipAddressKeyValues = ({ ipAddress: charge }: RateLimitCharges) => ({
  ipAddressKey: charge?.key ?? null,
  blockKey: charge?.block?.key ?? null,
})

/** Whether any of `keys` is locked. */
export const anyIsLocked = <const Keys extends SqlPart>(schema: string, keys: Keys) => sql`exists (
        select 1 from ${schema}.rate_limits a where a.key in (${keys}) and ${lockedRateLimit})`

/**
 * CTEs that charge an account, an IP address and its block at once, ending in `verdict (allowed, retry_after,
 * ip_address_retry_after)`, the last one null unless it is the IP address or the block that is locked.
 * Takes the values of {@link chargeValues}.
 *
 * The gate reads without locking, so a flood on a locked key writes nothing. Past the gate the row's
 * own lock decides: the update refuses a full window, so of any number of callers exactly `cap` get
 * through. The account's row is always locked before the IP address's, and that before the block's.
 */
export const chargeRateLimit = (schema: string) =>
  charging(schema, {
    closesGate: 'seen.locked',
    sparesKey: 'false',
    entryRows: sql``,
    afterEntryRows: '',
  })

/** What closes the gate of a mail for all keys: the IP address or its block is locked. */
const mailGate = sql`seen.locked and seen.key in (${ipAddressKeys})`
const sparesLockedKey = 'coalesce(seen.locked, false)'

/**
 * The same for a mail to an email address, whose allowance stands for the account: a spent allowance is no reason
 * to spare the IP address, so the charges do not reveal whether it was spent. Allowed when all were charged.
 */
export const chargeMail = (schema: string) =>
  charging(schema, {
    closesGate: mailGate,
    sparesKey: sparesLockedKey,
    entryRows: sql``,
    afterEntryRows: '',
  })

/**
 * {@link chargeMail} after a lock on the rows that the mail's link or token will replace: `entryRows` are CTEs with one
 * named `entry_lock` (see entry-lock.ts) and one named `entry_row`, and lock nothing unless the `gate (until)` is open.
 * The rate limits are locked after them: a caller who waits for an entry row must not hold the counter of a whole network, and a caller who uses a
 * link up while giving a charge back locks them in the same order.
 */
export const chargeMailAfter = <Values>(schema: string, entryRows: Sql<Values>) =>
  charging(schema, {
    closesGate: mailGate,
    sparesKey: sparesLockedKey,
    entryRows: sql`${entryRows}, `,
    afterEntryRows: `and ${entryLockTaken} and (select pg_catalog.count(*) from entry_row) >= 0`,
  })

/**
 * {@link chargeRateLimit} of a failure alone: `work` are CTEs that do nothing unless the `gate (until)` is open, and
 * their CTE `success` has a row if they succeeded. So a success writes no counter, and a failure holds no other row
 * that a success waits for.
 */
export const chargeFailure = <Values>(schema: string, work: Sql<Values>, success: string) =>
  charging(schema, {
    closesGate: 'seen.locked',
    sparesKey: 'false',
    entryRows: sql`${work}, `,
    afterEntryRows: `and not exists (select 1 from ${success})`,
  })

/**
 * {@link chargeRateLimit} of a code that is sent with a pending sign-in, whose owner alone can be charged as the account: the
 * account where the CTE `p` of `work` has a row and its CTE `success` has none, and the IP address where `p` has none. So
 * a stranger without a right first factor locks no one out.
 */
export const chargeTry = <Values>(schema: string, work: Sql<Values>, success: string) =>
  charging(schema, {
    closesGate: 'seen.locked',
    sparesKey: 'false',
    entryRows: sql`${work}, `,
    afterEntryRows: `and (d.ord = 1) = exists (select 1 from p) and not exists (select 1 from ${success})`,
  })

/** What a statement with {@link chargeTry} selects: whether any work was done, and whether the account was charged. */
export const tryColumns = sql`v.retry_after, (select gate.until is null from gate) as open,
        exists (select 1 from charge where charge.key = ${account.key}) as charged`

interface Charging<Gate extends SqlPart, EntryRows extends SqlPart> {
  /** What of `seen` closes the gate for all keys. */
  readonly closesGate: Gate
  /** What of `seen` spares its own key alone. */
  readonly sparesKey: string
  readonly entryRows: EntryRows
  readonly afterEntryRows: string
}

const charging = <Gate extends SqlPart, EntryRows extends SqlPart>(
  schema: string,
  { closesGate, sparesKey, entryRows, afterEntryRows }: Charging<Gate, EntryRows>,
) =>
  sql`${termsOfCharges(schema, closesGate, sparesKey)}, ${entryRows}${chargedKeys(schema, afterEntryRows)}, ${verdict}`

/** CTEs `asked`, `seen`, `gate` and `terms`: what is to be charged, and how long a lock would last. Locks nothing. */
const termsOfCharges = <Gate extends SqlPart>(
  schema: string,
  closesGate: Gate,
  sparesKey: string,
) => sql`
      asked (ord, key, cap, window_seconds, lock_seconds, max_lock_seconds, total_limit, forget_seconds, refill) as (
        select * from (values
          (1, ${account.key}, ${account.cap}, ${account.windowSeconds}, ${account.lockSeconds}, ${account.maxLockSeconds}, ${account.limit}, ${account.forgetSeconds}, ${account.refill}),
          (2, ${ipAddress.key}, ${ipAddress.cap}, ${ipAddress.windowSeconds}, ${ipAddress.lockSeconds}, ${ipAddress.maxLockSeconds}, ${ipAddress.limit}, ${ipAddress.forgetSeconds}, ${ipAddress.refill}),
          (3, ${block.key}, ${block.cap}, ${block.windowSeconds}, ${block.lockSeconds}, ${block.maxLockSeconds}, ${block.limit}, ${block.forgetSeconds}, ${block.refill})
        ) as all_keys where column2 is not null
      ), seen as materialized (
        select a.key, a.ends_at, ${lockedRateLimit} as locked,
          case when a.forget_at > ${now} then a.total else 0 end as total
        from ${schema}.rate_limits a where a.key in (${account.key}, ${ipAddress.key}, ${block.key})
      ), gate as materialized (
        select pg_catalog.max(seen.ends_at) filter (where ${closesGate}) as until from seen
      ), terms as (
        select a.ord, a.key, a.cap, a.total_limit, a.window_seconds, a.forget_seconds, a.refill,
          ${lockSeconds} as lock_seconds, ${sparesKey} as spared
        from asked a left join seen on seen.key = a.key
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

/**
 * The failures of the row `t` that count at the time of this charge: each window that has ended since gives `refill` of
 * them back. Where that is not all of them, a window lasts as long as a lock.
 */
const countedFailures = `case when t.ends_at > excluded.seen_at then t.failures
            else greatest(0::float8, t.failures::float8 - excluded.refill::float8 * (1::float8 + pg_catalog.floor(
              pg_catalog.date_part('epoch', excluded.seen_at - t.ends_at)
              / pg_catalog.date_part('epoch', excluded.lock_ends_at - excluded.seen_at))))::int
          end`
const countedTotal = 'case when t.forget_at <= excluded.seen_at then 0 else t.total end'

/** The CTE `charge` with the keys that were charged. */
const chargedKeys = (schema: string, afterEntryRows: string) => sql`charge as (
        insert into ${schema}.rate_limits as t
          (key, failures, cap, total, total_limit, ends_at, lock_ends_at, seen_at, forget_at, refill)
        select d.key, 1, d.cap, 1, d.total_limit,
          ${secondsFromNow('(case when 1 in (d.cap, d.total_limit) then d.lock_seconds else d.window_seconds end)::float8')},
          ${secondsFromNow('d.lock_seconds::float8')}, ${now}, ${secondsFromNow('d.forget_seconds::float8')}, d.refill
        from terms d, gate
        where gate.until is null and not d.spared
          ${afterEntryRows}
        order by d.ord
        on conflict (key) do update set
          failures = ${countedFailures} + 1,
          cap = excluded.cap,
          total = ${countedTotal} + 1,
          total_limit = excluded.total_limit,
          ends_at = case
            when ${countedFailures} + 1 >= excluded.cap or ${countedTotal} + 1 >= excluded.total_limit
              then excluded.lock_ends_at
            when t.ends_at <= excluded.seen_at then excluded.ends_at
            else t.ends_at end,
          lock_ends_at = excluded.lock_ends_at, seen_at = excluded.seen_at, forget_at = excluded.forget_at,
          refill = excluded.refill
        where t.ends_at <= excluded.seen_at or (t.failures < t.cap and t.total < t.total_limit)
        returning t.key
      )`

const verdict = sql`verdict as (
        select (select pg_catalog.count(*) from charge) = (select pg_catalog.count(*) from asked) as allowed,
          coalesce(
            pg_catalog.ceil(pg_catalog.date_part('epoch', gate.until - ${now}))::int,
            (select pg_catalog.min(a.lock_seconds) from asked a)
          ) as retry_after,
          coalesce(
            (select pg_catalog.ceil(pg_catalog.date_part('epoch', seen.ends_at - ${now}))::int from seen
              where seen.key in (${ipAddress.key}, ${block.key}) and seen.locked
              order by seen.ends_at desc limit 1),
            (select pg_catalog.max(a.lock_seconds) from asked a
              where a.ord > 1 and gate.until is null
                and not exists (select 1 from charge where charge.key = a.key))
          ) as ip_address_retry_after
        from gate
      )`

/** The values of {@link chargeRateLimit} and {@link chargeMail}. */
export const chargeValues = ({ account: first, ipAddress: second }: RateLimitCharges) => ({
  ...valuesOf('account', first),
  ...valuesOf('ipAddress', second),
  ...valuesOf('block', second?.block ?? null),
})

const valuesOf = <const Key extends 'account' | 'ipAddress' | 'block'>(
  name: Key,
  charge: Charge | null,
) =>
  ({
    [`${name}Key`]: charge?.key ?? null,
    [`${name}Cap`]: charge?.policy.cap ?? null,
    [`${name}WindowSeconds`]: charge?.policy.windowSeconds ?? null,
    [`${name}LockSeconds`]: charge?.policy.lockSeconds ?? null,
    [`${name}MaxLockSeconds`]: charge?.policy.maxLockSeconds ?? null,
    [`${name}Limit`]: charge?.policy.limit ?? null,
    [`${name}ForgetSeconds`]: charge?.policy.forgetSeconds ?? null,
    [`${name}Refill`]: charge === null ? null : (charge.policy.refill ?? charge.policy.cap),
    // Each name is written above.
  }) as ChargeValues<Key>

type ChargeValues<Key extends string> = Record<`${Key}Key`, RateLimitKey | null> &
  Record<
    | `${Key}Cap`
    | `${Key}WindowSeconds`
    | `${Key}LockSeconds`
    | `${Key}MaxLockSeconds`
    | `${Key}Limit`
    | `${Key}ForgetSeconds`
    | `${Key}Refill`,
    number | null
  >

/** The columns of the CTE `verdict`. */
export interface VerdictRow {
  allowed: boolean
  retry_after: number
}

export const toRefusal = (row: VerdictRow): ChargeRefusal => ({
  ok: false,
  reason: 'too_many_attempts',
  retryAfterSeconds: Math.max(1, row.retry_after),
})

export const toChargeOutcome = (row: VerdictRow): ChargeOutcome =>
  row.allowed ? { ok: true } : toRefusal(row)

/** What the verdict of {@link chargeMail} returns. */
export interface MailVerdictRow extends VerdictRow {
  ip_address_retry_after: number | null
}

/** Only a locked IP address is refused; a spent allowance is not revealed. */
export function toMailCharge(row: MailVerdictRow): MailChargeOutcome {
  if (row.allowed) return { ok: true, allowed: true }
  return row.ip_address_retry_after === null
    ? { ok: true, allowed: false }
    : toRefusal({ allowed: false, retry_after: row.ip_address_retry_after })
}
