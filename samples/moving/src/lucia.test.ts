import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NodePostgresAdapter } from '@lucia-auth/adapter-postgresql'
import { generateIdFromEntropySize, Lucia, Scrypt } from 'lucia'
import { assertStays, openBrowser } from './browser.js'
import { assertReport, openSite, usersOf } from './site.js'

const site = await openSite()
const adapter = new NodePostgresAdapter(site.oldPool, {
  user: 'auth_user',
  session: 'user_session',
})
const lucia = new Lucia(adapter)

// The tables of its documentation, with the columns of an application.
await site.oldPool.query(`
  create table auth_user (id text primary key, mail text not null unique, hash text, confirmed boolean not null);
  create table user_session (id text primary key, expires_at timestamptz not null,
    user_id text not null references auth_user (id))`)

void test('users of Lucia sign in here with their passwords, and stay signed in', async () => {
  const [password, id] = ['lamp otter cargo violin', generateIdFromEntropySize(10)]
  await site.oldPool.query('insert into auth_user values ($1, $2, $3, true)', [
    id,
    'ada@example.com',
    await new Scrypt().hash(password),
  ])
  const session = await lucia.createSession(id, {})
  const columns = ['--columns', 'email=mail,password_hash=hash,email_verified=confirmed']
  assertReport(await site.importFrom('lucia', columns), 1, 1)
  assert.deepEqual(await usersOf(site.pool), [
    {
      email: 'ada@example.com',
      verified: true,
      name: null,
      disabled: false,
      passwords: 1,
      accounts: 0,
    },
  ])
  const context = { ip: '192.0.2.1', userAgent: null }
  const input = { email: 'ada@example.com', password }
  assert.equal((await site.torii.password.authenticate(input, context)).ok, true)
  const torii = site.continuing({ from: 'lucia' })
  const browser = openBrowser(torii)
  browser.keep(lucia.createSessionCookie(session.id).serialize())
  await assertStays(torii, browser.cookies, 'ada@example.com')
})
