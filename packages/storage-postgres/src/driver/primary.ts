import pg from 'pg'
import { InvalidOptionsError, ToriiError } from 'torii-core'
import { within } from '../base/deadline.js'
import { sqlStateOf } from './error-classes.js'
import type { Host } from './host-list.js'
import { parametersOf } from './host-list.js'
import { resultTypes } from './result-types.js'
import type { TimelineMemory } from './timeline.js'
import { timelineOf } from './timeline.js'

/** Which host a new connection is made to. */
export interface HostChoice {
  /** The host that the next connection is made to: the one that was the primary last. */
  next(): Host
  /** What is wrong with each host, like `h1:5432 (ECONNREFUSED)`; empty while one of them works. */
  problems(): readonly string[]
  /** The connection to `host` is in use, or why not: then the next one goes to the host after it. */
  tried(host: Host, problem: string | null): void
}

/** Starts at the first host and stays with the one that works. */
export function createHostChoice(hosts: readonly Host[]): HostChoice {
  const problems = new Map<Host, string>()
  let current = 0
  let works = false
  const next = (): Host => {
    const host = hosts[current]
    if (host === undefined) throw new Error('a list of hosts is never empty')
    return host
  }
  return {
    next,
    problems: () =>
      works ? [] : hosts.map((host) => `${host.name} (${problems.get(host) ?? 'not tried'})`),
    tried(host, problem) {
      if (problem === null) problems.delete(host)
      else problems.set(host, problem)
      if (host !== next()) return
      works = problem === null
      // Of several connections that fail at once only the first moves on.
      if (problem !== null) current = (current + 1) % hosts.length
    },
  }
}

/** What `pg` makes of each host's URL, read once: a file that cannot be read is an error at start, not later. */
export function readSettings(host: Host): pg.ClientConfig {
  try {
    const {
      user,
      password,
      database,
      port,
      host: address,
      ssl,
    } = new pg.Client({ connectionString: host.url })
    const parameters = Object.fromEntries(parametersOf(host.url))
    return { ...parameters, user, password, database, port, host: address, ssl }
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
    const path: unknown = error instanceof Error ? Reflect.get(error, 'path') : undefined
    if (typeof path === 'string')
      throw new InvalidOptionsError(
        'url',
        `names a file that cannot be read (${String(code)}): ${path}`,
      )
    throw new InvalidOptionsError(
      'url',
      'cannot be read by pg: check its parameters, and that special characters are percent-encoded',
    )
  }
}

interface ServerRow {
  standby: boolean
  read_only: boolean
  /** Null on a standby. */
  system: string | null
  wal_file: string | null
}

const role = `pg_catalog.pg_is_in_recovery() as standby,
    pg_catalog.current_setting('transaction_read_only')::boolean as read_only`
const roleOnly = `select ${role}, null::text as system, null::text as wal_file`
/**
 * The name of the WAL file that is written now holds the timeline from the moment of the promotion on;
 * `pg_control_checkpoint` tells the old one until the first checkpoint has ended.
 */
const roleAndHistory = `
  select ${role},
    case when not pg_catalog.pg_is_in_recovery()
      then (select c.system_identifier::text from pg_catalog.pg_control_system() c) end as system,
    case when not pg_catalog.pg_is_in_recovery()
      then pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()) end as wal_file`

/** A server on which no decision may be taken; the message is a word on why. */
export class NotPrimaryError extends Error {}

/** How servers are asked whether they are the primary. */
export interface PrimaryCheck {
  /** The URL names several hosts. */
  readonly several: boolean
  readonly answerMs: number
  readonly timelines: TimelineMemory
  /** Called when a server does not say its timeline. */
  readonly historyUnknown: () => void
}

/**
 * Asks the server whether decisions may be taken there. Not knowing is a refusal. True if it is a primary that was
 * promoted since the last one was asked: then other connections can lead to an old one.
 */
export async function requirePrimary(client: pg.ClientBase, check: PrimaryCheck): Promise<boolean> {
  const row = await askServer(client, check)
  if (row === undefined || row.standby) throw new NotPrimaryError('a standby')
  // A server alone may be read-only for a while (its disk is full): reads still work there.
  if (check.several && row.read_only) throw new NotPrimaryError('read-only')
  const { system, wal_file: walFile } = row
  if (system === null || walFile === null) return false
  const timeline = timelineOf(walFile)
  if (timeline < (check.timelines.highest(system) ?? 0)) throw new NotPrimaryError(oldPrimary)
  return check.timelines.remember({ system, timeline })
}

async function askServer(
  client: pg.ClientBase,
  { answerMs, historyUnknown }: PrimaryCheck,
): Promise<ServerRow | undefined> {
  const ask = async (text: string) => {
    const query = client.query<ServerRow>({ text, types: resultTypes })
    const { rows } = await within(query, answerMs, () => new NotPrimaryError('no answer in time'))
    return rows[0]
  }
  try {
    return await ask(roleAndHistory)
  } catch (error) {
    if (!deniesFunction(error)) throw error
    historyUnknown()
    return ask(roleOnly)
  }
}

/** The functions of the history are missing, not supported, or not for this role. */
const deniesFunction = (error: unknown): boolean =>
  ['42883', '42501', '0A000', '55000'].includes(sqlStateOf(error) ?? '')

const oldPrimary = 'an old primary'

/** A word or two on why a connection failed; never the server's text, which can quote names and addresses. */
export function problemOf(error: unknown): string {
  if (error instanceof NotPrimaryError) return error.message
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  if (typeof code === 'string') return code
  const message = error instanceof Error ? error.message : ''
  if (/does not support SSL|establishing an SSL/.test(message)) return 'no TLS'
  return /time/.test(message) ? 'no answer in time' : 'connection lost'
}

/** The server's certificate is not the one asked for, or it has none. */
const isTlsProblem = (problem: string): boolean =>
  /^(?:no TLS|ERR_TLS_.*|ERR_SSL_.*|CERT_.*|.*_CERT|.*_CERT_LOCALLY|.*_CERT_IN_CHAIN|.*_SIGNATURE|HOSTNAME_MISMATCH)$/.test(
    problem,
  )

/** The error of a host that is alone in its URL. */
export function notUsable(host: Host, problem: string): ToriiError | null {
  if (isTlsProblem(problem))
    return new ToriiError(
      'ERR_UNAVAILABLE',
      `TLS with ${host.name} failed (${problem}); nothing was sent. Check sslmode and sslrootcert of the URL, and that the certificate is for this host name`,
    )
  if (problem === 'a standby')
    return new ToriiError(
      'ERR_UNAVAILABLE',
      `${host.name} is a standby, where nothing is decided; nothing was done. Name the primary in the URL, or all servers: postgresql://user:password@h1,h2/database`,
    )
  return problem === oldPrimary
    ? new ToriiError(
        'ERR_UNAVAILABLE',
        `${host.name} is an old primary: this process has already used one that was promoted after it; nothing was done. Stop the old server, or restart this process if you went back to it on purpose`,
      )
    : null
}
