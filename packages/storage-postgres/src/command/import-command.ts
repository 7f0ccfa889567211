import { quoteSchema } from '../base/schema-name.js'
import type { ImportReport, ReasonCount } from '../moving/import-report.js'
import type { ImportOptions } from '../moving/import-users.js'
import { importUsers } from '../moving/import-users.js'
import type { Source } from '../moving/sources/source.js'
import { sources } from '../moving/sources/sources.js'
import type { VerifyOptions } from '../moving/verify-import.js'
import { verifyImport } from '../moving/verify-import.js'
import { loadAuthServices } from './auth-services.js'
import type { Call, Command } from './command.js'
import { command } from './command.js'
import { exitCodes, UsageError } from './exit-codes.js'
import type { Flags } from './options.js'
import { textOf } from './options.js'
import { printable } from './printable.js'
import type { Report } from './report.js'
import { done } from './report.js'

/** The commands that bring accounts of another system, one for each source. */
export const importCommands: readonly Command[] = sources.map((source) =>
  command(`import ${source.name}`, source.help, (call) => runImport(call, source), {
    needs: 'from',
    options: [
      'from',
      ...source.options,
      'source',
      'addresses',
      'wrap-weak-hashes',
      'imported-passwords',
      'sessions-days',
      'enroll-lost-factors',
      'since',
      'verify',
      'dry-run',
    ],
  }),
)

async function runImport(
  { flags, terminal, target, progress, open }: Call,
  source: Source,
): Promise<Report> {
  const name = readSourceName(flags, source.name)
  const { verified, verification } = readAddresses(flags, source)
  const { saysVerified, read } = await source.open({
    from: readFrom(flags, source, terminal.env),
    schema: textOf(flags, 'from-schema') ?? null,
    passwordHashes: textOf(flags, 'password-hashes') ?? null,
    columns: readColumns(flags),
    verification,
    env: terminal.env,
  })
  if (!saysVerified && verified === null) throw new UsageError(addressesNeeded(source))
  const storage = await open()
  const { imports } = await loadAuthServices(storage, terminal.env.TORII_KEYS)
  const dryRun = flags['dry-run'] === true
  const common: Common = {
    transaction: (work) => storage.transaction(({ query }) => work(query)),
    schema: quoteSchema(target.schema),
    source: name,
    read,
    services: imports,
    verified,
    wrapWeakHashes: flags['wrap-weak-hashes'] === true,
    importedPasswords: flags['imported-passwords'] === true,
  }
  if (flags.verify === true) return runVerification(common, progress)
  const report = await importUsers({
    ...common,
    dryRun,
    since: readSince(flags),
    importSessions: (sessions) => storage.sessions.importMany(sessions),
    sessionTerms: { now: new Date(), days: readSessionDays(flags) },
    enrollLostFactors: flags['enroll-lost-factors'] === true,
    onProgress: (count, total) =>
      progress.show(`imported ${count} of ${total}`, total === 0 ? 1 : count / total),
    onEstimate: (hashes, seconds) =>
      terminal.warn(`wrapping ${hashes} weak hashes takes about ${seconds} s`),
  })
  progress.end()
  if (flags['enroll-lost-factors'] === true)
    terminal.warn(
      "users whose second factor was lost enroll another one only where the option secondFactor.required is 'per-user' or 'always'",
    )
  return done(dryRun ? { dryRun, ...report } : report, describe(report, dryRun))
}

type Common = Omit<VerifyOptions, 'onProgress'> & Pick<ImportOptions, 'services'>

/** Compares instead of importing: exit status 1 where something differs. */
async function runVerification(common: Common, progress: Call['progress']): Promise<Report> {
  const report = await verifyImport({
    ...common,
    onProgress: (count) => progress.show(`compared ${count}`, 0),
  })
  progress.end()
  const { compared, differences, changedHere, skipped } = report
  const ok = differences.length === 0
  return {
    json: { ok, ...report },
    text: [
      `compared ${compared}: ${ok ? 'nothing differs that was not changed here' : 'found differences'}`,
      ...differences.map((each) => `differs ${reasonLine(each)}`),
      ...changedHere.map((each) => `changed here ${reasonLine(each)}`),
      ...skipped.map((each) => `not imported ${reasonLine(each)}`),
    ].join('\n'),
    exitCode: ok ? exitCodes.done : exitCodes.failed,
  }
}

function readSince(flags: Flags): string | null {
  const text = textOf(flags, 'since')
  if (text === undefined) return null
  const time = /^\d{4}-\d\d-\d\d([T ].*)?$/.test(text) ? new Date(text) : null
  if (time === null || Number.isNaN(time.getTime()))
    throw new UsageError('--since must be a time in ISO 8601, like 2026-12-01T08:00:00Z')
  return time.toISOString()
}

const defaultSessionDays = 14
const maxSessionDays = 400

function readSessionDays(flags: Flags): number {
  const text = textOf(flags, 'sessions-days') ?? String(defaultSessionDays)
  const days = /^\d{1,3}$/.test(text) ? Number(text) : maxSessionDays + 1
  if (days > maxSessionDays)
    throw new UsageError(`--sessions-days must be a whole number from 0 to ${maxSessionDays}`)
  return days
}

/** A path; for a database a URL, or the name of an environment variable that has it, so that no shell shows its password. */
function readFrom(flags: Flags, { takes }: Source, env: Call['terminal']['env']): string {
  const from = textOf(flags, 'from') ?? ''
  if (takes === 'file' || !/^\w+$/.test(from)) return from
  const url = env[from]
  if (url !== undefined) return url
  throw new UsageError(`--from: the environment variable ${from} is not set`)
}

/** `email=mail,password_hash=hash` */
function readColumns(flags: Flags): ReadonlyMap<string, string> {
  const given = textOf(flags, 'columns')
  const pairs = (given === undefined ? [] : given.split(',')).map((pair) => {
    const [, field, column] = /^\s*(\w+)\s*=\s*(.+?)\s*$/.exec(pair) ?? []
    if (field === undefined || column === undefined)
      throw new UsageError('--columns is a list such as email=mail,password_hash=hash')
    return [field, column] as const
  })
  return new Map(pairs)
}

function readSourceName(flags: Flags, format: string): string {
  const source = textOf(flags, 'source') ?? format
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(source))
    throw new UsageError(
      '--source must be 1 to 64 lower-case letters, digits, dots, hyphens or underscores',
    )
  return source
}

/** For all accounts of which the source does not say; for csv also the column that says so. */
function readAddresses(flags: Flags, { name }: Source) {
  const how = textOf(flags, 'addresses') ?? null
  if (how === 'verified' || how === 'unverified')
    return { verified: how === 'verified', verification: null }
  if (how !== null && name !== 'csv')
    throw new UsageError(
      `--addresses of import ${name} is verified or unverified, for accounts of which the source does not say`,
    )
  return { verified: null, verification: how }
}

const addressesNeeded = ({ name }: Source): string =>
  name === 'csv'
    ? 'import csv needs --addresses: verified or unverified for all, or the column that says so'
    : `import ${name} needs --addresses verified or --addresses unverified: the tables do not say which addresses are verified`

function describe(
  { imported, merged, updated = 0, sessions = 0, skipped, leftOut }: ImportReport,
  dryRun: boolean,
): string {
  return [
    `${dryRun ? 'would import' : 'imported'} ${imported}`,
    `here from an earlier run ${merged}`,
    ...(updated === 0 ? [] : [`${dryRun ? 'would update' : 'updated'} ${updated}`]),
    ...(sessions === 0 ? [] : [`sessions that ${dryRun ? 'would ' : ''}go on ${sessions}`]),
    ...skipped.map((each) => `skipped ${reasonLine(each)}`),
    ...leftOut.map(
      (each) => `${dryRun ? 'would import' : 'imported'} without: ${reasonLine(each)}`,
    ),
  ].join('\n')
}

const reasonLine = ({ reason, count, examples }: ReasonCount<string>): string =>
  printable(`${reason} ${count}: ${examples.join(', ')}${count > examples.length ? ', ...' : ''}`)
