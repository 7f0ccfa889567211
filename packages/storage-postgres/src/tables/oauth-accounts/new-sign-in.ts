import type { EmailKey, OAuthAccountId, UserId } from 'torii-core'
import { readBack } from '../../sql/lost-reply.js'
import { nullable, parameter, sql } from '../../sql/parameter.js'
import { inBatches, write } from '../../sql/statement.js'
import { statementTime as now } from '../../sql/time.js'
import { tookOver } from '../fragments/mailbox-sign-in.js'
import {
  mustWaitForFactor,
  newSession,
  openedColumns,
  openedRelations,
  openManySessions,
  openSessionOfIdentity,
} from '../fragments/new-session.js'
import { useState, useStates } from '../fragments/oauth-state-use.js'
import type { OpenedRow } from '../fragments/readback.js'
import { isEveryone, signInColumns } from '../fragments/second-factor.js'
import { selectedUserColumns, userColumns } from '../fragments/user-row.js'
import {
  callersColumns,
  isStored,
  label,
  newAccountId,
  provider,
  subject,
  tokens,
  unnestCallers,
} from './oauth-identity.js'

export type NewRow = (OpenedRow | { session_id: null; pending_id: null }) & {
  created: boolean
  took_over: boolean
  refused: boolean
  claimed: number
  let_in: number
}

const newUserId = parameter('newUserId', 'uuid')<UserId>()
/** An email that the provider is trusted for, else null. */
const trustedEmail = nullable('trustedEmail', 'text')<string>()
const trustedEmailKey = nullable('trustedEmailKey', 'text')<EmailKey>()
const name = nullable('name', 'text')<string>()
const picture = nullable('picture', 'text')<string>()

// With a verified email the ownership row (`claim`) decides whose account it is; without one the identity does. The
// state's row is locked before both. Where a second factor is due, the identity is linked by whoever proves that one.
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
        returning ${userColumns}, ${signInColumns}, u.email_verified_at as proved_at
      ), a as (
        insert into ${schema}.oauth_accounts as a
          (provider, subject, id, user_id, owner_epoch, label, tokens, created_at, last_used_at)
        select ${provider}, ${subject}, ${newAccountId}, coalesce(addressed.user_id, ${newUserId}),
          coalesce(addressed.owner_epoch, 0), ${label}, ${tokens}, ${now}, ${now}
        from (select 1 as one) as always left join addressed on true
        where (${trustedEmailKey} is null or addressed.user_id is not null)
          and (addressed.user_id is null or not ${mustWaitForFactor('addressed')}) and exists (select 1 from used)
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
        returning ${userColumns}, ${signInColumns}, null::timestamptz as proved_at
      ), u as (
        select addressed.* from addressed join a on a.user_id = addressed.user_id
        union all select addressed.* from addressed where ${mustWaitForFactor('addressed')}
        union all select bare.* from bare
      ), ${openSessionOfIdentity(schema, { provider, subject, accountId: newAccountId, label, tokens })}
      select u.*, ${openedColumns}, u.user_id = ${newUserId} as created,
        ${tookOver(schema)} as took_over,
        not exists (select 1 from used) as refused, (select pg_catalog.count(*) from claim)::int as claimed, (select pg_catalog.count(*) from addressed)::int as let_in
      from (select 1 as one) as always left join u on true ${openedRelations}`,
    { schema, onLostReply: readBack('the id and the secret of the session') },
  )

/** The columns of many users to create, under the names that {@link signInNew} takes them by. */
const newUsers = {
  id: parameter('newUserId', 'uuid[]')<readonly UserId[]>(),
  trustedEmail: parameter('trustedEmail', 'text[]')<readonly (string | null)[]>(),
  trustedEmailKey: parameter('trustedEmailKey', 'text[]')<readonly (EmailKey | null)[]>(),
  name: parameter('name', 'text[]')<readonly (string | null)[]>(),
  picture: parameter('picture', 'text[]')<readonly (string | null)[]>(),
  accountId: parameter('newAccountId', 'uuid[]')<readonly OAuthAccountId[]>(),
}

// Creates the users of callers whose identity and trusted email no user has; every other one is left to `signInNew`, alone.
// An email or identity that another transaction takes at this moment fails the whole batch: then each is sent alone. States
// are locked first, then emails, then identities, each in an order that all batches share.
const signInNewMany = (schema: string) =>
  write(
    'oauth_accounts.signInNewMany',
    sql`
      with k as (
        select * from rows from (${unnestCallers},
          pg_catalog.unnest(${newUsers.id}), pg_catalog.unnest(${newUsers.trustedEmail}), pg_catalog.unnest(${newUsers.trustedEmailKey}),
          pg_catalog.unnest(${newUsers.name}), pg_catalog.unnest(${newUsers.picture}), pg_catalog.unnest(${newUsers.accountId})
        ) with ordinality as k (
          ${callersColumns}, user_id, email, email_key, name, picture, account_id, i)
      ), untaken as (
        select distinct on (k.subject, k.provider) k.* from k
        where not ${isStored(schema)} and not ${isEveryone('k.factor_policy')} and (
          select true from ${schema}.user_emails e where e.email_key = k.email_key) is null
        order by k.subject, k.provider, k.i
      ), fresh as materialized (
        select distinct on (k.email_key, case when k.email_key is null then k.i end) k.* from untaken k
        order by k.email_key, case when k.email_key is null then k.i end, k.i
      ), ${useStates(schema, 'fresh')}, claim as (
        insert into ${schema}.user_emails (email_key, user_id)
        select used.email_key, used.user_id from used
        where used.email_key is not null and (select pg_catalog.count(*) from recorded) >= 0 order by used.email_key
        returning 1
      ), a as (
        insert into ${schema}.oauth_accounts
          (provider, subject, id, user_id, owner_epoch, label, tokens, created_at, last_used_at)
        select used.provider, used.subject, used.account_id, used.user_id, 0, used.label, used.tokens, ${now}, ${now} from used
        where (select pg_catalog.count(*) from claim) >= 0 order by used.subject, used.provider
        returning 1
      ), created as (
        insert into ${schema}.users as u
          (id, email, email_key, email_verified_at, name, picture, created_at, updated_at)
        select used.user_id, used.email, used.email_key, case when used.email_key is not null then ${now} end,
          used.name, used.picture, ${now}, ${now} from used
        where (select pg_catalog.count(*) from a) >= 0
        returning ${userColumns}, ${signInColumns}
      ), u as (
        select used.id, used.secret_hash, used.methods, used.level, used.factor_policy, used.ip, used.user_agent, used.idle_seconds, used.absolute_seconds,
          used.i, created.*
        from created join used on used.user_id = created.user_id
      ), ${openManySessions(schema)}
      select u.i::int4 as i, true as created, false as took_over, false as refused, 1 as claimed, 1 as let_in,
        ${selectedUserColumns}, s.*, null::uuid as pending_id
      from s join u on u.id = s.session_id`,
    { schema, onLostReply: readBack('the id and the secret of each session') },
  )

export const newSignInStatements = (schema: string) => {
  const many = signInNewMany(schema)
  return {
    signInNew: inBatches(signInNew(schema), many, { skipsLocked: true }),
    signInNewMany: many,
  }
}
