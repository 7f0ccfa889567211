/** The same users and sessions for everybody, made in the database: each subject in a schema of its own. */
import { hash as argon2 } from '@node-rs/argon2'
import { PostgresStorage } from 'torii-storage-postgres'
import { password, sql } from './keys.mjs'
import { prepareBetterAuth } from './subjects/better-auth-options.mjs'

/** Sessions beyond those that are read, for signing out. */
export const spareSessions = (size) => size.spare ?? Math.min(size.sessions, 50_000)

const series = (max) => `from generate_series(1, ${max}) n`
const owner = (size) => `(1 + n % ${size.users})`

/** Users, passwords and sessions of Torii alone. */
export async function fillTorii(client, url, size) {
  const storage = await PostgresStorage.connect(url)
  await storage.migrate()
  await storage.close()
  const stored = await argon2(password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 })
  await client.query(
    `insert into torii.users (id, email, email_key, email_verified_at, name)
     select ${sql.userId('n')}, ${sql.email('n')}, ${sql.email('n')}, now(), 'Person ' || n ${series(size.users)}`,
  )
  await client.query(
    'insert into torii.user_emails (email_key, user_id) select email_key, id from torii.users',
  )
  await client.query(
    'insert into torii.passwords (user_id, hash, owner_epoch) select id, $1::text, 0 from torii.users',
    [stored],
  )
  await client.query(
    `insert into torii.sessions (user_id, id, secret_hash, epoch, methods, ip, user_agent, created_at,
       authenticated_at, last_active_at, expires_at, absolute_expires_at)
     select ${sql.userId(owner(size))}, ${sql.sessionId('n')}, ${sql.secretHash('n')}, 0, '{password}',
       '192.0.2.1', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', now(), now(), now(),
       now() + interval '7 days', now() + interval '30 days' ${series(size.sessions + spareSessions(size))}`,
  )
}

async function fillBetterAuth(client, url, size) {
  await client.query('create schema better_auth')
  const storedHash = await prepareBetterAuth(url)
  await client.query(
    `insert into better_auth."user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
     select ${sql.userId('n')}::text, 'Person ' || n, ${sql.email('n')}, true, now(), now() ${series(size.users)}`,
  )
  await client.query(
    `insert into better_auth.account (id, "accountId", "providerId", "userId", password, "createdAt", "updatedAt")
     select 'a' || n, ${sql.userId('n')}::text, 'credential', ${sql.userId('n')}::text, $1::text, now(), now() ${series(size.users)}`,
    [storedHash],
  )
  await client.query(
    `insert into better_auth.session (id, token, "userId", "expiresAt", "ipAddress", "userAgent", "createdAt", "updatedAt")
     select 's' || n, ${sql.peerToken('n')}, ${sql.userId(owner(size))}::text, now() + interval '7 days', '192.0.2.1',
       'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', now(), now()
     ${series(size.sessions + spareSessions(size))}`,
  )
}

/** The documented tables, and the one index without which every look-up reads the whole table. */
const authJsTables = `
  create schema authjs;
  create table authjs.verification_token (
    identifier text not null, expires timestamptz not null, token text not null, primary key (identifier, token));
  create table authjs.accounts (
    id serial primary key, "userId" integer not null, type varchar(255) not null, provider varchar(255) not null,
    "providerAccountId" varchar(255) not null, refresh_token text, access_token text, expires_at bigint,
    id_token text, scope text, session_state text, token_type text);
  create table authjs.sessions (
    id serial primary key, "userId" integer not null, expires timestamptz not null, "sessionToken" varchar(255) not null);
  create table authjs.users (
    id serial primary key, name varchar(255), email varchar(255), "emailVerified" timestamptz, image text);
  create unique index on authjs.sessions ("sessionToken");
  create unique index on authjs.users (email);
  create unique index on authjs.accounts (provider, "providerAccountId")`

async function fillAuthJs(client, size) {
  await client.query(authJsTables)
  await client.query(
    `insert into authjs.users (name, email, "emailVerified") select 'Person ' || n, ${sql.email('n')}, now() ${series(size.users)}`,
  )
  await client.query(
    `insert into authjs.sessions ("userId", expires, "sessionToken")
     select ${owner(size)}, now() + interval '30 days', ${sql.peerToken('n')} ${series(size.sessions + spareSessions(size))}`,
  )
}

async function fillLucia(client, size) {
  await client.query(`
    create schema lucia;
    create table lucia.auth_user (id text primary key, email text unique, name text);
    create table lucia.user_session (
      id text primary key, expires_at timestamptz not null, user_id text not null references lucia.auth_user (id))`)
  await client.query(
    `insert into lucia.auth_user select ${sql.userId('n')}::text, ${sql.email('n')}, 'Person ' || n ${series(size.users)}`,
  )
  await client.query(
    `insert into lucia.user_session select ${sql.peerToken('n')}, now() + interval '30 days', ${sql.userId(owner(size))}::text
     ${series(size.sessions + spareSessions(size))}`,
  )
}

/**
 * Vacuums and analyzes what was filled. An empty table is left as a new installation has it: once vacuumed, it is
 * known to be empty, and plans made then read it from end to end when it has grown.
 */
export async function vacuumData(client) {
  const { rows } = await client.query(`
    select c.oid::regclass as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname !~ '^(pg_|information_schema)' and pg_relation_size(c.oid) > 0`)
  for (const { name } of rows) await client.query(`vacuum (analyze) ${name}`)
  await client.query('checkpoint')
}

/** Fills a new database. */
export async function fill(client, url, size, note) {
  for (const [name, work] of [
    ['torii', () => fillTorii(client, url, size)],
    ['Better Auth', () => fillBetterAuth(client, url, size)],
    ['Auth.js', () => fillAuthJs(client, size)],
    ['Lucia', () => fillLucia(client, size)],
  ]) {
    const started = performance.now()
    await work()
    note(`filled ${name} in ${((performance.now() - started) / 1000).toFixed(1)} s`)
  }
  await vacuumData(client)
}
