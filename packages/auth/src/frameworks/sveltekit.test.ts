import assert from 'node:assert/strict'
import { test } from 'vitest'
import type { ProofOptions } from '../http/index.js'
import { createHandler } from '../http/index.js'
import { goodPassword, newEmail, openTestSite, requestInfo } from '../test/site.test.support.js'
import type { SvelteKitEvent } from './sveltekit.js'
import { createHandle, requireSession } from './sveltekit.js'

const site = await openTestSite()
const { torii, db } = site
const handle = createHandle(createHandler(torii))

async function signUp() {
  const made = await torii.password.register(
    { email: newEmail(), password: goodPassword },
    requestInfo,
  )
  assert.ok(made.ok && made.token !== null)
  return { id: made.session.id, token: made.token.reveal() }
}

/** The event of a page, as the hook passes it on. */
async function visit(token: string | null): Promise<SvelteKitEvent> {
  const url = new URL('https://app.example/payouts')
  const headers = token === null ? {} : { authorization: `Bearer ${token}` }
  const event: SvelteKitEvent = {
    request: new Request(url, { headers }),
    url,
    locals: { signedIn: null },
    cookies: new Headers(),
    getClientAddress: () => '192.0.2.7',
  }
  const response = await handle({ event, resolve: () => new Response('page') })
  assert.equal(await response.text(), 'page')
  return event
}

class SentAway extends Error {}
const sendAway = (): never => {
  throw new SentAway()
}
const passes = (event: SvelteKitEvent, options?: ProofOptions) => {
  try {
    return requireSession(event, sendAway, options) === event.locals.signedIn
  } catch (error) {
    if (error instanceof SentAway) return false
    throw error
  }
}

test('T14.40 requireSession of SvelteKit lets a session pass in which two factors were proved, recently if asked', async () => {
  const { id, token } = await signUp()
  const levelAt = (ago: number) =>
    db.query(
      `update torii.sessions set level = 2, level2_at = statement_timestamp() - make_interval(secs => $1)
       where id = $2`,
      [ago, id],
    )
  const one = await visit(token)
  assert.deepEqual(
    [passes(one), passes(one, { recent: true }), passes(one, { level: 2 })],
    [true, true, false],
  )
  await levelAt(700)
  const old = await visit(token)
  assert.deepEqual(
    [passes(old, { level: 2 }), passes(old, { level: 2, recent: true })],
    [true, false],
  )
  await levelAt(0)
  assert.equal(passes(await visit(token), { level: 2, recent: true }), true)
})

test('without a session no one passes', async () => {
  const signedOut = await visit(null)
  for (const options of [{}, { recent: true }, { level: 2 }] as const)
    assert.equal(passes(signedOut, options), false)
})

test('a session that the hook has not set says so, instead of passing', async () => {
  const event = await visit((await signUp()).token)
  const { signedIn } = event.locals
  assert.ok(signedIn !== null)
  event.locals.signedIn = { ...signedIn }
  assert.equal(passes(event), true)
  assert.throws(() => passes(event, { level: 2 }), { code: 'ERR_MISUSE', message: /createHandle/ })
})
