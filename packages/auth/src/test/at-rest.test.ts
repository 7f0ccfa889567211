import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TokenHash } from 'torii-core'
import {
  newOAuthAccountId,
  newSessionId,
  newUserId,
  PasswordHash,
  rateLimitKey,
  tokenHash,
} from 'torii-core'
import { PostgresStorage } from 'torii-storage-postgres'
import type { TestServer } from 'torii-testing'
import { startServer } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { encrypt } from '../crypto/encrypted-tokens.js'
import { KeyRing } from '../crypto/key-ring.js'
import type { MessageKind } from '../index.js'
import { Torii } from '../index.js'
import { workProvider } from '../oauth-client/provider-client.test.support.js'
import type { RealProvider } from '../services/oauth/real-provider.test.support.js'
import { startRealProvider } from '../services/oauth/real-provider.test.support.js'
import { SoftwareAuthenticator } from '../webauthn/authenticator.test.support.js'
import { newKeyPair } from './key-pair.test.support.js'
import { openMailbox } from './mailbox.test.support.js'
import { foundIn, issue, issueToken, secrets, writingsOf } from './secret-search.test.support.js'
import { baseUrl, goodPassword, requestInfo } from './site.test.support.js'

// What a thief of the database, or a reader of a log, gets: nothing that signs in.

const errors: unknown[] = []
const events: unknown[] = []

let server: TestServer
let folder: string
let url: string
let client: pg.Client
let storage: PostgresStorage

/** A hash of a secret that was issued, as torii-auth makes one. */
const hashOf = async (secret: Buffer): Promise<TokenHash> =>
  tokenHash(new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(secret))))

const failing = async (work: () => Promise<unknown>) => {
  await assert.rejects(work, (error) => errors.push(error) > 0)
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'torii-at-rest-'))
  server = await startServer({ log: join(folder, 'server.log') })
  url = server.url
  client = new pg.Client({ connectionString: url })
  await client.connect()
  storage = await PostgresStorage.connect(url, { log: (event) => events.push(event) })
  await storage.migrate()
})

afterAll(async () => {
  await Promise.all([storage.close(), client.end()])
  await server.stop()
  await rm(folder, { recursive: true })
})

test('issues every kind of secret, and lets statements fail', async () => {
  await passwordsAndSessions()
  await mailed()
  await providers()
  await flows()
  await failures()
  assert.ok(secrets.size >= 35, String(secrets.size))
})

describe('what is at rest', () => {
  test('T9.108 holds no secret, in no column of any table and in no writing', async () => {
    assert.deepEqual(await foundInTables(), [])
  })

  test('is searched well: a secret that is put there is found, in each writing', async () => {
    const [name = '', secret = Buffer.alloc(0)] = [...secrets][0] ?? []
    for (const writing of ['hex', 'base64', 'base64url', 'latin1'] as const) {
      const text = writing === 'latin1' ? secret : Buffer.from(`x${secret.toString(writing)}y`)
      await client.query(
        'insert into torii.oauth_accounts (provider, subject, id, user_id, owner_epoch, tokens) select $1, $1, md5(random()::text)::uuid, id, 0, $2 from torii.users limit 1',
        [writing, text],
      )
      assert.deepEqual(await foundInTables(), [`${name} in oauth_accounts`], writing)
      await client.query('delete from torii.oauth_accounts where provider = $1', [writing])
    }
  })
})

describe('what is told', () => {
  test("T9.106 the server's log, with its default settings, holds no secret", async () => {
    const log = await readFile(join(folder, 'server.log'))
    assert.match(log.toString(), /ERROR/, 'statements did fail')
    assert.match(log.toString(), /STATEMENT/, 'and the log shows them')
    assert.deepEqual(foundIn(log), [])
  })

  test('T9.107 V10.1.1 our own log and every error hold no secret', () => {
    assert.ok(events.length > 0)
    assert.ok(errors.length >= 4)
    for (const one of [...events, ...errors])
      for (const text of writingsOf(one)) assert.deepEqual(foundIn(Buffer.from(text)), [], text)
  })

  test('and the search would find one', () => {
    const [name = '', secret = Buffer.alloc(0)] = [...secrets][0] ?? []
    const error = new Error('one', { cause: new Error(secret.toString('base64url')) })
    assert.deepEqual(foundIn(Buffer.from(writingsOf(error).join(' '))), [name])
  })
})

/** `SECRET in TABLE`: every row as the text of its columns, and every bytea column as bytes. */
async function foundInTables(): Promise<string[]> {
  const { rows: columns } = await client.query<{ table: string; column: string; type: string }>(
    `select table_name as table, column_name as column, data_type as type
     from information_schema.columns where table_schema = 'torii'`,
  )
  assert.ok(columns.length > 80, 'the columns of all tables')
  const found = new Set<string>()
  for (const { table, column, type } of columns) {
    const { rows } = await client.query<{ text: string | null; bytes: Buffer | null }>(
      `select "${column}"::text as text, ${type === 'bytea' ? `"${column}"` : 'null::bytea'} as bytes
       from torii."${table}"`,
    )
    for (const { text, bytes } of rows)
      for (const part of [Buffer.from(text ?? ''), bytes ?? Buffer.alloc(0)])
        for (const name of foundIn(part)) found.add(`${name} in ${table}`)
  }
  return [...found]
}

async function passwordsAndSessions(): Promise<void> {
  const torii = new Torii(storage, { baseUrl, log: (event) => events.push(event) })
  const email = 'ada@example.com'
  issue('password', Buffer.from(goodPassword))
  const made = await torii.password.register({ email, password: goodPassword }, requestInfo)
  assert.ok(made.ok && made.token !== null)
  issueToken('session of the registration', made.token.reveal())
  const signedIn = await torii.password.authenticate({ email, password: goodPassword }, requestInfo)
  assert.ok(signedIn.ok)
  issueToken('session of the sign-in', signedIn.token.reveal())
  const wrong = issue('wrong password', Buffer.from('not the right one at all'))
  await torii.password.authenticate({ email, password: wrong.toString() }, requestInfo)
}

/** Every flow of the framework as people go through it, with everything that may write something down. */
async function flows(): Promise<void> {
  const mailbox = await openMailbox()
  const provider = await startRealProvider([`${baseUrl}/auth/oauth/work/callback`])
  const torii = new Torii(storage, {
    baseUrl,
    keys: [{ id: 'k2', secret: issue('key of the flows') }],
    mailer: mailbox.mailer,
    magicLink: { code: true },
    audit: true,
    onEvent: (event) => events.push(event),
    log: (event) => events.push(event),
    jwt: {
      audience: 'api',
      keys: [{ id: 'j', algorithm: 'EdDSA', privateKey: newKeyPair('Ed25519').privateKey }],
    },
    oauth: {
      providers: [
        { ...workProvider(provider.issuer, provider.client), trustEmail: true, keepTokens: true },
      ],
    },
  })
  issue('client secret', Buffer.from(provider.client.clientSecret))
  const email = 'flows@example.com'
  const arrived = async (to: string, kind: MessageKind) => {
    await torii.settled()
    const mail = await mailbox.takeOne(to, kind)
    issue(`mailed ${kind}`, Buffer.from(mail.token))
    const bytes = Buffer.from(mail.token.slice('torii_x_'.length), 'base64url')
    issue(`mailed ${kind}, secret half`, bytes.subarray(-32))
    return mail
  }
  await torii.password.register({ email, password: `${goodPassword} one` }, requestInfo)
  const verification = await arrived(email, 'verify_email')
  const verified = await torii.email.verify(
    { token: verification.token, password: `${goodPassword} one` },
    requestInfo,
  )
  assert.ok(verified.ok && verified.token !== null)
  issueToken('session of the verification', verified.token.reveal())
  await torii.magicLink.request({ email }, requestInfo)
  const link = await arrived(email, 'magic_link')
  const code = /^\d{4}[ -]?\d{4}$/m.exec(link.text)?.[0].replace(/\D/g, '') ?? ''
  assert.equal(code.length, 8)
  issue('typed code', Buffer.from(code))
  const byLink = await torii.magicLink.authenticate({ token: link.token }, requestInfo)
  assert.ok(byLink.ok)
  issueToken('session of the link', byLink.token.reveal())
  await torii.password.reset.request(email, requestInfo)
  const reset = await arrived(email, 'reset_password')
  issue('password of the reset', Buffer.from(`${goodPassword} two`))
  const { token } = reset
  const done = await torii.password.reset.complete(
    { token, password: `${goodPassword} two` },
    requestInfo,
  )
  assert.ok(done.ok)
  await signedInFlows(torii, email, provider, arrived)
}

/** What a person does who is signed in: a proof, a token, a passkey, a provider, another address. */
async function signedInFlows(
  torii: Torii,
  email: string,
  provider: RealProvider,
  arrived: (to: string, kind: MessageKind) => Promise<{ readonly token: string }>,
): Promise<void> {
  const signedIn = await torii.password.authenticate(
    { email, password: `${goodPassword} two` },
    requestInfo,
  )
  assert.ok(signedIn.ok)
  issueToken('session after the reset', signedIn.token.reveal())
  const valid = await torii.sessions.validate(signedIn.token)
  assert.ok(valid !== null)
  const derived = await torii.sessions.derive(valid, requestInfo)
  assert.ok(derived.ok)
  issueToken('derived session', derived.token.reveal())
  issue('jwt', Buffer.from((await torii.jwt.mint(valid)).jwt.reveal().split('.')[2] ?? ''))
  const asked = await torii.passkey.registerOptions(valid, requestInfo)
  assert.ok(asked.ok)
  issue('challenge id', Buffer.from(asked.challengeId))
  issue('challenge', Buffer.from(asked.options.challenge))
  const response = new SoftwareAuthenticator().create(asked.options)
  const { challengeId } = asked
  assert.ok((await torii.passkey.register(valid, { challengeId, response }, requestInfo)).ok)
  const started = await torii.oauth.start('work', {}, requestInfo)
  assert.ok(started.ok)
  issue('browser secret', Buffer.from(started.browser.reveal()))
  issue('state', Buffer.from(new URL(started.url).searchParams.get('state') ?? ''))
  const person = { sub: 'ada', email: 'ada.flows@example.com', email_verified: true }
  const back = await provider.signIn(started.url, person)
  issue('authorization code', Buffer.from(back.searchParams.get('code') ?? ''))
  const input = { query: back.searchParams, browser: started.browser, valid: null }
  const entered = await torii.oauth.callback('work', input, requestInfo)
  assert.ok(entered.ok && entered.kind === 'signed_in')
  issueToken('session of the provider', entered.token.reveal())
  const theirs = await torii.sessions.validate(entered.token)
  assert.ok(theirs !== null)
  const [account] = await torii.oauth.list(theirs)
  const access = await torii.oauth.accessToken(theirs.user.id, account?.id ?? '')
  assert.ok(access.ok)
  issue('provider token of the flows', Buffer.from(access.accessToken.reveal()))
  await torii.email.requestChange(valid, 'moved.flows@example.com', requestInfo)
  await arrived('moved.flows@example.com', 'change_email')
}

const policy = {
  cap: 100,
  windowSeconds: 60,
  lockSeconds: 60,
  maxLockSeconds: 60,
  limit: 1000,
  forgetSeconds: 60,
}
const charge = () => ({ key: rateLimitKey(randomBytes(32)), policy })
const mailCharges = () => ({ address: charge(), ipAddress: null })

async function mailed(): Promise<void> {
  await storage.magicLinks.issue({
    email: 'ada@example.com',
    tokenHash: await hashOf(issue('magic link')),
    codeHash: await hashOf(issue('code', Buffer.from('48151623'))),
    lifetimeSeconds: 600,
    charges: mailCharges(),
  })
  for (const purpose of ['verify_email', 'reset_password'] as const)
    await storage.verificationTokens.issue({
      purpose,
      email: 'ada@example.com',
      secretHash: await hashOf(issue(purpose)),
      lifetimeSeconds: 600,
      charges: mailCharges(),
    })
}

async function providers(): Promise<void> {
  const started = await storage.oauthStates.start({ lifetimeSeconds: 600, ipAddress: null })
  assert.ok(started.ok)
  const { expiresAt, globalEpoch } = started
  await storage.oauthStates.use({ hash: await hashOf(issue('state')), expiresAt, globalEpoch })
  await storage.passkeyChallenges.store({
    challengeHash: await hashOf(issue('challenge')),
    ceremony: 'authenticate',
    holder: { kind: 'anyone' },
    lifetimeSeconds: 600,
    ipAddress: null,
  })
  const ring = new KeyRing([{ id: 'k1', secret: issue('application key') }])
  const access = issue('access token', Buffer.from(`ya29.${randomBytes(20).toString('hex')}`))
  const refresh = issue('refresh token', Buffer.from(`1//${randomBytes(20).toString('hex')}`))
  const place = { table: 'oauth_accounts', column: 'tokens', provider: 'google', subject: '108' }
  const encrypted = encrypt(ring, { access: access.toString(), refresh: refresh.toString() }, place)
  const signedIn = await storage.oauthAccounts.signIn({
    ...{ provider: 'google', subject: '108', label: 'grace@example.com' },
    tokens: encrypted as Parameters<PostgresStorage['oauthAccounts']['replaceTokens']>[2]['tokens'],
    ...{ email: 'grace@example.com', emailVerified: true, name: null, picture: null },
    newUserId: newUserId(),
    newAccountId: newOAuthAccountId(),
    session: await newSession('session over a provider'),
  })
  assert.ok(signedIn.ok)
}

const newSession = async (name: string) => ({
  id: newSessionId(),
  secretHash: await hashOf(issue(name)),
  methods: ['oauth'] as const,
  ip: null,
  userAgent: null,
  idleSeconds: 600,
  absoluteSeconds: 600,
})

/** Statements that the server refuses and logs while they carry hashes, and a server that is away. */
async function failures(): Promise<void> {
  const id = newUserId()
  const session = await newSession('session of a user made twice')
  const user = {
    id,
    passwordHash: new PasswordHash('$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA'),
    session,
  }
  await storage.users.register({ ...user, email: 'one@example.com' })
  await failing(() => storage.users.register({ ...user, email: 'two@example.com' }))
  await failing(() => storage.sessions.open(id, session))
  await failing(() =>
    storage.transaction(async (tx) => {
      await tx.query('select $1::text, 1 / 0', ['harmless'])
    }),
  )
  const wrongLogin = new URL(url)
  wrongLogin.password = issue('database password', Buffer.from('hunter2-hunter2')).toString()
  const elsewhere = await PostgresStorage.connect(wrongLogin.href).catch((error: unknown) => error)
  errors.push(elsewhere)
  issue('right database password', Buffer.from(decodeURIComponent(new URL(url).password)))
  await client.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'torii'",
  )
  await storage.users.find(id)
  await failing(() =>
    storage.transaction(async (tx) => {
      await tx.query('select pg_terminate_backend(pg_backend_pid())').catch(() => undefined)
      await tx.sessions.open(id, await newSession('session on a lost connection'))
    }),
  )
}
