import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, test, vi } from 'vitest'
import { createHandler } from '../http/index.js'
import { baseUrl, goodPassword, newEmail, openTestSite } from '../test/site.test.support.js'
import type { SessionClient, SessionClientOptions } from './index.js'
import { createSessionClient, password, sessions, user } from './index.js'
import { openBrowser, openPage } from './page.test.support.js'
import { useSession } from './svelte.js'

const site = await openTestSite()
const handler = createHandler(site.torii)
const ask = 'GET /auth/session'

let page: ReturnType<typeof openPage>
const ends: (() => void)[] = []
beforeEach(() => {
  page = openPage()
})
afterEach(() => {
  for (const end of ends.splice(0)) end()
  vi.unstubAllGlobals()
})

/** A tab of the browser with one view, which counts how often it renders. */
function openTab(browser: ReturnType<typeof openBrowser>, options: SessionClientOptions = {}) {
  const client = createSessionClient({ fetch: browser.fetch, ...options })
  const states: string[] = []
  const end = client.subscribe(() => states.push(client.getSnapshot().status))
  ends.push(end)
  return { client, states, end }
}

/** Resolves when the client's state has this status. */
async function until(client: SessionClient, status: string) {
  const ended = AbortSignal.timeout(10_000)
  while (client.getSnapshot().status !== status) {
    ended.throwIfAborted()
    await sleep(1)
  }
}

/** A browser with a signed-in user. */
async function signedInBrowser() {
  const browser = openBrowser(handler)
  const person = { email: newEmail(), password: goodPassword }
  const made = await password.register(createSessionClient({ fetch: browser.fetch }), person)
  assert.equal(made.status, 'signed_in')
  return { browser, person }
}

test('a page without a session is loading, then signed out, by one request', async () => {
  const browser = openBrowser(handler)
  const { client, states } = openTab(browser)
  client.subscribe(() => {})
  assert.deepEqual(client.getSnapshot(), {
    status: 'loading',
    user: null,
    session: null,
    error: null,
  })
  await until(client, 'signed_out')
  assert.deepEqual(states, ['signed_out'])
  assert.deepEqual(browser.paths, [ask])
})

test('a sign-in is in the state before its promise is fulfilled, and renders each view once', async () => {
  const { browser, person } = await signedInBrowser()
  await sessions.signOut(createSessionClient({ fetch: browser.fetch }))
  const { client, states } = openTab(browser)
  const other: string[] = []
  client.subscribe(() => other.push(client.getSnapshot().status))
  await until(client, 'signed_out')
  const outcome = await password.authenticate(client, person)
  assert.equal(outcome.status, 'signed_in')
  assert.equal(client.getSnapshot().user?.email, person.email)
  assert.deepEqual(
    [states, other],
    [
      ['signed_out', 'signed_in'],
      ['signed_out', 'signed_in'],
    ],
  )
  const wrong = await password.authenticate(client, { ...person, password: 'not the password' })
  assert.ok(wrong.status === 'failed')
  assert.equal(wrong.error, 'invalid_credentials')
  assert.equal(client.getSnapshot().status, 'signed_in')
})

test('with initial the first state is that of the server, and nothing is requested', async () => {
  const { browser, person } = await signedInBrowser()
  const seen = createSessionClient({ fetch: browser.fetch })
  const { user: known, session } = await seen.refetch()
  assert.ok(known !== null && session !== null)
  browser.paths.length = 0
  const { client, states } = openTab(browser, { initial: { user: known, session } })
  assert.equal(client.getSnapshot().user?.email, person.email)
  assert.equal(client.getInitialSnapshot(), client.getSnapshot())
  page.focus()
  assert.equal(openTab(browser, { initial: null }).client.getSnapshot().status, 'signed_out')
  await sleep(20)
  assert.deepEqual([browser.paths, states], [[], []])
})

test('T10.172 initialSession() is what GET session responds, without the token', async () => {
  const { browser, person } = await signedInBrowser()
  const client = createSessionClient({ fetch: browser.fetch })
  const { user: known, session } = await client.refetch()
  const outcome = await site.torii.password.authenticate(person, { ip: null, userAgent: null })
  assert.ok(outcome.ok)
  const secret = outcome.token.reveal()
  const headers = { authorization: `Bearer ${secret}` }
  const valid = await handler.getSession(new Request(baseUrl, { headers }))
  const initial = handler.initialSession(valid)
  assert.deepEqual(initial?.user, known)
  assert.deepEqual(Object.keys(initial?.session ?? {}), Object.keys(session ?? {}))
  assert.equal(JSON.stringify(initial).includes(secret), false)
  assert.equal(handler.initialSession(null), null)
})

test('coming back to the page requests the session again, at most every 5 seconds, and equal data render nothing', async () => {
  const { browser } = await signedInBrowser()
  const { client, states } = openTab(browser)
  await until(client, 'signed_in')
  const { client: elsewhere } = openTab(browser, { initial: null })
  browser.paths.length = 0
  const before = client.getSnapshot()
  page.focus()
  page.document.dispatchEvent(new Event('visibilitychange'))
  await sleep(5)
  assert.deepEqual(browser.paths, [])
  page.elapse(5)
  page.focus()
  page.document.dispatchEvent(new Event('visibilitychange'))
  await until(elsewhere, 'signed_in')
  await client.refetch()
  assert.deepEqual(browser.paths, [ask, ask, ask])
  assert.equal(client.getSnapshot(), before)
  assert.deepEqual(states, ['signed_in'])
  page.document.visibilityState = 'hidden'
  page.elapse(5)
  page.document.dispatchEvent(new Event('visibilitychange'))
  await sleep(5)
  assert.equal(browser.paths.length, 3)
})

test('T10.170 a sign-out in one tab signs out the other, and a sign-in signs it in', async () => {
  const { browser, person } = await signedInBrowser()
  const [one, two] = [openTab(browser), openTab(browser)]
  await Promise.all([until(one.client, 'signed_in'), until(two.client, 'signed_in')])
  await sessions.signOut(one.client)
  assert.equal(one.client.getSnapshot().status, 'signed_out')
  await until(two.client, 'signed_out')
  // A page without views notifies the tabs too.
  await password.authenticate(createSessionClient({ fetch: browser.fetch }), person)
  await Promise.all([until(one.client, 'signed_in'), until(two.client, 'signed_in')])
  assert.deepEqual(one.states, ['signed_in', 'signed_out', 'signed_in'])
  assert.deepEqual(two.states, one.states)
})

test('T10.170 tabs of another Torii on the same origin are not told', async () => {
  const { browser } = await signedInBrowser()
  const { client } = openTab(browser)
  const other = openTab(browser, { basePath: '/auth/', initial: null })
  await until(client, 'signed_in')
  browser.paths.length = 0
  await sessions.signOut(client)
  await sleep(20)
  assert.deepEqual(browser.paths, ['POST /auth/sign-out'])
  assert.deepEqual(other.states, [])
})

test('T10.170 a session that ended elsewhere is signed out by the first request that is refused', async () => {
  const { browser, person } = await signedInBrowser()
  const { client } = openTab(browser)
  await until(client, 'signed_in')
  const outcome = await site.torii.password.authenticate(person, { ip: null, userAgent: null })
  assert.ok(outcome.ok)
  const valid = await site.torii.sessions.validate(outcome.token)
  assert.ok(valid !== null)
  await site.torii.sessions.revokeOthers(valid)
  const failed = await user.update(client, { name: 'Ada' })
  assert.equal(failed.ok || failed.error, 'unauthenticated')
  assert.equal(client.getSnapshot().status, 'signed_out')
})

test('T10.170 a page that the browser restores from its history requests the session at once', async () => {
  const { browser } = await signedInBrowser()
  const { client } = openTab(browser)
  await until(client, 'signed_in')
  browser.paths.length = 0
  page.window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: false }))
  await sleep(5)
  assert.deepEqual(browser.paths, [])
  page.window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }))
  await sleep(5)
  assert.deepEqual(browser.paths, [ask])
})

test('T10.171 a slow response does not replace a later sign-in or sign-out', async () => {
  const { browser, person } = await signedInBrowser()
  await sessions.signOut(createSessionClient({ fetch: browser.fetch }))
  const first = browser.hold(ask)
  const { client, states } = openTab(browser)
  await first.handled
  await password.authenticate(client, person)
  assert.equal(client.getSnapshot().status, 'signed_in')
  const second = browser.hold(ask)
  first.release()
  await second.handled
  assert.deepEqual(states, ['signed_in'])
  const asked = client.refetch()
  await sessions.signOut(client)
  second.release()
  assert.equal((await asked).status, 'signed_out')
  assert.deepEqual(states, ['signed_in', 'signed_out'])
})

test('T10.171 of two operations at the same time the server says which was last', async () => {
  const { browser, person } = await signedInBrowser()
  const { client, states } = openTab(browser)
  await until(client, 'signed_in')
  const { handled, release } = browser.hold('POST /auth/password/authenticate')
  const slow = password.authenticate(client, person)
  await handled
  await sessions.signOut(client)
  release()
  assert.equal((await slow).status, 'signed_in')
  assert.equal(browser.paths.at(-1), ask)
  await client.refetch()
  assert.deepEqual(states, ['signed_in', 'signed_out'])
})

test('T10.171 of two requests for the session the newer one counts', async () => {
  const { browser } = await signedInBrowser()
  const { client, states } = openTab(browser, { initial: null })
  const first = browser.hold(ask)
  const older = client.refetch()
  await first.handled
  await sessions.signOut(createSessionClient({ fetch: browser.fetch, basePath: '/auth' }))
  const newer = client.refetch()
  first.release()
  assert.equal((await older).status, 'signed_out')
  assert.equal((await newer).status, 'signed_out')
  assert.deepEqual(states, [])
})

test('a failure of the network keeps the session and is in error, until a request succeeds', async () => {
  const { browser, person } = await signedInBrowser()
  const { client, states } = openTab(browser)
  await until(client, 'signed_in')
  browser.online(false)
  await client.refetch()
  const { error, ...kept } = client.getSnapshot()
  assert.equal(error?.error, 'network')
  assert.deepEqual([kept.status, kept.user?.email], ['signed_in', person.email])
  await client.refetch()
  browser.online(true)
  page.elapse(5)
  page.window.dispatchEvent(new Event('online'))
  await client.refetch()
  assert.equal(client.getSnapshot().error, null)
  assert.equal(states.length, 3)
})

test('a changed profile, a re-authentication and a deleted account are in the state', async () => {
  const { browser, person } = await signedInBrowser()
  const [one, two] = [openTab(browser), openTab(browser)]
  await Promise.all([until(one.client, 'signed_in'), until(two.client, 'signed_in')])
  await user.update(one.client, { name: 'Ada' })
  assert.equal(one.client.getSnapshot().user?.name, 'Ada')
  assert.equal(one.client.getSnapshot().session?.current, true)
  while (two.client.getSnapshot().user?.name !== 'Ada') await sleep(1)
  browser.paths.length = 0
  assert.ok((await sessions.reauthenticate(one.client, person.password)).ok)
  assert.deepEqual(browser.paths, ['POST /auth/reauthenticate', ask])
  assert.ok((await user.remove(one.client)).ok)
  assert.equal(one.client.getSnapshot().status, 'signed_out')
})

test('the last view takes every listener and the channel along, and a new one starts again', async () => {
  const { browser } = await signedInBrowser()
  const { client, end } = openTab(browser)
  const listener = () => {}
  const [first, second] = [client.subscribe(listener), client.subscribe(listener)]
  await until(client, 'signed_in')
  const listeners = page.listeners()
  assert.equal(listeners, 4)
  end()
  end()
  first()
  assert.equal(page.listeners(), listeners)
  second()
  assert.equal(page.listeners(), 0)
  browser.paths.length = 0
  page.elapse(5)
  page.focus()
  await sessions.signOut(createSessionClient({ fetch: browser.fetch }))
  await sleep(20)
  assert.deepEqual(browser.paths, ['POST /auth/sign-out'])
  ends.push(client.subscribe(() => {}))
  await until(client, 'signed_out')
})

test('on a server a client has the initial state, requests nothing and keeps no listener', async () => {
  vi.unstubAllGlobals()
  const browser = openBrowser(handler)
  const client = createSessionClient({ fetch: browser.fetch })
  client.subscribe(() => assert.fail('called on a server'))()
  client.subscribe(() => assert.fail('called on a server'))
  assert.equal(client.getSnapshot().status, 'loading')
  assert.equal((await client.refetch()).status, 'signed_out')
  assert.deepEqual(browser.paths, [ask])
})

test('useSession() of torii-auth/svelte is a store of Svelte: it calls at once and after each change', async () => {
  const { browser } = await signedInBrowser()
  const client = createSessionClient({ fetch: browser.fetch })
  const states: string[] = []
  const end = useSession(client).subscribe(({ status }) => states.push(status))
  await until(client, 'signed_in')
  assert.deepEqual(states, ['loading', 'signed_in'])
  end()
  await sessions.signOut(client)
  assert.deepEqual(states, ['loading', 'signed_in'])
  assert.equal(page.listeners(), 0)
})
