import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { InvalidInputError } from 'torii-core'
import { PostgresStorage } from 'torii-storage-postgres'
import { test } from 'vitest'
import { createPasswordHashing } from '../../password-hashing/hashing.js'
import {
  baseUrl,
  goodPassword,
  newEmail,
  openTestSite,
  requestInfo,
} from '../../test/site.test.support.js'
import { Torii } from '../../torii.js'
import { createContext } from '../context/context.js'
import { createPasswordService } from './password.js'

const site = await openTestSite()
const { torii, db } = site
const password = goodPassword

test('register() creates the account and signs in, in two statements', async () => {
  const email = newEmail()
  const input = {
    email,
    password,
    name: 'Ann',
    picture: 'https://img.example/a.png',
    metadata: { plan: 'free' },
  }
  const { result, statements } = await site.counted(() =>
    torii.password.register(input, requestInfo),
  )
  assert.equal(statements, 2)
  assert.ok(result.ok && result.session !== null)
  const { user, session, token } = result
  assert.equal(user.email, email)
  assert.equal(user.name, 'Ann')
  assert.equal(user.picture, 'https://img.example/a.png')
  assert.deepEqual(user.metadata, { plan: 'free' })
  assert.equal(session.userId, user.id)
  assert.deepEqual(session.methods, ['password'])
  assert.equal(session.ip, '203.0.113.7')
  assert.equal(session.userAgent, 'Test/1.0')
  assert.equal(session.absoluteExpiresAt.getTime() - session.createdAt.getTime(), 2_592_000_000)
  assert.equal(session.expiresAt.getTime() - session.createdAt.getTime(), 604_800_000)
  assert.equal((await torii.sessions.validate(token))?.user.id, user.id)
})

test('registering a taken email address returns no data of its account, with any password (R1)', async () => {
  const email = newEmail()
  assert.ok((await torii.password.register({ email, password }, requestInfo)).ok)
  for (const spelling of [email, email.toUpperCase()]) {
    const again = { email: spelling, password: 'another good long password' }
    const { result, statements } = await site.counted(() =>
      torii.password.register(again, requestInfo),
    )
    assert.deepEqual(result, { ok: false, reason: 'email_taken' })
    assert.equal(statements, 2)
  }
  const { rows } = await db.query(
    'select count(*)::int as n from torii.sessions s join torii.users u on u.id = s.user_id where u.email = $1',
    [email],
  )
  assert.deepEqual(rows, [{ n: 1 }])
  assert.ok((await torii.password.authenticate({ email, password }, requestInfo)).ok)
})

test('T1.15 of twenty registrations with one email address, one succeeds', async () => {
  const email = newEmail()
  const storage = await PostgresStorage.connect(db.url)
  const crowd = new Torii(storage, { baseUrl })
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, () => crowd.password.register({ email, password }, requestInfo)),
  )
  await storage.close()
  assert.equal(outcomes.filter((outcome) => outcome.ok).length, 1)
  assert.ok(outcomes.every((outcome) => outcome.ok || outcome.reason === 'email_taken'))
})

test('a refused password costs no statement and returns the problem', async () => {
  const cases = [
    ['short', 'too_short'],
    ['x'.repeat(257), 'too_long'],
    ['\ud800'.repeat(20), 'malformed'],
    ['app.example app.example', 'guessable'],
  ] as const
  for (const [text, reason] of cases) {
    const input = { email: newEmail(), password: text }
    const { result, statements } = await site.counted(() =>
      torii.password.register(input, requestInfo),
    )
    assert.ok(!result.ok && result.reason === 'password_rejected')
    assert.equal(result.problem.reason, reason)
    assert.equal(statements, 0)
  }
})

/** Letters with accents and emoji in turn, all different. */
const mixed = (length: number): string =>
  Array.from({ length }, (_, at) =>
    String.fromCodePoint((at % 3 === 0 ? 0x1f300 : 0x100) + at),
  ).join('')

test('T8.93: 64 and 256 characters with emoji are kept exactly, in either Unicode form; 257 are refused', async () => {
  for (const text of [mixed(64), mixed(256)]) {
    const email = newEmail()
    assert.ok(
      (await torii.password.register({ email, password: text.normalize('NFD') }, requestInfo)).ok,
    )
    const signIn = (given: string) =>
      torii.password.authenticate({ email, password: given }, requestInfo)
    assert.ok((await signIn(text)).ok)
    assert.ok((await signIn(text.normalize('NFD'))).ok)
    assert.ok(!(await signIn(text.slice(0, -2))).ok)
  }
  const tooLong = { email: newEmail(), password: mixed(257) }
  const refused = await torii.password.register(tooLong, requestInfo)
  assert.ok(!refused.ok && refused.reason === 'password_rejected')
  assert.equal(refused.problem.reason, 'too_long')
})

test('registrations per IP address are limited; other and unknown IP addresses are not affected', async () => {
  const limited = site.with({
    bruteForce: { registrations: { cap: 2, lockSeconds: 60, maxLockSeconds: 60 } },
  })
  const from = (ip: string | null) =>
    limited.password.register({ email: newEmail(), password }, { ip, userAgent: null })
  assert.ok((await from('2001:db8:1:2::1')).ok)
  assert.ok((await from('2001:db8:1:2:ffff::2')).ok)
  const { result, statements } = await site.counted(() => from('2001:db8:1:2::3'))
  assert.ok(!result.ok && result.reason === 'too_many_attempts')
  assert.ok(result.retryAfterSeconds > 0 && result.retryAfterSeconds <= 60)
  assert.equal(statements, 1)
  assert.ok((await from('2001:db8:1:3::1')).ok)
  assert.ok((await from(null)).ok)
  await site.elapse(61)
  assert.ok((await from('2001:db8:1:2::3')).ok)
})

test('a full queue refuses, and no account is created', async () => {
  // A hash that takes longer than eight statements, also on a busy machine.
  const hashing = { concurrency: 1, maxWaiting: 0, memoryKib: 131_072, passes: 3 }
  const busy = site.with({ password: { hashing } })
  const register = (email = newEmail()) => busy.password.register({ email, password }, requestInfo)
  const emails = Array.from({ length: 8 }, newEmail)
  const outcomes = await Promise.allSettled(emails.map((email) => register(email)))
  const refused = outcomes.filter((one) => one.status === 'rejected')
  assert.ok(refused.length > 0 && refused.length < 8, String(refused.length))
  for (const { reason } of refused) assert.equal(reason.code, 'ERR_BUSY')
  const { rows } = await db.query('select 1 from torii.users where email = any ($1)', [emails])
  assert.equal(rows.length, 8 - refused.length)
  assert.ok((await register()).ok)
})

test('T8.98 no connection is held while twenty passwords are hashed: a pool of one serves the rest', async () => {
  const storage = await PostgresStorage.connect(db.url, { maxConnections: 1, acquireSeconds: 2 })
  const { options, sessions, password: plain } = new Torii(storage, { baseUrl })
  const one = await plain.register({ email: newEmail(), password }, requestInfo)
  assert.ok(one.ok && one.token !== null)
  // The real hashing, which is not done before the gate opens.
  let open = () => {}
  const gate = new Promise<void>((resolve) => (open = resolve))
  let atTheGate = 0
  const real = createPasswordHashing(options)
  const gated: typeof real = {
    ...real,
    hasherFor(share) {
      const hasher = real.hasherFor(share)
      return {
        ...hasher,
        async hash(text) {
          if (++atTheGate === 20) full()
          await gate
          return hasher.hash(text)
        },
      }
    },
  }
  let full = () => {}
  const waiting = new Promise<void>((resolve) => (full = resolve))
  const service = createPasswordService({
    ...createContext(storage, options, {}),
    hashing: gated,
  })
  const signUps = Array.from({ length: 20 }, () =>
    service.register({ email: newEmail(), password }, requestInfo),
  )
  await waiting
  for (let read = 0; read < 10; read++) assert.ok(await sessions.validate(one.token))
  open()
  assert.ok((await Promise.all(signUps)).every((outcome) => outcome.ok))
  await storage.close()
})

test('a registered password is nowhere in plain text', async () => {
  const made = await torii.password.register(
    { email: newEmail(), password: 'plainly visible secret' },
    requestInfo,
  )
  assert.ok(made.ok && made.token !== null)
  const { rows } = await db.query(
    'select u, p, s from torii.users u join torii.passwords p on p.user_id = u.id join torii.sessions s on s.user_id = u.id',
  )
  const dump = JSON.stringify(rows)
  for (const secret of ['plainly visible secret', made.token.reveal()]) {
    assert.ok(!dump.includes(secret))
    assert.ok(!inspect(made, { depth: 10 }).includes(secret))
    assert.ok(!JSON.stringify(made).includes(secret))
  }
  const secretBytes = Buffer.from(made.token.reveal().slice(8), 'base64url').subarray(32)
  assert.ok(!dump.includes(secretBytes.toString('hex')))
})

test('missing request information is refused before any statement', async () => {
  const { statements } = await site.counted(() =>
    assert.rejects(
      // @ts-expect-error what a JavaScript caller may forget
      torii.password.register({ email: newEmail(), password }),
      InvalidInputError,
    ),
  )
  assert.equal(statements, 0)
})
