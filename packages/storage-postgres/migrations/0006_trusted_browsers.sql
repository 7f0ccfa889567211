-- Browsers in which a user signs in without the second factor. Processes of the former version know none: they go on asking.

create table :schema.trusted_browsers (
  user_id uuid not null references :schema.users (id) on delete cascade,
  id uuid not null,
  secret_hash bytea not null check (pg_catalog.octet_length(secret_hash) = 32),
  session_epoch int not null,
  user_agent text check (pg_catalog.octet_length(user_agent) <= 1024),
  created_at timestamptz not null check (pg_catalog.isfinite(created_at)),
  last_used_at timestamptz check (pg_catalog.isfinite(last_used_at)),
  expires_at timestamptz not null check (pg_catalog.isfinite(expires_at)),
  primary key (user_id, id)
) with (fillfactor = 70);

comment on table :schema.trusted_browsers is
  'browsers whose sign-ins need no second factor, until expires_at; they count only while the option allows them';
comment on column :schema.trusted_browsers.secret_hash is
  'SHA-256 of the secret in the cookie, separated by purpose; every sign-in replaces it';
comment on column :schema.trusted_browsers.session_epoch is
  'the user''s session_epoch: the browser is trusted only while they are equal';
