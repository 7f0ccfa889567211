import type {
  CountedActor,
  Json,
  ProfileChanges,
  SessionActor,
  UserId,
  UserRepository,
  UserUpdate,
} from 'torii-core'
import { requireEmail } from 'torii-core'
import type { Database } from '../../sql/database.js'
import { countedTwice, repeat, sameState } from '../../sql/lost-reply.js'
import { nullable, parameter, sql } from '../../sql/parameter.js'
import { exists, maybeOne, one } from '../../sql/rows.js'
import { read, write } from '../../sql/statement.js'
import { milliseconds, statementTime as now } from '../../sql/time.js'
import { entryRowsLocked, lockEntryRows } from '../fragments/account-lock.js'
import { isAllowed } from '../fragments/actor.js'
import { countedActorOrAdminValues } from '../fragments/counted-actor.js'
import { emailKey, userId } from '../fragments/parameters.js'
import { chargeRateLimit } from '../fragments/rate-limit-charging.js'
import type { Readback } from '../fragments/readback.js'
import type { UserRow } from '../fragments/user-row.js'
import { toUser, userColumns } from '../fragments/user-row.js'
import type { CheckedProfile } from '../input/input.js'
import { actorOrAdminValues, checkDate, checkProfile } from '../input/input.js'
import { createRegistration, register } from './registration.js'
import { createUserList, userListStatements } from './user-list.js'

const setsName = parameter('setsName', 'boolean')<boolean>()
const name = nullable('name', 'text')<string>()
const setsPicture = parameter('setsPicture', 'boolean')<boolean>()
const picture = nullable('picture', 'text')<string>()
/** JSON text; null leaves it as it is. */
const metadata = nullable('metadata', 'jsonb')<string>()
/** The time of the last change that an administrator has seen, in milliseconds since 1970. */
const seen = parameter('seen', 'bigint')<number>()

/** The columns of a user `u` after a change of the profile. Later than before by what {@link milliseconds} can tell. */
const profileColumns = sql`
        name = case when ${setsName} then ${name} else u.name end,
        picture = case when ${setsPicture} then ${picture} else u.picture end,
        metadata = coalesce(${metadata}, u.metadata),
        updated_at = greatest(${now}, u.updated_at + interval '1 millisecond')`

/** Whether the user `u` has the given profile already. */
const hasProfile = sql`(not ${setsName} or u.name is not distinct from ${name})
            and (not ${setsPicture} or u.picture is not distinct from ${picture})
            and (${metadata} is null or u.metadata = ${metadata})`

export const userStatements = (schema: string) => ({
  register: register(schema),
  ...userListStatements(schema),
  find: read(
    'users.find',
    sql`
      select ${userColumns} from ${schema}.users u where u.id = ${userId}`,
  ),
  findByEmail: read(
    'users.findByEmail',
    sql`
      select ${userColumns}
      from ${schema}.user_emails e join ${schema}.users u on u.id = e.user_id
      where e.email_key = ${emailKey}`,
  ),
  updateProfile: write(
    'users.updateProfile',
    sql`
      with ${chargeRateLimit(schema)}
      update ${schema}.users u set ${profileColumns}
      from verdict v
      where v.allowed and u.id = ${userId} and ${isAllowed(schema)}
      returning ${userColumns}`,
    { schema, onLostReply: repeat(`${sameState}; ${countedTwice}`) },
  ),
  update: write(
    'users.update',
    sql`
      with known as materialized (
        select u.id from ${schema}.users u where u.id = ${userId} for no key update
      ), u as (
        update ${schema}.users u set ${profileColumns}
        from known
        where u.id = known.id and (${milliseconds('u.updated_at')} = ${seen} or (${hasProfile}))
        returning ${userColumns}
      )
      select exists (select 1 from known) as known, u.*
      from (select 1 as one) as always left join u on true`,
    { schema, onLostReply: repeat(sameState) },
  ),
  verifyEmail: write(
    'users.verifyEmail',
    sql`
      update ${schema}.users u set
        email_verified_at = coalesce(u.email_verified_at, ${now}), updated_at = ${now}
      where u.id = ${userId} and u.email_key = ${emailKey}
      returning ${userColumns}`,
    { schema, onLostReply: repeat(sameState) },
  ),
  // The epoch ends the sessions, also those being opened; the delete only tidies up.
  disable: write(
    'users.disable',
    sql`
      with u as (
        update ${schema}.users u set
          disabled_at = coalesce(u.disabled_at, ${now}), session_epoch = u.session_epoch + 1,
          updated_at = ${now}
        where u.id = ${userId}
        returning ${userColumns}
      ), s as (
        delete from ${schema}.sessions s where s.user_id = ${userId} and exists (select 1 from u)
      )
      select u.* from u`,
    {
      schema,
      onLostReply: repeat(`${sameState}; the epoch goes up once more, which ends nothing else`),
    },
  ),
  enable: write(
    'users.enable',
    sql`
      update ${schema}.users u set disabled_at = null, updated_at = ${now}
      where u.id = ${userId}
      returning ${userColumns}`,
    { schema, onLostReply: repeat(sameState) },
  ),
  delete: deleteUser(schema),
})

// Nothing is deleted before the lock on the user has shown that the actor is still allowed to. Everything but the
// magic link is deleted by cascade.
const deleteUser = (schema: string) =>
  write(
    'users.delete',
    sql`
      with ${lockEntryRows(schema, isAllowed(schema))}, gone as (
        delete from ${schema}.users u
        where u.id = ${userId} and ${isAllowed(schema)} and ${entryRowsLocked}
        returning u.id as user_id
      ), links as (
        delete from ${schema}.magic_links m using l
        where m.email_key = l.email_key and exists (select 1 from gone)
        returning 1 as one
      )
      select gone.user_id from gone`,
    { schema, onLostReply: repeat('false: there is no such user any more') },
  )

const profileValues = (given: CheckedProfile) => ({
  setsName: given.name !== undefined,
  name: given.name ?? null,
  setsPicture: given.picture !== undefined,
  picture: given.picture ?? null,
  metadata: given.metadata ?? null,
})

type UpdateRow = { known: boolean } & (UserRow | { user_id: null })

const toUpdate = <Metadata extends object>(row: UpdateRow): UserUpdate<Metadata> =>
  row.user_id === null
    ? { ok: false, reason: row.known ? 'conflict' : 'not_found' }
    : { ok: true, user: toUser(row) }

export function createUserRepository<Metadata extends object = Record<string, Json>>(
  db: Database,
  statements: ReturnType<typeof userStatements>,
  readback: Readback,
): UserRepository<Metadata> {
  const toUserOf = toUser<Metadata>
  return {
    ...createRegistration<Metadata>(db, statements, readback),
    ...createUserList<Metadata>(db, statements),
    async find(id: UserId) {
      return maybeOne(db, statements.find, { userId: id }, toUserOf)
    },
    async findByEmail(email: string) {
      return maybeOne(db, statements.findByEmail, { emailKey: requireEmail(email) }, toUserOf)
    },
    async updateProfile(who: UserId | CountedActor, changes: ProfileChanges<Metadata>) {
      const acting = countedActorOrAdminValues(who)
      const values = { ...acting, ...profileValues(checkProfile(changes)) }
      return maybeOne(db, statements.updateProfile, values, toUserOf)
    },
    async update(id: UserId, changes: ProfileChanges<Metadata>, seenAt: Date) {
      const profile = profileValues(checkProfile(changes))
      const values = { userId: id, ...profile, seen: checkDate(seenAt, 'seen').getTime() }
      return one(db, statements.update, values, toUpdate<Metadata>)
    },
    async verifyEmail(id: UserId, email: string) {
      const values = { userId: id, emailKey: requireEmail(email) }
      return maybeOne(db, statements.verifyEmail, values, toUserOf)
    },
    async disable(id: UserId) {
      return maybeOne(db, statements.disable, { userId: id }, toUserOf)
    },
    async enable(id: UserId) {
      return maybeOne(db, statements.enable, { userId: id }, toUserOf)
    },
    async delete(who: UserId | SessionActor) {
      return exists(db, statements.delete, actorOrAdminValues(who))
    },
  }
}
