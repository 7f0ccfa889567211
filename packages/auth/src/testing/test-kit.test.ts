import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { PostgresStorage } from 'torii-storage-postgres'
import { type TestDatabase, testDatabase } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { createHandler, createNodeHandler } from '../http/index.js'
import type { ToriiOptions } from '../index.js'
import { defaults, InvalidInputError, newUserId, Torii, ToriiError } from '../index.js'
import { enroll } from '../services/second-factors/factor.test.support.js'
import { createTestKit, createTestMailbox, startTestProvider } from './index.js'

const baseUrl = 'https://app.example'
const password = 'a gate of two pillars'
const requestInfo = { ip: '203.0.113.7', userAgent: 'Test/1.0' }
const keys = [{ id: 'k1', secret: randomBytes(32) }]

let database: TestDatabase
let storage: PostgresStorage
beforeAll(async () => {
  database = await testDatabase()
  storage = await PostgresStorage.connect(database.url)
})
afterAll(() => storage.close())

function openSite(options: Partial<ToriiOptions> = {}) {
  const mailbox = createTestMailbox()
  const torii = new Torii(storage, { baseUrl, mailer: mailbox, keys, log: null, ...options })
  return { mailbox, torii, kit: createTestKit(torii, storage), auth: createHandler(torii) }
}

const countOf = async (table: string) => {
  const { rows } = await database.query<{ count: number }>(
    `select count(*)::int as count from torii.${table}`,
  )
  return rows[0]?.count
}

describe('createUser()', () => {
  test('creates a signed-in user whom cookie, bearer token and request authenticate', async () => {
    const { kit, auth, torii } = openSite()
    const ada = await kit.createUser()
    assert.match(ada.email, /^[0-9a-f]{16}@example\.com$/)
    assert.deepEqual(
      [ada.user.email, ada.user.emailVerified, ada.user.name],
      [ada.email, true, null],
    )
    assert.match(ada.cookie, /^__Host-torii=torii_s_/)
    const found = await torii.sessions.validate(ada.token)
    assert.deepEqual([found?.user, found?.session], [ada.user, ada.session])
    assert.equal(found?.recent, true)
    for (const request of [
      ada.request('/notes'),
      ada.request('https://app.example/notes', { method: 'POST', body: 'x' }),
      new Request(`${baseUrl}/notes`, { headers: { authorization: ada.authorization } }),
      new Request(`${baseUrl}/notes`, { method: 'DELETE', headers: ada.headers }),
    ])
      assert.equal((await auth.getSession(request))?.user.id, ada.user.id, request.method)
    const headers = { origin: 'https://evil.example' }
    const foreign = ada.request('/notes', { method: 'POST', headers })
    assert.equal(foreign.headers.get('origin'), 'https://evil.example')
    assert.equal(await auth.getSession(foreign), null)
    assert.equal((await auth(ada.request('/auth/sign-out', { method: 'POST' }))).status, 204)
    assert.equal(await torii.sessions.validate(ada.token), null)
  })

  test('fetch sends the session to a server of any port, and keeps the headers of the caller', async () => {
    const { kit, auth } = openSite({ baseUrl: 'http://localhost:3000' })
    const server = createServer(createNodeHandler(auth)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    try {
      const address = server.address()
      assert.ok(address !== null && typeof address === 'object')
      const ada = await kit.createUser({ name: 'Ada' })
      const origin = `http://127.0.0.1:${address.port}`
      const shown = await ada.fetch(`${origin}/auth/session`)
      assert.equal(Reflect.get(Object(await shown.json()), 'user').name, 'Ada')
      const renamed = await ada.fetch(new URL('/auth/user', origin), {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'Countess' }),
      })
      assert.deepEqual(
        [renamed.status, Reflect.get(Object(await renamed.json()), 'user').name],
        [200, 'Countess'],
      )
    } finally {
      server.close()
      server.closeAllConnections()
    }
  })

  test('takes profile, email address and password; the password signs in', async () => {
    const { kit, torii } = openSite()
    const email = 'Grace@Example.com'
    const options = { email, name: 'Grace', metadata: { plan: 'free' }, password }
    const grace = await kit.createUser(options)
    assert.deepEqual(
      [grace.email, grace.user.name, grace.user.metadata, grace.session.methods],
      [email, 'Grace', { plan: 'free' }, ['password']],
    )
    assert.equal((await torii.sessions.validate(grace.token))?.user.id, grace.user.id)
    const signedIn = await torii.password.authenticate({ email, password }, requestInfo)
    assert.ok(signedIn.ok && signedIn.user.id === grace.user.id)
    const unverified = await kit.createUser({ emailVerified: false, password })
    assert.equal(unverified.user.emailVerifiedAt, null)
    const refused = await torii.password.authenticate(
      { email: unverified.email, password },
      requestInfo,
    )
    assert.ok(!refused.ok && refused.reason === 'invalid_credentials')
    // A new verification link is on its way, and counted.
    await torii.settled()
  })

  test('sends no mail, counts nothing, and asks no hook before an operation', async () => {
    const asked: string[] = []
    const before = (): undefined => void asked.push('before')
    const hooks = {
      beforeRegister: before,
      beforeSignIn: before,
      beforeSession: before,
      onUserCreated: async () => void asked.push('created'),
    }
    const { kit, torii, mailbox } = openSite({ hooks })
    const counted = await countOf('rate_limits')
    await kit.createUser({ password })
    await torii.settled()
    assert.deepEqual([asked, mailbox.messages], [['created'], []])
    assert.equal(await countOf('rate_limits'), counted)
  })

  test('creates nothing for a taken email address, an impossible password, and a hook that throws', async () => {
    const { kit } = openSite()
    const ada = await kit.createUser()
    const users = await countOf('users')
    await assert.rejects(
      kit.createUser({ email: ada.email.toUpperCase() }),
      (error) => error instanceof InvalidInputError && error.field === 'email',
    )
    await assert.rejects(
      kit.createUser({ password: 'x'.repeat(5000) }),
      (error) => error instanceof InvalidInputError && error.field === 'password',
    )
    const broken = openSite({
      hooks: {
        onUserCreated() {
          throw new Error('no customer')
        },
      },
    })
    await assert.rejects(broken.kit.createUser())
    assert.equal(await countOf('users'), users)
  })
})

test('signIn() opens another session of an account, and refuses one that is disabled or missing', async () => {
  const { kit, torii } = openSite()
  const ada = await kit.createUser()
  const second = await kit.signIn(ada.user.id)
  assert.notEqual(second.session.id, ada.session.id)
  const valid = await torii.sessions.validate(second.token)
  assert.ok(valid !== null)
  assert.equal((await torii.sessions.list(valid)).length, 2)
  await torii.admin.disable(ada.user.id)
  for (const id of [ada.user.id, newUserId()])
    await assert.rejects(
      kit.signIn(id),
      (error) => error instanceof ToriiError && error.code === 'ERR_MISUSE',
    )
})

describe('travel()', () => {
  test('ages sessions: recent authentication, idle and absolute expiry', async () => {
    const { kit, torii } = openSite()
    const { idleSeconds, absoluteSeconds, recentSeconds } = torii.options.session
    const ada = await kit.createUser()
    await kit.travel(recentSeconds + 1)
    assert.equal((await torii.sessions.validate(ada.token))?.recent, false)
    await kit.travel(idleSeconds - 60)
    const used = await torii.sessions.validate(ada.token)
    assert.ok(used !== null)
    await kit.travel(idleSeconds + 1)
    assert.equal(await torii.sessions.validate(ada.token), null)
    const grace = await kit.createUser()
    for (let passed = 0; passed < absoluteSeconds; passed += idleSeconds - 60) {
      assert.ok(await torii.sessions.validate(grace.token))
      await kit.travel(idleSeconds - 60)
    }
    assert.equal(await torii.sessions.validate(grace.token), null)
  })

  test('ages links in mails and locks of rate limits', async () => {
    const { kit, torii, mailbox } = openSite({ magicLink: { code: true } })
    const { email } = await kit.createUser({ password })
    const signIn = async () => {
      await torii.magicLink.request({ email }, requestInfo)
      return mailbox.next(email, { kind: 'magic_link' })
    }
    const late = await signIn()
    await kit.travel(defaults.magicLink.lifetimeSeconds + 1)
    const expired = await torii.magicLink.authenticate({ token: late.token ?? '' }, requestInfo)
    assert.ok(!expired.ok && expired.reason === 'invalid_token')
    const { code } = await signIn()
    assert.ok((await torii.magicLink.authenticate({ email, code: code ?? '' }, requestInfo)).ok)

    const attempt = (text: string) =>
      torii.password.authenticate({ email, password: text }, requestInfo)
    let outcome = await attempt('wrong')
    while (!outcome.ok && outcome.reason === 'invalid_credentials') outcome = await attempt('wrong')
    assert.ok(!outcome.ok && outcome.reason === 'too_many_attempts')
    assert.equal((await attempt(password)).ok, false)
    await kit.travel(86_400)
    assert.equal((await attempt(password)).ok, true)
  })

  test('lets the code that an authenticator application shows count once more', async () => {
    const { kit, torii } = openSite()
    const { token } = await kit.createUser()
    const enrolled = await enroll(torii, token.reveal(), requestInfo)
    const valid = async (text: string) => (await torii.sessions.validate(text)) ?? assert.fail()
    const prove = async (text: string) => {
      const input = { code: enrolled.app.code(), token: text }
      return torii.secondFactors.reauthenticate(await valid(text), input, requestInfo)
    }
    const used = await prove(enrolled.token)
    assert.ok(!used.ok && used.reason === 'invalid_code')
    await kit.travel(60)
    assert.ok((await prove(enrolled.token)).ok)
  })

  test('ages OAuth states that were started before, and no later ones', async () => {
    const provider = await startTestProvider()
    afterAll(() => provider.stop())
    const { kit, torii } = openSite({ oauth: { providers: [provider.definition] } })
    const { flowSeconds } = torii.options.oauth
    const start = async () => {
      const started = await torii.oauth.start('test', {}, requestInfo)
      assert.ok(started.ok)
      const { searchParams: query } = await provider.authorize(started.url)
      return () =>
        torii.oauth.callback('test', { query, browser: started.browser, valid: null }, requestInfo)
    }
    const early = await start()
    await kit.travel(flowSeconds - 60)
    const later = await start()
    await kit.travel(61)
    const refused = await early()
    assert.ok(!refused.ok && refused.reason === 'invalid_token')
    const signedIn = await later()
    assert.ok(signedIn.ok, JSON.stringify(signedIn))
    await kit.travel(flowSeconds - 1)
    assert.ok((await (await start())()).ok)
  })

  test('moves every time of every table of the schema but the history, and nothing else', async () => {
    const own = await testDatabase({ empty: true })
    const schema = 'user'
    const other = await PostgresStorage.connect(own.url, { schema })
    try {
      await other.migrate()
      const kit = createTestKit(new Torii(other, { baseUrl, log: null }), other)
      await kit.createUser()
      await own.query(`create table "user".later ("Odd name" timestamptz, plain text)`)
      await own.query(`insert into "user".later values (now(), 'as it was')`)
      await own.query(`create table public.notes (at timestamptz)`)
      await own.query('insert into public.notes values (now())')
      const tables = ['sessions', 'users', 'later', 'torii_migrations']
      const read = async () => {
        const found: Record<string, unknown>[] = []
        for (const table of [...tables.map((name) => `"user".${name}`), 'public.notes'])
          found.push(...(await own.query(`select * from ${table}`)).rows)
        return found
      }
      const before = await read()
      await kit.travel(3600.5)
      const after = await read()
      let moved = 0
      for (const [index, row] of before.entries())
        for (const [column, value] of Object.entries(row)) {
          const now = after[index]?.[column]
          if (!(value instanceof Date && now instanceof Date)) assert.deepEqual(now, value)
          else if ('checksum' in row || column === 'at') assert.deepEqual(now, value)
          else {
            // A Date is exact to a millisecond, the database to a microsecond.
            assert.ok(Math.abs(value.getTime() - now.getTime() - 3_600_500) <= 1, column)
            moved += 1
          }
        }
      // Of the session five, of the user three, of the later table one.
      assert.equal(moved, 9)
    } finally {
      await other.close()
    }
  })

  test('goes forward only', async () => {
    const { kit } = openSite()
    for (const seconds of [-1, Number.NaN, Number.POSITIVE_INFINITY, '60' as unknown as number])
      await assert.rejects(
        kit.travel(seconds),
        (error) => error instanceof InvalidInputError && error.field === 'seconds',
      )
  })
})

test('works on the embedded engine', async () => {
  const embedded = await PostgresStorage.connect('pglite:')
  try {
    await embedded.migrate()
    const torii = new Torii(embedded, { baseUrl, log: null })
    const kit = createTestKit(torii, embedded)
    const ada = await kit.createUser({ password })
    await kit.travel(60)
    assert.ok(await torii.sessions.validate(ada.token))
    await kit.travel(torii.options.session.absoluteSeconds)
    assert.equal(await torii.sessions.validate(ada.token), null)
  } finally {
    await embedded.close()
  }
})

test('nothing runs where NODE_ENV is production', async () => {
  const { torii } = openSite()
  const former = process.env.NODE_ENV
  process.env.NODE_ENV = 'production'
  try {
    const isRefused = (error: unknown) =>
      error instanceof ToriiError &&
      error.code === 'ERR_MISUSE' &&
      /NODE_ENV is production/.test(error.message)
    assert.throws(() => createTestKit(torii, storage), isRefused)
    assert.throws(createTestMailbox, isRefused)
    await assert.rejects(startTestProvider(), isRefused)
  } finally {
    if (former === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = former
  }
})

test('a kit needs a Torii and a storage, in this order', () => {
  const { torii } = openSite()
  assert.throws(() => createTestKit(storage as never, torii as never), /^InvalidInputError: torii /)
  assert.throws(
    () => createTestKit(torii, torii as never),
    /^InvalidInputError: storage is a Torii/,
  )
})
