-- Passkeys of other systems that did not keep the user handle. A process of the former version answers a response that has one
-- with an error and opens no session; it uses the others as before.

alter table :schema.passkeys alter column user_handle drop not null;

comment on column :schema.passkeys.user_handle is
  'the user''s id at the authenticator: random, never an email; null where an import did not know it: the first use stores it';
