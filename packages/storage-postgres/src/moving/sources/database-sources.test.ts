import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { testDatabase } from 'torii-testing'
import { test } from 'vitest'
import { recordsOf } from './sources.test.support.js'

// The tables that the real packages create are read in samples/moving. These have other spellings and types, and nasty rows.

const database = await testDatabase({ empty: true })
const keyOf = (token: string) => createHash('sha256').update(token).digest('hex')
const in2030 = '2030-01-01T00:00:00.000Z'

test('better-auth: snake case, plural names, integer ids, times without a zone, and none of the plugins', async () => {
  await database.query(`
    create schema drizzle;
    create table drizzle.users (id serial primary key, email text, email_verified boolean, name text, image text,
      created_at timestamp);
    create table drizzle.accounts (id serial, user_id int, provider_id text, account_id text, password text,
      access_token text, refresh_token text, scope text, access_token_expires_at timestamp);
    create table drizzle.sessions (id serial, user_id int, token text, expires_at timestamp, created_at timestamp,
      updated_at timestamp, user_agent text, ip_address text);
    insert into drizzle.users (email, email_verified, name, created_at) values
      ('Ada@example.com', true, ' Ada 🗝 ', '2016-03-01 10:00'), (null, false, '', null), ('ada@example.com', null, 'Twin', 'infinity');
    insert into drizzle.accounts (user_id, provider_id, account_id, password, access_token) values
      (1, 'credential', '1', 'salt:key', null), (2, 'github', '5', null, repeat('ab', 50)), (3, 'google', '7', null, 'access');
    insert into drizzle.sessions (user_id, token, expires_at, created_at) values
      (1, 'one', '2030-01-01', '2026-01-01'), (1, 'over', '2020-01-01', '2019-01-01');
    alter table drizzle.users add updated_at timestamp default '2024-02-02';
    alter table drizzle.accounts add updated_at timestamp default '2025-05-05'`)
  const [ada, ben, twin] = await recordsOf('better-auth', database.url, { schema: 'drizzle' })
  assert.deepEqual(ada, {
    id: '1',
    email: 'Ada@example.com',
    emailVerified: true,
    name: 'Ada 🗝',
    picture: null,
    createdAt: '2016-03-01T10:00:00Z',
    updatedAt: '2025-05-05T00:00:00.000Z',
    disabled: false,
    passwordHash: 'salt:key',
    oauthAccounts: [],
    sessions: [
      {
        key: keyOf('one'),
        createdAt: '2026-01-01T00:00:00Z',
        authenticatedAt: '2026-01-01T00:00:00Z',
        expiresAt: '2030-01-01T00:00:00Z',
        lastUsedAt: null,
        userAgent: null,
      },
    ],
  })
  // A token that is encrypted and cannot be opened is no token; the report names it.
  assert.deepEqual(ben?.oauthAccounts, [{ provider: 'github', subject: '5', tokens: {} }])
  assert.equal(ben?.name, null)
  assert.ok(twin !== null && !('emailVerified' in Object(twin)))
  assert.equal(twin?.createdAt, 'infinity')
})

test('better-auth: bans, roles, a factor without the secret, passkeys, and sessions of an administrator', async () => {
  await database.query(`
    create schema plugins;
    create table plugins."user" (id text, email text, "emailVerified" boolean, role text, banned boolean, "banExpires" timestamptz,
      "twoFactorEnabled" boolean);
    create table plugins.account (id text, "userId" text, "providerId" text, "accountId" text, password text);
    create table plugins.session (id text, "userId" text, token text, "expiresAt" timestamptz, "impersonatedBy" text);
    create table plugins."twoFactor" (id text, "userId" text, secret text, "backupCodes" text);
    create table plugins.passkey (id text, "userId" text, "credentialID" text, "publicKey" text, counter int, "deviceType" text,
      "backedUp" boolean, transports text);
    insert into plugins."user" values ('a', 'a@example.com', true, 'admin', true, null, true),
      ('b', 'b@example.com', true, null, true, '2020-01-01', false);
    insert into plugins.session values ('s', 'b', 'admin''s', '2030-01-01', 'a'), ('t', 'b', 'own', '2030-01-01', null);
    insert into plugins."twoFactor" values ('f', 'a', repeat('ab', 60), '["aaaaa-bbbbb"]');
    insert into plugins.passkey values ('k', 'b', 'AQIDBA', 'pQECAyYg', 3, 'singleDevice', false, ''),
      ('l', 'b', 'AQIDBA', 'not a key', 3, null, null, null)`)
  const [a, b] = await recordsOf('better-auth', database.url, { schema: 'plugins' })
  assert.deepEqual(
    [a?.disabled, a?.metadata, a?.totp, a?.recoveryCodes],
    [true, { role: 'admin' }, 'unreadable', ['aaaaa-bbbbb']],
  )
  const sessions = Object(b).sessions as { key: string }[]
  assert.deepEqual([b?.disabled, sessions.map(({ key }) => key)], [false, [keyOf('own')]])
  assert.deepEqual(b?.passkeys, [
    {
      credentialId: 'AQIDBA',
      publicKey: 'pQECAyYg',
      signCount: 3,
      backupEligible: false,
      backedUp: false,
    },
  ])
})

test('authjs: names of Prisma, an authenticator, and a table without emailVerified', async () => {
  await database.query(`
    create schema prisma;
    create table prisma."User" (id text, email text, name text, image text);
    create table prisma."Account" ("userId" text, type text, provider text, "providerAccountId" text, access_token text, expires_at int);
    create table prisma."Session" ("sessionToken" text, "userId" text, expires timestamp);
    create table prisma."Authenticator" ("credentialID" text, "userId" text, "credentialPublicKey" text, counter int,
      "credentialDeviceType" text, "credentialBackedUp" boolean, transports text);
    insert into prisma."User" values ('c1', 'ada@example.com', 'Ada', null);
    insert into prisma."Account" values ('c1', 'oauth', 'github', '5', 'access', 1893456000), ('c1', 'email', 'resend', 'x', null, null);
    insert into prisma."Session" values ('one', 'c1', '2030-01-01');
    insert into prisma."Authenticator" values ('AQIDBA==', 'c1', 'pQECAyYg', 0, 'multiDevice', true, 'usb,nfc')`)
  const [ada] = await recordsOf('authjs', database.url, { schema: 'prisma' })
  assert.ok(!('emailVerified' in Object(ada)))
  assert.deepEqual(ada?.oauthAccounts, [
    {
      provider: 'github',
      subject: '5',
      tokens: { accessToken: 'access', refreshToken: null, scope: null, expiresAt: in2030 },
    },
  ])
  assert.deepEqual(ada?.passkeys, [
    {
      credentialId: 'AQIDBA',
      publicKey: 'pQECAyYg',
      signCount: 0,
      backupEligible: true,
      backedUp: true,
      transports: ['usb', 'nfc'],
    },
  ])
  assert.deepEqual(
    (Object(ada).sessions as { key: string }[]).map(({ key }) => key),
    [keyOf('one')],
  )
})

test('lucia: columns of the application, and a session whose id is its token', async () => {
  await database.query(`
    create schema lucia;
    create table lucia."user" (id bigint, mail text, "select ""x" text, confirmed int);
    create table lucia.session (id text, user_id bigint, expires_at bigint);
    create table lucia.oauth_account (provider_id text, provider_user_id int, user_id bigint);
    insert into lucia."user" values (9007199254740993, 'ada@example.com', 'salt:key', 1);
    insert into lucia.session values ('one', 9007199254740993, 1893456000);
    insert into lucia.oauth_account values ('github', 5, 9007199254740993)`)
  const columns = new Map([
    ['email', 'mail'],
    ['password_hash', 'select "x'],
    ['email_verified', 'confirmed'],
  ])
  const [ada] = await recordsOf('lucia', database.url, { schema: 'lucia', columns })
  assert.deepEqual(
    [ada?.id, ada?.email, ada?.emailVerified, ada?.passwordHash, ada?.oauthAccounts],
    ['9007199254740993', 'ada@example.com', 1, 'salt:key', [{ provider: 'github', subject: '5' }]],
  )
  const [session] = Object(ada).sessions as { key: string; expiresAt: string }[]
  assert.deepEqual([session?.key, session?.expiresAt], [keyOf('one'), in2030])
  for (const [wrong, message] of [
    [new Map([['email', `mail"; drop table lucia."user"; --`]]), /^from has no column "mail/],
    [new Map([['mail', 'email']]), /^columns must be among email, /],
  ] as const)
    await assert.rejects(
      recordsOf('lucia', database.url, { schema: 'lucia', columns: wrong }),
      ({ message: said }: Error) => message.test(said),
    )
})

test('supabase: deleted and anonymous users stay, bans end, and only app_metadata comes along', async () => {
  await database.query(`
    create schema auth;
    create table auth.users (id uuid, email varchar, encrypted_password varchar, email_confirmed_at timestamptz,
      raw_user_meta_data jsonb, raw_app_meta_data json, created_at timestamptz, banned_until timestamptz, deleted_at timestamptz,
      is_anonymous boolean not null default false);
    create table auth.identities (id uuid, provider_id text, user_id uuid, provider text, identity_data jsonb);
    create table auth.mfa_factors (user_id uuid, factor_type text, status text, secret text);
    insert into auth.users (id, email, email_confirmed_at, raw_user_meta_data, raw_app_meta_data, banned_until) values
      ('11111111-1111-4111-8111-111111111111', 'ada@example.com', now(), '{"full_name":"Ada","role":"admin"}',
        '{"provider":"email","providers":["email"],"plan":"pro\\u0000"}', null),
      ('22222222-2222-4222-8222-222222222222', '', null, null, null, 'infinity'),
      ('33333333-3333-4333-8333-333333333333', 'c@example.com', null, '[]', '{}', '2020-01-01');
    insert into auth.users (id, deleted_at, is_anonymous) values
      ('44444444-4444-4444-8444-444444444444', now(), false), ('55555555-5555-4555-8555-555555555555', null, true);
    insert into auth.identities (provider_id, user_id, provider) values
      ('x', '11111111-1111-4111-8111-111111111111', 'email'), ('17', '11111111-1111-4111-8111-111111111111', 'google');
    insert into auth.mfa_factors values
      ('11111111-1111-4111-8111-111111111111', 'totp', 'verified', 'JBSWY3DPEHPK3PXP'),
      ('22222222-2222-4222-8222-222222222222', 'phone', 'verified', null),
      ('33333333-3333-4333-8333-333333333333', 'totp', 'unverified', 'JBSWY3DPEHPK3PXP')`)
  const records = await recordsOf('supabase', database.url)
  assert.deepEqual(
    records.map((record) => [
      record?.email,
      record?.emailVerified !== false,
      record?.name,
      record?.metadata,
      record?.disabled,
      record?.oauthAccounts,
      record?.totp,
    ]),
    [
      [
        'ada@example.com',
        true,
        'Ada',
        { plan: 'pro\0' },
        false,
        [{ provider: 'google', subject: '17' }],
        { secret: 'JBSWY3DPEHPK3PXP', algorithm: 'SHA1', digits: 6, period: 30 },
      ],
      [null, false, null, null, true, [], 'unreadable'],
      ['c@example.com', false, null, null, false, [], undefined],
    ],
  )
})

test('torii-rs: control characters in names, and passkeys only where the key is a COSE key', async () => {
  await database.query(`
    create schema rust;
    create table rust.users (id text primary key, name text, email text not null unique, email_verified_at timestamptz,
      password_hash text, created_at timestamptz default now());
    create table rust.oauth_accounts (user_id text, provider text, subject text);
    create table rust.passkeys (credential_id text, user_id text, public_key text, created_at timestamptz, name text, last_used_at timestamptz);
    insert into rust.users (id, name, email, email_verified_at) values
      ('usr_1', E' Ada\\u0007 Lovelace\\n', 'Ada@example.com', now()), ('usr_2', null, '', null);
    insert into rust.oauth_accounts values ('usr_1', 'google', '17');
    insert into rust.passkeys (credential_id, user_id, public_key) values ('AQID', 'usr_1', 'pQECAyYg'), ('BAUG', 'usr_1', 'BHg=')`)
  const [ada, ben] = await recordsOf('torii-rs', database.url, { schema: 'rust' })
  assert.deepEqual(
    [ada?.id, ada?.name, ada?.oauthAccounts, ada?.passkeys],
    [
      'usr_1',
      'Ada Lovelace',
      [{ provider: 'google', subject: '17' }],
      [{ credentialId: 'AQID', publicKey: 'pQECAyYg' }],
    ],
  )
  assert.deepEqual([ben?.email, ben?.emailVerified], [null, false])
})

test('a missing table or column is named, with the versions that are known', async () => {
  await database.query(`create schema broken; create table broken.users (id int, "E-Mail" text)`)
  for (const [source, schema, message] of [
    [
      'better-auth',
      'nowhere"; drop schema drizzle cascade; --',
      'from has no table "user" in schema "nowhere\\"',
    ],
    [
      'better-auth',
      'broken',
      'from has no table "account" in schema "broken"; import better-auth reads',
    ],
    ['supabase', 'broken', 'from has no table "identities"'],
    ['torii-rs', 'drizzle', 'from has no table "oauth_accounts"'],
  ] as const)
    await assert.rejects(recordsOf(source, database.url, { schema }), ({ message: said }: Error) =>
      said.startsWith(message),
    )
  const { rows } = await database.query('select 1 from drizzle.users')
  assert.equal(rows.length, 3)
})

test('row-level security and a missing right are errors, not fewer accounts', async () => {
  await database.query(`
    create schema hidden;
    create table hidden.users (id int, email text, "emailVerified" timestamptz);
    create table hidden.accounts ("userId" int, provider text, "providerAccountId" text);
    create role import_reader login password 'reader'; grant usage on schema hidden to import_reader;
    grant select on hidden.users to import_reader`)
  try {
    const url = new URL(database.url)
    url.username = 'import_reader'
    url.password = 'reader'
    const read = () => recordsOf('authjs', url.href, { schema: 'hidden' })
    await assert.rejects(read(), ({ cause }: Error) => /permission denied/.test(String(cause)))
    await database.query(
      'grant select on hidden.accounts to import_reader; alter table hidden.users enable row level security',
    )
    await assert.rejects(read(), ({ cause }: Error) => /row-level security/.test(String(cause)))
  } finally {
    await database.query('drop owned by import_reader; drop role import_reader')
  }
})
