import type { Decrypt } from './better-auth-secret.js'
import { createDecrypt, isEncrypted } from './better-auth-secret.js'
import type { CarriedTotp } from './carried.js'
import { carriedFields, isBase32, passkeyOf, sessionOf, standardTotp } from './carried.js'
import type { DatabasePlan, Row } from './database-source.js'
import { databaseSource } from './database-source.js'
import type { Table, Tables } from './tables.js'
import { listOf } from './tables.js'
import { isLater, latestOf, nameOf, objectsOf, textOf, timeOf } from './values.js'

/**
 * Better Auth: users, accounts, sessions, and the plugins passkey, twoFactor and admin if their tables and columns are there. What it
 * encrypted is opened with `BETTER_AUTH_SECRET` of the environment.
 */
export const betterAuth = databaseSource({
  name: 'better-auth',
  versions: 'Better Auth 1.0 to 1.7',
  help: 'import the accounts of a database of Better Auth',
  schema: 'public',
  plan: (tables, { env }) => planOf(tables, createDecrypt(env)),
})

function planOf(tables: Tables, decrypt: Decrypt): DatabasePlan {
  const user = tables.require(['user', 'users'], 'u')
  const id = `${user.column('id')}::text`
  const lists = [
    accountsOf(tables.require(['account', 'accounts'], 'a'), id),
    sessionsOf(tables.find(['session', 'sessions'], 's'), id),
    passkeysOf(tables.find(['passkey', 'passkeys'], 'k'), id),
    factorsOf(tables.find(['twoFactor', 'twoFactors'], 'f'), id),
  ].filter((list) => list !== null)
  return {
    saysVerified: user.has('emailVerified'),
    sql: `
      select ${id} as id, ${user.column('email')} as email, ${user.optional('emailVerified')} as verified,
        ${user.optional('name')} as name, ${user.optional('image')} as image, ${user.optional('createdAt')} as created, ${user.optional('updatedAt')} as updated,
        ${user.optional('role')} as role, ${user.optional('banned')} as banned, ${user.optional('banExpires')} as "banExpires",
        ${user.optional('twoFactorEnabled')} as "twoFactor",
        ${lists.map(({ as }) => `${as}.list as ${as}`).join(', ')}
      from ${user.from} ${lists.map(({ join }) => join).join(' ')}
      order by ${user.column('id')}`,
    fieldsOf: (row) => fieldsOf(row, decrypt),
  }
}

interface List {
  readonly as: string
  readonly join: string
}

const list = (as: string, table: Table, user: string, columns: readonly string[], where = 'true') =>
  ({
    as,
    join: listOf(table, {
      as,
      owner: 'userId',
      user,
      where,
      fields: Object.fromEntries(columns.map((name) => [name, table.optional(name)])),
    }),
  }) satisfies List

function accountsOf(account: Table, user: string): List {
  const [provider, subject] = [account.column('providerId'), account.column('accountId')]
  const join = listOf(account, {
    as: 'accounts',
    owner: 'userId',
    user,
    fields: {
      provider,
      subject: `${subject}::text`,
      password: account.optional('password'),
      updatedAt: account.optional('updatedAt'),
      accessToken: account.optional('accessToken'),
      refreshToken: account.optional('refreshToken'),
      scope: account.optional('scope'),
      expiresAt: account.optional('accessTokenExpiresAt'),
    },
  })
  return { as: 'accounts', join }
}

/** Without those that an administrator opened in the name of a user. */
function sessionsOf(session: Table | null, user: string): List | null {
  if (session === null) return null
  const columns = ['token', 'createdAt', 'expiresAt', 'updatedAt', 'userAgent']
  const where = `not (${session.isOver('expiresAt')}) and ${session.optional('impersonatedBy')} is null`
  return list('sessions', session, user, columns, where)
}

const passkeysOf = (passkey: Table | null, user: string): List | null =>
  passkey === null
    ? null
    : list('passkeys', passkey, user, [
        'credentialID',
        'publicKey',
        'counter',
        'deviceType',
        'backedUp',
        'transports',
        'aaguid',
        'name',
        'createdAt',
      ])

const factorsOf = (factor: Table | null, user: string): List | null =>
  factor === null ? null : list('factors', factor, user, ['secret', 'backupCodes', 'verified'])

function fieldsOf(row: Row, decrypt: Decrypt): Record<string, unknown> {
  const accounts = objectsOf(row.accounts)
  const password = accounts.find(({ provider, password }) => provider === 'credential' && password)
  const role = textOf(row.role)
  return {
    id: row.id,
    email: row.email,
    ...(row.verified === null ? {} : { emailVerified: row.verified }),
    name: nameOf(row.name),
    picture: textOf(row.image),
    ...(role === null ? {} : { metadata: { role } }),
    createdAt: timeOf(row.created),
    updatedAt: latestOf(row.updated, ...accounts.map((each) => each.updatedAt)),
    disabled: row.banned === true && (row.banExpires === null || isLater(row.banExpires)),
    passwordHash: textOf(password?.password),
    oauthAccounts: accounts
      .filter(({ provider }) => provider !== 'credential')
      .map((account) => ({
        provider: account.provider,
        subject: account.subject,
        tokens: tokensOf(account, decrypt),
      })),
    ...carriedFields({
      passkeys: objectsOf(row.passkeys).flatMap((each) =>
        passkeyOf({ ...each, credentialId: each.credentialID, signCount: each.counter }),
      ),
      ...factorFields(row, decrypt),
      sessions: objectsOf(row.sessions)
        .map((each) => ({ ...each, lastUsedAt: each.updatedAt }))
        .flatMap((each) => sessionOf(each)),
    }),
  }
}

/** Null without tokens. Tokens that cannot be opened are an empty object, which the report names. */
function tokensOf(account: Row, decrypt: Decrypt): object | null {
  const accessToken = textOf(account.accessToken)
  if (accessToken === null) return null
  const open = (token: string | null) =>
    token !== null && isEncrypted(token) ? decrypt(token) : token
  const [access, refreshToken] = [open(accessToken), open(textOf(account.refreshToken))]
  if (access === null || (refreshToken === null && textOf(account.refreshToken) !== null)) return {}
  return {
    accessToken: access,
    refreshToken,
    scope: textOf(account.scope),
    expiresAt: timeOf(account.expiresAt),
  }
}

/** A row that was never confirmed is no factor. */
function factorFields(row: Row, decrypt: Decrypt) {
  const factor = objectsOf(row.factors).find(({ verified }) => verified !== false)
  if (row.twoFactor !== true) return {}
  if (factor === undefined) return { totp: 'unreadable' as const }
  return {
    totp: totpOf(textOf(factor.secret), decrypt) ?? ('unreadable' as const),
    recoveryCodes: codesOf(textOf(factor.backupCodes), decrypt),
  }
}

const base32Prefix = 'base32:'

/** The bytes of the text itself are the secret, unless it says that it is base32. */
function totpOf(secret: string | null, decrypt: Decrypt): CarriedTotp | null {
  const text = secret === null ? null : decrypt(secret)
  if (text === null || text === '') return null
  if (!text.startsWith(base32Prefix)) return standardTotp(base32(Buffer.from(text)))
  const given = text.slice(base32Prefix.length).toUpperCase()
  return isBase32(given) ? standardTotp(given) : null
}

/** A list in JSON, encrypted or, by an option of the plugin, not. */
function codesOf(stored: string | null, decrypt: Decrypt): string[] {
  const text = stored === null ? null : isEncrypted(stored) ? decrypt(stored) : stored
  try {
    const codes: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(codes) ? codes.filter((code) => textOf(code) !== null) : []
  } catch {
    return []
  }
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Without padding. @see RFC 4648, section 6 */
function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? [])
    .map((five) => alphabet[Number.parseInt(five.padEnd(5, '0'), 2)])
    .join('')
}
