import type { Transaction } from './import-batch.js'

interface ExportedRow {
  id: string
  line: string
  passkeys: number
  factors: number
}

/** What an export has written, and what it cannot. */
export interface ExportReport {
  readonly exported: number
  /** Passkeys and second factors are not in the file. */
  readonly leftOut: { readonly passkeys: number; readonly secondFactors: number }
}

const pageSize = 500

/**
 * Calls `write` with each account as one line of JSON, in the order of their ids: profile, verified address, password hash,
 * providers' accounts with their tokens as they are encrypted here. What no longer counts is left out.
 */
export async function exportUsers(
  { transaction, schema }: { readonly transaction: Transaction; readonly schema: string },
  write: (line: string) => void | Promise<void>,
): Promise<ExportReport> {
  let [exported, passkeys, secondFactors] = [0, 0, 0]
  let after = '00000000-0000-0000-0000-000000000000'
  for (;;) {
    const { rows } = await transaction((query) => query(page(schema), [after, pageSize]))
    for (const row of rows as ExportedRow[]) {
      await write(row.line)
      exported += 1
      passkeys += row.passkeys
      secondFactors += row.factors
      after = row.id
    }
    if (rows.length < pageSize) break
  }
  return { exported, leftOut: { passkeys, secondFactors } }
}

const utc = (time: string) =>
  `pg_catalog.to_char(${time} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

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
          'encryptedTokens', pg_catalog.replace(pg_catalog.encode(a.tokens, 'base64'), pg_catalog.chr(10), ''))
          order by a.provider, a.subject)
        from ${schema}.oauth_accounts a where a.user_id = u.id and a.owner_epoch = u.owner_epoch)
    )) || pg_catalog.jsonb_build_object('metadata', u.metadata))::text as line,
    (select pg_catalog.count(*) from ${schema}.passkeys k
      where k.user_id = u.id and k.owner_epoch = u.owner_epoch)::int as passkeys,
    coalesce(u.second_factor_epoch = u.owner_epoch, false)::int as factors
  from ${schema}.users u where u.id > $1::uuid order by u.id limit $2::int`
