import { insertSession, insertSessions, sessionColumns } from './session-row.js'

/** The statement that opens one session, and the one that opens many: one place each for who may have one. */
export const openingTexts = (schema: string) => ({
  // The key lock makes a concurrent delete of the user wait, or makes this one see that it is gone.
  open: `${insertSession(
    schema,
    2,
    `(
          select u.id as user_id, u.session_epoch from ${schema}.users u
          where u.id = $1::uuid and u.disabled_at is null for key share
        ) as u`,
  )}
        returning s.user_id, ${sessionColumns}`,
  // A user whom somebody holds is skipped: only their own caller waits for them, alone.
  openMany: `
      with k as (
        select * from rows from (
          pg_catalog.unnest($1::uuid[]), pg_catalog.unnest($2::uuid[]), pg_catalog.unnest($3::bytea[]),
          pg_catalog.unnest($4::text[]), pg_catalog.unnest($5::text[]), pg_catalog.unnest($6::text[]),
          pg_catalog.unnest($7::int4[]), pg_catalog.unnest($8::int4[])
        ) with ordinality as k (
          user_id, id, secret_hash, methods, ip, user_agent, idle_seconds, absolute_seconds, i)
      ), u as (
        select k.*, u.session_epoch from k join ${schema}.users u on u.id = k.user_id
        where u.disabled_at is null for key share of u skip locked
      ), s as (${insertSessions(
        schema,
        [
          'u.id',
          'u.secret_hash',
          'u.methods',
          'u.ip',
          'u.user_agent',
          'u.idle_seconds',
          'u.absolute_seconds',
        ],
        'u',
      )}
        returning s.user_id, ${sessionColumns}
      )
      select k.i::int4 as i, s.* from s join k on k.id = s.session_id`,
})
