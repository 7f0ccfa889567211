import { ToriiError } from 'torii-core'
import { currentStep } from '../tables/second-factors/totp-step.js'
import type { CheckedPasskey } from './checked-passkeys.js'
import type { CheckedAccount, CheckedRecord, Reason } from './checked-record.js'
import { importedAccountId } from './imported-id.js'
import { digestOf } from './password-digest.js'
import type { ReadyFactor } from './ready-factors.js'
import {
  factorColumns,
  passkeyRowColumns,
  toFactorColumns,
  toPasskeyRows,
} from './ready-factors.js'

/** Runs a statement. */
export type Query = (text: string, values?: unknown[]) => Promise<{ rows: unknown[] }>

/** Runs work in a transaction, which is rolled back if it throws. */
export type Transaction = <Result>(work: (query: Query) => Promise<Result>) => Promise<Result>

/** An account that is ready to be written. */
export interface ReadyRecord extends CheckedRecord {
  readonly id: string
  /** False if an account before it in the file has the address. */
  readonly claims: boolean
  /** What is stored as the hash; null for none. */
  readonly hash: string | null
  readonly accounts: readonly ReadyAccount[]
  readonly secondFactor: ReadyFactor
}

export interface ReadyAccount extends Pick<CheckedAccount, 'provider' | 'subject' | 'label'> {
  /** Base64 of encrypted tokens; null for none. */
  readonly encrypted: string | null
}

/** What became of one account. */
export interface BatchOutcome {
  readonly record: ReadyRecord
  /** Null if it was imported, otherwise why not. */
  readonly skipped: 'merged' | Reason | null
  /** Null where it has no address. */
  readonly emailKey: string | null
  readonly accounts: readonly ReadyAccount[]
  readonly passkeys: readonly CheckedPasskey[]
}

/** How often a batch is repeated when another transaction was in its way. */
const tries = 5

/** Thrown to end a transaction without its writes. */
class RolledBack extends Error {
  constructor(readonly outcomes: readonly BatchOutcome[]) {
    super('rolled back')
  }
}
class InTheWay extends Error {}

/** What a batch needs besides its accounts. */
export interface BatchContext {
  readonly transaction: Transaction
  /** Quoted. */
  readonly schema: string
  readonly source: string
  readonly dryRun: boolean
}

interface StandingRow {
  ord: number
  merged: boolean
  taken: boolean
}

/** Which accounts are here already: imported earlier, or with this id. */
export async function findStanding(
  { transaction, schema, source }: BatchContext,
  records: readonly { readonly sourceId: string; readonly id: string }[],
): Promise<('merged' | 'id_taken' | null)[]> {
  const ids = JSON.stringify(records.map(({ sourceId, id }, ord) => ({ ord, sourceId, id })))
  const { rows } = await transaction((query) => query(standing(schema), [ids, source]))
  const byOrder = new Map((rows as StandingRow[]).map((row) => [row.ord, row]))
  return records.map((_, ord) => {
    const row = byOrder.get(ord)
    if (row?.merged) return 'merged'
    return row?.taken ? 'id_taken' : null
  })
}

/** Looks one row up by its key. The limit keeps the planner from reading the whole table for a batch, as it may for `exists`. */
const isThere = (row: string): string => `coalesce((select true from ${row} limit 1), false)`

const standing = (schema: string) => `
  select i.ord,
    ${isThere(`${schema}.imported_users m where m.source = $2::text and m.source_id = i."sourceId"`)} as merged,
    ${isThere(`${schema}.users u where u.id = i.id`)} as taken
  from pg_catalog.jsonb_to_recordset($1::jsonb) as i (ord int, "sourceId" text, id uuid)`

/**
 * Writes accounts in one transaction: all of each, or nothing. An address belongs to the account that has it, here or before in the
 * file; an account that loses it is written without it if a provider's account or a passkey signs it in, and not at all otherwise.
 */
export async function importBatch(
  context: BatchContext,
  records: readonly ReadyRecord[],
): Promise<readonly BatchOutcome[]> {
  for (let attempt = 1; ; attempt += 1)
    try {
      return await writeBatch(context, records)
    } catch (error) {
      if (error instanceof RolledBack) return error.outcomes
      const isInTheWay =
        error instanceof InTheWay ||
        (error instanceof ToriiError && error.code === 'ERR_CONTENTION')
      if (!isInTheWay || attempt === tries) throw error
    }
}

const writeBatch = (
  { transaction, schema, source, dryRun }: BatchContext,
  records: readonly ReadyRecord[],
) =>
  transaction(async (query) => {
    const { rows } = await query(insertion(schema), [
      JSON.stringify(records.map(toRow)),
      JSON.stringify(records.flatMap(toAccountRows)),
      source,
      JSON.stringify(records.flatMap(({ passkeys }, ord) => toPasskeyRows(passkeys, ord))),
    ])
    const outcomes = outcomesOf(records, rows as WrittenRow[])
    const lost = outcomes.filter(({ skipped }) => skipped === 'email_taken')
    if (lost.length > 0) await requireOthers({ query, schema, source }, lost)
    if (dryRun) throw new RolledBack(outcomes)
    return outcomes
  })

/** @throws InTheWay if it was another import of the same account that has taken its address meanwhile */
async function requireOthers(
  { query, schema, source }: Pick<BatchContext, 'schema' | 'source'> & { readonly query: Query },
  lost: readonly BatchOutcome[],
): Promise<void> {
  const ids = lost.map(({ record }, ord) => ({ ord, sourceId: record.sourceId, id: record.id }))
  const { rows } = await query(standing(schema), [JSON.stringify(ids), source])
  if ((rows as StandingRow[]).some(({ merged, taken }) => merged || taken))
    throw new InTheWay('imported meanwhile')
}

const toRow = (record: ReadyRecord, ord: number) => ({
  ord,
  id: record.id,
  source_id: record.sourceId,
  email: record.email,
  email_key: record.emailKey,
  has_address: record.hasAddress,
  claims: record.claims,
  verified: record.verified !== false,
  verified_at: typeof record.verified === 'string' ? record.verified : null,
  name: record.name,
  picture: record.picture,
  metadata: JSON.parse(record.metadata),
  created_at: record.createdAt,
  disabled: record.disabled,
  hash: record.hash,
  password_digest: record.hash === null ? null : digestOf(record.passwordHash),
  ...toFactorColumns(record.secondFactor),
})

const toAccountRows = ({ accounts }: ReadyRecord, ord: number) =>
  accounts.map(({ provider, subject, label, encrypted }) => ({
    ord,
    id: importedAccountId(provider, subject),
    provider,
    subject,
    label,
    tokens: encrypted,
  }))

interface WrittenRow {
  ord: number
  standing: 'merged' | 'id_taken' | null
  kept: boolean
  written: boolean
  has_email: boolean
  accounts: { provider: string; subject: string }[]
  /** Credential ids in hexadecimal digits. */
  passkeys: string[]
}

// The order of the locks is that of every statement: addresses, providers' accounts and passkeys before users, users before what is inside.
// Those who wait for one of them wait in its order.
const insertion = (schema: string) => `
  with input as materialized (
    select * from pg_catalog.jsonb_to_recordset($1::jsonb) as r (
      ord int, id uuid, source_id text, email text, email_key text, has_address boolean, claims boolean,
      verified boolean, verified_at timestamptz, name text, picture text, metadata jsonb,
      created_at timestamptz, disabled boolean, hash text, password_digest text, ${factorColumns})
  ), offered as materialized (
    select a.* from pg_catalog.jsonb_to_recordset($2::jsonb) as a (
      ord int, id uuid, provider text, subject text, label text, tokens text)
    where not ${isThere(`${schema}.oauth_accounts x where x.subject = a.subject and x.provider = a.provider`)}
  ), offered_keys as materialized (
    select p.*, pg_catalog.decode(p.credential_id, 'base64') as credential
    from pg_catalog.jsonb_to_recordset($4::jsonb) as p (${passkeyRowColumns})
    where not ${isThere(`${schema}.passkeys x where x.credential_id = pg_catalog.decode(p.credential_id, 'base64')`)}
  ), judged as materialized (
    select i.*, case
      when ${isThere(`${schema}.imported_users m where m.source = $3::text and m.source_id = i.source_id`)} then 'merged'
      when ${isThere(`${schema}.users u where u.id = i.id`)} then 'id_taken'
    end as standing
    from input i
  ), claims as (
    insert into ${schema}.user_emails (email_key, user_id)
    select j.email_key, j.id from judged j where j.standing is null and j.claims order by j.email_key
    on conflict (email_key) do nothing
    returning user_id
  ), decided as materialized (
    select j.*, c.user_id is not null as has_email,
      j.standing is null and (not j.has_address or c.user_id is not null or o.ord is not null or p.ord is not null) as kept
    from judged j left join claims c on c.user_id = j.id
    left join (select distinct ord from offered) o on o.ord = j.ord
    left join (select distinct ord from offered_keys) p on p.ord = j.ord
  ), kept as materialized (
    select d.* from decided d where d.kept
  ), accounts as (
    insert into ${schema}.oauth_accounts (provider, subject, id, user_id, owner_epoch, label, tokens, created_at, last_used_at)
    select o.provider, o.subject, o.id, k.id, 0, o.label, pg_catalog.decode(o.tokens, 'base64'),
      coalesce(k.created_at, pg_catalog.statement_timestamp()), coalesce(k.created_at, pg_catalog.statement_timestamp())
    from offered o join kept k on k.ord = o.ord
    order by o.subject, o.provider
    on conflict (subject, provider) do nothing
    returning provider, subject, user_id
  ), keys as (
    insert into ${schema}.passkeys (
      credential_id, id, user_id, owner_epoch, public_key, sign_count, user_handle, user_verified,
      backup_eligible, backed_up, aaguid, transports, name, created_at, last_used_at)
    select p.credential, p.id, k.id, 0, pg_catalog.decode(p.public_key, 'base64'), p.sign_count,
      pg_catalog.decode(p.user_handle, 'base64'), p.user_verified, p.backup_eligible, p.backed_up, p.aaguid,
      array(select pg_catalog.jsonb_array_elements_text(p.transports)), p.name,
      coalesce(p.created_at, k.created_at, pg_catalog.statement_timestamp()), p.last_used_at
    from offered_keys p join kept k on k.ord = p.ord
    where (select pg_catalog.count(*) from accounts) >= 0
    order by p.credential
    on conflict (credential_id) do nothing
    returning credential_id, user_id
  ), made as (
    insert into ${schema}.users (id, email, email_key, email_verified_at, name, picture, metadata, disabled_at, created_at,
      second_factor_epoch, second_factor_required_at)
    select k.id, case when k.has_email then k.email end, case when k.has_email then k.email_key end,
      case when k.has_email and k.verified then coalesce(k.verified_at, k.created_at, pg_catalog.statement_timestamp()) end,
      k.name, k.picture, k.metadata, case when k.disabled then pg_catalog.statement_timestamp() end,
      coalesce(k.created_at, pg_catalog.statement_timestamp()), case when k.factor_in_force then 0 end,
      coalesce(k.factor_required_at, case when k.factor_enrolls then pg_catalog.statement_timestamp() end)
    from kept k where (select pg_catalog.count(*) from keys) >= 0 order by k.id
    on conflict (id) do nothing
    returning id
  ), secrets as (
    insert into ${schema}.passwords (user_id, hash, owner_epoch)
    select k.id, k.hash, 0 from kept k where k.hash is not null and k.has_email
      and (select pg_catalog.count(*) from made) = (select pg_catalog.count(*) from kept)
    returning user_id
  ), factors as (
    insert into ${schema}.totp_factors (user_id, secret, last_step, recovery_generation, created_at, last_used_at)
    select k.id, pg_catalog.decode(k.factor_secret, 'base64'), greatest(k.factor_last_step, ${currentStep}), 1,
      coalesce(k.factor_created_at, k.created_at, pg_catalog.statement_timestamp()), k.factor_last_used_at
    from kept k where k.factor_secret is not null
      and (select pg_catalog.count(*) from made) = (select pg_catalog.count(*) from kept)
    returning user_id
  ), codes as (
    insert into ${schema}.recovery_codes (user_id, code_hash, generation)
    select k.id, pg_catalog.decode(c.hash, 'base64'), 1
    from kept k cross join pg_catalog.jsonb_array_elements_text(k.factor_codes) as c (hash)
    where (select pg_catalog.count(*) from made) = (select pg_catalog.count(*) from kept)
    returning user_id
  ), mapped as (
    insert into ${schema}.imported_users (source, source_id, user_id, password_digest)
    select $3::text, k.source_id, k.id, case when k.has_email then pg_catalog.decode(k.password_digest, 'base64') end from kept k order by k.source_id
    on conflict (source, source_id) do nothing
    returning user_id
  )
  select d.ord, d.standing, d.kept, d.has_email, all_written.done as written, coalesce(a.list, '[]') as accounts,
    coalesce(p.list, '[]') as passkeys
  from decided d cross join (
    select (select pg_catalog.count(*) from made) = (select pg_catalog.count(*) from kept)
      and (select pg_catalog.count(*) from mapped) = (select pg_catalog.count(*) from kept) as done
  ) all_written left join (
    select a.user_id, pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('provider', a.provider, 'subject', a.subject)) as list
    from accounts a group by a.user_id
  ) a on a.user_id = d.id and d.kept left join (
    select k.user_id, pg_catalog.jsonb_agg(pg_catalog.encode(k.credential_id, 'hex')) as list
    from keys k group by k.user_id
  ) p on p.user_id = d.id and d.kept`

/** @throws InTheWay if another transaction wrote one of the accounts meanwhile */
function outcomesOf(records: readonly ReadyRecord[], rows: readonly WrittenRow[]): BatchOutcome[] {
  const byOrder = new Map(rows.map((row) => [row.ord, row]))
  return records.map((record, ord) => {
    const row = byOrder.get(ord)
    if (row === undefined || !row.written) throw new InTheWay('written meanwhile')
    const skipped = row.kept ? null : (row.standing ?? lostAddress(record))
    const accounts = record.accounts.filter(({ provider, subject }) =>
      row.accounts.some((each) => each.provider === provider && each.subject === subject),
    )
    const passkeys = record.passkeys.filter(({ credentialId }) =>
      row.passkeys.includes(credentialId.toString('hex')),
    )
    return { record, skipped, emailKey: row.has_email ? record.emailKey : null, accounts, passkeys }
  })
}

/** Why an account with an address in the file has none here. */
const lostAddress = ({ emailKey }: Pick<CheckedRecord, 'emailKey'>): Reason =>
  emailKey === null ? 'email_invalid' : 'email_taken'
