import type { ImportedSession, UserId } from 'torii-core'
import type { CheckedPasskey } from './checked-passkeys.js'
import type {
  CheckedAccount,
  CheckedRecord,
  DefaultVerification,
  Reason,
} from './checked-record.js'
import { checkRecord } from './checked-record.js'
import type { SessionTerms } from './checked-sessions.js'
import { keptSession } from './checked-sessions.js'
import type { BatchContext, BatchOutcome, ReadyAccount, ReadyRecord } from './import-batch.js'
import { findStanding, importBatch } from './import-batch.js'
import type { ImportReport, ReportCounter } from './import-report.js'
import { createReport } from './import-report.js'
import { importedUserId } from './imported-id.js'
import type { FactorServices } from './ready-factors.js'
import { readyFactor } from './ready-factors.js'
import type { RefreshedRecord } from './refresh-accounts.js'
import { refreshAccounts } from './refresh-accounts.js'
import type { SourceRecord } from './source-record.js'

/** What an import asks the services of torii-auth. */
export interface ImportServices extends FactorServices {
  /** Whether a stored text signs in as it is, only when wrapped, or not at all. */
  readPasswordHash(text: string): 'accepted' | 'weak' | 'unsupported'
  /** Returns a weak hash inside Argon2id. */
  wrapWeakHash(text: string): Promise<string>
  /** Returns the mark of an account whose password the old system verifies. */
  importedPasswordMark(email: string): string
  /** Returns a provider's tokens encrypted, in base64, or null without keys and for what are no tokens. */
  encryptTokens(account: { provider: string; subject: string }, tokens: object): string | null
}

export interface ImportOptions extends BatchContext {
  /** Reads the file from its beginning. */
  read(): AsyncIterable<SourceRecord>
  readonly services: ImportServices
  /** Only accounts that were changed since then, where the source says when; null takes all. ISO 8601, UTC. */
  readonly since: string | null
  /** Whether addresses count as verified where the file does not say. */
  readonly verified: DefaultVerification
  readonly wrapWeakHashes: boolean
  /** Accounts with an address and without a hash get the mark of `importedPassword`. */
  readonly importedPasswords: boolean
  /** Stores sessions, at most 1,000, and returns how many are new. */
  importSessions(sessions: readonly ImportedSession[]): Promise<number>
  readonly sessionTerms: SessionTerms
  /** Users whose second factor cannot be read enroll another one at their next sign-in. */
  readonly enrollLostFactors: boolean
  onProgress(done: number, total: number): void
  /** Called once before hashes are wrapped. */
  onEstimate(hashes: number, seconds: number): void
}

/** Accounts of one transaction. */
const batchSize = 500

/**
 * Imports the accounts of a file. Those with a verified address come first, so that an address that several accounts have goes to
 * one who has proved it. Run again after an interruption: what is here is left as it is.
 */
export async function importUsers(options: ImportOptions): Promise<ImportReport> {
  const report = createReport()
  const { total, weak } = await countRecords(options)
  if (weak > 0 && options.wrapWeakHashes && !options.dryRun) await estimate(options, weak)
  const seen = createSeen()
  let done = 0
  for (const isVerifiedTurn of [true, false]) {
    let batch: CheckedRecord[] = []
    const flush = async () => {
      await importRecords(options, batch, seen, report)
      done += batch.length
      options.onProgress(done, total)
      batch = []
    }
    for await (const source of options.read()) {
      const record = checkRecord(source, options.verified)
      if (typeof record === 'string') {
        if (isVerifiedTurn) report.skip(record, placeOf(source))
        continue
      }
      if (isBefore(record, options.since)) continue
      if ((record.verified !== false) !== isVerifiedTurn) continue
      batch.push(record)
      if (batch.length === batchSize) await flush()
    }
    await flush()
  }
  return report.read()
}

/** Both times are ISO 8601 in UTC, with milliseconds. */
const isBefore = ({ updatedAt, createdAt }: CheckedRecord, since: string | null): boolean => {
  const time = updatedAt ?? createdAt
  return since !== null && time !== null && time < since
}

const placeOf = ({ line, fields }: SourceRecord) =>
  typeof fields?.id === 'string' || typeof fields?.id === 'number'
    ? { line, sourceId: String(fields.id).slice(0, 255) }
    : { line }

async function countRecords({ read, services, verified, since }: ImportOptions) {
  let [total, weak] = [0, 0]
  for await (const source of read()) {
    const record = checkRecord(source, verified)
    if (typeof record === 'string' || isBefore(record, since)) continue
    total += 1
    if (record.passwordHash !== null && services.readPasswordHash(record.passwordHash) === 'weak')
      weak += 1
  }
  return { total, weak }
}

/** The time of as many hashes at once as the services compute, each of an empty MD5. */
async function estimate({ services, onEstimate }: ImportOptions, hashes: number): Promise<void> {
  const sample = 16
  const started = performance.now()
  await Promise.all(
    Array.from({ length: sample }, () => services.wrapWeakHash('d41d8cd98f00b204e9800998ecf8427e')),
  )
  onEstimate(hashes, Math.ceil(((performance.now() - started) / 1000 / sample) * hashes))
}

/** What accounts before in the file have. */
type Seen = ReturnType<typeof createSeen>

const createSeen = () => ({ ids: new Set<string>(), keys: new Set<string>() })

async function importRecords(
  options: ImportOptions,
  records: readonly CheckedRecord[],
  seen: Seen,
  report: ReportCounter,
): Promise<void> {
  const { fresh, here } = await sortOut(options, records, seen, report)
  const outcomes = await importFresh(options, fresh, seen)
  for (const outcome of outcomes) count(report, outcome)
  if (options.since !== null)
    report.updated(await refreshAccounts(options, here.map(toRefreshed(options))))
  const written = outcomes.filter(({ skipped }) => skipped === null || skipped === 'merged')
  await importSessions(options, [...here, ...written.map(({ record }) => record)], report)
}

type Identified = CheckedRecord & { readonly id: string }

async function importFresh(
  options: ImportOptions,
  fresh: readonly Identified[],
  seen: Seen,
): Promise<readonly BatchOutcome[]> {
  if (fresh.length === 0) return []
  const inBatch = new Set(seen.keys)
  const ready = await Promise.all(fresh.map((record) => makeReady(options, record, inBatch)))
  const outcomes = await importBatch(options, ready)
  // A dry run writes nothing, so the next batch has to be told.
  if (options.dryRun)
    for (const outcome of outcomes)
      if (outcome.skipped === null) for (const key of keysOf(outcome)) seen.keys.add(key)
  return outcomes
}

/** A weak hash would be wrapped with another salt in every run, and is left as it is. */
const toRefreshed =
  ({ services }: ImportOptions) =>
  (record: Identified): RefreshedRecord => {
    const { passwordHash: text } = record
    const isAccepted = text !== null && services.readPasswordHash(text) === 'accepted'
    return { ...record, hash: isAccepted ? text : null }
  }

const maxSessions = 1000

/** Stores the sessions of accounts that this import or an earlier one has made here. What was used or ended stays so. */
async function importSessions(
  { importSessions: store, sessionTerms, dryRun }: ImportOptions,
  records: readonly Identified[],
  report: ReportCounter,
): Promise<void> {
  const sessions = records.flatMap(({ id, sessions: given }) =>
    given.flatMap((session) => {
      const kept = keptSession(session, sessionTerms)
      return kept === null ? [] : [{ ...kept, userId: id as UserId }]
    }),
  )
  if (dryRun) return report.sessions(sessions.length)
  for (let from = 0; from < sessions.length; from += maxSessions)
    report.sessions(await store(sessions.slice(from, from + maxSessions)))
}

/** The accounts that are not here yet, and those that an earlier run has imported; the others are counted. */
async function sortOut(
  options: ImportOptions,
  records: readonly CheckedRecord[],
  { ids }: Seen,
  report: ReportCounter,
) {
  const identified = records.flatMap((record) => {
    const id = importedUserId(options.source, record.sourceId)
    if (ids.has(id)) {
      report.skip('id_repeated', record)
      return []
    }
    ids.add(id)
    return [{ ...record, id }]
  })
  // From the next batch on, the tables tell.
  if (!options.dryRun) ids.clear()
  if (identified.length === 0) return { fresh: [], here: [] }
  const standing = await findStanding(options, identified)
  const sorted = { fresh: [] as Identified[], here: [] as Identified[] }
  for (const [at, record] of identified.entries()) {
    const found = standing[at] ?? null
    if (found === null) sorted.fresh.push(record)
    else if (found === 'merged') {
      report.merged()
      sorted.here.push(record)
    } else report.skip(found, record)
  }
  return sorted
}

/** Computes what is stored. `taken` are the addresses, providers' accounts and passkeys before it, to which it adds its own. */
async function makeReady(
  options: ImportOptions,
  record: CheckedRecord & { readonly id: string },
  taken: Set<string>,
): Promise<ReadyRecord> {
  const leftOut = [...record.leftOut]
  const take = (key: string) => !taken.has(key) && taken.add(key) !== undefined
  const claims = record.emailKey !== null && take(emailKeyOf(record.emailKey))
  const accounts = record.oauthAccounts.flatMap((account) =>
    take(accountKeyOf(account)) ? [readyAccount(options.services, account, leftOut)] : [],
  )
  const passkeys = record.passkeys.filter((passkey) => {
    const isUsable = options.services.isPasskeyKey(passkey.publicKey)
    if (isUsable && take(passkeyKeyOf(passkey))) return true
    leftOut.push(isUsable ? 'passkey_taken' : 'passkey_invalid')
    return false
  })
  const { services, enrollLostFactors } = options
  const userId = record.id as UserId
  const leaveOut = (reason: Reason) => leftOut.push(reason)
  const secondFactor = readyFactor(services, enrollLostFactors, userId, record.factor, leaveOut)
  const hash = await readyHash(options, record, leftOut)
  return { ...record, claims, accounts, passkeys, secondFactor, hash, leftOut }
}

const emailKeyOf = (emailKey: string) => `email ${emailKey}`
const accountKeyOf = ({ provider, subject }: Pick<CheckedAccount, 'provider' | 'subject'>) =>
  `account ${JSON.stringify([provider, subject])}`
const passkeyKeyOf = ({ credentialId }: CheckedPasskey) => `passkey ${credentialId.toString('hex')}`

const keysOf = ({ emailKey, accounts, passkeys }: BatchOutcome): string[] => [
  ...(emailKey === null ? [] : [emailKeyOf(emailKey)]),
  ...accounts.map(accountKeyOf),
  ...passkeys.map(passkeyKeyOf),
]

function count(
  report: ReportCounter,
  { record, skipped, emailKey, accounts, passkeys }: BatchOutcome,
): void {
  if (skipped === 'merged') report.merged()
  else if (skipped !== null) report.skip(skipped, record)
  else {
    report.imported()
    for (const reason of record.leftOut) report.leaveOut(reason, record)
    if (record.emailKey !== null && emailKey === null) report.leaveOut('email_taken', record)
    for (let lost = accounts.length; lost < record.oauthAccounts.length; lost += 1)
      report.leaveOut('oauth_account_taken', record)
    for (let lost = passkeys.length; lost < record.passkeys.length; lost += 1)
      report.leaveOut('passkey_taken', record)
  }
}

function readyAccount(
  services: ImportServices,
  { provider, subject, label, tokens, encryptedTokens }: CheckedAccount,
  leftOut: Reason[],
): ReadyAccount {
  if (tokens === null) return { provider, subject, label, encrypted: encryptedTokens }
  const encrypted = services.encryptTokens({ provider, subject }, tokens)
  if (encrypted === null) leftOut.push('tokens_without_keys')
  return { provider, subject, label, encrypted }
}

/** What is stored as the hash of an account; null, with the reason, for what does not sign in. */
async function readyHash(
  { services, wrapWeakHashes, importedPasswords, dryRun }: ImportOptions,
  { passwordHash: text, email }: CheckedRecord,
  leftOut: Reason[],
): Promise<string | null> {
  if (text === null)
    return importedPasswords && email !== null ? services.importedPasswordMark(email) : null
  const kind = services.readPasswordHash(text)
  if (kind === 'accepted') return text
  if (kind === 'unsupported') leftOut.push('password_hash_unsupported')
  else if (wrapWeakHashes) return dryRun ? null : services.wrapWeakHash(text)
  else leftOut.push('password_hash_weak')
  return null
}
