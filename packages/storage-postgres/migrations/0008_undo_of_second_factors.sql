-- Mailed links by which the owner of an account undoes that a second factor was turned on. Processes of the former version
-- store no such token.

alter table :schema.verification_tokens
  drop constraint verification_tokens_purpose_check,
  add constraint verification_tokens_purpose_check
    check (purpose in ('verify_email', 'reset_password', 'change_email', 'undo_second_factor')) not valid;

comment on column :schema.verification_tokens.epoch is
  'the user''s session_epoch when the token was mailed: it is valid only while they are equal; below 0 once an email change has used it; of the purpose undo_second_factor the owner_epoch, which may have risen since';
comment on column :schema.verification_tokens.created_at is
  'of the purpose undo_second_factor: what was added to the account since is removed';
