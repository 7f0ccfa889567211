import type {
  Json,
  NewUser,
  ProfileChanges,
  Registration,
  SessionActor,
  TakenNotice,
  UserCursor,
  UserId,
  UserPage,
  UserQuery,
  UserRepository,
} from 'torii-core'
import { requireEmail } from 'torii-core'
import type { Database, StatementRunner } from '../sql/db.js'
import { many, maybeOne, nameStatements, statementTime as now, one } from '../sql/db.js'
import {
  actorOrAdminValues,
  checkNewUser,
  checkProfile,
  checkUserId,
  checkUserQuery,
} from './input/input.js'
import { createReceipts } from './readback.js'
import type { SessionRow } from './sessions/session-row.js'
import {
  insertSession,
  isAllowed,
  sessionColumns,
  sessionValues,
  toSession,
} from './sessions/session-row.js'
import type { UserRow } from './user-row.js'
import { toUser, userColumns } from './user-row.js'
import { insertToken, replaceToken } from './verification-token-row.js'

/** Found by the tests of all statements. @public */
export const statements = (schema: string) =>
  nameStatements('users', {
    // The claim decides who has the address. Where mail is to be sent, whoever has it already gets a new
    // token unless it is verified, and something is written for every address. Who has renewed a token asks
    // for nothing more: a deletion of that user takes the claim first and reaches the token by cascade.
    register: `
      with held as (
        select u.id, u.email, u.session_epoch, u.email_verified_at is not null as verified
        from ${schema}.user_emails e join ${schema}.users u on u.id = e.user_id
        where e.email_key = $3::text and $16::bytea is not null and u.disabled_at is null
      ), renewed as (
        ${insertToken(schema, {
          userId: 'held.id',
          purpose: "'verify_email'",
          secretHash: '$16::bytea',
          email: 'held.email',
          emailKey: '$3::text',
          epoch: 'held.session_epoch',
          lifetimeSeconds: '$17',
        })}
        from held where not held.verified ${replaceToken}
      ), claim as (
        insert into ${schema}.user_emails (email_key, user_id)
        select $3::text, $1::uuid where not exists (select 1 from renewed)
        on conflict (email_key) do nothing returning user_id
      ), written as (
        update ${schema}.user_emails e set user_id = e.user_id
        where e.email_key = $3::text and $16::bytea is not null and not exists (select 1 from claim)
          and not exists (select 1 from renewed)
        returning 1 as one
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
      ), token as (
        ${insertToken(schema, {
          userId: 'u.user_id',
          purpose: "'verify_email'",
          secretHash: '$16::bytea',
          email: '$2::text',
          emailKey: '$3::text',
          epoch: 'u.session_epoch',
          lifetimeSeconds: '$17',
        })}
        from u where $16::bytea is not null and not $4::boolean
        returning user_id
      )
      select u.*, s.*, held.id as held_by, held.email as held_email, held.verified
      from (select 1 as one) as always left join u on true left join s on true left join held on true`,
    find: `
      select ${userColumns} from ${schema}.users u where u.id = $1::uuid`,
    findByEmail: `
      select ${userColumns}
      from ${schema}.user_emails e join ${schema}.users u on u.id = e.user_id
      where e.email_key = $1::text`,
    updateProfile: `
      update ${schema}.users u set
        name = case when $5::boolean then $6::text else u.name end,
        picture = case when $7::boolean then $8::text else u.picture end,
        metadata = coalesce($9::jsonb, u.metadata),
        updated_at = ${now}
      where u.id = $1::uuid and ${isAllowed(schema)}
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
    // Doors are locked before the user, one after the other (the lock order of design.md section 4), and
    // nothing goes before the lock on the user has shown that who asks still may. All but the mailed link
    // goes by cascade.
    delete: `
      with asked as (
        select u.email_key from ${schema}.users u where u.id = $1::uuid and ${isAllowed(schema)}
      ), l as (
        select l.email_key from ${schema}.magic_links l join asked on l.email_key = asked.email_key
        for update of l
      ), v as (
        select 1 as one from ${schema}.verification_tokens v where v.user_id = $1::uuid
          and exists (select 1 from asked) and (select pg_catalog.count(*) from l) >= 0
        order by v.purpose for update
      ), e as (
        select 1 as one from ${schema}.user_emails e where e.user_id = $1::uuid
          and exists (select 1 from asked) and (select pg_catalog.count(*) from v) >= 0 for update
      ), o as (
        select 1 as one from ${schema}.oauth_accounts o where o.user_id = $1::uuid
          and exists (select 1 from asked) and (select pg_catalog.count(*) from e) >= 0
        order by o.subject, o.provider for update
      ), k as (
        select 1 as one from ${schema}.passkeys k where k.user_id = $1::uuid
          and exists (select 1 from asked) and (select pg_catalog.count(*) from o) >= 0
        order by k.credential_id for update
      ), gone as (
        delete from ${schema}.users u
        where u.id = $1::uuid and ${isAllowed(schema)} and (select pg_catalog.count(*) from k) >= 0
        returning u.id as user_id
      ), links as (
        delete from ${schema}.magic_links m using l
        where m.email_key = l.email_key and exists (select 1 from gone)
        returning 1 as one
      )
      select gone.user_id from gone`,
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
      const runner = user.verification === null ? db : orWithoutHolder(db)
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
        user.verification?.secretHash ?? null,
        user.verification?.lifetimeSeconds ?? null,
      ]
      return db.settle<Registration<Metadata>>(
        () => one(runner, sql.register, values, toRegistration<Metadata>),
        async () => {
          const made = await receipts.registered(user.id, user.emailKey, user.session)
          return made === null ? null : toMade(made)
        },
      )
    },
    async find(id: UserId) {
      return maybeOne(db, sql.find, [checkUserId(id, 'id')], toUserOf)
    },
    async findByEmail(email: string) {
      return maybeOne(db, sql.findByEmail, [requireEmail(email)], toUserOf)
    },
    async updateProfile(who: UserId | SessionActor, changes: ProfileChanges<Metadata>) {
      const checked = actorOrAdminValues(who)
      const { name, picture, metadata } = checkProfile(changes)
      const values = [
        ...checked,
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
    async delete(who: UserId | SessionActor) {
      return (await maybeOne(db, sql.delete, actorOrAdminValues(who), () => true)) ?? false
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

/** A user deleted while their new token was stored leaves the address free: it is tried again. */
const orWithoutHolder = (db: Database): StatementRunner => ({
  run: async (statement, values) =>
    (await db.runUnlessUserGone(statement, values)) ?? db.run(statement, values),
})

type MadeRow = UserRow & (SessionRow | { session_id: null })
interface HolderRow {
  held_by: UserId | null
  held_email: string
  verified: boolean
}

const toMade = <Metadata extends object>(row: MadeRow): Registration<Metadata> => ({
  ok: true,
  user: toUser(row),
  session: row.session_id === null ? null : toSession(row),
})

const toRegistration = <Metadata extends object>(
  row: (MadeRow | { user_id: null }) & HolderRow,
): Registration<Metadata> =>
  row.user_id === null ? { ok: false, reason: 'email_taken', notice: toNotice(row) } : toMade(row)

function toNotice({ held_by, held_email, verified }: HolderRow): TakenNotice | null {
  if (held_by === null) return null
  return verified
    ? { kind: 'already_registered', to: held_email }
    : { kind: 'verify_email', to: held_email, userId: held_by }
}

type ListedRow = UserRow & { email_key?: string }
