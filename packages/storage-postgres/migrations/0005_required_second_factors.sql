-- Second factors that the application asks for, and their enrollment during the sign-in. Processes of the former versions work
-- on: what they do not know may be null or has a default.

alter table :schema.users add column second_factor_required_at timestamptz;

comment on column :schema.users.second_factor_required_at is
  'from then on a sign-in needs a second factor, and enrolls one where there is none; only for applications with the option secondFactor.required per-user';

alter table :schema.pending_sign_ins
  add column enrolls boolean not null default false,
  add column email_code_hash bytea check (pg_catalog.octet_length(email_code_hash) = 32),
  add column mailbox_proved boolean not null default false;

comment on column :schema.pending_sign_ins.enrolls is
  'the user had no second factor at the sign-in, and enrolls one to complete it';
comment on column :schema.pending_sign_ins.email_code_hash is
  'the code that was mailed before the enrollment, under a key of the application';
comment on column :schema.pending_sign_ins.mailbox_proved is
  'a mailed code has proved the mailbox of the user in this sign-in';
