-- Which account came from where. Processes of the former versions do not read it.

create table :schema.imported_users (
  source text collate "C" not null check (pg_catalog.octet_length(source) between 1 and 64),
  source_id text collate "C" not null check (pg_catalog.octet_length(source_id) between 1 and 255),
  user_id uuid not null,
  imported_at timestamptz not null default pg_catalog.now() check (pg_catalog.isfinite(imported_at)),
  primary key (source, source_id)
);
create index imported_users_user_id on :schema.imported_users (user_id);

comment on table :schema.imported_users is
  'which account an import made of which account of another system; rows of deleted users stay, so that a later import does not bring them back';
comment on column :schema.imported_users.source is 'the name of the other system, as the import was told';
comment on column :schema.imported_users.source_id is 'the id of the account there';
comment on column :schema.imported_users.user_id is
  'the id of the account here; without a foreign key, since it outlives the account';
