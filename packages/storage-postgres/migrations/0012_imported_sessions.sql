-- Which password of the other system was taken last, and sessions of another system, by which its users are still signed in. Processes of the former versions do not read it.

alter table :schema.imported_users
  add column password_digest bytea check (pg_catalog.octet_length(password_digest) = 32);

comment on column :schema.imported_users.password_digest is
  'SHA-256 of the password hash of the other system that was taken last; null for none';

create table :schema.imported_sessions (
  key bytea primary key check (pg_catalog.octet_length(key) = 32),
  user_id uuid not null references :schema.users (id) on delete cascade,
  session_epoch int not null,
  level smallint not null check (level in (1, 2)),
  user_agent text check (pg_catalog.octet_length(user_agent) <= 1024),
  authenticated_at timestamptz not null check (pg_catalog.isfinite(authenticated_at)),
  expires_at timestamptz not null check (pg_catalog.isfinite(expires_at)),
  used_at timestamptz check (pg_catalog.isfinite(used_at))
) with (fillfactor = 90);
create index imported_sessions_user_id on :schema.imported_sessions (user_id);

comment on table :schema.imported_sessions is
  'sessions of another system: the first request with such a token opens a session here, and no later one does';
comment on column :schema.imported_sessions.key is
  'SHA-256 of the other system''s token, which is never stored';
comment on column :schema.imported_sessions.session_epoch is
  'the user''s session_epoch: the token opens a session only while they are equal; -1 once it was ended before that';
comment on column :schema.imported_sessions.level is
  'how many factors the other system says were proved';
comment on column :schema.imported_sessions.used_at is
  'when the token opened a session; the row stays, so that a later import does not make it usable again';
