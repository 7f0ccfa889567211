import { isIP } from 'node:net'
import { defaults } from '../base/options.js'
import type { Check } from './examination.js'
import { ask } from './examination.js'
import type { Finding } from './finding.js'
import { errorFinding, warning } from './finding.js'

interface SettingsRow {
  role: string
  fsync: string
  full_page_writes: string
  synchronous_commit: string
  isolation: string
  standby: boolean
  read_only: boolean
}

/** Settings of the server and of the role with which Torii does not work, or loses what was committed. */
export const checkSettings: Check = async (examination) => {
  const row = await ask<SettingsRow>(
    examination,
    `select current_user::text as role,
       pg_catalog.current_setting('fsync') as fsync,
       pg_catalog.current_setting('full_page_writes') as full_page_writes,
       pg_catalog.current_setting('synchronous_commit') as synchronous_commit,
       pg_catalog.current_setting('default_transaction_isolation') as isolation,
       pg_catalog.pg_is_in_recovery() as standby,
       pg_catalog.current_setting('default_transaction_read_only')::boolean as read_only`,
  )
  const findings: Finding[] = []
  if (row.standby)
    findings.push(
      errorFinding(
        'standby',
        'this server is a standby: nothing can be written',
        'connect to the primary, or name all hosts in the URL',
      ),
    )
  else if (row.read_only)
    findings.push(
      errorFinding(
        'read-only',
        `default_transaction_read_only is on for the role ${row.role}: nothing can be written`,
        `alter role "${row.role}" set default_transaction_read_only = off`,
      ),
    )
  for (const name of ['fsync', 'full_page_writes'] as const)
    if (row[name] === 'off')
      findings.push(
        errorFinding(
          name.replaceAll('_', '-'),
          `${name} is off: a crash of the machine can destroy the whole database`,
          `alter system set ${name} = on, then select pg_reload_conf()`,
        ),
      )
  if (row.synchronous_commit === 'off')
    findings.push(
      warning(
        'synchronous-commit',
        'synchronous_commit is off: a crash of the server can undo the last sign-outs and make used tokens valid again',
        `alter role "${row.role}" set synchronous_commit = on`,
      ),
    )
  if (row.isolation !== 'read committed')
    findings.push(
      warning(
        'isolation',
        `default_transaction_isolation is ${row.isolation}: concurrent statements are refused and tried again`,
        `alter role "${row.role}" set default_transaction_isolation = 'read committed'`,
      ),
    )
  return findings
}

/** The clock decides nothing here, but JWTs and device cookies are dated by it. */
export const checkClock: Check = async (examination) => {
  const { now, limits } = examination
  const before = now()
  const { clock } = await ask<{ clock: number }>(
    examination,
    `select pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()) as clock`,
  )
  const seconds = Math.round(Math.abs(clock - (before + now()) / 2000))
  if (seconds <= limits.clockSeconds) return []
  return [
    warning(
      'clock',
      `the clocks of the database and of this machine differ by ${seconds} seconds`,
      'synchronize both with NTP',
    ),
  ]
}

/** What one pool of Torii may open, and what the server lets this role have. */
export const checkConnections: Check = async (examination) => {
  const { least } = await ask<{ least: number }>(
    examination,
    `select least(
       pg_catalog.current_setting('max_connections')::int
         - pg_catalog.current_setting('superuser_reserved_connections')::int,
       (select nullif(r.rolconnlimit, -1) from pg_catalog.pg_roles r where r.rolname = current_user),
       (select nullif(d.datconnlimit, -1) from pg_catalog.pg_database d
        where d.datname = pg_catalog.current_database())) as least`,
  )
  const { maxConnections } = defaults
  if (least >= maxConnections) return []
  return [
    warning(
      'connections',
      `this role may open ${least} connections to this database, and the pool of one process has up to ${maxConnections}`,
      `raise the limit (max_connections, or "connection limit" of the role or database), or set the option maxConnections to ${least} divided by your processes`,
    ),
  ]
}

/** Passwords of the database and hashes of tokens cross the network. */
export const checkTls: Check = async (examination) => {
  const { hosts, isPooled } = examination
  const remote = hosts.find((host) => !isLoopback(host))
  if (remote === undefined || isPooled) return []
  const { ssl } = await ask<{ ssl: boolean | null }>(
    examination,
    'select (select s.ssl from pg_catalog.pg_stat_ssl s where s.pid = pg_catalog.pg_backend_pid()) as ssl',
  )
  if (ssl !== false) return []
  return [
    warning(
      'tls',
      `the connection to ${remote} is not encrypted`,
      'add sslmode=verify-full to the URL, and sslrootcert for a private authority',
    ),
  ]
}

/** A path is a socket of this machine. */
function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '')
  if (name === '' || name === 'localhost' || name.startsWith('/')) return true
  return isIP(name) === 4 ? name.startsWith('127.') : name === '::1'
}

/** Time limits that were set for the role or the database and are shorter than a healthy statement needs. */
const limitNames = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']
const shortestMs = 1000

export const checkTimeLimits: Check = async (examination) => {
  const { role, config, timeout } = await ask<{
    role: string
    config: string[]
    timeout: string
  }>(
    examination,
    `select current_user::text as role,
       pg_catalog.current_setting('statement_timeout') as timeout,
       array(
         select c.line from pg_catalog.pg_db_role_setting s, pg_catalog.unnest(s.setconfig) as c (line)
         where s.setrole in (0::oid, (select r.oid from pg_catalog.pg_roles r where r.rolname = current_user))
           and s.setdatabase in (0::oid, (select d.oid from pg_catalog.pg_database d
             where d.datname = pg_catalog.current_database()))
         order by c.line) as config`,
  )
  const findings = config.flatMap((line) => {
    const [name = '', value = ''] = line.split('=')
    const ms = millisecondsOf(value)
    return limitNames.includes(name) && ms > 0 && ms < shortestMs
      ? [
          warning(
            'time-limit',
            `${name} of the role ${role} is ${value}: in the application's pool it ends healthy statements`,
            `alter role "${role}" set ${name} = '10s'`,
          ),
        ]
      : []
  })
  if (!examination.isPooled || timeout !== '0') return findings
  return [
    ...findings,
    warning(
      'no-time-limit',
      `statement_timeout of the role ${role} is 0, and behind a pooler Torii cannot set it: a statement that hangs is never ended`,
      `alter role "${role}" set statement_timeout = '10s', and lock_timeout = '5s'`,
    ),
  ]
}

const unitMs: Readonly<Record<string, number>> = {
  '': 1,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

function millisecondsOf(text: string): number {
  const [, number = '0', unit = ''] = /^(\d+)\s*([a-z]*)$/.exec(text) ?? []
  return Number(number) * (unitMs[unit] ?? 1)
}
