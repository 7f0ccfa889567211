import type { Check } from './examination.js'
import { ask } from './examination.js'
import type { Finding } from './finding.js'
import { warning } from './finding.js'

/** Tables whose rows expire by themselves and are deleted only by the sweep. */
const expiring = [
  ['sessions', 'expires_at'],
  ['magic_links', 'expires_at'],
  ['verification_tokens', 'expires_at'],
  ['used_oauth_states', 'expires_at'],
  ['passkey_challenges', 'expires_at'],
  ['rate_limits', 'forget_at'],
  ['audit_events', 'expires_at'],
] as const

interface SweepRow {
  swept_days: number | null
  old_rows: boolean
}

/** Whether expired rows are deleted by some process. */
export const checkSweep: Check = async (examination) => {
  const { schema, limits } = examination
  const old = expiring
    .map(
      ([table, column]) =>
        `exists (select 1 from "${schema}".${table} t
           where t.${column} < pg_catalog.now() - pg_catalog.make_interval(days => $1::int))`,
    )
    .join(' or ')
  const row = await ask<SweepRow>(
    examination,
    `select (select pg_catalog.date_part('epoch', pg_catalog.now() - l.swept_at) / 86400
         from "${schema}".sweep_lease l) as swept_days,
       (${old}) as old_rows`,
    [limits.sweepDays],
  )
  const isLate = row.swept_days === null || row.swept_days > limits.sweepDays
  if (!isLate || !row.old_rows) return []
  const last = row.swept_days === null ? 'never' : `${Math.floor(row.swept_days)} days ago`
  return [
    warning(
      'sweep',
      `the last complete sweep was ${last}, and there are rows that expired more than ${limits.sweepDays} days ago`,
      'call torii.startSweeping() in the application, or run "npx torii-storage-postgres sweep --watch"',
    ),
  ]
}

/** Expired rows that are more than a sweep leaves. Counting ends at the limit. */
export const checkExpiredRows: Check = async (examination) => {
  const { schema, limits } = examination
  const findings: Finding[] = []
  for (const [table, column] of expiring) {
    const { n } = await ask<{ n: number }>(
      examination,
      `select pg_catalog.count(*)::int as n from (
         select 1 from "${schema}".${table} t where t.${column} < pg_catalog.now() - interval '1 day'
         limit $1::int) as expired`,
      [limits.expiredRows + 1],
    )
    if (n > limits.expiredRows)
      findings.push(
        warning(
          'expired-rows',
          `${schema}.${table} has more than ${limits.expiredRows} rows that expired more than a day ago`,
          `npx torii-storage-postgres sweep, then vacuum ${schema}.${table}`,
        ),
      )
  }
  return findings
}

/** The default cost of torii-auth, memory in KiB times passes. @see OWASP Password Storage Cheat Sheet: Argon2id */
const leastWork = 19_456 * 2
/** Hashes that are read: enough to see how it is, few enough to read at once. */
const hashesRead = 100_000

/** Password hashes that are not Argon2id, or cost less than the default. */
export const checkPasswordHashes: Check = async (examination) => {
  const { schema } = examination
  const { weak, read } = await ask<{ weak: number; read: number }>(
    examination,
    `select pg_catalog.count(*)::int as read,
       pg_catalog.count(*) filter (where coalesce(h.cost[1]::int * h.cost[2]::int < $1::int, true))::int as weak
     from (
       select pg_catalog.regexp_match(p.hash, '^[$]argon2id[$]v=19[$]m=([0-9]{1,6}),t=([0-9]{1,2}),') as cost
       from "${schema}".passwords p limit $2::int) as h`,
    [leastWork, hashesRead],
  )
  if (weak === 0) return []
  return [
    warning(
      'password-hashes',
      `${weak} of ${read} password hashes are weaker than Argon2id with 19 MiB and 2 passes`,
      'each is replaced at its next sign-in if the option password.hashing is at the default or above; ask users of imported hashes to reset their passwords',
    ),
  ]
}
