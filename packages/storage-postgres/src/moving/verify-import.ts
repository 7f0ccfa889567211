import type { CheckedRecord, DefaultVerification, Reason } from './checked-record.js'
import { checkRecord } from './checked-record.js'
import type { Query, Transaction } from './import-batch.js'
import type { ReasonCount } from './import-report.js'
import { createReasons } from './import-report.js'
import type { ImportServices } from './import-users.js'
import { importedUserId } from './imported-id.js'
import { digestOf } from './password-digest.js'
import type { SourceRecord } from './source-record.js'

/** In what an account here differs from the one of the file. */
export type Difference =
  /** It is not here, and no import has brought it. */
  | 'account_missing'
  /** An import has brought it, and it is not here any more. */
  | 'account_removed'
  | 'email_differs'
  | 'verification_differs'
  | 'disabled_differs'
  | 'password_differs'
  | 'oauth_account_missing'
  | 'passkey_missing'
  | 'second_factor_missing'

/** What a comparison has found. */
export interface VerifyReport {
  /** Accounts of the file that are here, and were compared. */
  readonly compared: number
  /** What differs although nothing here was changed since the import. */
  readonly differences: readonly ReasonCount<Difference>[]
  /** What differs and was changed here since. */
  readonly changedHere: readonly ReasonCount<Difference>[]
  /** Accounts that no import would bring, by reason. */
  readonly skipped: readonly ReasonCount<Reason>[]
}

export interface VerifyOptions {
  readonly transaction: Transaction
  /** Quoted. */
  readonly schema: string
  readonly source: string
  read(): AsyncIterable<SourceRecord>
  readonly services: Pick<ImportServices, 'readPasswordHash' | 'importedPasswordMark'>
  readonly verified: DefaultVerification
  readonly wrapWeakHashes: boolean
  readonly importedPasswords: boolean
  onProgress(done: number): void
}

const batchSize = 500

/** Compares the accounts of a source with those here. Writes nothing. */
export async function verifyImport(options: VerifyOptions): Promise<VerifyReport> {
  const differences = createReasons<Difference>()
  const changedHere = createReasons<Difference>()
  const skipped = createReasons<Reason>()
  let [compared, done] = [0, 0]
  let batch: CheckedRecord[] = []
  const flush = async () => {
    for (const { record, row } of await findRows(options, batch)) {
      const taken = row.taken && row.email_key !== record.emailKey
      if (!row.mapped && !row.here && taken) skipped.add('email_taken', record)
      else if (!row.here)
        differences.add(row.mapped ? 'account_removed' : 'account_missing', record)
      else {
        compared += 1
        for (const { difference, isChangedHere } of compare(options, record, row, taken))
          (isChangedHere ? changedHere : differences).add(difference, record)
      }
    }
    done += batch.length
    options.onProgress(done)
    batch = []
  }
  for await (const source of options.read()) {
    const record = checkRecord(source, options.verified)
    if (typeof record === 'string') skipped.add(record, { line: source.line })
    else if (batch.push(record) === batchSize) await flush()
  }
  await flush()
  return {
    compared,
    differences: differences.list(),
    changedHere: changedHere.list(),
    skipped: skipped.list(),
  }
}

interface FoundRow {
  ord: number
  mapped: boolean
  here: boolean
  email_key: string | null
  verified: boolean
  disabled: boolean
  hash: string | null
  user_changed: boolean
  password_changed: boolean
  /** Of the hash that was taken last, in base64. */
  digest: string | null
  /** Another account has the address. */
  taken: boolean
  accounts: readonly (readonly [provider: string, subject: string])[]
  /** In hexadecimal digits. */
  passkeys: readonly string[]
  has_factor: boolean
}

async function findRows({ transaction, schema, source }: VerifyOptions, records: CheckedRecord[]) {
  if (records.length === 0) return []
  const asked = records.map(({ sourceId, emailKey }, ord) => ({
    ord,
    source_id: sourceId,
    id: importedUserId(source, sourceId),
    email_key: emailKey,
  }))
  const { rows } = await transaction((query: Query) =>
    query(comparison(schema), [JSON.stringify(asked), source]),
  )
  return (rows as FoundRow[]).map((row) => ({ row, record: records[row.ord] as CheckedRecord }))
}

// Both times are those of the transaction that imported the account, until something is changed.
const comparison = (schema: string) => `
  select i.ord, m.user_id is not null as mapped, u.id is not null as here, u.email_key,
    u.email_verified_at is not null as verified, u.disabled_at is not null as disabled, p.hash,
    coalesce(u.updated_at > m.imported_at, false) as user_changed,
    coalesce(p.updated_at > m.imported_at or (p.user_id is null and u.session_epoch > 0), false) as password_changed,
    pg_catalog.encode(m.password_digest, 'base64') as digest,
    (select true from ${schema}.user_emails e where e.email_key = i.email_key and e.user_id <> i.id limit 1) is not null as taken,
    coalesce((select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(a.provider, a.subject))
      from ${schema}.oauth_accounts a where a.user_id = u.id and a.owner_epoch = u.owner_epoch), '[]') as accounts,
    coalesce((select pg_catalog.jsonb_agg(pg_catalog.encode(k.credential_id, 'hex'))
      from ${schema}.passkeys k where k.user_id = u.id and k.owner_epoch = u.owner_epoch), '[]') as passkeys,
    coalesce(u.second_factor_epoch = u.owner_epoch, false) or u.second_factor_required_at is not null as has_factor
  from pg_catalog.jsonb_to_recordset($1::jsonb) as i (ord int, source_id text, id uuid, email_key text)
  left join ${schema}.imported_users m on m.source = $2::text and m.source_id = i.source_id
  left join ${schema}.users u on u.id = i.id
  left join ${schema}.passwords p on p.user_id = u.id and p.owner_epoch = u.owner_epoch
  order by i.ord`

function compare(
  options: VerifyOptions,
  record: CheckedRecord,
  row: FoundRow,
  hasLostAddress: boolean,
): { difference: Difference; isChangedHere: boolean }[] {
  const found: { difference: Difference; isChangedHere: boolean }[] = []
  const differ = (difference: Difference, isChangedHere: boolean) =>
    found.push({ difference, isChangedHere })
  const emailKey = hasLostAddress ? null : record.emailKey
  if (row.email_key !== emailKey) differ('email_differs', row.user_changed)
  else if (emailKey !== null && row.verified !== (record.verified !== false))
    differ('verification_differs', row.user_changed)
  if (row.disabled !== record.disabled) differ('disabled_differs', row.user_changed)
  if (!isSamePassword(options, record, row, emailKey === null))
    differ('password_differs', row.password_changed || isReplaced(record, row))
  // Which identity belongs to whom is decided by the first import of it, and can be changed by the user at any time.
  const held = new Set(
    row.accounts.map(([provider, subject]) => JSON.stringify([provider, subject])),
  )
  for (const { provider, subject } of record.oauthAccounts)
    if (!held.has(JSON.stringify([provider, subject])))
      differ('oauth_account_missing', row.user_changed)
  for (const { credentialId } of record.passkeys)
    if (!row.passkeys.includes(credentialId.toString('hex')))
      differ('passkey_missing', row.user_changed)
  if (record.factor.totp !== undefined && !row.has_factor)
    differ('second_factor_missing', row.user_changed)
  return found
}

/** A sign-in replaces the hash of another system by Argon2id. */
const isReplaced = ({ passwordHash }: CheckedRecord, { hash, digest }: FoundRow): boolean =>
  digest !== null && digest === digestOf(passwordHash) && hash?.startsWith('$argon2id$') === true

/** A weak hash was wrapped with a salt of its own, and is only known to be there. */
function isSamePassword(
  { services, wrapWeakHashes, importedPasswords }: VerifyOptions,
  { passwordHash: text, email }: CheckedRecord,
  { hash }: FoundRow,
  hasLostAddress: boolean,
): boolean {
  if (hasLostAddress) return hash === null
  if (text === null)
    return importedPasswords && email !== null
      ? hash === services.importedPasswordMark(email)
      : hash === null
  const kind = services.readPasswordHash(text)
  if (kind === 'accepted') return hash === text
  return kind === 'weak' && wrapWeakHashes ? hash !== null : hash === null
}
