import { hasSecondFactor } from '../tables/fragments/second-factor.js'
import type { Transaction } from './import-batch.js'

interface ExportedRow {
  id: string
  line: string
}

/** What an export has written. */
export interface ExportReport {
  readonly exported: number
}

const pageSize = 500

/**
 * Calls `write` with each account as one line of JSON, in the order of their ids: profile, verified address, password hash,
 * providers' accounts with their tokens as they are encrypted here, passkeys, and the second factor with its secret as it is
 * encrypted and the hashes of its recovery codes. What no longer counts is left out.
 */
export async function exportUsers(
  { transaction, schema }: { readonly transaction: Transaction; readonly schema: string },
  write: (line: string) => void | Promise<void>,
): Promise<ExportReport> {
  let exported = 0
  let after = '00000000-0000-0000-0000-000000000000'
  for (;;) {
    const { rows } = await transaction((query) => query(page(schema), [after, pageSize]))
    for (const row of rows as ExportedRow[]) {
      await write(row.line)
      exported += 1
      after = row.id
    }
    if (rows.length < pageSize) break
  }
  return { exported }
}

const utc = (time: string) =>
  `pg_catalog.to_char(${time} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

const base64 = (bytes: string) =>
  `pg_catalog.replace(pg_catalog.encode(${bytes}, 'base64'), pg_catalog.chr(10), '')`

/** The second factor of the user `u`: in force without an application it is one that an import could not read. */
const totp = (schema: string) => `case when ${hasSecondFactor} then coalesce((
        select pg_catalog.jsonb_build_object('encryptedSecret', ${base64('t.secret')}, 'lastStep', t.last_step,
          'createdAt', ${utc('t.created_at')}, 'lastUsedAt', ${utc('t.last_used_at')})
        from ${schema}.totp_factors t where t.user_id = u.id), '"unreadable"') end`

const recoveryCodes = (schema: string) => `case when ${hasSecondFactor} then (
        select pg_catalog.jsonb_agg(${base64('c.code_hash')} order by c.code_hash)
        from ${schema}.recovery_codes c join ${schema}.totp_factors t
          on t.user_id = c.user_id and t.recovery_generation = c.generation
        where c.user_id = u.id) end`

const passkeys = (schema: string) => `(
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
          'credentialId', ${base64('k.credential_id')}, 'publicKey', ${base64('k.public_key')},
          'userHandle', ${base64('k.user_handle')}, 'signCount', k.sign_count, 'userVerified', k.user_verified,
          'backupEligible', k.backup_eligible, 'backedUp', k.backed_up, 'aaguid', k.aaguid,
          'transports', pg_catalog.to_jsonb(k.transports), 'name', k.name,
          'createdAt', ${utc('k.created_at')}, 'lastUsedAt', ${utc('k.last_used_at')}) order by k.created_at, k.id)
        from ${schema}.passkeys k where k.user_id = u.id and k.owner_epoch = u.owner_epoch)`

const page = (schema: string) => `
  select u.id, (pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
      'id', u.id, 'email', u.email, 'name', u.name, 'picture', u.picture,
      'emailVerified', case when u.email is not null then
        coalesce(pg_catalog.to_jsonb(${utc('u.email_verified_at')}), 'false') end,
      'createdAt', ${utc('u.created_at')},
      'disabled', case when u.disabled_at is not null then true end,
      'passwordHash', (select p.hash from ${schema}.passwords p
        where p.user_id = u.id and p.owner_epoch = u.owner_epoch),
      'oauthAccounts', (select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
          'provider', a.provider, 'subject', a.subject, 'label', a.label,
          'encryptedTokens', ${base64('a.tokens')})
          order by a.provider, a.subject)
        from ${schema}.oauth_accounts a where a.user_id = u.id and a.owner_epoch = u.owner_epoch),
      'passkeys', ${passkeys(schema)},
      'totp', ${totp(schema)},
      'recoveryCodeHashes', ${recoveryCodes(schema)},
      'secondFactorRequiredAt', ${utc('u.second_factor_required_at')}
    )) || pg_catalog.jsonb_build_object('metadata', u.metadata))::text as line
  from ${schema}.users u where u.id > $1::uuid order by u.id limit $2::int`
