import assert from 'node:assert/strict'
import { beforeAll, test } from 'vitest'
import { catalogue } from './catalogue.js'
import { type TestDatabase, testDatabase } from './database.js'

const makeSchema = (schema: string) => `
  create schema ${schema};
  create table ${schema}.users (
    id uuid primary key default '00000000-0000-0000-0000-000000000001'::uuid,
    dropped text,
    email text collate "C" not null unique,
    name varchar(40) default 'torii. nobody',
    seen_at timestamp with time zone not null default statement_timestamp(),
    number bigint generated always as identity,
    lowered text generated always as (lower(name)) stored
  ) with (fillfactor = 70);
  alter table ${schema}.users drop column dropped;
  create table ${schema}.sessions (
    user_id uuid not null references ${schema}.users (id) on delete cascade,
    id uuid not null,
    secret_hash bytea not null constraint secret_hash_length check (octet_length(secret_hash) = 32),
    "order" integer,
    primary key (user_id, id) with (fillfactor = 80)
  );
  create index sessions_order on ${schema}.sessions ("order" desc, user_id) where "order" is not null;
  create index sessions_expression on ${schema}.sessions ((user_id::text));
  comment on table ${schema}.users is 'who''s who';
  comment on column ${schema}.sessions."order" is 'any';`

const expected = `create table torii.sessions (
  user_id uuid not null,
  id uuid not null,
  secret_hash bytea not null,
  "order" integer,
  constraint secret_hash_length CHECK ((octet_length(secret_hash) = 32)),
  constraint sessions_pkey PRIMARY KEY (user_id, id) with (fillfactor=80),
  constraint sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES torii.users(id) ON DELETE CASCADE
);
CREATE INDEX sessions_expression ON torii.sessions USING btree (((user_id)::text));
CREATE INDEX sessions_order ON torii.sessions USING btree ("order" DESC, user_id) WHERE ("order" IS NOT NULL);
comment on column torii.sessions."order" is 'any';

create table torii.users (
  id uuid not null default '00000000-0000-0000-0000-000000000001'::uuid,
  email text collate "C" not null,
  name character varying(40) default 'torii. nobody'::character varying,
  seen_at timestamp with time zone not null default statement_timestamp(),
  number bigint not null generated always as identity,
  lowered text generated always as (lower((name)::text)) stored,
  constraint users_email_key UNIQUE (email),
  constraint users_pkey PRIMARY KEY (id)
) with (fillfactor=70);
comment on table torii.users is 'who''s who';
`

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase({ empty: true })
})

for (const [name, quoted] of [
  ['plain', 'plain'],
  ['torii', 'torii'],
  ['Odd "name"', '"Odd ""name"""'],
  ['user', '"user"'],
] as const) {
  test(`a schema called ${name} reads as torii`, async () => {
    await database.query(makeSchema(quoted))
    assert.equal(await catalogue(database.query, name), expected)
  })
}

test('the search path of the connection does not matter, and is not changed', async () => {
  const client = await database.connect()
  await client.query(`${makeSchema('sought')} set search_path = sought`)
  assert.equal(await catalogue((text, values) => client.query(text, values), 'sought'), expected)
  assert.deepEqual((await client.query('show search_path')).rows, [{ search_path: 'sought' }])
})

test('an index that is not valid shows', async () => {
  await database.query(
    'create schema broken; create table broken.t (n integer); insert into broken.t values (1), (1)',
  )
  await assert.rejects(database.query('create unique index concurrently t_n on broken.t (n)'), {
    code: '23505',
  })
  assert.match(
    await catalogue(database.query, 'broken'),
    /^CREATE UNIQUE INDEX t_n ON torii\.t USING btree \(n\) \/\* invalid \*\/;$/m,
  )
})
