import assert from 'node:assert/strict'
import { ToriiError } from 'torii-core'
import { test } from 'vitest'
import type { LogEvent } from '../../index.js'
import { goodPassword, newEmail, openTestSite } from '../../test/site.test.support.js'
import { createHandler } from '../index.js'
import type { Received } from '../test/client.test.support.js'
import { browser, signUp } from '../test/client.test.support.js'

// What a browser sees of the application's own data about a user.

const site = await openTestSite()
const open = createHandler(
  site.with({
    publicMetadata: ({ role = 'guest' }, { emailVerified }) => ({ role, isMember: emailVerified }),
  }),
)
const [hidden, shown] = [browser(createHandler(site.torii)), browser(open)]
const secret = 'of the application alone'

const userIn = ({ json }: Received) => json.user

test('T10.141 browsers see no metadata, whatever the application stores', async () => {
  const { user, cookie } = await signUp(hidden)
  const seen = (await site.torii.admin.user(user.id))?.user.updatedAt ?? assert.fail()
  await site.torii.admin.update(user.id, { metadata: { role: 'admin', secret } }, seen)
  for (const path of ['session', 'user']) {
    const answer = await hidden('GET', `/auth/${path}`, { cookie })
    assert.equal(answer.status, 200)
    assert.ok(!('metadata' in userIn(answer)))
    assert.ok(!answer.text.includes(secret))
  }
})

test('T10.141 with publicMetadata they see what it returns and nothing else, on every route', async () => {
  const email = newEmail()
  const registered = await shown('POST', '/auth/password/register', {
    body: { email, password: goodPassword },
  })
  assert.deepEqual(userIn(registered).metadata, { role: 'guest', isMember: false })
  const { id, updatedAt } =
    (await site.torii.admin.users({ search: email })).users[0] ?? assert.fail()
  await site.torii.admin.update(id, { metadata: { role: 'editor', secret } }, updatedAt)
  await site.torii.admin.verifyEmail(id, email)
  const signedIn = await shown('POST', '/auth/password/authenticate', {
    body: { email, password: goodPassword },
  })
  const { cookie } = signedIn
  const answers = [
    signedIn,
    await shown('GET', '/auth/session', { cookie }),
    await shown('GET', '/auth/user', { cookie }),
    await shown('PATCH', '/auth/user', { cookie, body: { name: 'Ada' } }),
  ]
  for (const answer of answers) {
    assert.equal(answer.status, 200)
    assert.deepEqual(userIn(answer).metadata, { role: 'editor', isMember: true })
    assert.ok(!answer.text.includes(secret))
  }
})

test('T10.141 no browser writes metadata', async () => {
  const { user, cookie } = await signUp(shown)
  for (const body of [{ metadata: { role: 'admin' } }, { name: 'x', metadata: {} }]) {
    const refused = await shown('PATCH', '/auth/user', { cookie, body })
    assert.deepEqual([refused.status, refused.json.field], [400, 'metadata'])
  }
  assert.deepEqual((await site.torii.users.find(user.id))?.metadata, {})
})

test('a publicMetadata that throws, or returns no JSON object, is 500, and the log names the option', async () => {
  const wrong: readonly unknown[] = [
    () => {
      throw new Error('no such plan')
    },
    async () => ({ role: 'guest' }),
    () => null,
    () => ({ since: new Date() }),
    () => ({ large: 'x'.repeat(20_000) }),
  ]
  const { cookie } = await signUp(hidden)
  for (const publicMetadata of wrong) {
    const events: LogEvent[] = []
    // What JavaScript callers can hand over.
    const options = { publicMetadata, log: (event: LogEvent) => events.push(event) } as never
    const answer = await browser(createHandler(site.with(options)))('GET', '/auth/session', {
      cookie,
    })
    assert.deepEqual([answer.status, answer.json.error], [500, 'internal'])
    const [failed] = events.flatMap((event) => (event.event === 'request_failed' ? [event] : []))
    assert.ok(failed?.error instanceof ToriiError)
    assert.deepEqual(
      [failed.error.code, failed.error.message.startsWith('publicMetadata threw')],
      ['ERR_HOOK', true],
    )
  }
})
