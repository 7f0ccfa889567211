import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testDatabase } from 'torii-testing'
import { test } from 'vitest'
import { sources } from '../moving/sources/sources.js'
import { runHere } from './terminal.test.support.js'

// The recipes of docs/moving-in.md, on tables with the columns that the documentation of each system has in November 2026.

const page = readFileSync(new URL('../../../../docs/moving-in.md', import.meta.url), 'utf8')

/** The query of each recipe that writes csv, and the column that it names for --addresses. */
const recipes = new Map(
  [
    ...page.matchAll(
      /^\*\*(\w+)\*\*[^\n]*(?:\n[^\n]+)*\n\n```sql[^\n]*\n\\copy \((.*)\) to 'accounts\.csv' csv header\n```\n\n`import csv --from accounts\.csv --addresses (\w+)`/gm,
    ),
  ].map(([, name = '', query = '', column = '']) => [name, { query, column }]),
)

const bcrypt = '$2y$04$abcdefghijklmnopqrstuu8CUm8kgrZsnboz/WhY60Zf2APZzRatm'
const pbkdf2 = 'pbkdf2_sha256$12000$QkR3b2xxZmVmZmFh$NGLmB7Tv0PSSbtncVwju7EuqAS5tDig9+KfRleVKT3w='
const keycloak = {
  salt: 'dKiRdEJrQDBxAuFlN0q4qw==',
  value: '69ziZRnbY8MNOglz9evoU8gc8QhmjXy0DEuWOtdGbzyWcv4wooQjvx9xzFaSbrCPGzOvsFG/876a4nfSyDMj1Q==',
}

/** Each has Ada, who is verified, and Ben, who is not. */
const systems: Record<string, string> = {
  Django: `
    create table auth_user (id int, email text, first_name text, last_name text, password text,
      date_joined timestamptz, is_active boolean);
    create table account_emailaddress (user_id int, email text, verified boolean);
    insert into auth_user values (1, 'ada@example.com', 'Ada', '', '${pbkdf2}', now(), true),
      (2, 'ben@example.com', '', '', '${pbkdf2}', now(), false);
    insert into account_emailaddress values (1, 'ada@example.com', true)`,
  Devise: `
    create table users (id bigint, email text, confirmed_at timestamp, encrypted_password text, created_at timestamp);
    insert into users values (1, 'ada@example.com', now(), '${bcrypt}', now()),
      (2, 'ben@example.com', null, '${bcrypt}', now())`,
  Laravel: `
    create table users (id bigint, name text, email text, email_verified_at timestamp, password text, created_at timestamp);
    insert into users values (1, 'Ada', 'ada@example.com', now(), '${bcrypt}', now()),
      (2, 'Ben', 'ben@example.com', null, '${bcrypt}', now())`,
  SuperTokens: `
    create table emailpassword_users (user_id char(36), email text, password_hash text, time_joined bigint);
    create table emailverification_verified_emails (user_id text, email text);
    insert into emailpassword_users values
      ('11111111-1111-4111-8111-111111111111', 'ada@example.com', '${bcrypt}', 1600000000000),
      ('22222222-2222-4222-8222-222222222222', 'ben@example.com', '${bcrypt}', 1600000000000);
    insert into emailverification_verified_emails values ('11111111-1111-4111-8111-111111111111', 'ada@example.com')`,
  Kratos: `
    create table identities (id uuid, traits jsonb, state text, created_at timestamp);
    create table identity_verifiable_addresses (identity_id uuid, value text, verified boolean);
    create table identity_credential_types (id uuid, name text);
    create table identity_credentials (identity_id uuid, identity_credential_type_id uuid, config jsonb);
    insert into identities values
      ('11111111-1111-4111-8111-111111111111', '{"email":"ada@example.com"}', 'active', now()),
      ('22222222-2222-4222-8222-222222222222', '{"email":"ben@example.com"}', 'inactive', now());
    insert into identity_verifiable_addresses values ('11111111-1111-4111-8111-111111111111', 'ada@example.com', true);
    insert into identity_credential_types values ('33333333-3333-4333-8333-333333333333', 'password');
    insert into identity_credentials select id, '33333333-3333-4333-8333-333333333333',
      jsonb_build_object('hashed_password', '${bcrypt}') from identities`,
  Keycloak: `
    create table user_entity (id varchar(36), email text, email_verified boolean, first_name text, last_name text,
      created_timestamp bigint, enabled boolean, realm_id text);
    create table credential (user_id varchar(36), type text, credential_data text, secret_data text);
    insert into user_entity values
      ('11111111-1111-4111-8111-111111111111', 'ada@example.com', true, 'Ada', null, 1600000000000, true, 'REALM'),
      ('22222222-2222-4222-8222-222222222222', 'ben@example.com', false, null, null, 1600000000000, false, 'REALM');
    insert into credential select id, 'password', '{"hashIterations":27500,"algorithm":"pbkdf2"}',
      '${JSON.stringify(keycloak)}' from user_entity`,
}

test('there is a recipe of every system, and a system for every recipe', () => {
  assert.deepEqual([...recipes.keys()].sort(), Object.keys(systems).sort())
})

/** What psql writes. */
const cellOf = (value: unknown) =>
  value === null ? '' : `"${String(value instanceof Date ? value.toISOString() : value)}"`

for (const [name, { query, column }] of recipes)
  test(`the recipe of ${name} makes a file that the import takes whole`, async () => {
    const database = await testDatabase()
    const folder = await mkdtemp(join(tmpdir(), 'torii-recipe-'))
    try {
      await database.query(systems[name] ?? '')
      const { rows } = await database.query<Record<string, unknown>>(query)
      const lines = [
        Object.keys(rows[0] ?? {}),
        ...rows.map((row) => Object.values(row).map(cellOf)),
      ]
      const path = join(folder, 'accounts.csv')
      await writeFile(path, lines.map((cells) => cells.join(',')).join('\n'))
      const words = ['import', 'csv', '--from', path, '--addresses', column, '--json']
      const { stdout } = await runHere(words, { DATABASE_URL: database.url })
      assert.deepEqual(JSON.parse(stdout), { imported: 2, merged: 0, skipped: [], leftOut: [] })
      const users = await database.query(
        `select u.email, u.email_verified_at is not null as verified, p.hash is not null as has_hash
         from torii.users u left join torii.passwords p on p.user_id = u.id order by u.email`,
      )
      assert.deepEqual(users.rows, [
        { email: 'ada@example.com', verified: true, has_hash: true },
        { email: 'ben@example.com', verified: false, has_hash: true },
      ])
    } finally {
      await rm(folder, { recursive: true })
    }
  })

test('docs/moving-in.md names the command of every source, and each but jsonl and csv has a checklist', () => {
  for (const { name, takes } of sources) {
    const form = `\`import ${name} --from ${takes === 'database' ? 'URL' : 'FILE'}\``
    assert.ok(page.includes(form), form)
    if (name === 'jsonl' || name === 'csv') continue
    const checklist = readFileSync(
      new URL(`../../../../docs/moving-from-${name}.md`, import.meta.url),
      'utf8',
    )
    assert.ok(checklist.includes(`torii-storage-postgres import ${name} --from `), name)
  }
})
