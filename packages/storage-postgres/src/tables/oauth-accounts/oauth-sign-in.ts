import type {
  EmailKey,
  OAuthAccountRepository,
  OAuthSignIn,
  OAuthSignInOutcome,
  UserId,
} from 'torii-core'
import { checkName, checkPicture, requireEmail } from 'torii-core'
import type { Database } from '../../sql/database.js'
import { readBack } from '../../sql/lost-reply.js'
import { nullable, parameter, sql } from '../../sql/parameter.js'
import { many, one } from '../../sql/rows.js'
import { write } from '../../sql/statement.js'
import { statementTime as now } from '../../sql/time.js'
import { tookOver } from '../fragments/mailbox-sign-in.js'
import { insertSession, newSession, newSessionValues } from '../fragments/new-session.js'
import { stateValues, useState } from '../fragments/oauth-state-use.js'
import type { OpenedRow, Readback } from '../fragments/readback.js'
import type { SessionRow } from '../fragments/session-row.js'
import { sessionColumns, toSession } from '../fragments/session-row.js'
import type { UserRow } from '../fragments/user-row.js'
import { toUser, userColumns } from '../fragments/user-row.js'
import { checkBoolean, checkNewSession } from '../input/input.js'
import type { KnownRow } from './known-sign-in.js'
import { knownSignInStatements } from './known-sign-in.js'
import {
  deleteDead,
  identityValues,
  label,
  newAccountId,
  provider,
  subject,
  tokens,
} from './oauth-identity.js'

const newUserId = parameter('newUserId', 'uuid')<UserId>()
/** An email that the provider is trusted for, else null. */
const trustedEmail = nullable('trustedEmail', 'text')<string>()
const trustedEmailKey = nullable('trustedEmailKey', 'text')<EmailKey>()
const name = nullable('name', 'text')<string>()
const picture = nullable('picture', 'text')<string>()

// With a verified email the ownership row (`claim`) decides whose account it is; without one the identity does. The
// state's row is locked before both.
const signInNew = (schema: string) =>
  write(
    'oauth_accounts.signInNew',
    sql`
      with ${useState(schema, 'true', newSession.id)}, claim as (
        insert into ${schema}.user_emails as e (email_key, user_id)
        select ${trustedEmailKey}, ${newUserId} where ${trustedEmailKey} is not null and exists (select 1 from used)
        on conflict (email_key) do update set user_id = e.user_id
        returning e.user_id
      ), unproved as (
        select u.id from ${schema}.users u join claim on claim.user_id = u.id
        where u.email_verified_at is null for no key update of u
      ), addressed as (
        insert into ${schema}.users as u
          (id, email, email_key, email_verified_at, name, picture, created_at, updated_at)
        select claim.user_id, ${trustedEmail}, ${trustedEmailKey}, ${now}, ${name}, ${picture}, ${now}, ${now} from claim
        where (select pg_catalog.count(*) from unproved) >= 0
        on conflict (id) do update set
          email_verified_at = coalesce(u.email_verified_at, excluded.email_verified_at),
          session_epoch = u.session_epoch + (u.email_verified_at is null)::int,
          owner_epoch = u.owner_epoch + (u.email_verified_at is null)::int,
          updated_at = case when u.email_verified_at is null then excluded.updated_at else u.updated_at end
        where u.disabled_at is null and u.email_key = excluded.email_key
        returning ${userColumns}, u.session_epoch, u.owner_epoch, u.email_verified_at as proved_at
      ), a as (
        insert into ${schema}.oauth_accounts as a
          (provider, subject, id, user_id, owner_epoch, label, tokens, created_at, last_used_at)
        select ${provider}, ${subject}, ${newAccountId}, coalesce(addressed.user_id, ${newUserId}),
          coalesce(addressed.owner_epoch, 0), ${label}, ${tokens}, ${now}, ${now}
        from (select 1 as one) as always left join addressed on true
        where (${trustedEmailKey} is null or addressed.user_id is not null) and exists (select 1 from used)
        on conflict (subject, provider) do update set
          label = excluded.label, tokens = coalesce(excluded.tokens, a.tokens),
          tokens_version = a.tokens_version + (excluded.tokens is not null)::int,
          owner_epoch = case when a.user_id = excluded.user_id then excluded.owner_epoch else a.owner_epoch end,
          last_used_at = excluded.last_used_at
        returning a.id, a.user_id
      ), bare as (
        insert into ${schema}.users as u (id, name, picture, created_at, updated_at)
        select a.user_id, ${name}, ${picture}, ${now}, ${now} from a
        where ${trustedEmailKey} is null and a.user_id = ${newUserId}
        on conflict (id) do nothing
        returning ${userColumns}, u.session_epoch, u.owner_epoch, null::timestamptz as proved_at
      ), u as (
        select addressed.* from addressed join a on a.user_id = addressed.user_id
        union all select bare.* from bare
      ), s as (
        ${insertSession(schema)}
        returning ${sessionColumns}
      )
      select u.*, s.*, u.user_id = ${newUserId} as created,
        ${tookOver(schema)} as took_over,
        not exists (select 1 from used) as refused, (select pg_catalog.count(*) from claim)::int as claimed, (select pg_catalog.count(*) from addressed)::int as let_in
      from (select 1 as one) as always left join u on true left join s on true`,
    { schema, onLostReply: readBack('the id and the secret of the session') },
  )

export const oauthSignInStatements = (schema: string) => ({
  ...knownSignInStatements(schema),
  signInNew: signInNew(schema),
  deleteDead: deleteDead(schema),
})

type SignedInRow = UserRow & (SessionRow | { session_id: null })
type NewRow = SignedInRow & {
  created: boolean
  took_over: boolean
  refused: boolean
  claimed: number
  let_in: number
}

/** Signs in by an identity at a provider, and creates the user where the identity is new. */
export function createOAuthSignIn<Metadata extends object>(
  db: Database,
  statements: ReturnType<typeof oauthSignInStatements>,
  readback: Readback,
): Pick<OAuthAccountRepository<Metadata>, 'signIn'> {
  async function signInOrCreate(
    call: Database,
    person: ReturnType<typeof signInValues>,
  ): Promise<OAuthSignInOutcome<Metadata>> {
    const { identity, session, creation, state } = person
    // Each turn is one commit. A second one is needed only when another caller registered the same
    // identity between our look-up and our insert: then it is known.
    for (let turn = 0; turn < 3; turn += 1) {
      const known = { ...identity, ...session, ...state }
      const row = await one(call, statements.signInKnown, known, (found: KnownRow) => found)
      if (row.known > 0) return toKnown<Metadata>(row)
      if (row.refused) return { ok: false, reason: 'invalid_token' }
      if (row.stored) {
        const dead = { provider: identity.provider, subject: identity.subject }
        await many(call, statements.deleteDead, dead, () => true)
      }
      const added = { ...identity, ...session, ...creation, ...state }
      const created = await one(call, statements.signInNew, added, toNew<Metadata>)
      if (created !== null) return created
    }
    return { ok: false, reason: 'account_disabled' }
  }

  return {
    async signIn(person: OAuthSignIn) {
      const values = signInValues(person)
      return db.runWithRecovery<OAuthSignInOutcome<Metadata>>(
        (call) => signInOrCreate(call, values),
        async (call) => toCommittedSignIn(await readback.openedByIdentity(call, person), person),
      )
    },
  }
}

/** The identity, the session, and the user to create with an email only where it is trusted. */
function signInValues(person: OAuthSignIn) {
  const identity = identityValues(person)
  const emailKey = person.email === null ? null : requireEmail(person.email)
  const isTrusted = checkBoolean(person.emailVerified, 'emailVerified') && emailKey !== null
  return {
    identity,
    session: newSessionValues(checkNewSession(person.session)),
    state: stateValues(person.state ?? null),
    creation: {
      newUserId: person.newUserId,
      trustedEmail: isTrusted ? person.email : null,
      trustedEmailKey: isTrusted ? emailKey : null,
      name: checkName(person.name),
      picture: checkPicture(person.picture),
      newAccountId: person.newAccountId,
    },
  }
}

const toKnown = <Metadata extends object>(row: KnownRow): OAuthSignInOutcome<Metadata> =>
  row.session_id === null
    ? { ok: false, reason: 'account_disabled' }
    : { ok: true, user: toUser(row), session: toSession(row), how: 'known' }

/** Null when another caller registered the identity meanwhile. */
function toNew<Metadata extends object>(row: NewRow): OAuthSignInOutcome<Metadata> | null {
  if (row.session_id !== null) {
    const how = row.created ? 'created' : row.took_over ? 'took_over' : 'linked'
    return { ok: true, user: toUser(row), session: toSession(row), how }
  }
  if (row.refused) return { ok: false, reason: 'invalid_token' }
  return row.claimed > 0 && row.let_in === 0 ? { ok: false, reason: 'account_disabled' } : null
}

/** The outcome of a sign-in whose reply was lost; null when there was none. */
function toCommittedSignIn<Metadata extends object>(
  row: (OpenedRow & { linked_now: boolean }) | null,
  person: OAuthSignIn,
): OAuthSignInOutcome<Metadata> | null {
  if (row === null) return null
  const how = row.user_id === person.newUserId ? 'created' : row.proved_now ? 'took_over' : 'linked'
  return {
    ok: true,
    user: toUser(row),
    session: toSession(row),
    how: row.linked_now ? how : 'known',
  }
}
