import { readBack } from '../../sql/lost-reply.js'
import { sql } from '../../sql/parameter.js'
import { inBatches, write } from '../../sql/statement.js'
import { statementTime as now } from '../../sql/time.js'
import {
  newSession,
  openedColumns,
  openedRelations,
  openManySessions,
  openSessionOfKnown,
  providerParameters,
} from '../fragments/new-session.js'
import { useState, useStates } from '../fragments/oauth-state-use.js'
import type { OpenedRow } from '../fragments/readback.js'
import { signInColumns } from '../fragments/second-factor.js'
import { trustParameters } from '../fragments/trusted-browser.js'
import { selectedUserColumns, userColumns } from '../fragments/user-row.js'
import {
  callersColumns,
  isStored,
  label,
  provider,
  subject,
  tokens,
  unnestCallers,
} from './oauth-identity.js'

/** `stored` without `known`: a row of former owner epochs. `refused`: the state cannot be used. */
export type KnownRow = (OpenedRow | { session_id: null; pending_id: null }) & {
  known: number
  refused: boolean
  stored: boolean
}

// The state's row is locked first, then the account's, then the user's; a row of a former owner epoch is not known.
const signInKnown = (schema: string) =>
  write(
    'oauth_accounts.signInKnown',
    sql`
      with stored as materialized (
        select owner.id is not null as known from ${schema}.oauth_accounts a
        left join ${schema}.users owner on owner.id = a.user_id and owner.owner_epoch = a.owner_epoch
        where a.provider = ${provider} and a.subject = ${subject}
      ), ${useState(schema, 'exists (select 1 from stored where stored.known)', newSession.id)}, a as (
        update ${schema}.oauth_accounts a set
          label = ${label}, tokens = coalesce(${tokens}, a.tokens),
          tokens_version = a.tokens_version + (${tokens} is not null)::int, last_used_at = ${now}
        from ${schema}.users owner
        where a.provider = ${provider} and a.subject = ${subject}
          and owner.id = a.user_id and owner.owner_epoch = a.owner_epoch and exists (select 1 from used)
        returning a.user_id, a.owner_epoch
      ), u as (
        select ${userColumns}, ${signInColumns} from ${schema}.users u
        where u.id = (select a.user_id from a) and u.owner_epoch = (select a.owner_epoch from a)
          and u.disabled_at is null
        for key share
      ), ${openSessionOfKnown(schema)}
      select (select pg_catalog.count(*) from a)::int as known,
        exists (select 1 from stored where stored.known) and not exists (select 1 from used) as refused,
        exists (select 1 from stored) as stored, u.*, ${openedColumns}
      from (select 1 as one) as always left join u on true ${openedRelations}`,
    { schema, onLostReply: readBack('the id and the secret of the session') },
  )

// Answers a caller who signs in, and one whose identity is not stored. Every other one is left to `signInKnown`, alone:
// who is refused, and whose account or user another transaction has locked. A state that was recorded here for such a
// caller is its own there, by the id of its session. No account is locked before all states are: whoever has an account
// waits for nothing.
const signInKnownMany = (schema: string) =>
  write(
    'oauth_accounts.signInKnownMany',
    sql`
      with k as materialized (
        select k.*, ${isStored(schema)} as stored
        from rows from (${unnestCallers}) with ordinality as k (${callersColumns}, i)
      ), stored as (
        select k.* from k where k.stored
      ), ${useStates(schema, 'stored')}, u as materialized (
        select used.*, u.*
        from used cross join lateral (
          select ${userColumns}, ${signInColumns}
          from ${schema}.oauth_accounts a join ${schema}.users u on u.id = a.user_id and u.owner_epoch = a.owner_epoch
          where a.provider = used.provider and a.subject = used.subject and u.disabled_at is null
          for no key update of a skip locked for key share of u skip locked
        ) as u
        where (select pg_catalog.count(*) from recorded) >= 0
      ), last as (
        select distinct on (u.subject, u.provider) u.subject, u.provider, u.label, u.tokens
        from u order by u.subject, u.provider, u.tokens is null, u.i desc
      ), a as (
        update ${schema}.oauth_accounts a set
          label = last.label, tokens = coalesce(last.tokens, a.tokens),
          tokens_version = a.tokens_version + (last.tokens is not null)::int, last_used_at = ${now}
        from last where a.subject = any (array[last.subject]) and a.provider = any (array[last.provider])
      ), ${openManySessions(schema)}
      select k.i::int4 as i, k.stored::int as known, false as refused, k.stored, ${selectedUserColumns}, ${openedColumns}
      from k left join u on u.i = k.i left join s on s.session_id = u.id left join pending on pending.pending_id = u.id
      where s.session_id is not null or pending.pending_id is not null or not k.stored`,
    { schema, onLostReply: readBack('the id and the secret of each session') },
  )

export const knownSignInStatements = (schema: string) => {
  const many = signInKnownMany(schema)
  return {
    signInKnown: inBatches(signInKnown(schema), many, {
      skipsLocked: true,
      alone: [...trustParameters, ...providerParameters],
    }),
    signInKnownMany: many,
  }
}
