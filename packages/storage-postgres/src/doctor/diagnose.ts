import { ToriiError } from 'torii-core'
import type { ConnectOptions } from '../base/options.js'
import { openDriver } from '../driver/connect.js'
import type { Connection, Driver } from '../driver/driver.js'
import { toReadError } from '../migrate/health.js'
import type { Check, DoctorLimits, Examination } from './examination.js'
import { doctorLimits } from './examination.js'
import type { Finding } from './finding.js'
import { errorFinding } from './finding.js'
import { checkPooler } from './pooler-check.js'
import { checkRights } from './rights-check.js'
import { checkExpiredRows, checkPasswordHashes, checkSweep } from './row-checks.js'
import { checkMigrations, checkTables } from './schema-checks.js'
import {
  checkClock,
  checkConnections,
  checkSettings,
  checkTimeLimits,
  checkTls,
} from './server-checks.js'
import { checkSurroundings } from './surroundings-checks.js'

/** What is examined, and what it is compared with. */
export interface DiagnosisInput {
  readonly url: string
  /** Plain name. */
  readonly schema: string
  /** The host names of the URL, without ports. */
  readonly hosts: readonly string[]
  /** Milliseconds since 1970 by the clock of this machine. */
  readonly now: () => number
  readonly limits?: Partial<DoctorLimits>
  /** Called before each check. */
  readonly onProgress?: (check: number, checks: number) => void
}

/** First: where a pooler allows no transaction, it closes the connection of whoever begins one. */
const connectionChecks: readonly Check[] = [checkPooler]
const serverChecks: readonly Check[] = [
  checkSurroundings,
  checkSettings,
  checkTimeLimits,
  checkClock,
  checkConnections,
  checkTls,
  checkRights,
]
/** They read every table of this version. */
const rowChecks: readonly Check[] = [checkSweep, checkExpiredRows, checkPasswordHashes]
const stages = [connectionChecks, serverChecks, [checkMigrations], [checkTables], rowChecks]
const all = stages.flat().length

/**
 * Examines the connection, the server, the rights, the schema and its rows. Changes nothing. A stage is left out if the one
 * before it has found an error with which it cannot be read.
 * @throws InvalidOptionsError for a URL or a schema that is none
 */
export async function diagnose(input: DiagnosisInput): Promise<readonly Finding[]> {
  const opened = await open(input)
  if ('finding' in opened) return [opened.finding]
  const { driver, isPooled } = opened
  try {
    return await driver.connected((connection) =>
      examine(connection, {
        ...input,
        isPooled,
        limits: { ...doctorLimits, ...input.limits },
      }),
    )
  } catch (error) {
    return [connectionFinding(error)]
  } finally {
    await driver.close()
  }
}

/** Errors with which the tables can still be read. */
const readable: readonly string[] = ['fsync', 'full-page-writes', 'read-only', 'standby']

type Given = Omit<Examination, 'connection'> & Pick<DiagnosisInput, 'onProgress'>

async function examine(connection: Connection, given: Given): Promise<readonly Finding[]> {
  const examination = { ...given, connection }
  const findings: Finding[] = []
  let started = 0
  for (const checks of stages) {
    for (const check of checks) {
      given.onProgress?.(started, all)
      started += 1
      findings.push(...(await check(examination)))
    }
    if (findings.some(({ level, id }) => level === 'error' && !readable.includes(id))) break
  }
  return findings
}

/** Counting expired rows takes longer than a call of the application. */
const callSeconds = 120

type Opened =
  | { readonly driver: Driver; readonly isPooled: boolean }
  | { readonly finding: Finding }

/** A pooler may refuse named statements and start-up settings: then without them. */
async function open({ url, schema }: DiagnosisInput): Promise<Opened> {
  const options: ConnectOptions = { schema, maxConnections: 1, callSeconds }
  const refused = await tryToConnect(await openDriver(url, options))
  if ('driver' in refused) return { driver: refused.driver, isPooled: false }
  if (refused.error.code !== 'ERR_POOLER') return { finding: connectionFinding(refused.error) }
  const again = await tryToConnect(await openDriver(url, { ...options, prepare: false }))
  if ('driver' in again) return { driver: again.driver, isPooled: true }
  return { finding: connectionFinding(again.error) }
}

async function tryToConnect(driver: Driver): Promise<{ driver: Driver } | { error: ToriiError }> {
  try {
    await driver.connected((connection) => connection.query('select 1'))
    return { driver }
  } catch (error) {
    await driver.close()
    return { error: toReadError(error) }
  }
}

function connectionFinding(reason: unknown): Finding {
  const error = reason instanceof ToriiError ? reason : toReadError(reason)
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : ''
  return errorFinding(
    'connection',
    `${error.message}${cause}`,
    'check host, port, user, password and database name of the URL, and that the server runs',
  )
}
