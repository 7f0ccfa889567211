-- A passkey as the second factor that a user enrolls during the sign-in. Processes of the former version work on: what they do
-- not know may be null.

alter table :schema.pending_sign_ins
  add column passkey_challenge_hash bytea check (pg_catalog.octet_length(passkey_challenge_hash) = 32);

comment on column :schema.pending_sign_ins.passkey_challenge_hash is
  'the challenge of the passkey that the user enrolls, until a response to it has come; each start replaces the one before';
