import type {
  Json,
  NewUser,
  ProfileChanges,
  Registration,
  UserCursor,
  UserId,
  UserPage,
  UserQuery,
  UserRepository,
} from 'torii-core'
import { requireEmail } from 'torii-core'
import type { Database } from './db.js'
import { many, maybeOne, nameStatements, statementTime as now } from './db.js'
import { checkNewUser, checkProfile, checkUserId, checkUserQuery } from './input.js'
import { createReceipts } from './receipts.js'
import type { SessionRow } from './session-row.js'
import { insertSession, sessionColumns, sessionValues, toSession } from './session-row.js'
import type { UserRow } from './user-row.js'
import { toUser, userColumns } from './user-row.js'

/** Found by the tests of all statements. @public */
export const statements = (schema: string) =>
  nameStatements('users', {
    // The claim decides who has the address; without it nothing else of this statement happens.
    register: `
      with claim as (
        insert into ${schema}.user_emails (email_key, user_id) values ($3::text, $1::uuid)
        on conflict (email_key) do nothing returning user_id
      ), u as (
        insert into ${schema}.users as u
          (id, email, email_key, email_verified_at, name, picture, metadata, created_at, updated_at)
        select c.user_id, $2::text, $3::text, case when $4::boolean then ${now} end,
          $5::text, $6::text, coalesce($7::jsonb, '{}'::jsonb), ${now}, ${now}
        from claim c
        returning ${userColumns}, u.session_epoch, u.owner_epoch
      ), p as (
        insert into ${schema}.passwords (user_id, hash, owner_epoch, updated_at)
        select u.user_id, $8::text, u.owner_epoch, ${now} from u where $8::text is not null
        returning user_id
      ), s as (
        ${insertSession(schema, 9)}
        where $9::uuid is not null
        returning ${sessionColumns}
      )
      select u.*, s.* from u left join s on true`,
    find: `
      select ${userColumns} from ${schema}.users u where u.id = $1::uuid`,
    findByEmail: `
      select ${userColumns}
      from ${schema}.user_emails e join ${schema}.users u on u.id = e.user_id
      where e.email_key = $1::text`,
    updateProfile: `
      update ${schema}.users u set
        name = case when $2::boolean then $3::text else u.name end,
        picture = case when $4::boolean then $5::text else u.picture end,
        metadata = coalesce($6::jsonb, u.metadata),
        updated_at = ${now}
      where u.id = $1::uuid
      returning ${userColumns}`,
    verifyEmail: `
      update ${schema}.users u set
        email_verified_at = coalesce(u.email_verified_at, ${now}), updated_at = ${now}
      where u.id = $1::uuid and u.email_key = $2::text
      returning ${userColumns}`,
    // The epoch ends the sessions, also those being opened; the delete only tidies up.
    disable: `
      with u as (
        update ${schema}.users u set
          disabled_at = coalesce(u.disabled_at, ${now}), session_epoch = u.session_epoch + 1,
          updated_at = ${now}
        where u.id = $1::uuid
        returning ${userColumns}
      ), s as (
        delete from ${schema}.sessions s where s.user_id = $1::uuid and exists (select 1 from u)
      )
      select u.* from u`,
    enable: `
      update ${schema}.users u set disabled_at = null, updated_at = ${now}
      where u.id = $1::uuid
      returning ${userColumns}`,
    // Doors before the user, one after the other (the lock order of design.md section 4); what is inside
    // goes by cascade.
    delete: `
      with l as (
        delete from ${schema}.magic_links l
        where l.email_key = (select u.email_key from ${schema}.users u where u.id = $1::uuid)
        returning 1 as one
      ), v as (
        delete from ${schema}.verification_tokens v
        where v.user_id = $1::uuid and (select pg_catalog.count(*) from l) >= 0 returning 1 as one
      ), e as (
        delete from ${schema}.user_emails e
        where e.user_id = $1::uuid and (select pg_catalog.count(*) from v) >= 0 returning 1 as one
      ), o as (
        delete from ${schema}.oauth_accounts o
        where o.user_id = $1::uuid and (select pg_catalog.count(*) from e) >= 0 returning 1 as one
      ), k as (
        delete from ${schema}.passkeys k
        where k.user_id = $1::uuid and (select pg_catalog.count(*) from o) >= 0 returning 1 as one
      )
      delete from ${schema}.users u
      where u.id = $1::uuid and (select pg_catalog.count(*) from k) >= 0
      returning u.id as user_id`,
    list: `
      select ${userColumns} from ${schema}.users u
      where u.id < coalesce($1::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
      order by u.id desc limit $2::int`,
    // Canonical addresses are compared as bytes, so a prefix is a range of the key.
    listByEmail: `
      select ${userColumns}, e.email_key
      from ${schema}.user_emails e join ${schema}.users u on u.id = e.user_id
      where e.email_key >= $1::text and e.email_key < $2::text
        and e.email_key > coalesce($3::text, '')
      order by e.email_key limit $4::int`,
  })

/** `schema` is an already quoted identifier. */
export function createUserRepository<Metadata extends object = Record<string, Json>>(
  db: Database,
  schema: string,
): UserRepository<Metadata> {
  const sql = statements(schema)
  const receipts = createReceipts(db, schema)
  const toUserOf = toUser<Metadata>

  return {
    async register(input: NewUser<Metadata>) {
      const user = checkNewUser(input)
      const values = [
        user.id,
        user.email,
        user.emailKey,
        user.emailVerified,
        user.name ?? null,
        user.picture ?? null,
        user.metadata ?? null,
        user.passwordHash,
        ...sessionValues(user.session),
      ]
      return db.settle<Registration<Metadata>>(
        async () =>
          (await maybeOne(db, sql.register, values, toRegistration<Metadata>)) ?? {
            ok: false,
            reason: 'taken',
          },
        async () => {
          const made = await receipts.registered(user.id, user.emailKey, user.session)
          return made === null ? null : toRegistration(made)
        },
      )
    },
    async find(id: UserId) {
      return maybeOne(db, sql.find, [checkUserId(id, 'id')], toUserOf)
    },
    async findByEmail(email: string) {
      return maybeOne(db, sql.findByEmail, [requireEmail(email)], toUserOf)
    },
    async updateProfile(id: UserId, changes: ProfileChanges<Metadata>) {
      const userId = checkUserId(id, 'id')
      const { name, picture, metadata } = checkProfile(changes)
      const values = [
        userId,
        name !== undefined,
        name ?? null,
        picture !== undefined,
        picture ?? null,
        metadata ?? null,
      ]
      return maybeOne(db, sql.updateProfile, values, toUserOf)
    },
    async verifyEmail(id: UserId, email: string) {
      return maybeOne(db, sql.verifyEmail, [checkUserId(id, 'id'), requireEmail(email)], toUserOf)
    },
    async disable(id: UserId) {
      return maybeOne(db, sql.disable, [checkUserId(id, 'id')], toUserOf)
    },
    async enable(id: UserId) {
      return maybeOne(db, sql.enable, [checkUserId(id, 'id')], toUserOf)
    },
    async delete(id: UserId) {
      return (await maybeOne(db, sql.delete, [checkUserId(id, 'id')], () => true)) ?? false
    },
    async list(query: UserQuery = {}): Promise<UserPage<Metadata>> {
      const { limit, emailPrefix, after } = checkUserQuery(query)
      // One row more than asked for tells whether there is a next page.
      const rows = await (emailPrefix === null
        ? many(db, sql.list, [after, limit + 1], (row: ListedRow) => row)
        : many(
            db,
            sql.listByEmail,
            [emailPrefix, endOf(emailPrefix), after, limit + 1],
            (row: ListedRow) => row,
          ))
      const page = rows.slice(0, limit)
      const last = rows.length > limit ? page.at(-1) : undefined
      return {
        users: page.map(toUserOf),
        next: last === undefined ? null : ((last.email_key ?? last.user_id) as UserCursor),
      }
    },
  }
}

/** Canonical addresses are printable ASCII, so DEL sorts after whatever can follow the prefix. */
const endOf = (emailPrefix: string): string => `${emailPrefix}\x7f`

const toRegistration = <Metadata extends object>(
  row: UserRow & (SessionRow | { session_id: null }),
): Registration<Metadata> => ({
  ok: true,
  user: toUser(row),
  session: row.session_id === null ? null : toSession(row),
})

type ListedRow = UserRow & { email_key?: string }
