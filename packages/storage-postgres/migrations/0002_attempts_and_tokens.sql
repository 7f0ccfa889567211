-- Rate limits, single-use links and flows, and the audit trail.

-- Attempts under a hashed key: an account, an IP address, a mail allowance. Half the page stays free, since
-- every attempt updates its row.
create table :schema.rate_limits (
  key bytea primary key check (pg_catalog.octet_length(key) = 32),
  failures int not null check (failures >= 0),
  cap int not null check (cap > 0),
  refill int not null check (refill > 0),
  total int not null check (total >= 0),
  total_limit int not null check (total_limit > 0),
  ends_at timestamptz not null check (pg_catalog.isfinite(ends_at)),
  lock_ends_at timestamptz not null check (pg_catalog.isfinite(lock_ends_at)),
  seen_at timestamptz not null check (pg_catalog.isfinite(seen_at)),
  forget_at timestamptz not null check (pg_catalog.isfinite(forget_at))
) with (fillfactor = 50);

comment on table :schema.rate_limits is 'attempts counted under a hashed key: an account, an IP address, a mail allowance';
comment on column :schema.rate_limits.key is 'SHA-256 of the account, IP address or allowance, separated by purpose';
comment on column :schema.rate_limits.failures is
  'attempts in the current window; at cap the key is locked until ends_at';
comment on column :schema.rate_limits.refill is
  'failures that the end of a window gives back: all (cap) or fewer, which spreads the attempts over time';
comment on column :schema.rate_limits.total is
  'attempts in a row since the last success or since the key was forgotten; at total_limit the key is locked until ends_at';

create table :schema.magic_links (
  id uuid primary key,
  email_key text collate "C" not null check (pg_catalog.octet_length(email_key) between 3 and 254),
  email text not null check (pg_catalog.octet_length(email) between 3 and 254),
  slot smallint not null check (slot between 1 and 4),
  token_hash bytea not null check (pg_catalog.octet_length(token_hash) = 32),
  code_hash bytea check (pg_catalog.octet_length(code_hash) = 32),
  epoch int,
  global_epoch int not null,
  tries int not null check (tries >= 0),
  used_by bytea check (pg_catalog.octet_length(used_by) = 32),
  created_at timestamptz not null check (pg_catalog.isfinite(created_at)),
  expires_at timestamptz not null check (pg_catalog.isfinite(expires_at))
) with (fillfactor = 70);
create unique index magic_links_slot on :schema.magic_links (email_key, slot);

comment on table :schema.magic_links is
  'at most four live links per email, also for emails that no account has';
comment on column :schema.magic_links.id is 'the first half of token_hash';
comment on column :schema.magic_links.slot is
  'the unique index on it lets an email have at most four links, however many are requested at once';
comment on column :schema.magic_links.code_hash is 'HMAC of the code that may be typed instead, under a key of the application';
comment on column :schema.magic_links.epoch is
  'the session_epoch of the email''s user when the link was mailed: it signs in only while they are equal; null if no account had the email, and then it signs in only a new or unverified user';
comment on column :schema.magic_links.global_epoch is
  'the epoch of the table global_epoch when the link was mailed: it signs in only while they are equal';
comment on column :schema.magic_links.tries is
  'wrong codes since the link was mailed; while a live link of the email has five, every code of the email is refused, and the links still work';
comment on column :schema.magic_links.used_by is
  'HMAC of the form that used the link, under a secret of its browser: the same form sees the same success for a minute';

create table :schema.used_oauth_states (
  state_hash bytea primary key check (pg_catalog.octet_length(state_hash) = 32),
  used_by uuid not null,
  expires_at timestamptz not null check (pg_catalog.isfinite(expires_at))
);

comment on table :schema.used_oauth_states is
  'states of OAuth flows and nonces of ID tokens that were used; a start stores nothing';
comment on column :schema.used_oauth_states.used_by is
  'an id that only the using caller stores, so that its own repetition succeeds and no other one does';
comment on column :schema.used_oauth_states.expires_at is
  'an hour after the state has expired; until then the row must stay';

create table :schema.passkey_challenges (
  challenge_hash bytea primary key check (pg_catalog.octet_length(challenge_hash) = 32),
  ceremony text collate "C" not null check (ceremony in ('register', 'authenticate', 'reauthenticate')),
  user_id uuid,
  session_id uuid,
  session_epoch int,
  owner_epoch int,
  global_epoch int not null,
  expires_at timestamptz not null check (pg_catalog.isfinite(expires_at)),
  check (user_id is not null or session_id is null),
  check ((session_id is null) = (session_epoch is null)),
  check ((session_id is null) = (owner_epoch is null))
);

comment on table :schema.passkey_challenges is 'challenges of passkey ceremonies in progress';
comment on column :schema.passkey_challenges.global_epoch is
  'the epoch of the table global_epoch when the challenge was made: it is valid only while they are equal';

-- One row at most: which process sweeps, and when the last sweep was completed.
create table :schema.sweep_lease (
  only_row boolean primary key check (only_row),
  holder uuid not null,
  ends_at timestamptz not null check (pg_catalog.isfinite(ends_at)),
  swept_at timestamptz check (pg_catalog.isfinite(swept_at))
);

comment on table :schema.sweep_lease is 'lets one process at a time sweep; a lease ends by itself if its holder dies';
comment on column :schema.sweep_lease.swept_at is 'when the last complete sweep ended, or null before the first one';

-- The audit trail, if the application asks for one. No foreign key: an event outlives its user. Rows are
-- only added and swept, so an index on expires_at slows down no update.
create table :schema.audit_events (
  id uuid primary key,
  type text collate "C" not null check (pg_catalog.octet_length(type) between 1 and 64),
  user_id uuid,
  session_id uuid,
  ip text check (pg_catalog.octet_length(ip) <= 64),
  user_agent text check (pg_catalog.octet_length(user_agent) <= 1024),
  detail jsonb not null
    check (pg_catalog.jsonb_typeof(detail) = 'object' and pg_catalog.pg_column_size(detail) <= 65536),
  at timestamptz not null check (pg_catalog.isfinite(at)),
  expires_at timestamptz not null check (pg_catalog.isfinite(expires_at))
);
create index audit_events_user_id on :schema.audit_events (user_id, at, id);
create index audit_events_at on :schema.audit_events (at, id);
create index audit_events_expires_at on :schema.audit_events (expires_at);

comment on table :schema.audit_events is 'the audit trail; empty unless the application asks for it';
comment on column :schema.audit_events.at is 'the database''s time of the statement that stored the event';
comment on column :schema.audit_events.expires_at is 'from then on the event is no longer returned, and the sweep deletes it';
