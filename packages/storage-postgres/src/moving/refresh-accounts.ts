import type { CheckedRecord } from './checked-record.js'
import type { BatchContext } from './import-batch.js'
import { digestOf } from './password-digest.js'

/** An account that an earlier run has imported, as the source has it now. */
export interface RefreshedRecord
  extends Pick<CheckedRecord, 'sourceId' | 'emailKey' | 'verified' | 'disabled'> {
  readonly id: string
  /** What would be stored as the hash now; null leaves the one that is here. */
  readonly hash: string | null
}

/** Thrown to end a transaction without its writes. */
class RolledBack extends Error {
  constructor(readonly refreshed: number) {
    super('rolled back')
  }
}

/**
 * Takes over what the old system has changed since the import and nobody here: a new password, a verified address, a disabled account.
 * What was changed or removed here stays so. Returns how many accounts have changed.
 */
export async function refreshAccounts(
  { transaction, schema, source, dryRun }: BatchContext,
  records: readonly RefreshedRecord[],
): Promise<number> {
  if (records.length === 0) return 0
  const given = JSON.stringify(
    records.map(({ id, sourceId, emailKey, verified, disabled, hash }) => ({
      id,
      source_id: sourceId,
      email_key: emailKey,
      verified: verified !== false,
      verified_at: typeof verified === 'string' ? verified : null,
      disabled,
      hash,
      digest: digestOf(hash),
    })),
  )
  try {
    return await transaction(async (query) => {
      const { rows } = await query(refreshing(schema), [given, source])
      const [row] = rows as { refreshed: number }[]
      const refreshed = row?.refreshed ?? 0
      if (dryRun) throw new RolledBack(refreshed)
      return refreshed
    })
  } catch (error) {
    if (error instanceof RolledBack) return error.refreshed
    throw error
  }
}

// Both times are those of the transaction that imported the account, until something is changed here. A sign-in replaces the hash of a password
// and leaves its time; the digest says whether the old system has another password now.
const refreshing = (schema: string) => `
  with i as materialized (
    select * from pg_catalog.jsonb_to_recordset($1::jsonb) as r (
      id uuid, source_id text, email_key text, verified boolean, verified_at timestamptz, disabled boolean, hash text,
      digest text)
  ), u as (
    select u.id, u.owner_epoch, i.hash, i.source_id, pg_catalog.decode(i.digest, 'base64') as digest, m.imported_at,
      m.password_digest is distinct from pg_catalog.decode(i.digest, 'base64') as has_new_password,
      coalesce(u.email_key = i.email_key, false) as has_address,
      u.updated_at <= m.imported_at and i.disabled and u.disabled_at is null as disables,
      case when u.updated_at <= m.imported_at and i.verified and u.email_verified_at is null and u.email_key = i.email_key
        then coalesce(i.verified_at, pg_catalog.statement_timestamp()) end as verified_at
    from i join ${schema}.imported_users m on m.source = $2::text and m.source_id = i.source_id
    join ${schema}.users u on u.id = i.id
    order by u.id for no key update of u
  ), p as (
    select p.user_id from ${schema}.passwords p join u on u.id = p.user_id
    where u.hash is not null and u.has_address and p.owner_epoch = u.owner_epoch and p.updated_at <= u.imported_at and p.hash <> u.hash
      and u.has_new_password
    order by p.user_id for update of p
  ), passwords as (
    update ${schema}.passwords x set hash = u.hash from p join u on u.id = p.user_id where x.user_id = p.user_id
    returning x.user_id as id
  ), users as (
    update ${schema}.users x set
      email_verified_at = coalesce(u.verified_at, x.email_verified_at),
      disabled_at = case when u.disables then pg_catalog.statement_timestamp() else x.disabled_at end,
      session_epoch = x.session_epoch + (u.disables or p.user_id is not null)::int
    from u left join p on p.user_id = u.id
    where x.id = u.id and (u.disables or u.verified_at is not null or p.user_id is not null)
    returning x.id
  ), taken as (
    update ${schema}.imported_users m set password_digest = u.digest
    from p join u on u.id = p.user_id
    where m.source = $2::text and m.source_id = u.source_id
    returning m.source_id
  )
  select (select pg_catalog.count(*) from users)::int as refreshed, (select pg_catalog.count(*) from passwords) as changed`
