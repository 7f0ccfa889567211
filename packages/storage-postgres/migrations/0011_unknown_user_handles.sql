-- Passkeys of other systems that did not keep the user handle. Processes of the former version refuse a response that has one,
-- and use the others as before.

alter table :schema.passkeys alter column user_handle drop not null;

comment on column :schema.passkeys.user_handle is
  'the user''s id at the authenticator: random, never an email; null where an import did not know it: the first use stores it';
