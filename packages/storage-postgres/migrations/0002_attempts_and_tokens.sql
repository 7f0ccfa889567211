-- What is counted, and what is used once.

-- Attempts under a hashed key: an account, a network, a mail allowance. Half the page stays free, since
-- every attempt updates its row.
create table :schema.login_attempts (
  key bytea primary key check (pg_catalog.octet_length(key) = 32),
  failures int not null check (failures >= 0),
  cap int not null check (cap > 0),
  total int not null check (total >= 0),
  total_limit int not null check (total_limit > 0),
  ends_at timestamptz not null check (pg_catalog.isfinite(ends_at)),
  lock_ends_at timestamptz not null check (pg_catalog.isfinite(lock_ends_at)),
  seen_at timestamptz not null check (pg_catalog.isfinite(seen_at)),
  forget_at timestamptz not null check (pg_catalog.isfinite(forget_at))
) with (fillfactor = 50);

comment on table :schema.login_attempts is 'attempts counted under a hashed key: an account, a network, a mail allowance';
comment on column :schema.login_attempts.key is 'SHA-256 of what is counted under, separated by purpose';
comment on column :schema.login_attempts.failures is
  'charges in the current window; at cap the key is locked until ends_at';
comment on column :schema.login_attempts.total is
  'charges in a row since the last success or since the key was forgotten; at total_limit the key is locked until ends_at';

create table :schema.magic_links (
  email_key text collate "C" primary key check (pg_catalog.octet_length(email_key) between 3 and 254),
  email text not null check (pg_catalog.octet_length(email) between 3 and 254),
  token_hash bytea not null check (pg_catalog.octet_length(token_hash) = 32),
  code_hash bytea check (pg_catalog.octet_length(code_hash) = 32),
  tries int not null check (tries >= 0),
  created_at timestamptz not null check (pg_catalog.isfinite(created_at)),
  expires_at timestamptz not null check (pg_catalog.isfinite(expires_at))
) with (fillfactor = 70);
create unique index magic_links_token_hash on :schema.magic_links (token_hash);

comment on table :schema.magic_links is
  'one live link per address, also for addresses that no account has';
comment on column :schema.magic_links.code_hash is 'HMAC of the code that may be typed instead, under a key of the application';
comment on column :schema.magic_links.tries is 'wrong codes so far; five end the code, not the link';

create table :schema.verification_tokens (
  user_id uuid not null references :schema.users (id) on delete cascade,
  purpose text collate "C" not null
    check (purpose in ('verify_email', 'reset_password', 'change_email')),
  secret_hash bytea not null check (pg_catalog.octet_length(secret_hash) = 32),
  email text not null check (pg_catalog.octet_length(email) between 3 and 254),
  email_key text collate "C" not null check (pg_catalog.octet_length(email_key) between 3 and 254),
  epoch int not null,
  created_at timestamptz not null check (pg_catalog.isfinite(created_at)),
  expires_at timestamptz not null check (pg_catalog.isfinite(expires_at)),
  primary key (user_id, purpose)
) with (fillfactor = 70);

comment on table :schema.verification_tokens is 'one live token per user and purpose';
comment on column :schema.verification_tokens.epoch is 'the user''s session_epoch when it was mailed: it counts only while they are equal';

create table :schema.oauth_states (
  state_hash bytea primary key check (pg_catalog.octet_length(state_hash) = 32),
  browser_hash bytea not null check (pg_catalog.octet_length(browser_hash) = 32),
  provider text collate "C" not null check (pg_catalog.octet_length(provider) between 1 and 64),
  redirect_to text check (pg_catalog.octet_length(redirect_to) <= 2048),
  user_id uuid,
  session_id uuid,
  session_epoch int,
  owner_epoch int,
  expires_at timestamptz not null check (pg_catalog.isfinite(expires_at)),
  check ((user_id is null) = (session_id is null)),
  check ((user_id is null) = (session_epoch is null)),
  check ((user_id is null) = (owner_epoch is null))
);

comment on column :schema.oauth_states.browser_hash is 'hash of a secret that only the starting browser holds';
comment on table :schema.oauth_states is
  'flows to providers under way; with a user, a flow that links; no foreign key, so that a flow never waits for a user';

create table :schema.passkey_challenges (
  challenge_hash bytea primary key check (pg_catalog.octet_length(challenge_hash) = 32),
  ceremony text collate "C" not null check (ceremony in ('register', 'authenticate', 'reauthenticate')),
  user_id uuid,
  session_id uuid,
  session_epoch int,
  owner_epoch int,
  expires_at timestamptz not null check (pg_catalog.isfinite(expires_at)),
  check (user_id is not null or session_id is null),
  check ((session_id is null) = (session_epoch is null)),
  check ((session_id is null) = (owner_epoch is null))
);

comment on table :schema.passkey_challenges is 'challenges of passkey ceremonies under way';
