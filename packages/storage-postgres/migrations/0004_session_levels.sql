-- The level of a session. A step apart from the table of users: see 0003.

alter table :schema.sessions
  add column level smallint,
  add column level2_at timestamptz,
  add constraint sessions_level check (level in (1, 2) and (level = 2) = (level2_at is not null)) not valid;

comment on column :schema.sessions.level is
  'how many factors were proved; null in a row of version 0.1.0, which is not valid once its user has a second factor. The check is not validated, since that would read the whole table under a lock';
comment on column :schema.sessions.level2_at is 'when two factors were last proved';
