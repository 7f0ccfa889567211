-- Accounts, the emails they own and how these are verified, their sign-in methods, and their sessions.
-- :schema and :uuid_default are filled in by the migration runner.

create table :schema.users (
  id uuid :uuid_default primary key,
  email text check (pg_catalog.octet_length(email) between 3 and 254),
  email_key text collate "C" check (pg_catalog.octet_length(email_key) between 3 and 254),
  email_verified_at timestamptz check (pg_catalog.isfinite(email_verified_at)),
  name text check (pg_catalog.octet_length(name) <= 800),
  picture text check (pg_catalog.octet_length(picture) <= 2048),
  metadata jsonb not null default '{}'
    check (pg_catalog.jsonb_typeof(metadata) = 'object' and pg_catalog.pg_column_size(metadata) <= 262144),
  session_epoch int not null default 0,
  owner_epoch int not null default 0,
  disabled_at timestamptz check (pg_catalog.isfinite(disabled_at)),
  created_at timestamptz not null default pg_catalog.now() check (pg_catalog.isfinite(created_at)),
  updated_at timestamptz not null default pg_catalog.now() check (pg_catalog.isfinite(updated_at)),
  check ((email is null) = (email_key is null)),
  check (email is not null or email_verified_at is null)
) with (fillfactor = 90);

comment on table :schema.users is 'one row per account';
comment on column :schema.users.email is 'as the user wrote it; mail is sent to it';
comment on column :schema.users.email_key is
  'the canonical form, the same as in user_emails';
comment on column :schema.users.metadata is 'the application''s own data';
comment on column :schema.users.disabled_at is 'when the user was disabled; a disabled user has no valid session and cannot sign in';
comment on column :schema.users.session_epoch is
  'a session is valid only while its epoch is at least this, a verification token only while its epoch equals this: add 1 to revoke them all';
comment on column :schema.users.owner_epoch is
  'a password, OAuth account or passkey is valid only while its owner_epoch equals this';

create table :schema.user_emails (
  email_key text collate "C" primary key check (pg_catalog.octet_length(email_key) between 3 and 254),
  user_id uuid not null references :schema.users (id) on delete cascade
);
create index user_emails_user_id on :schema.user_emails (user_id);

comment on table :schema.user_emails is
  'who owns an email: the primary key lets each email belong to one account only';

create table :schema.passwords (
  user_id uuid primary key references :schema.users (id) on delete cascade,
  hash text not null check (pg_catalog.octet_length(hash) between 1 and 512),
  owner_epoch int not null,
  updated_at timestamptz not null default pg_catalog.now() check (pg_catalog.isfinite(updated_at))
);

comment on table :schema.passwords is 'one row per user who has a password';
comment on column :schema.passwords.hash is 'a PHC string such as $argon2id$v=19$...';

create table :schema.oauth_accounts (
  provider text collate "C" not null check (pg_catalog.octet_length(provider) between 1 and 64),
  subject text collate "C" not null check (pg_catalog.octet_length(subject) between 1 and 255),
  id uuid not null,
  user_id uuid not null references :schema.users (id) on delete cascade,
  owner_epoch int not null,
  label text check (pg_catalog.octet_length(label) <= 254),
  tokens bytea check (pg_catalog.octet_length(tokens) <= 65536),
  tokens_version int not null default 0,
  refresh_lease_ends_at timestamptz check (pg_catalog.isfinite(refresh_lease_ends_at)),
  created_at timestamptz not null default pg_catalog.now() check (pg_catalog.isfinite(created_at)),
  last_used_at timestamptz not null default pg_catalog.now() check (pg_catalog.isfinite(last_used_at)),
  primary key (subject, provider)
);
create index oauth_accounts_user_id on :schema.oauth_accounts (user_id, id);

comment on table :schema.oauth_accounts is 'an identity at a provider belongs to one user';
comment on column :schema.oauth_accounts.subject is 'the provider''s own id of the user';
comment on column :schema.oauth_accounts.tokens is 'the provider''s tokens, encrypted by torii-auth';
comment on column :schema.oauth_accounts.tokens_version is 'increases with every replacement, which compares it first';
comment on column :schema.oauth_accounts.refresh_lease_ends_at is
  'until then only one worker may refresh the tokens';

create table :schema.passkeys (
  credential_id bytea primary key check (pg_catalog.octet_length(credential_id) between 1 and 1023),
  id uuid not null,
  user_id uuid not null references :schema.users (id) on delete cascade,
  owner_epoch int not null,
  public_key bytea not null check (pg_catalog.octet_length(public_key) between 1 and 2048),
  sign_count bigint not null check (sign_count between 0 and 4294967295),
  user_handle bytea not null check (pg_catalog.octet_length(user_handle) between 1 and 64),
  user_verified boolean not null,
  backup_eligible boolean not null,
  backed_up boolean not null check (backup_eligible or not backed_up),
  aaguid uuid not null,
  transports text[] not null check (pg_catalog.cardinality(transports) <= 16),
  name text not null check (pg_catalog.octet_length(name) between 1 and 400),
  created_at timestamptz not null default pg_catalog.now() check (pg_catalog.isfinite(created_at)),
  last_used_at timestamptz check (pg_catalog.isfinite(last_used_at))
) with (fillfactor = 90);
create index passkeys_user_id on :schema.passkeys (user_id, id);

comment on table :schema.passkeys is 'a credential belongs to one user, in the whole database';
comment on column :schema.passkeys.id is 'the id that the application sees; the credential id stays inside Torii';
comment on column :schema.passkeys.sign_count is 'increases with every use, or stays 0 if the authenticator does not count';
comment on column :schema.passkeys.user_handle is 'the user''s id at the authenticator: random, never an email';

create table :schema.sessions (
  user_id uuid not null references :schema.users (id) on delete cascade,
  id uuid not null,
  secret_hash bytea not null check (pg_catalog.octet_length(secret_hash) = 32),
  epoch int not null,
  methods text[] not null check (pg_catalog.cardinality(methods) between 1 and 8),
  ip text check (pg_catalog.octet_length(ip) <= 64),
  user_agent text check (pg_catalog.octet_length(user_agent) <= 1024),
  created_at timestamptz not null default pg_catalog.now() check (pg_catalog.isfinite(created_at)),
  authenticated_at timestamptz not null default pg_catalog.now() check (pg_catalog.isfinite(authenticated_at)),
  last_active_at timestamptz not null default pg_catalog.now() check (pg_catalog.isfinite(last_active_at)),
  expires_at timestamptz not null check (pg_catalog.isfinite(expires_at)),
  absolute_expires_at timestamptz not null check (pg_catalog.isfinite(absolute_expires_at)),
  primary key (user_id, id),
  check (expires_at <= absolute_expires_at)
) with (fillfactor = 85);

comment on table :schema.sessions is
  'one row per session; no index on expires_at, which would make every touch write two indexes and end HOT updates';
comment on column :schema.sessions.secret_hash is 'SHA-256 of the secret in the token, separated by purpose';
comment on column :schema.sessions.authenticated_at is 'when the user last signed in or re-authenticated';
comment on column :schema.sessions.expires_at is
  'the idle expiry; every touch moves it, never past absolute_expires_at';

create table :schema.verification_tokens (
  id uuid primary key,
  user_id uuid not null references :schema.users (id) on delete cascade,
  purpose text collate "C" not null
    check (purpose in ('verify_email', 'reset_password', 'change_email')),
  slot smallint not null check (slot between 1 and 4),
  secret_hash bytea not null check (pg_catalog.octet_length(secret_hash) = 32),
  email text not null check (pg_catalog.octet_length(email) between 3 and 254),
  email_key text collate "C" not null check (pg_catalog.octet_length(email_key) between 3 and 254),
  epoch int not null,
  global_epoch int not null,
  used_by bytea check (pg_catalog.octet_length(used_by) = 32),
  created_at timestamptz not null check (pg_catalog.isfinite(created_at)),
  expires_at timestamptz not null check (pg_catalog.isfinite(expires_at))
) with (fillfactor = 70);
create unique index verification_tokens_slot on :schema.verification_tokens (user_id, purpose, slot);

comment on table :schema.verification_tokens is 'at most four live tokens per user and purpose';
comment on column :schema.verification_tokens.id is 'the first half of secret_hash';
comment on column :schema.verification_tokens.slot is
  'the unique index on it lets a user have at most four tokens per purpose, however many are requested at once';
comment on column :schema.verification_tokens.epoch is
  'the user''s session_epoch when the token was mailed: it is valid only while they are equal; below 0 once an email change has used it';
comment on column :schema.verification_tokens.global_epoch is
  'the epoch of the table global_epoch when the token was mailed: it is valid only while they are equal';
comment on column :schema.verification_tokens.used_by is
  'HMAC of the form that used the token, under a secret of its browser: the same form sees the same success for a minute';

-- Ends every link, code, challenge and OAuth state at once: each carries the epoch in which it was made.
create table :schema.global_epoch (
  only_row boolean primary key default true check (only_row),
  epoch int not null default 0
);
insert into :schema.global_epoch default values;

comment on table :schema.global_epoch is 'one row';
comment on column :schema.global_epoch.epoch is
  'a link, token, challenge or OAuth state is valid only while it carries this: add 1 to revoke them all';

-- Never holds a row: a write that comes after its end inserts one here, and is refused with all it did.
create table :schema.late_writes (
  constraint late_writes_are_refused check (false)
);

comment on table :schema.late_writes is
  'never holds a row: a write that comes too late tries to insert one, and is refused with everything that it did';
