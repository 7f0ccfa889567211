import { InvalidInputError } from 'torii-core'
import { carriedFields, sessionOf } from './carried.js'
import type { DatabasePlan, Row } from './database-source.js'
import { databaseSource } from './database-source.js'
import type { SourceSettings } from './source.js'
import type { Table, Tables } from './tables.js'
import { listOf } from './tables.js'
import { nameOf, objectsOf, textOf, timeOf } from './values.js'

/** The fields that `--columns` may name a column for, and the columns that are looked for without it. */
const userColumns = {
  email: 'email',
  email_verified: 'email_verified',
  password_hash: 'password_hash',
  name: 'name',
  picture: 'picture',
  created_at: 'created_at',
  disabled: 'disabled',
} as const
type UserField = keyof typeof userColumns

/** Lucia 3: its tables have an id, a user and an end; the other columns are the application's. */
export const lucia = databaseSource({
  name: 'lucia',
  versions: 'Lucia 3',
  help: 'import the accounts of a database of Lucia',
  schema: 'public',
  options: ['columns'],
  plan: planOf,
})

function planOf(tables: Tables, { columns }: SourceSettings): DatabasePlan {
  const user = tables.require(['auth_user', 'users', 'user'], 'u')
  const sqlOf = createLookup(user, columns)
  const id = `${user.column('id')}::text`
  const account = tables.find(['oauth_account', 'oauth_accounts'], 'a')
  const session = tables.find(['user_session', 'auth_session', 'sessions', 'session'], 's')
  const saysVerified = sqlOf('email_verified') !== 'null'
  const lists = [
    ...(account === null ? [] : [accountsOf(account, id)]),
    ...(session === null ? [] : [sessionsOf(session, id)]),
  ]
  return {
    saysVerified,
    sql: `
      select ${id} as id, ${sqlOf('email')} as email, ${sqlOf('email_verified')} as verified, ${saysVerified} as says,
        ${sqlOf('password_hash')} as hash, ${sqlOf('name')} as name, ${sqlOf('picture')} as picture,
        ${sqlOf('created_at')} as created, ${sqlOf('disabled')} as disabled,
        ${account === null ? 'null' : 'accounts.list'} as accounts, ${session === null ? 'null' : 'sessions.list'} as sessions
      from ${user.from} ${lists.join(' ')}
      order by ${user.column('id')}`,
    fieldsOf,
  }
}

/** A column that the command line names must be there; one that it does not name may be missing. */
function createLookup(user: Table, given: ReadonlyMap<string, string>) {
  for (const field of given.keys())
    if (!Object.hasOwn(userColumns, field))
      throw new InvalidInputError(
        'columns',
        `must be among ${Object.keys(userColumns).join(', ')}: ${JSON.stringify(field)} is not`,
      )
  return (field: UserField): string => {
    const named = given.get(field)
    return named === undefined ? user.optional(userColumns[field]) : user.column(named)
  }
}

const accountsOf = (account: Table, user: string) =>
  listOf(account, {
    as: 'accounts',
    owner: 'user_id',
    user,
    fields: {
      provider: account.column('provider_id'),
      subject: `${account.column('provider_user_id')}::text`,
    },
  })

/** The id of a session is its token. */
const sessionsOf = (session: Table, user: string) =>
  listOf(session, {
    as: 'sessions',
    owner: 'user_id',
    user,
    where: `not (${session.isOver('expires_at')})`,
    fields: {
      token: `${session.column('id')}::text`,
      createdAt: session.optional('created_at'),
      expiresAt: session.column('expires_at'),
      userAgent: session.optional('user_agent'),
    },
  })

/** Sessions of 30 days, which a use in the second half extends. */
const sessionDefaults = { lifeDays: 30, extendedDays: 15, mayBeHashed: true } as const

const fieldsOf = (row: Row): Record<string, unknown> => ({
  id: row.id,
  email: row.email,
  ...(row.says === true ? { emailVerified: verifiedOf(row.verified) } : {}),
  passwordHash: textOf(row.hash),
  name: nameOf(row.name),
  picture: textOf(row.picture),
  createdAt: timeOf(row.created),
  disabled: row.disabled,
  oauthAccounts: objectsOf(row.accounts),
  ...carriedFields({
    sessions: objectsOf(row.sessions).flatMap((each) => sessionOf(each, sessionDefaults)),
  }),
})

/** True, false or since when. A number is 1, 0 or a time. */
function verifiedOf(value: unknown): unknown {
  if (value === null) return false
  return typeof value === 'number' && value > 1 ? timeOf(value) : timeOrFlag(value)
}

const timeOrFlag = (value: unknown) =>
  typeof value === 'string' && value.length > 8 ? timeOf(value) : value
