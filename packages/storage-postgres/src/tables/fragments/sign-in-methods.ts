import type { MethodRemoval } from 'torii-core'
import { sql } from '../../sql/parameter.js'
import { actor, actorIsLive } from './actor.js'
import { mailSignIn, passkeySignIn, providers, unverifiedPasswordSignIn } from './parameters.js'

/**
 * CTEs that lock every sign-in method of a user, in the one lock order (accounts, passkeys, the user, the
 * password), each with whether it is `usable`, and count the usable ones in `ways (count)`; `me` is the user while the
 * acting session is live.
 *
 * The counted rows themselves are locked, so that of two removals at once the second one counts again:
 * a count under a lock on the user alone would still count its old snapshot.
 */
export const signInMethods = (schema: string) => sql`
      accounts as (
        select a.id, ${providers} is null or a.provider = any (${providers}) as usable
        from ${schema}.oauth_accounts a join ${schema}.users u on u.id = a.user_id
        where a.user_id = ${actor.userId} and a.owner_epoch = u.owner_epoch
        order by a.subject, a.provider for update of a
      ), keys as (
        select k.id, ${passkeySignIn} as usable from ${schema}.passkeys k join ${schema}.users u on u.id = k.user_id
        where k.user_id = ${actor.userId} and k.owner_epoch = u.owner_epoch
          and (select pg_catalog.count(*) from accounts) >= 0
        order by k.credential_id for update of k
      ), me as (
        select u.id, u.owner_epoch, ${mailSignIn} and u.email_verified_at is not null as by_mail,
          u.email_key is not null and (${unverifiedPasswordSignIn} or u.email_verified_at is not null) as by_password
        from ${schema}.users u
        where u.id = ${actor.userId} and ${actorIsLive(schema)} and (select pg_catalog.count(*) from keys) >= 0
        for no key update
      ), secrets as (
        select p.user_id, me.by_password as usable from ${schema}.passwords p join me on p.user_id = me.id
        where p.owner_epoch = me.owner_epoch for update of p
      ), ways as (
        select (select pg_catalog.count(*) from accounts where accounts.usable)
          + (select pg_catalog.count(*) from keys where keys.usable)
          + (select pg_catalog.count(*) from secrets where secrets.usable)
          + (select pg_catalog.count(*) from me where me.by_mail) as count
      )`

/** A usable method remains when the one in `found` is removed. */
export const methodRemains =
  'ways.count > (select pg_catalog.count(*) from found where found.usable)'

/** The result of a removal that follows {@link signInMethods}. */
export interface RemovalRow {
  live: number
  found: number
  done: number
}

export const removalColumns = `(select pg_catalog.count(*) from me)::int as live,
        (select pg_catalog.count(*) from found)::int as found, (select pg_catalog.count(*) from gone)::int as done`

export function toRemoval({ live, found, done }: RemovalRow): MethodRemoval {
  if (done > 0) return { ok: true }
  if (live === 0) return { ok: false, reason: 'stale' }
  return { ok: false, reason: found === 0 ? 'not_found' : 'last_method' }
}
