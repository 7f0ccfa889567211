import type { SqlPart } from '../../sql/parameter.js'
import { sql } from '../../sql/parameter.js'
import { userId } from './parameters.js'

/**
 * CTEs that lock the entry rows of a user one after the other, in the lock order of all statements, where `condition`
 * holds of the user's row `u`: `l` are the magic links. The user is locked after them: see {@link entryRowsLocked}.
 */
export const lockEntryRows = <const Condition extends SqlPart>(
  schema: string,
  condition: Condition,
) => sql`asked as (
        select u.email_key from ${schema}.users u where u.id = ${userId} and ${condition}
      ), l as (
        select l.email_key from ${schema}.magic_links l join asked on l.email_key = asked.email_key
        order by l.id for update of l
      ), v as (
        select 1 as one from ${schema}.verification_tokens v where v.user_id = ${userId}
          and exists (select 1 from asked) and (select pg_catalog.count(*) from l) >= 0
        order by v.id for update
      ), e as (
        select 1 as one from ${schema}.user_emails e where e.user_id = ${userId}
          and exists (select 1 from asked) and (select pg_catalog.count(*) from v) >= 0 for update
      ), o as (
        select 1 as one from ${schema}.oauth_accounts o where o.user_id = ${userId}
          and exists (select 1 from asked) and (select pg_catalog.count(*) from e) >= 0
        order by o.subject, o.provider for update
      ), k as (
        select 1 as one from ${schema}.passkeys k where k.user_id = ${userId}
          and exists (select 1 from asked) and (select pg_catalog.count(*) from o) >= 0
        order by k.credential_id for update
      )`

/** Holds always; a statement that locks or deletes the user where it holds has locked the entry rows before. */
export const entryRowsLocked = '(select pg_catalog.count(*) from k) >= 0'
