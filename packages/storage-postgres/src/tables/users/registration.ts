import type {
  NewUser,
  Registration,
  TakenNotice,
  TokenHash,
  UserId,
  UserRepository,
} from 'torii-core'
import type { Database, StatementRunner } from '../../sql/database.js'
import { readBack } from '../../sql/lost-reply.js'
import { nullable, parameter, sql } from '../../sql/parameter.js'
import { one } from '../../sql/rows.js'
import { write } from '../../sql/statement.js'
import { statementTime as now } from '../../sql/time.js'
import { openOptionalSession, optionalSessionValues } from '../fragments/new-session.js'
import { email, emailKey } from '../fragments/parameters.js'
import type { Readback } from '../fragments/readback.js'
import { signInColumns } from '../fragments/second-factor.js'
import type { SessionRow } from '../fragments/session-row.js'
import { toSession } from '../fragments/session-row.js'
import type { UserRow } from '../fragments/user-row.js'
import { toUser, userColumns } from '../fragments/user-row.js'
import { insertToken } from '../fragments/verification-token-row.js'
import type { CheckedUser } from '../input/input.js'
import { checkNewUser } from '../input/input.js'
import { linkIdOf } from '../input/input-credentials.js'

const id = parameter('id', 'uuid')<UserId>()
const emailVerified = parameter('emailVerified', 'boolean')<boolean>()
const name = nullable('name', 'text')<string>()
const picture = nullable('picture', 'text')<string>()
const metadata = nullable('metadata', 'jsonb')<string>()
const passwordHash = nullable('passwordHash', 'text')<string>()
/** Null: no verification is mailed. */
const tokenHash = nullable('tokenHash', 'bytea')<TokenHash>()
const tokenId = nullable('tokenId', 'uuid')<string>()
const tokenLifetimeSeconds = nullable('tokenLifetimeSeconds', 'float8')<number>()

// The email ownership row (`claim`) decides who has the email. Where mail is to be sent, a user who has the email
// already gets another token unless it is verified, and one row is written for every email. A statement that has locked
// a token of such a user locks nothing more: a deletion of that user locks the ownership row first and reaches the token by cascade.
export const register = (schema: string) =>
  write(
    'users.register',
    sql`
      with held as (
        select u.id, u.email, u.session_epoch, u.email_verified_at is not null as verified
        from ${schema}.user_emails e join ${schema}.users u on u.id = e.user_id
        where e.email_key = ${emailKey} and ${tokenHash} is not null and u.disabled_at is null
      ), renewed as (
        ${insertToken(
          schema,
          {
            id: tokenId,
            userId: 'held.id',
            purpose: "'verify_email'",
            secretHash: tokenHash,
            email: 'held.email',
            emailKey: emailKey,
            epoch: 'held.session_epoch',
            lifetimeSeconds: tokenLifetimeSeconds,
          },
          'held where not held.verified',
          'false',
        )}
      ), claim as (
        insert into ${schema}.user_emails (email_key, user_id)
        select ${emailKey}, ${id} where not exists (select 1 from held where not held.verified)
        on conflict (email_key) do nothing returning user_id
      ), written as (
        update ${schema}.user_emails e set user_id = e.user_id
        where e.email_key = ${emailKey} and ${tokenHash} is not null and not exists (select 1 from claim)
          and not exists (select 1 from held where not held.verified)
        returning 1 as one
      ), u as (
        insert into ${schema}.users as u
          (id, email, email_key, email_verified_at, name, picture, metadata, created_at, updated_at)
        select c.user_id, ${email}, ${emailKey}, case when ${emailVerified} then ${now} end,
          ${name}, ${picture}, coalesce(${metadata}, '{}'::jsonb), ${now}, ${now}
        from claim c
        returning ${userColumns}, ${signInColumns}
      ), p as (
        insert into ${schema}.passwords (user_id, hash, owner_epoch, updated_at)
        select u.user_id, ${passwordHash}, u.owner_epoch, ${now} from u where ${passwordHash} is not null
        returning user_id
      ), ${openOptionalSession(schema, 'true', 'false')}, token as (
        ${insertToken(
          schema,
          {
            id: tokenId,
            userId: 'u.user_id',
            purpose: "'verify_email'",
            secretHash: tokenHash,
            email: email,
            emailKey: emailKey,
            epoch: 'u.session_epoch',
            lifetimeSeconds: tokenLifetimeSeconds,
          },
          sql`u where ${tokenHash} is not null and not ${emailVerified}`,
          'false',
        )}
      )
      select u.*, s.*, held.id as held_by, held.email as held_email, held.verified,
        exists (select 1 from renewed) as renewed
      from (select 1 as one) as always left join u on true left join s on true left join held on true`,
    { schema, onLostReply: readBack('the id of the user') },
  )

/** Creates users. */
export function createRegistration<Metadata extends object>(
  db: Database,
  statements: { readonly register: ReturnType<typeof register> },
  readback: Readback,
): Pick<UserRepository<Metadata>, 'register'> {
  return {
    async register(input: NewUser<Metadata>) {
      const user = checkNewUser(input)
      return db.runWithRecovery<Registration<Metadata>>(
        (call) => {
          const runner = user.verification === null ? call : orWithoutHolder(call)
          return one(runner, statements.register, valuesOf(user), toRegistration<Metadata>)
        },
        async (call) => {
          const created = await readback.registered(call, user.id, user.emailKey, user.session)
          return created === null ? null : toCreated(created)
        },
      )
    },
  }
}

const valuesOf = (user: CheckedUser) => ({
  id: user.id,
  email: user.email,
  emailKey: user.emailKey,
  emailVerified: user.emailVerified,
  name: user.name ?? null,
  picture: user.picture ?? null,
  metadata: user.metadata ?? null,
  passwordHash: user.passwordHash,
  ...optionalSessionValues(user.session),
  tokenId: user.verification === null ? null : linkIdOf(user.verification.secretHash),
  tokenHash: user.verification?.secretHash ?? null,
  tokenLifetimeSeconds: user.verification?.lifetimeSeconds ?? null,
})

/** A user who is deleted while the new token is stored leaves the email free: the statement is run again. */
const orWithoutHolder = (db: Database): StatementRunner => ({
  run: async (statement, values) =>
    (await db.runUnlessUserGone(statement, values)) ?? db.run(statement, values),
})

type CreatedRow = UserRow & (SessionRow | { session_id: null })
interface HolderRow {
  held_by: UserId | null
  held_email: string
  verified: boolean
  renewed: boolean
}

const toCreated = <Metadata extends object>(row: CreatedRow): Registration<Metadata> => ({
  ok: true,
  user: toUser(row),
  session: row.session_id === null ? null : toSession(row),
})

const toRegistration = <Metadata extends object>(
  row: (CreatedRow | { user_id: null }) & HolderRow,
): Registration<Metadata> =>
  row.user_id === null
    ? { ok: false, reason: 'email_taken', notice: toNotice(row) }
    : toCreated(row)

/** No token was stored if the mailbox has four live ones already, or another call is mailing one. */
function toNotice({ held_by, held_email, verified, renewed }: HolderRow): TakenNotice | null {
  if (held_by === null) return null
  if (verified) return { kind: 'already_registered', to: held_email }
  return renewed ? { kind: 'verify_email', to: held_email, userId: held_by } : null
}
