import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { InvalidInputError, InvalidOptionsError, newUserId } from 'torii-core'
import { test } from 'vitest'
import type { Mailer } from '../../index.js'
import { newEmail, requestInfo } from '../../test/site.test.support.js'
import { createContext } from '../context/context.js'
import { createMagicLinkService } from './magic-link.js'
import { newestMail, openMailingSite } from './mailbox.test.support.js'

const site = await openMailingSite()
const { torii, storage, db } = site
let ipAddresses = 0
/** A place no one asked from yet. */
const somewhere = () => ({ ip: `2001:db8:${(++ipAddresses).toString(16)}::1`, userAgent: null })

const linkOf = async (email: string) =>
  (await db.query('select * from torii.magic_links where email_key = $1', [email])).rows[0]

test('a link arrives: one statement, the right address and header, the token in the link alone', async () => {
  const email = newEmail()
  site.emitted.length = 0
  const { result, statements } = await site.counted(() =>
    torii.magicLink.request({ email }, requestInfo),
  )
  assert.deepEqual(result, { ok: true })
  assert.equal(statements, 1)
  const { count, link, token, code } = await newestMail(site, email)
  assert.equal(count, 1)
  assert.ok(link.startsWith('https://app.example/auth/magic-link?token=torii_m_'))
  assert.match(token, /^torii_m_[\w-]{54}$/)
  assert.match(code, /^\d{8}$/)
  const [received] = await site.mailsTo(email)
  assert.equal(received?.mail.headers.get('x-torii-message'), 'magic_link')
  assert.match(received?.mail.text ?? '', /in 10 minutes/)
  assert.deepEqual(
    site.emitted.map(({ type, userId }) => [type, userId]),
    [['magic_link_requested', null]],
  )
})

/** Accounts of every kind that an address can have, and none. */
async function addresses() {
  const [unknown, verified, unverified, disabled] = [newEmail(), newEmail(), newEmail(), newEmail()]
  await storage.users.register({ id: newUserId(), email: verified, emailVerified: true })
  await storage.users.register({ id: newUserId(), email: unverified })
  const id = newUserId()
  await storage.users.register({ id, email: disabled })
  await storage.users.disable(id)
  return { unknown, verified, unverified, disabled }
}

/** The service with its argon2 queue watched. */
function watchedService(mailer: Mailer) {
  const { options } = site.with({ ...site.mailing, mailer })
  const context = createContext(storage, options, {})
  const hashed = { count: 0 }
  const hashing = {
    ...context.hashing,
    hasherFor: () => {
      hashed.count += 1
      throw new Error('nothing is hashed here')
    },
  }
  const service = createMagicLinkService({ ...context, hashing } as typeof context)
  return { service, hashed, settled: () => context.mailQueue?.settled() }
}

const mailers: readonly (readonly [string, () => Mailer & { release?: () => void }])[] = [
  ['a mailer that delivers', () => ({ send: async () => undefined })],
  [
    'a mailer that throws',
    () => ({
      send() {
        throw Object.assign(new Error('no'), { permanent: true })
      },
    }),
  ],
  [
    'a mailer that takes long',
    () => {
      let release: () => void = () => {}
      const held = new Promise<void>((done) => {
        release = done
      })
      return { send: () => held, release: () => release() }
    },
  ],
]

for (const [name, make] of mailers)
  test(`T4.59 known and unknown addresses get one answer for the same work: ${name}`, async () => {
    const mailer = make()
    const { service, hashed, settled } = watchedService(mailer)
    for (const email of Object.values(await addresses())) {
      site.statements.length = 0
      assert.deepEqual(await service.request({ email }, somewhere()), { ok: true })
      assert.equal(site.statements.length, 1)
      assert.match(site.statements[0] ?? '', /insert into "torii"\.magic_links/)
      const row = await linkOf(email)
      assert.ok(row?.code_hash && row.token_hash)
      // What a lost mail gives back comes after the response, and not into the count of the next request.
      if (mailer.release === undefined) await settled()
    }
    assert.equal(hashed.count, 0)
    mailer.release?.()
    await settled()
  })

test('T2.31 a disabled account gets no mail; every other address does', async () => {
  const { disabled, ...others } = await addresses()
  site.events.length = 0
  for (const email of [disabled, ...Object.values(others)])
    await torii.magicLink.request({ email }, somewhere())
  assert.equal((await site.mailsTo(disabled)).length, 0)
  for (const email of Object.values(others)) assert.equal((await site.mailsTo(email)).length, 1)
  assert.deepEqual(site.events, [])
})

test('T3.49 mail goes byte for byte to the stored address, whatever spelling was submitted', async () => {
  const stored = 'Ada.Lovelace+News@Example.COM'
  await storage.users.register({ id: newUserId(), email: stored })
  await torii.magicLink.request({ email: 'ada.lovelace+news@example.com' }, requestInfo)
  await torii.settled()
  const mail = site.smtp.received.find(({ to }) => to[0]?.startsWith('Ada.'))
  const { to, source } = mail ?? { to: [], source: '' }
  assert.equal(to.length, 1)
  assert.equal(to[0]?.split('@')[0], 'Ada.Lovelace+News')
  assert.match(source, /^To: Ada\.Lovelace\+News@example\.com\r$/im)
})

test('T3.44 T3.45 T3.46 anything but one plain email address is refused before any statement', async () => {
  const refused: unknown[] = [
    'a@x.com,b@y.com',
    '"e@a.com"@v.com',
    '<a@x.com>',
    'a@x.com.',
    ' a@x.com',
    'a@x.com\r\nBcc: eve@example.net',
    'a\uFF20x.com',
    'a@x\uFE6By.com',
    'a\u00ADb@x.com',
    'a\u202Eb@x.com',
    'x'.repeat(1_048_576),
    null,
    ['a@x.com'],
    { toString: () => 'a@x.com' },
  ]
  site.statements.length = 0
  for (const email of refused)
    await assert.rejects(
      torii.magicLink.request({ email } as { email: string }, requestInfo),
      InvalidInputError,
    )
  for (const input of [null, undefined, 'a@x.com'])
    await assert.rejects(torii.magicLink.request(input as never, requestInfo), InvalidInputError)
  assert.equal(site.statements.length, 0)
})

test('T1.11 of ten concurrent requests four links are valid at most, and T1.12 signing in by one ends the others', async () => {
  const email = newEmail()
  await Promise.all(
    Array.from({ length: 10 }, () => torii.magicLink.request({ email }, somewhere())),
  )
  const { rows } = await db.query('select 1 from torii.magic_links where email_key = $1', [email])
  assert.ok(rows.length >= 1 && rows.length <= 4, `${rows.length} links`)
  const other = newEmail()
  const [former, newer] = [
    await torii.magicLink.create({ email: other }),
    await torii.magicLink.create({ email: other }),
  ]
  assert.ok((await torii.magicLink.authenticate({ token: former.token }, requestInfo)).ok)
  const refused = await torii.magicLink.authenticate({ token: newer.token }, requestInfo)
  assert.deepEqual(refused, { ok: false, reason: 'invalid_token' })
})

test('T10.120 a mailbox gets no more mail than its limit, from any IP addresses, without a visible refusal', async () => {
  const email = newEmail()
  for (let asked = 0; asked < 100; asked += 1) {
    assert.deepEqual(await torii.magicLink.request({ email }, somewhere()), { ok: true })
  }
  assert.equal((await site.mailsTo(email)).length, 3)
  // The links that were mailed last are live.
  const { token } = await newestMail(site, email)
  assert.ok((await torii.magicLink.authenticate({ token }, requestInfo)).ok)
})

test('T10.120 one IP address gets no more than its limit for any email addresses, and the sweep deletes the rows', async () => {
  const info = { ip: '198.51.100.9', userAgent: null }
  const before = site.smtp.received.length
  await db.query('delete from torii.magic_links')
  let refused = 0
  for (let asked = 0; asked < 10_000; asked += 1) {
    const outcome = await torii.magicLink.request({ email: `bomb${asked}@example.net` }, info)
    if (!outcome.ok) {
      refused += 1
      assert.equal(outcome.reason, 'too_many_attempts')
      assert.ok(outcome.retryAfterSeconds > 0)
    }
  }
  assert.equal(refused, 9900)
  await torii.settled()
  assert.equal(site.smtp.received.length - before, 100)
  const rows = async () => (await db.query('select 1 from torii.magic_links')).rows.length
  assert.equal(await rows(), 100)
  const { rows: users } = await db.query("select 1 from torii.users where email like 'bomb%'")
  assert.equal(users.length, 0)
  await site.elapse(90_000)
  await storage.sweep()
  assert.equal(await rows(), 0)
})

test('a locked IP address gets the same answer for every email address, and an event is emitted', async () => {
  const info = { ip: '198.51.100.10', userAgent: null }
  const strict = site.with({ ...site.mailing, bruteForce: { mailRequests: { cap: 1 } } })
  await strict.magicLink.request({ email: newEmail() }, info)
  const { unknown, verified } = await addresses()
  site.emitted.length = 0
  for (const email of [unknown, verified]) {
    const outcome = await strict.magicLink.request({ email }, info)
    assert.deepEqual(Object.keys(outcome), ['ok', 'reason', 'retryAfterSeconds'])
  }
  assert.deepEqual(
    site.emitted.map(({ type, detail }) => [type, detail]),
    Array(2).fill(['attempts_refused', { path: 'magic_link' }]),
  )
})

test('request() without a mailer throws, and nothing is stored', async () => {
  const silent = site.with({})
  site.statements.length = 0
  await assert.rejects(
    silent.magicLink.request({ email: newEmail() }, requestInfo),
    InvalidOptionsError,
  )
  assert.equal(site.statements.length, 0)
})

test('with magicLink: false every method throws before any query, also for a link from before', async () => {
  const off = site.with({ ...site.mailing, magicLink: false })
  const email = newEmail()
  const { token } = await torii.magicLink.create({ email })
  site.statements.length = 0
  for (const call of [
    () => off.magicLink.request({ email }, requestInfo),
    () => off.magicLink.create({ email }),
    () => off.magicLink.authenticate({ token }, requestInfo),
    () => off.magicLink.authenticate({ token: 'malformed' }, requestInfo),
    () => off.magicLink.authenticate({ email, code: '12345678' }, requestInfo),
  ])
    await assert.rejects(
      call(),
      (error) => error instanceof InvalidOptionsError && /^option magicLink: /.test(error.message),
    )
  assert.equal(site.statements.length, 0)
})

test('create() returns the link: nothing is mailed or counted, no mailer is needed, no secret is printed', async () => {
  const email = newEmail()
  const mails = site.smtp.received.length
  await db.query('delete from torii.rate_limits')
  const { result, statements } = await site.counted(() => site.with({}).magicLink.create({ email }))
  assert.equal(statements, 1)
  assert.equal(result.to, email)
  assert.equal(result.code, null)
  assert.equal(
    result.link.reveal(),
    `https://app.example/auth/magic-link?token=${result.token.reveal()}`,
  )
  const shown = [
    inspect(result),
    JSON.stringify(result),
    `${result.link}`,
    `${result.token}`,
  ].join()
  assert.ok(!shown.includes('torii_m_'))
  const { rows } = await db.query('select 1 from torii.rate_limits')
  assert.equal(rows.length, 0)
  await torii.settled()
  assert.equal(site.smtp.received.length, mails)
  assert.ok((await torii.magicLink.authenticate({ token: result.token }, requestInfo)).ok)
})

test('own messages are sent', async () => {
  const email = newEmail()
  const own = site.with({
    ...site.mailing,
    mail: {
      messages: {
        magic_link: ({ link, to, app }) => ({
          subject: `Hej ${to} ${app.name}`,
          text: link,
          html: '',
        }),
      },
    },
  })
  await own.magicLink.request({ email }, requestInfo)
  await own.settled()
  // By its recipient: mails of other tests may still be on their way.
  const sent = site.smtp.received.find(({ to }) => to.includes(email))
  assert.equal(sent?.mail.subject, `Hej ${email} app.example`)
})
