/** What the tables hold after a run, as the checker reads it. */

const queries = {
  users: `
    select u.id, u.name, u.disabled_at is not null as disabled, p.hash,
      exists (select 1 from torii.user_emails e where e.user_id = u.id and e.email_key = u.email_key) as owns_email
    from torii.users u left join torii.passwords p on p.user_id = u.id and p.owner_epoch = u.owner_epoch`,
  sessions: `
    select s.id, encode(s.secret_hash, 'hex') as hash
    from torii.sessions s join torii.users u on u.id = s.user_id
    where s.epoch >= u.session_epoch and u.disabled_at is null and s.expires_at > now()`,
  tokens: `
    select encode(l.token_hash, 'hex') as hash from torii.magic_links l
    join torii.user_emails e on e.email_key = l.email_key join torii.users u on u.id = e.user_id
    where l.used_by is null and l.expires_at > now() and u.disabled_at is null
      and (u.session_epoch = l.epoch or (l.epoch is null and u.email_verified_at is null))
    union all
    select encode(t.secret_hash, 'hex') from torii.verification_tokens t join torii.users u on u.id = t.user_id
    where t.purpose = 'reset_password' and t.used_by is null and t.epoch = u.session_epoch
      and u.disabled_at is null and t.expires_at > now()
    union all
    select encode(challenge_hash, 'hex') from torii.passkey_challenges where expires_at > now()`,
  ownerless: `
    select encode(l.token_hash, 'hex') as hash from torii.magic_links l
    where not exists (select 1 from torii.user_emails e where e.email_key = l.email_key)`,
  usedStates: "select encode(state_hash, 'hex') as hash from torii.used_oauth_states",
  events: 'select id from torii.audit_events',
}

const passwordPrefix = '$faults$'

/** Reads everything. `query` runs a statement and resolves to its rows. */
export async function readTables(query) {
  const [users, sessions, tokens, ownerless, usedStates, events] = [
    await query(queries.users),
    await query(queries.sessions),
    await query(queries.tokens),
    await query(queries.ownerless),
    await query(queries.usedStates),
    await query(queries.events),
  ]
  return {
    users: new Map(
      users.map(({ id, name, disabled, hash, owns_email: ownsEmail }) => [
        id,
        { name, disabled, ownsEmail, password: hash?.slice(passwordPrefix.length) ?? null },
      ]),
    ),
    sessions: new Map(sessions.map(({ id, hash }) => [id, hash])),
    tokens: new Set(tokens.map(({ hash }) => hash)),
    /** Links for emails of no user, which end with no operation on a user. */
    ownerless: new Set(ownerless.map(({ hash }) => hash)),
    usedStates: new Set(usedStates.map(({ hash }) => hash)),
    events: new Set(events.map(({ id }) => id)),
  }
}
