/** Rows as 0.1.0 would have stored them, for accounts 1 to `users` of its `program.mjs`. */
export const multiply = (users: number): readonly string[] => [
  `insert into torii.users (id, email, email_key, email_verified_at, created_at, updated_at)
   select md5('user' || n)::uuid, 'load-' || n || '@example.com', 'load-' || n || '@example.com', now(), now(), now()
   from generate_series(1, ${users}) n`,
  `insert into torii.user_emails (email_key, user_id)
   select 'load-' || n || '@example.com', md5('user' || n)::uuid from generate_series(1, ${users}) n`,
  `insert into torii.passwords (user_id, hash, owner_epoch)
   select md5('user' || n)::uuid, '$upgrade$' || n, 0 from generate_series(1, ${users}) n`,
  `insert into torii.sessions (user_id, id, secret_hash, epoch, methods, expires_at, absolute_expires_at)
   select md5('user' || n)::uuid, md5('session' || n)::uuid, sha256(('session' || n)::bytea), 0, '{password}',
     now() + interval '7 days', now() + interval '30 days'
   from generate_series(1, ${users}) n`,
  `insert into torii.oauth_accounts (provider, subject, id, user_id, owner_epoch)
   select 'load', n::text, md5('account' || n)::uuid, md5('user' || greatest(n, 1))::uuid, 0
   from generate_series(0, ${users}, 10) n`,
  `insert into torii.passkeys (credential_id, id, user_id, owner_epoch, public_key, sign_count, user_handle,
     user_verified, backup_eligible, backed_up, aaguid, transports, name)
   select sha256(('passkey' || n)::bytea), md5('passkey' || n)::uuid, md5('user' || n)::uuid, 0, sha256('key'), 0,
     sha256('handle'), true, false, false, md5('aaguid')::uuid, '{internal}', 'passkey'
   from generate_series(1, ${users}, 20) n`,
  `insert into torii.magic_links (id, email_key, email, slot, token_hash, epoch, global_epoch, tries, created_at, expires_at)
   select md5('link' || n)::uuid, 'stranger-' || n || '@example.com', 'stranger-' || n || '@example.com', 1,
     sha256(('link' || n)::bytea), null, 7, 0, now(), now() + interval '10 minutes'
   from generate_series(1, ${users}, 20) n`,
  `insert into torii.audit_events (id, type, user_id, detail, at, expires_at)
   select md5('event' || n)::uuid, 'signed_in', md5('user' || n)::uuid, '{}', now(), now() + interval '1 year'
   from generate_series(1, ${users}) n`,
]
