-- Second factors, and the sign-ins that wait for one. Processes of the former version work on: what they do not know may be
-- null. Of the tables that they use, a step locks one alone: a second one could be locked the other way round by a statement.

alter table :schema.users add column second_factor_epoch int;

comment on column :schema.users.second_factor_epoch is
  'the user has a second factor, and no sign-in method opens a session without it, while this equals owner_epoch; it is in this row so that the statement that locks the user for a sign-in reads it';

create table :schema.pending_sign_ins (
  user_id uuid not null references :schema.users (id) on delete cascade,
  id uuid not null,
  secret_hash bytea not null check (pg_catalog.octet_length(secret_hash) = 32),
  session_epoch int not null,
  owner_epoch int not null,
  methods text[] not null check (pg_catalog.cardinality(methods) between 1 and 8),
  ip text check (pg_catalog.octet_length(ip) <= 64),
  user_agent text check (pg_catalog.octet_length(user_agent) <= 1024),
  idle_seconds int not null check (idle_seconds > 0),
  absolute_seconds int not null check (absolute_seconds >= idle_seconds),
  provider text collate "C" check (pg_catalog.octet_length(provider) between 1 and 64),
  subject text collate "C" check (pg_catalog.octet_length(subject) between 1 and 255),
  account_id uuid,
  label text check (pg_catalog.octet_length(label) <= 254),
  tokens bytea check (pg_catalog.octet_length(tokens) <= 65536),
  refund_account bytea check (pg_catalog.octet_length(refund_account) = 32),
  refund_ip_address bytea check (pg_catalog.octet_length(refund_ip_address) = 32),
  refund_block bytea check (pg_catalog.octet_length(refund_block) = 32),
  tries smallint not null default 0 check (tries between 0 and 5),
  created_at timestamptz not null check (pg_catalog.isfinite(created_at)),
  expires_at timestamptz not null check (pg_catalog.isfinite(expires_at)),
  primary key (user_id, id),
  check ((provider is null) = (subject is null) and (provider is null) = (account_id is null))
) with (fillfactor = 70);

comment on table :schema.pending_sign_ins is
  'sign-ins of users who have a second factor, before it is proved: made instead of a session by the same statement';
comment on column :schema.pending_sign_ins.session_epoch is
  'the user''s session_epoch: the sign-in is valid only while they are equal';
comment on column :schema.pending_sign_ins.idle_seconds is 'of the session to open, like absolute_seconds';
comment on column :schema.pending_sign_ins.provider is
  'an identity that is linked only once the second factor is proved, with its subject, account_id, label and tokens';
comment on column :schema.pending_sign_ins.refund_account is
  'keys of rate_limits whose charge the first factor would have given back, like the other two: the second one gives it back';
comment on column :schema.pending_sign_ins.tries is 'wrong codes; the fifth ends the sign-in';

create table :schema.totp_factors (
  user_id uuid primary key references :schema.users (id) on delete cascade,
  secret bytea not null check (pg_catalog.octet_length(secret) between 1 and 512),
  last_step bigint not null check (last_step >= 0),
  recovery_generation int not null default 0,
  created_at timestamptz not null check (pg_catalog.isfinite(created_at)),
  last_used_at timestamptz check (pg_catalog.isfinite(last_used_at))
) with (fillfactor = 90);

comment on table :schema.totp_factors is
  'the authenticator application of a user; it counts only while second_factor_epoch equals owner_epoch in users';
comment on column :schema.totp_factors.secret is 'encrypted by torii-auth';
comment on column :schema.totp_factors.last_step is
  'the time step of the last accepted code: a code is accepted only for a later one, and so at most once';
comment on column :schema.totp_factors.recovery_generation is
  'increases with every new set of recovery codes, which compares it first';

create table :schema.totp_enrollments (
  user_id uuid primary key references :schema.users (id) on delete cascade,
  session_id uuid not null,
  session_epoch int not null,
  owner_epoch int not null,
  secret bytea not null check (pg_catalog.octet_length(secret) between 1 and 512),
  tries smallint not null default 0 check (tries between 0 and 5),
  expires_at timestamptz not null check (pg_catalog.isfinite(expires_at))
) with (fillfactor = 70);

comment on table :schema.totp_enrollments is
  'secrets that were shown to a user and are not confirmed by a code yet; never a factor';

create table :schema.recovery_codes (
  user_id uuid not null references :schema.users (id) on delete cascade,
  code_hash bytea not null check (pg_catalog.octet_length(code_hash) = 32),
  generation int not null,
  primary key (user_id, code_hash)
);

comment on table :schema.recovery_codes is
  'one row per unused recovery code; they count only while second_factor_epoch equals owner_epoch in users';
comment on column :schema.recovery_codes.code_hash is 'SHA-256 of the code, separated by purpose';
comment on column :schema.recovery_codes.generation is
  'the code counts only while this equals recovery_generation of the factor';
