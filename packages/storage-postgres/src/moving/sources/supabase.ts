import { carriedFields, isBase32, standardTotp } from './carried.js'
import type { DatabasePlan, Row } from './database-source.js'
import { databaseSource } from './database-source.js'
import type { Table, Tables } from './tables.js'
import { listOf } from './tables.js'
import { isLater, isObject, nameOf, objectsOf, textOf, timeOf } from './values.js'

/** Supabase Auth: users, identities and factors. Deleted users, and users who never gave anything to sign in with, stay there. */
export const supabase = databaseSource({
  name: 'supabase',
  versions: 'Supabase Auth as of November 2026',
  help: 'import the accounts of a database of Supabase',
  schema: 'auth',
  plan: planOf,
})

function planOf(tables: Tables): DatabasePlan {
  const user = tables.require(['users'], 'u')
  const id = `${user.column('id')}::text`
  const identity = tables.require(['identities'], 'i')
  const factor = tables.find(['mfa_factors'], 'f')
  const lists = [
    listOf(identity, { as: 'identities', owner: 'user_id', user: id, fields: subjectOf(identity) }),
    ...(factor === null ? [] : [factorsOf(factor, id)]),
  ]
  return {
    saysVerified: true,
    sql: `
      select ${id} as id, ${user.column('email')} as email, ${user.column('email_confirmed_at')} as verified,
        ${user.column('encrypted_password')} as hash, ${user.optional('raw_user_meta_data')} as profile,
        ${user.optional('raw_app_meta_data')} as metadata, ${user.optional('created_at')} as created, ${user.optional('updated_at')} as updated,
        ${user.optional('banned_until')} as "bannedUntil", identities.list as identities,
        ${factor === null ? 'null' : 'factors.list'} as factors
      from ${user.from} ${lists.join(' ')}
      where ${user.optional('deleted_at')} is null and ${user.optional('is_anonymous')} is not true
      order by ${user.column('id')}`,
    fieldsOf,
  }
}

/** Before 2023 the id at the provider was the identity's own id. */
const subjectOf = (identity: Table) => ({
  provider: identity.column('provider'),
  subject: `${identity.column(identity.has('provider_id') ? 'provider_id' : 'id')}::text`,
})

const factorsOf = (factor: Table, user: string) =>
  listOf(factor, {
    as: 'factors',
    owner: 'user_id',
    user,
    where: `${factor.column('status')}::text = 'verified'`,
    fields: { type: `${factor.column('factor_type')}::text`, secret: factor.optional('secret') },
  })

/** Identities that are no account at a provider. */
const ownProviders: readonly unknown[] = ['email', 'phone']

function fieldsOf(row: Row): Record<string, unknown> {
  const profile = isObject(row.profile) ? row.profile : {}
  return {
    id: row.id,
    email: textOf(row.email),
    emailVerified: timeOf(row.verified) ?? false,
    name: nameOf(profile.full_name ?? profile.name),
    picture: textOf(profile.avatar_url ?? profile.picture),
    metadata: metadataOf(row.metadata),
    createdAt: timeOf(row.created),
    updatedAt: timeOf(row.updated),
    disabled: row.bannedUntil !== null && isLater(row.bannedUntil),
    passwordHash: textOf(row.hash),
    oauthAccounts: objectsOf(row.identities).filter(
      ({ provider }) => !ownProviders.includes(provider),
    ),
    ...carriedFields({ totp: totpOf(objectsOf(row.factors)) }),
  }
}

/** What only the server may write. Users write `raw_user_meta_data` themselves, so it is no metadata here. */
function metadataOf(value: unknown): object | null {
  if (!isObject(value)) return null
  const { provider: _, providers: __, ...own } = value
  return Object.keys(own).length === 0 ? null : own
}

/** A factor by telephone or WebAuthn cannot be read; nor can a secret that the server encrypted. */
function totpOf(factors: readonly Row[]) {
  if (factors.length === 0) return null
  const secret = factors.map(({ type, secret }) => (type === 'totp' ? textOf(secret) : null))
  const readable = secret.find((text) => text !== null && isBase32(text))
  return readable === undefined || readable === null ? 'unreadable' : standardTotp(readable)
}
