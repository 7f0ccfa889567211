import assert from 'node:assert/strict'
import { URI } from 'otpauth'
import { createTestMailbox } from 'torii-auth/testing'
import { beforeAll, test } from 'vitest'
import { openConsole } from './console.test.support.js'

const site = await openConsole()
const { torii, db, send } = site
const password = 'correct horse battery staple'
const hostile = `<script>alert("1")</script>'&`
let cookie = ''

beforeAll(async () => {
  cookie = (await site.signIn()).cookie
})

let people = 0
async function signUp(email = `person${++people}@example.com`, userAgent = 'Test/1.0') {
  const made = await torii.admin.create({ email, name: `Person ${hostile}` })
  assert.ok(made.ok)
  const { id } = made.user
  const where = { ip: '203.0.113.7', userAgent }
  const link = await torii.password.register({ email: `by-password-${email}`, password }, where)
  assert.ok(link.ok && link.token !== null)
  return { id, email, owner: { id: link.user.id, token: link.token, session: link.session } }
}

const read = async (path: string) => {
  const answered = await send(path, { headers: { cookie } })
  assert.equal(answered.status, 200, path)
  return answered.body
}

/** Presses a button and follows to the page that says what came of it. */
async function press(path: string): Promise<string> {
  const { status, headers } = await send(path, { form: {}, headers: { cookie } })
  assert.equal(status, 303, path)
  return read(headers.location ?? '')
}

/** What the trail keeps of a user, newest first. */
async function kept(userId: string) {
  await torii.settled()
  return (await torii.admin.audit({ userId })).events.map(({ type, detail }) => [type, detail.by])
}

test('an account is disabled and enabled, and the audit trail names the administrator', async () => {
  const { owner } = await signUp()
  assert.match(await press(`/users/${owner.id}/disable`), /role="status"[^>]*>Account disabled. /)
  assert.equal(await torii.sessions.validate(owner.token), null)
  assert.deepEqual((await kept(owner.id))[0], ['user_disabled', 'admin'])
  assert.notEqual((await torii.admin.user(owner.id))?.user.disabledAt, null)
  assert.match(await press(`/users/${owner.id}/enable`), /role="status"[^>]*>Account enabled. /)
  assert.equal((await torii.admin.user(owner.id))?.user.disabledAt, null)
  assert.deepEqual((await kept(owner.id))[0], ['user_enabled', 'admin'])
})

test('one session or all sessions are ended', async () => {
  const { owner } = await signUp()
  const email = (await torii.admin.user(owner.id))?.user.email ?? ''
  const other = await torii.password.authenticate(
    { email, password },
    { ip: null, userAgent: null },
  )
  assert.ok(other.ok)
  await press(`/users/${owner.id}/sessions/${owner.session?.id}/end`)
  assert.equal(await torii.sessions.validate(owner.token), null)
  assert.notEqual(await torii.sessions.validate(other.token), null)
  assert.deepEqual((await kept(owner.id))[0], ['session_revoked', 'admin'])
  assert.match(await press(`/users/${owner.id}/end-sessions`), /All sessions ended/)
  assert.equal(await torii.sessions.validate(other.token), null)
  assert.deepEqual((await kept(owner.id))[0], ['sessions_revoked', 'admin'])
  assert.match(await press(`/users/${owner.id}/end-sessions`), /This session had already ended/)
})

test('a locked account is shown as locked, and can be unlocked', async () => {
  const { owner } = await signUp()
  const email = (await torii.admin.user(owner.id))?.user.email ?? ''
  const tried = () =>
    torii.password.authenticate({ email, password: 'not this one' }, { ip: null, userAgent: null })
  for (let tries = 0; tries < 10; tries += 1) await tried()
  assert.match(await read(`/users/${owner.id}`), /Locked<\/span>/)
  const page = await press(`/users/${owner.id}/unlock`)
  assert.match(page, /role="status"[^>]*>Account unlocked. /)
  assert.doesNotMatch(page, /Locked<\/span>/)
  assert.deepEqual((await kept(owner.id))[0], ['attempts_unlocked', 'admin'])
})

test('second factors are shown, and reset with every session', async () => {
  const { owner } = await signUp()
  assert.match(await press(`/users/${owner.id}/reset-second-factors`), /has no second factor/)
  const valid = (await torii.sessions.validate(owner.token)) ?? assert.fail()
  const started = await torii.secondFactors.startTotp(valid)
  assert.ok(started.ok)
  const input = { code: URI.parse(started.uri).generate(), token: owner.token }
  const where = { ip: null, userAgent: null }
  const confirmed = await torii.secondFactors.confirmTotp(valid, input, where)
  assert.ok(confirmed.ok)
  const page = await read(`/users/${owner.id}`)
  assert.match(page, /Authenticator app, 10 recovery codes left/)
  assert.match(page, /<dt>Verified by<\/dt><dd>Two factors</)
  for (const secret of [started.secret, ...confirmed.recoveryCodes])
    assert.ok(!page.includes(secret))
  const after = await press(`/users/${owner.id}/reset-second-factors`)
  assert.match(after, /role="status"[^>]*>Second factors removed. /)
  assert.match(after, /Second factor<\/div><div class="muted">None/)
  assert.equal(await torii.sessions.validate(confirmed.token), null)
  assert.deepEqual((await kept(owner.id))[0], ['second_factors_reset', 'admin'])
  assert.doesNotMatch(after, /Remove passkeys too/)
  assert.match(await press(`/users/${owner.id}/reset-with-passkeys`), /has no second factor/)
})

test('a second factor is required of a user, two weeks ahead, and no more, where the site asks it per user', async () => {
  const { owner } = await signUp()
  assert.doesNotMatch(await read(`/users/${owner.id}`), /Require a second factor/)
  const secondFactor = { required: 'per-user' } as const
  const perUser = await openConsole({ secondFactor, mailer: createTestMailbox() })
  const headers = await perUser.signIn()
  const made = await perUser.torii.admin.create({ email: 'grace@example.com' })
  assert.ok(made.ok)
  const path = `/users/${made.user.id}`
  const shown = async (to = path) => (await perUser.send(to, { headers })).body
  assert.match(await shown(), /Require a second factor/)
  const pressed = async (action: string) => {
    const answered = await perUser.send(`${path}/${action}`, { form: {}, headers })
    return shown(answered.headers.location)
  }
  const page = await pressed('require-second-factor')
  assert.match(page, /role="status"[^>]*>Second factor required\. /)
  const [, from = ''] = /Second factor required<[\s\S]*?datetime="([^"]+)"/.exec(page) ?? []
  assert.ok(Math.abs(Date.parse(from) - Date.now() - 14 * 86_400_000) < 60_000, from)
  const waived = await pressed('waive-second-factor')
  assert.match(waived, /role="status"[^>]*>The second factor is not required any more\./)
  assert.match(waived, /Require a second factor/)
})

test('a second factor is required of single users only where the setting allows it; a changed form is refused', async () => {
  const { owner } = await signUp()
  for (const action of ['require-second-factor', 'waive-second-factor']) {
    const refused = await send(`/users/${owner.id}/${action}`, { form: {}, headers: { cookie } })
    assert.equal(refused.headers.location, `/users/${owner.id}?done=factor-setting`)
  }
  const page = await read(`/users/${owner.id}?done=factor-setting`)
  assert.match(page, /role="alert"[^>]*>Nothing was changed: .* SECOND_FACTOR=per-user/)
})

test('the totals of large tables come from a sample, and long lists are not counted to their end', async () => {
  const large = await openConsole()
  const headers = await large.signIn()
  await large.db.query(`insert into torii.users (id, email, email_key, email_verified_at)
    select gen_random_uuid(), 'u' || n || '@many.example', 'u' || n || '@many.example',
      case when n % 4 > 0 then now() end
    from generate_series(1, 150000) n`)
  await large.db.query('analyze torii.users')
  const overview = (await large.send('/', { headers })).body
  const about = (title: string) => {
    const [, thousands] =
      new RegExp(`${title}(?:</a>)?</p><p class="total">About (\\d+),000<`).exec(overview) ?? []
    return Number(thousands)
  }
  // A sample of a third of the pages is within a few percent; far bounds, so that chance fails no test.
  assert.ok(Math.abs(about('Users') - 150) < 50, overview.slice(0, 2000))
  assert.ok(Math.abs(about('Verified') - 112.5) < 50)
  assert.match((await large.send('/users', { headers })).body, />more than 1,000 users</)
})

test('no action runs by GET or without a session', async () => {
  const { owner } = await signUp()
  for (const action of [
    'disable',
    'enable',
    'unlock',
    'reset-second-factors',
    'require-second-factor',
    'waive-second-factor',
    'end-sessions',
    `sessions/${owner.session?.id}/end`,
  ]) {
    const path = `/users/${owner.id}/${action}`
    assert.equal((await send(path, { headers: { cookie } })).status, 404)
    const { headers } = await send(path, { form: {} })
    assert.equal(headers.location, '/sign-in')
  }
  assert.notEqual(await torii.sessions.validate(owner.token), null)
  assert.deepEqual(
    (await kept(owner.id)).filter(([, by]) => by === 'admin'),
    [],
  )
})

test('names, email addresses and user agents stay text', async () => {
  const { id, owner } = await signUp(undefined, hostile)
  for (const path of [
    `/users/${id}`,
    `/users/${owner.id}`,
    '/users',
    '/trail',
    '/',
    `/users?search=${encodeURIComponent(hostile)}`,
  ]) {
    const page = await read(path)
    assert.doesNotMatch(page, /<script|alert\("/)
  }
  assert.match(await read(`/users/${id}`), /Person &lt;script&gt;alert/)
  assert.match(await read(`/users/${owner.id}`), /&lt;script&gt;alert\(&quot;1&quot;\)/)
})

test('no page shows a token or a password hash', async () => {
  const { owner } = await signUp()
  const page = await read(`/users/${owner.id}`)
  assert.ok(!page.includes(owner.token.reveal()))
  assert.doesNotMatch(page, /argon2/)
  assert.match(page, /Password<\/div><div class="muted">Set/)
})

test('users can be searched, and paged forward and back', async () => {
  for (let each = 0; each < 30; each += 1)
    await torii.admin.create({ email: `page${String(each).padStart(2, '0')}@pages.example` })
  const shown = (page: string) => [...page.matchAll(/page\d\d@pages\.example/g)].map(String)
  const link = (page: string, rel: string) =>
    new RegExp(`rel="${rel}" href="([^"]+)"`).exec(page)?.[1]?.replaceAll('&amp;', '&') ?? ''
  const first = await read('/users?search=PAGE')
  assert.equal(shown(first).length, 25)
  // Newest first; two of the same millisecond come in any order.
  assert.ok(Number(shown(first)[0]?.slice(4, 6)) >= 25, shown(first)[0])
  assert.equal(link(first, 'prev'), '')
  const second = await read(link(first, 'next'))
  assert.equal(shown(second).length, 5)
  assert.equal(new Set([...shown(first), ...shown(second)]).size, 30)
  assert.equal(link(second, 'next'), '')
  const back = await read(link(second, 'prev'))
  assert.deepEqual(shown(back), shown(first))
  assert.equal(link(back, 'prev'), '')
  assert.deepEqual(shown(await read(link(back, 'next'))), shown(second))
  assert.deepEqual(shown(await read('/users?search=PAGE&after=changed')), shown(first))
  const { status } = await send('/trail?after=nonsense', { headers: { cookie } })
  assert.equal(status, 400)
})

test('users are counted, and found by a part of their name, by state and by id', async () => {
  const { id, email } = await signUp()
  const made = await torii.admin.create({ email: 'hopper@example.com', name: 'Grace 100%_Hopper' })
  assert.ok(made.ok)
  const names = (page: string) =>
    [...page.matchAll(/<th scope="row"><a href="[^"]*">([^<]*)</g)].map(([, name]) => name)
  for (const search of ['ce 100%_hop', 'HOPPER@', made.user.id])
    assert.deepEqual(names(await read(`/users?search=${encodeURIComponent(search)}`)), [
      'hopper@example.com',
    ])
  for (const search of ['100__Hopper', 'nobody at all'])
    assert.match(await read(`/users?search=${search}`), />0 users<[\s\S]*No users found/)
  await torii.admin.disable(id)
  const disabled = await read('/users?filter=disabled')
  assert.ok(names(disabled).includes(email))
  assert.match(disabled, /<span class="badge bad">Disabled</)
  assert.ok(!names(await read(`/users?filter=active&search=${email}`)).includes(email))
  const { rows } = await db.query('select count(*)::int as n from torii.users')
  assert.match(await read('/users?filter=nonsense'), new RegExp(`>${rows[0]?.n} users<`))
  assert.match(await read('/'), new RegExp(`Users</a></p><p class="total">${rows[0]?.n}<`))
})

test('the totals count live sessions only', async () => {
  const live = async () => {
    const [, number = ''] =
      /Live sessions<\/p><p class="total">([\d,]+)</.exec(await read('/')) ?? []
    return Number(number.replace(',', ''))
  }
  const [one, two, three] = [await signUp(), await signUp(), await signUp()]
  const before = await live()
  // Rows of ended sessions stay until they are swept.
  await db.query('update torii.users set session_epoch = session_epoch + 1 where id = $1', [
    one.owner.id,
  ])
  assert.equal(await live(), before - 1)
  await db.query('update torii.users set disabled_at = now() where id = $1', [two.owner.id])
  assert.equal(await live(), before - 2)
  await db.query(
    "update torii.sessions set expires_at = now() - interval '1 second' where user_id = $1",
    [three.owner.id],
  )
  assert.equal(await live(), before - 3)
  await signUp()
  assert.equal(await live(), before - 2)
})

test('the trail names accounts by email address, and shows no id', async () => {
  const { owner } = await signUp()
  const email = (await torii.admin.user(owner.id))?.user.email ?? ''
  await torii.settled()
  const page = await read('/trail')
  assert.match(page, new RegExp(`<a href="/users/${owner.id}">${email}</a>`))
  assert.match(page, /Account created by password/)
  assert.doesNotMatch(page.replace(/<a [^>]*>/g, ''), /[0-9a-f]{8}-[0-9a-f]{4}/)
})

test('the audit trail of a deleted account remains', async () => {
  const { owner } = await signUp()
  await torii.admin.delete(owner.id)
  const { status, body } = await send(`/users/${owner.id}`, { headers: { cookie } })
  assert.equal(status, 404)
  assert.match(body, /Account deleted/)
  assert.match(await read('/trail'), /Account deleted/)
})

test('the plots count events by the database’s clock', async () => {
  await db.query('delete from torii.audit_events')
  const insert = (type: string, count: number, hoursAgo: number) =>
    db.query(
      `insert into torii.audit_events (id, type, detail, at, expires_at)
       select md5(random()::text)::uuid, $1, '{}', date_trunc('hour', now()) - make_interval(hours => $3), now() + interval '1 day'
       from generate_series(1, $2)`,
      [type, count, hoursAgo],
    )
  await insert('user_created', 3, 2)
  await insert('signed_in', 4, 0)
  await insert('signed_in', 1000, 23)
  await insert('sign_in_failed', 7, 30)
  // The first four are the totals of users and sessions.
  const totals = (page: string) =>
    [...page.matchAll(/class="total">([\d,]+)</g)].map(([, n]) => n).slice(4)
  const day = await read('/')
  assert.deepEqual(totals(day), ['3', '1,004', '0'])
  assert.equal([...day.matchAll(/<tr><th scope="row">/g)].length, 24)
  assert.match(day, /<td>3<\/td><td>0<\/td><td>0<\/td>/)
  assert.match(day, /<td>0<\/td><td>4<\/td><td>0<\/td>/)
  const week = await read('/?period=7d')
  assert.deepEqual(totals(week), ['3', '1,004', '7'])
  assert.equal([...week.matchAll(/<g><title>/g)].length, 3 * 28)
  assert.deepEqual(totals(await read('/?period=30d')), ['3', '1,004', '7'])
  assert.deepEqual(totals(await read('/?period=nonsense')), ['3', '1,004', '0'])
})
