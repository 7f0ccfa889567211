-- Passkeys as the second factor of a pending sign-in. Processes of the former version store no such challenge.

alter table :schema.passkey_challenges
  drop constraint passkey_challenges_ceremony_check,
  add constraint passkey_challenges_ceremony_check
    check (ceremony in ('register', 'authenticate', 'reauthenticate', 'second_factor'));

comment on column :schema.passkey_challenges.session_id is
  'the session that asked for the challenge; of the ceremony second_factor the pending sign-in, which has an id of the same kind';
