import { carriedFields, passkeyOf, sessionOf } from './carried.js'
import type { DatabasePlan, Row } from './database-source.js'
import { databaseSource } from './database-source.js'
import type { Table, Tables } from './tables.js'
import { listOf } from './tables.js'
import { nameOf, objectsOf, textOf, timeOf } from './values.js'

/** Auth.js and NextAuth.js: the tables of its adapters for PostgreSQL, Drizzle, Kysely and Prisma. It has no passwords. */
export const authjs = databaseSource({
  name: 'authjs',
  versions: 'NextAuth.js 4 and Auth.js 5',
  help: 'import the accounts of a database of Auth.js or NextAuth.js',
  schema: 'public',
  plan: planOf,
})

function planOf(tables: Tables): DatabasePlan {
  const user = tables.require(['users', 'user'], 'u')
  const id = `${user.column('id')}::text`
  const account = tables.require(['accounts', 'account'], 'a')
  const session = tables.find(['sessions', 'session'], 's')
  const passkey = tables.find(['authenticators', 'authenticator'], 'k')
  const lists = [
    listOf(account, { as: 'accounts', owner: 'userId', user: id, fields: accountFields(account) }),
    ...(session === null ? [] : [sessionsOf(session, id)]),
    ...(passkey === null
      ? []
      : [
          listOf(passkey, {
            as: 'passkeys',
            owner: 'userId',
            user: id,
            fields: keyFields(passkey),
          }),
        ]),
  ]
  return {
    saysVerified: user.has('emailVerified'),
    sql: `
      select ${id} as id, ${user.column('email')} as email, ${user.optional('emailVerified')} as verified,
        ${user.optional('name')} as name, ${user.optional('image')} as image, ${user.optional('createdAt')} as created,
        accounts.list as accounts, ${session === null ? 'null' : 'sessions.list'} as sessions,
        ${passkey === null ? 'null' : 'passkeys.list'} as passkeys, ${user.has('emailVerified')} as says
      from ${user.from} ${lists.join(' ')}
      order by ${user.column('id')}`,
    fieldsOf,
  }
}

const accountFields = (account: Table) => ({
  type: account.optional('type'),
  provider: account.column('provider'),
  subject: `${account.column('providerAccountId')}::text`,
  accessToken: account.optional('access_token'),
  refreshToken: account.optional('refresh_token'),
  scope: account.optional('scope'),
  expiresAt: account.optional('expires_at'),
})

const sessionsOf = (session: Table, user: string) =>
  listOf(session, {
    as: 'sessions',
    owner: 'userId',
    user,
    where: `not (${session.isOver('expires')})`,
    fields: {
      token: session.column('sessionToken'),
      createdAt: session.optional('createdAt'),
      expiresAt: session.column('expires'),
    },
  })

const keyFields = (passkey: Table) => ({
  credentialId: passkey.column('credentialID'),
  publicKey: passkey.column('credentialPublicKey'),
  signCount: passkey.optional('counter'),
  deviceType: passkey.optional('credentialDeviceType'),
  backedUp: passkey.optional('credentialBackedUp'),
  transports: passkey.optional('transports'),
})

/** Sessions of 30 days, which a use extends once a day. */
const sessionDefaults = { lifeDays: 30, extendedDays: 29 }

/** Accounts at a provider; the others are of mailed links, passwords and passkeys. */
const providerTypes = ['oauth', 'oidc', null]

const fieldsOf = (row: Row): Record<string, unknown> => ({
  id: row.id,
  email: row.email,
  ...(row.says === true ? { emailVerified: timeOf(row.verified) ?? false } : {}),
  name: nameOf(row.name),
  picture: textOf(row.image),
  createdAt: timeOf(row.created),
  oauthAccounts: objectsOf(row.accounts)
    .filter(({ type }) => providerTypes.some((known) => known === type))
    .map((account) => ({
      provider: account.provider,
      subject: account.subject,
      tokens:
        textOf(account.accessToken) === null
          ? null
          : {
              accessToken: account.accessToken,
              refreshToken: textOf(account.refreshToken),
              scope: textOf(account.scope),
              expiresAt: timeOf(account.expiresAt),
            },
    })),
  ...carriedFields({
    passkeys: objectsOf(row.passkeys).flatMap(passkeyOf),
    sessions: objectsOf(row.sessions).flatMap((each) => sessionOf(each, sessionDefaults)),
  }),
})
