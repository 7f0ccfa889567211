import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Auth, type AuthConfig } from '@auth/core'
import PostgresAdapter from '@auth/pg-adapter'
import { assertStays, emailIn, openBrowser, origin } from './browser.js'
import { assertReport, firstOf, keyOf, openSite, recordsOf, usersOf } from './site.js'

const site = await openSite()
const adapter = PostgresAdapter(site.oldPool)

// The tables of its documentation.
await site.oldPool.query(`
  create table verification_token (identifier text not null, expires timestamptz not null, token text not null,
    primary key (identifier, token));
  create table accounts (id serial, "userId" integer not null, type varchar(255) not null, provider varchar(255) not null,
    "providerAccountId" varchar(255) not null, refresh_token text, access_token text, expires_at bigint, id_token text,
    scope text, session_state text, token_type text, primary key (id));
  create table sessions (id serial, "userId" integer not null, expires timestamptz not null, "sessionToken" varchar(255) not null,
    primary key (id));
  create table users (id serial, name varchar(255), email varchar(255), "emailVerified" timestamptz, image text, primary key (id))`)

void test('users of Auth.js keep their provider accounts and verified addresses', async () => {
  const create = (email: string, name: string, emailVerified: Date | null) =>
    adapter.createUser?.({ id: '', email, name, image: null, emailVerified })
  const ada = await create('ada@example.com', 'Ada', new Date())
  const ben = await create('ben@example.com', 'Ben', null)
  assert.ok(ada && ben)
  await adapter.linkAccount?.({
    userId: ben.id,
    type: 'oidc',
    provider: 'google',
    providerAccountId: '17',
    access_token: 'access',
    refresh_token: 'refresh',
    expires_at: 1_900_000_000,
  })
  // As Auth.js writes it at each use: its sessions last 30 days.
  const expires = new Date(Date.now() + 30 * 86_400_000)
  await adapter.createSession?.({ sessionToken: 'a token', userId: ada.id, expires })
  const records = await recordsOf('authjs', site.oldUrl)
  const session = firstOf(records.get('ada@example.com'), 'sessions')
  assert.equal(session?.key, keyOf('a token'))
  assertReport(await site.importFrom('authjs'), 2, 1)
  assert.deepEqual(await usersOf(site.pool), [
    {
      email: 'ada@example.com',
      verified: true,
      name: 'Ada',
      disabled: false,
      passwords: 0,
      accounts: 0,
    },
    {
      email: 'ben@example.com',
      verified: false,
      name: 'Ben',
      disabled: false,
      passwords: 0,
      accounts: 1,
    },
  ])
})

void test('users of Auth.js with sessions in the database stay signed in', async () => {
  const links: string[] = []
  const config: AuthConfig = {
    adapter,
    session: { strategy: 'database' },
    basePath: '/api/auth',
    trustHost: true,
    secret: 'a secret of this sample, of no other use',
    providers: [
      {
        id: 'email',
        name: 'Email',
        type: 'email',
        from: 'app@example.com',
        maxAge: 15 * 60,
        options: {},
        sendVerificationRequest: ({ url }) => void links.push(url),
      },
    ],
  }
  const browser = openBrowser((request) => Auth(request, config))
  const { csrfToken } = (await (await browser.send('GET', '/api/auth/csrf')).json()) as {
    csrfToken: string
  }
  const email = 'cleo@example.com'
  const form = new URLSearchParams({ email, csrfToken, callbackUrl: `${origin}/` })
  await browser.send('POST', '/api/auth/signin/email', form)
  await browser.send('GET', links[0] ?? assert.fail('no mail'))
  assert.ok(browser.cookies.has('__Secure-authjs.session-token'))

  const torii = site.continuing({ from: 'authjs' })
  assert.equal(await emailIn(openBrowser(torii, browser.cookies)), null, 'before the import')
  const { imported, merged, sessions } = await site.importFrom('authjs')
  assert.deepEqual({ imported, merged, sessions }, { imported: 1, merged: 2, sessions: 1 })
  await assertStays(torii, browser.cookies, email)
})
