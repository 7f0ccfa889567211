import assert from 'node:assert/strict'
import type { UserId } from 'torii-core'
import { InvalidInputError, newUserId, requireEmail } from 'torii-core'
import { PostgresStorage } from 'torii-storage-postgres'
import { afterAll, test } from 'vitest'
import type { Torii } from '../../index.js'
import { newEmail, goodPassword as password, requestInfo } from '../../test/site.test.support.js'
import {
  formatMagicToken,
  formatVerificationToken,
  hashLinkSecret,
  newLinkSecret,
  newMagicLinkSecret,
} from '../links/link-token.js'
import { applicationKey, newestMail, openMailingSite } from './mailbox.test.support.js'

const site = await openMailingSite()
const { torii, storage, db } = site
const invalid = { ok: false, reason: 'invalid_token' }

const sessionsOf = async (userId: UserId) =>
  (await db.query('select 1 from torii.sessions where user_id = $1', [userId])).rows.length
const userOf = async (email: string) => storage.users.findByEmail(email)

/** A link to the address, with its code. */
async function mailed(email: string, from: Torii = torii) {
  const { token, code } = await from.magicLink.create({ email })
  assert.ok(code !== null)
  return { email, token, code }
}
const open = (token: string | object, on: Torii = torii) =>
  on.magicLink.authenticate({ token: token as string }, requestInfo)
const type = (email: string, code: string, ip: string | null = null) =>
  torii.magicLink.authenticate({ email, code }, { ip, userAgent: null })

test('a link creates the account, verified, and signs in: one statement', async () => {
  const email = newEmail()
  await torii.magicLink.request({ email }, requestInfo)
  assert.equal(await userOf(email), null)
  const { token } = await newestMail(site, email)
  site.emitted.length = 0
  const { result, statements } = await site.counted(() => open(token))
  assert.equal(statements, 1)
  assert.ok(result.ok)
  assert.deepEqual([result.created, result.tookOver], [true, false])
  assert.equal(result.user.email, email)
  assert.ok(result.user.emailVerifiedAt instanceof Date)
  assert.deepEqual(result.session.methods, ['magic_link'])
  assert.equal(result.session.ip, requestInfo.ip)
  const valid = await torii.sessions.validate(result.token)
  assert.deepEqual([valid?.user.id, valid?.session.id], [result.user.id, result.session.id])
  assert.deepEqual(
    site.emitted.map(({ type, userId, sessionId }) => [type, userId, sessionId]),
    ['user_created', 'signed_in'].map((name) => [name, result.user.id, result.session.id]),
  )
  assert.deepEqual(await open(token), invalid)
})

test('a second link of an account signs in and creates nothing', async () => {
  const email = newEmail()
  const first = await open((await mailed(email)).token)
  const second = await open((await mailed(email)).token)
  assert.ok(first.ok && second.ok)
  assert.deepEqual([second.created, second.tookOver], [false, false])
  assert.equal(second.user.id, first.user.id)
  assert.notEqual(second.token.reveal(), first.token.reveal())
  assert.ok(await torii.sessions.validate(first.token))
})

test('a code signs in once, with two statements, however it is spaced', async () => {
  for (const spell of [
    (code: string) => code,
    (code: string) => ` ${code.slice(0, 4)} ${code.slice(4)}\n`,
    (code: string) => code.split('').join('-'),
  ]) {
    const { email, token, code } = await mailed(newEmail())
    const { result, statements } = await site.counted(() => type(email.toUpperCase(), spell(code)))
    assert.equal(statements, 2)
    assert.ok(result.ok && result.created)
    assert.ok(await torii.sessions.validate(result.token))
    assert.deepEqual(await type(email, code), invalid)
    assert.deepEqual(await open(token), invalid)
  }
})

test('T10.112 inspect() does not use the link', async () => {
  const { email, token } = await mailed(newEmail())
  for (let times = 0; times < 3; times += 1)
    assert.deepEqual(await torii.links.inspect('magic_link', token), { email, formerEmail: null })
  assert.ok((await open(token)).ok)
  assert.equal(await torii.links.inspect('magic_link', token), null)
  const { result, statements } = await site.counted(() =>
    torii.links.inspect('magic_link', 'torii_m_short'),
  )
  assert.deepEqual([result, statements], [null, 0])
})

const pool = await PostgresStorage.connect(db.url)
afterAll(() => pool.close())

for (const callers of [2, 8, 64])
  test(`T1.1 ${callers} who open one link at once: one session, by token and by code`, async () => {
    const { Torii } = await import('../../index.js')
    const racing = new Torii(pool, {
      ...site.mailing,
      baseUrl: 'https://app.example',
      bruteForce: { codes: { cap: 80, limit: 80 } },
    })
    for (const by of ['token', 'code'] as const) {
      const { email, token, code } = await mailed(newEmail())
      const attempts = Array.from({ length: callers }, () =>
        racing.magicLink.authenticate(by === 'token' ? { token } : { email, code }, {
          ip: null,
          userAgent: null,
        }),
      )
      const outcomes = await Promise.all(attempts)
      assert.equal(outcomes.filter(({ ok }) => ok).length, 1)
      const user = await userOf(email)
      assert.ok(user)
      assert.equal(await sessionsOf(user.id), 1)
    }
  })

test('T1.8 an expired link and its code are refused while their row exists', async () => {
  const { email, token, code } = await mailed(newEmail())
  await site.elapse(601)
  assert.equal(await torii.links.inspect('magic_link', token), null)
  assert.deepEqual(await type(email, code), invalid)
  assert.deepEqual(await open(token), invalid)
  assert.equal(await userOf(email), null)
})

test('T1.9 a token of another purpose does not sign in, under either prefix', async () => {
  const userId = newUserId()
  const email = newEmail()
  await storage.users.register({ id: userId, email })
  const secret = newLinkSecret()
  for (const purpose of ['verify_email', 'reset_password'] as const) {
    const secretHash = hashLinkSecret(purpose, secret)
    await storage.verificationTokens.issue({
      purpose,
      email,
      secretHash,
      lifetimeSeconds: 600,
      charges: null,
    })
    assert.deepEqual(await open(formatVerificationToken(purpose, userId, secret)), invalid)
    const routed = Buffer.concat([Buffer.alloc(8), secret])
    assert.deepEqual(await open(formatMagicToken(routed)), invalid)
  }
  const signedIn = await open((await mailed(email)).token)
  assert.ok(signedIn.ok)
  assert.deepEqual(await open(signedIn.token.reveal()), invalid)
})

test('T1.10 the code of one email address is invalid for another', async () => {
  const one = await mailed(newEmail())
  const other = await mailed(newEmail())
  assert.deepEqual(await type(other.email, one.code), invalid)
  assert.ok((await type(one.email, one.code)).ok)
})

test('T1.14 a deleted account takes its link along; T2.31 a disabled one cannot be signed in to', async () => {
  const [gone, off] = [newEmail(), newEmail()]
  for (const [email, end] of [
    [gone, (id: UserId) => storage.users.delete(id)],
    [off, (id: UserId) => storage.users.disable(id)],
  ] as const) {
    const id = newUserId()
    await storage.users.register({ id, email })
    const { token, code } = await mailed(email)
    await end(id)
    assert.deepEqual(await type(email, code), invalid)
    assert.deepEqual(await open(token), invalid)
    assert.equal(await sessionsOf(id), 0)
  }
})

test('T1.21 of a burst of codes five are tried: the right one beyond them is refused, the link stays good', async () => {
  const { email, token, code } = await mailed(newEmail())
  const wrong = code === '00000000' ? '11111111' : '00000000'
  for (let tries = 0; tries < 5; tries += 1) assert.deepEqual(await type(email, wrong), invalid)
  assert.deepEqual(await type(email, code), invalid)
  assert.ok((await open(token)).ok)
})

test('T1.21 ten codes an hour an address: a fresh code does not start it again, made-up addresses alike', async () => {
  for (const email of [newEmail(), newEmail()]) {
    let lastCode = ''
    for (let tries = 0; tries < 10; tries += 1) {
      if (tries % 3 === 0) lastCode = (await mailed(email)).code
      const wrong = lastCode === '00000000' ? '11111111' : '00000000'
      assert.deepEqual(await type(email, wrong), invalid)
    }
    const { code, token } = await mailed(email)
    const { result, statements } = await site.counted(() => type(email, code))
    assert.ok(!result.ok && result.reason === 'too_many_attempts')
    assert.equal(statements, 1)
    // T10.119: the other sign-in method still works.
    assert.ok((await open(token)).ok)
  }
})

test('a right code gives its count back', async () => {
  const email = newEmail()
  for (let times = 0; times < 15; times += 1) {
    const { code } = await mailed(email)
    assert.ok((await type(email, code)).ok)
  }
})

test('T4.62 T4.63 a wrong code has the same answer and cost for every email address and text', async () => {
  const known = newEmail()
  await storage.users.register({ id: newUserId(), email: known, emailVerified: true })
  const withLink = newEmail()
  const { code: right } = await mailed(withLink)
  const wrong = right === '00000000' ? '11111111' : '00000000'
  for (const email of [known, newEmail(), withLink])
    for (const code of [
      wrong,
      '',
      '1234567',
      'abcdefgh',
      '１２３４５６７８',
      'x'.repeat(100_000),
    ]) {
      const { result, statements } = await site.counted(() => type(email, code))
      assert.deepEqual([result, statements], [invalid, 2])
    }
})

test('a code that was mailed before a key rotation is valid after it, until its key is removed', async () => {
  const [old, fresh] = [applicationKey('one', 1), applicationKey('two', 99)]
  for (const [keys, good] of [
    [[fresh, old], true],
    [[old, fresh], true],
    [[fresh], false],
  ] as const) {
    const { email, code } = await mailed(newEmail())
    const rotated = site.with({ ...site.mailing, keys })
    const outcome = await rotated.magicLink.authenticate(
      { email, code },
      { ip: null, userAgent: null },
    )
    assert.equal(outcome.ok, good)
  }
})

test('with magicLink.code off every code is invalid, without a statement and without keys', async () => {
  const { email, code } = await mailed(newEmail())
  const { result, statements } = await site.counted(() =>
    site.with({}).magicLink.authenticate({ email, code }, requestInfo),
  )
  assert.deepEqual([result, statements], [invalid, 0])
})

test('T5.65 the first link of an unverified account removes the credentials created before', async () => {
  const email = newEmail()
  const attacker = await site.with({}).password.register({ email, password }, requestInfo)
  assert.ok(attacker.ok && attacker.token !== null)
  site.emitted.length = 0
  const owner = await open((await mailed(email)).token)
  assert.ok(owner.ok)
  assert.deepEqual([owner.user.id, owner.tookOver, owner.created], [attacker.user.id, true, false])
  assert.equal(await torii.sessions.validate(attacker.token), null)
  const again = await site.with({}).password.authenticate({ email, password }, requestInfo)
  assert.deepEqual(again, { ok: false, reason: 'invalid_credentials' })
  assert.ok(await torii.sessions.validate(owner.token))
  const types = site.emitted.map((event) => event.type)
  assert.deepEqual(types.slice(-2), ['unverified_credentials_removed', 'signed_in'])
  const second = await open((await mailed(email)).token)
  assert.ok(second.ok && !second.tookOver)
})

test('with signUp off an unknown email address gets a mail but no account; a known one signs in', async () => {
  const closed = site.with({ ...site.mailing, magicLink: { signUp: false, code: true } })
  const unknown = newEmail()
  assert.deepEqual(await closed.magicLink.request({ email: unknown }, requestInfo), { ok: true })
  await closed.settled()
  const { token } = await newestMail(site, unknown)
  assert.deepEqual(await open(token, closed), invalid)
  assert.equal(await userOf(unknown), null)
  const known = newEmail()
  await storage.users.register({ id: newUserId(), email: known })
  assert.ok((await open((await mailed(known, closed)).token, closed)).ok)
})

test('a refusal emits an event with the path, and without the email address', async () => {
  site.emitted.length = 0
  await open(formatMagicToken(newMagicLinkSecret(requireEmail(newEmail()))))
  const [event] = site.emitted
  assert.deepEqual(event, {
    type: 'sign_in_failed',
    userId: null,
    sessionId: null,
    ...requestInfo,
    detail: { method: 'magic_link', reason: 'invalid_token' },
  })
})

test('if the hook throws, no account is created, and the link stays valid', async () => {
  const seen: string[] = []
  const hooked = (fails: boolean, audit = false) =>
    site.with({
      ...site.mailing,
      audit,
      hooks: {
        async onUserCreated(tx, user) {
          await tx.query('select $1::uuid', [user.id])
          seen.push(user.id)
          if (fails) throw new Error('no seat left')
        },
      },
    })
  const { email, token } = await mailed(newEmail())
  await assert.rejects(open(token, hooked(true)), /no seat left/)
  assert.equal(await userOf(email), null)
  const made = await open(token, hooked(false))
  assert.ok(made.ok)
  assert.deepEqual(seen.slice(1), [made.user.id])
  const audited = await open((await mailed(newEmail())).token, hooked(false, true))
  assert.ok(audited.ok)
  const { rows } = await db.query(
    'select type from torii.audit_events where user_id = $1 order by id',
    [audited.user.id],
  )
  assert.deepEqual(rows.map((row) => row.type).sort(), ['signed_in', 'user_created'])
})

test('in a transaction of the application a rollback keeps the link valid, and a commit emits the events', async () => {
  const { email, token } = await mailed(newEmail())
  site.emitted.length = 0
  const rolledBack = storage.transaction(async (tx) => {
    assert.ok((await torii.with(tx).magicLink.authenticate({ token }, requestInfo)).ok)
    throw new Error('changed my mind')
  })
  await assert.rejects(rolledBack, /changed my mind/)
  assert.equal(await userOf(email), null)
  assert.deepEqual(site.emitted, [])
  const made = await storage.transaction((tx) =>
    torii.with(tx).magicLink.authenticate({ token }, requestInfo),
  )
  assert.ok(made.ok)
  assert.equal(site.emitted.length, 2)
  assert.ok(await torii.sessions.validate(made.token))
})

test('authenticate() refuses a malformed proof before any statement; a malformed token is invalid_token', async () => {
  site.statements.length = 0
  for (const proof of [
    null,
    undefined,
    'token',
    {},
    { email: 'a@example.com' },
    { code: '12345678' },
  ])
    await assert.rejects(
      torii.magicLink.authenticate(proof as never, requestInfo),
      InvalidInputError,
    )
  for (const token of [
    null,
    7,
    {},
    '',
    'torii_m_',
    `torii_m_${'A'.repeat(42)}B=`,
    'x'.repeat(1_048_576),
  ])
    assert.deepEqual(await open(token as never), invalid)
  assert.equal(site.statements.length, 0)
})
