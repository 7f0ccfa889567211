import type {
  CountedActor,
  Json,
  ProfileChanges,
  SessionActor,
  UserId,
  UserRepository,
} from 'torii-core'
import { requireEmail } from 'torii-core'
import type { Database } from '../../sql/database.js'
import { countedTwice, repeat, sameState } from '../../sql/lost-reply.js'
import { nullable, parameter, sql } from '../../sql/parameter.js'
import { exists, maybeOne } from '../../sql/rows.js'
import { read, write } from '../../sql/statement.js'
import { statementTime as now } from '../../sql/time.js'
import { entryRowsLocked, lockEntryRows } from '../fragments/account-lock.js'
import { isAllowed } from '../fragments/actor.js'
import { countedActorOrAdminValues } from '../fragments/counted-actor.js'
import { emailKey, userId } from '../fragments/parameters.js'
import { chargeRateLimit } from '../fragments/rate-limit-charging.js'
import type { Readback } from '../fragments/readback.js'
import { toUser, userColumns } from '../fragments/user-row.js'
import { actorOrAdminValues, checkProfile } from '../input/input.js'
import { createRegistration, register } from './registration.js'
import { createUserList, userListStatements } from './user-list.js'

const setsName = parameter('setsName', 'boolean')<boolean>()
const name = nullable('name', 'text')<string>()
const setsPicture = parameter('setsPicture', 'boolean')<boolean>()
const picture = nullable('picture', 'text')<string>()
/** JSON text; null leaves it as it is. */
const metadata = nullable('metadata', 'jsonb')<string>()

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
      update ${schema}.users u set
        name = case when ${setsName} then ${name} else u.name end,
        picture = case when ${setsPicture} then ${picture} else u.picture end,
        metadata = coalesce(${metadata}, u.metadata),
        updated_at = ${now}
      from verdict v
      where v.allowed and u.id = ${userId} and ${isAllowed(schema)}
      returning ${userColumns}`,
    { schema, onLostReply: repeat(`${sameState}; ${countedTwice}`) },
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
      const given = checkProfile(changes)
      const values = {
        ...acting,
        setsName: given.name !== undefined,
        name: given.name ?? null,
        setsPicture: given.picture !== undefined,
        picture: given.picture ?? null,
        metadata: given.metadata ?? null,
      }
      return maybeOne(db, statements.updateProfile, values, toUserOf)
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
