import { carriedFields, passkeyOf } from './carried.js'
import type { DatabasePlan, Row } from './database-source.js'
import { databaseSource } from './database-source.js'
import type { Table, Tables } from './tables.js'
import { listOf } from './tables.js'
import { nameOf, objectsOf, textOf, timeOf } from './values.js'

/** The Rust crates of torii. Passkeys come along if the application stored their public keys as COSE. */
export const toriiRs = databaseSource({
  name: 'torii-rs',
  versions: 'torii-rs 0.5',
  help: 'import the accounts of a database of torii-rs',
  schema: 'public',
  plan: planOf,
})

function planOf(tables: Tables): DatabasePlan {
  const user = tables.require(['users'], 'u')
  const id = user.column('id')
  const account = tables.require(['oauth_accounts'], 'a')
  const passkey = tables.find(['passkeys'], 'k')
  const lists = [
    listOf(account, {
      as: 'accounts',
      owner: 'user_id',
      user: id,
      fields: { provider: account.column('provider'), subject: account.column('subject') },
    }),
    ...(passkey === null ? [] : [passkeysOf(passkey, id)]),
  ]
  return {
    saysVerified: true,
    sql: `
      select ${id} as id, ${user.column('email')} as email, ${user.column('email_verified_at')} as verified,
        ${user.optional('name')} as name, ${user.column('password_hash')} as hash, ${user.optional('created_at')} as created, ${user.optional('updated_at')} as updated,
        accounts.list as accounts, ${passkey === null ? 'null' : 'passkeys.list'} as passkeys
      from ${user.from} ${lists.join(' ')}
      order by ${id}`,
    fieldsOf,
  }
}

const passkeysOf = (passkey: Table, user: string) =>
  listOf(passkey, {
    as: 'passkeys',
    owner: 'user_id',
    user,
    fields: {
      credentialId: passkey.column('credential_id'),
      publicKey: passkey.column('public_key'),
      name: passkey.optional('name'),
      createdAt: passkey.optional('created_at'),
      lastUsedAt: passkey.optional('last_used_at'),
    },
  })

const fieldsOf = (row: Row): Record<string, unknown> => ({
  id: row.id,
  email: textOf(row.email),
  emailVerified: timeOf(row.verified) ?? false,
  // Providers put control characters into names, which torii-rs kept.
  name: nameOf(textOf(row.name)?.replace(/\p{Cc}/gu, '')),
  createdAt: timeOf(row.created),
  updatedAt: timeOf(row.updated),
  passwordHash: textOf(row.hash),
  oauthAccounts: objectsOf(row.accounts),
  ...carriedFields({ passkeys: objectsOf(row.passkeys).flatMap(passkeyOf) }),
})
