import assert from 'node:assert/strict'
import { test } from 'vitest'
import type { Attempt, Hooks, HookVerdict } from '../../index.js'
import { watchServices } from '../../rate-limits/watched-services.test.support.js'
import type { RouteInput, RouteRequest } from '../test/route-requests.test.support.js'
import { isRight, routeInputs } from '../test/route-requests.test.support.js'
import type { Visitor } from '../test/route-site.test.support.js'
import { newInfo, newVisitor, options, site } from '../test/route-site.test.support.js'
import { createSendRoute } from '../test/send-route.test.support.js'

// Which hooks run before which route, and that nothing has happened by then.

const signsIn = ['beforeSignIn', 'beforeSession']

/** The hooks of each entry of the route table, in their order, and the call that they are told. No other entry has any. */
const expected: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  'POST password/register': ['password.register', ['beforeRegister', 'beforeSession']],
  'POST password/authenticate': ['password.authenticate', signsIn],
  'POST magic-link/request': ['magicLink.request', ['beforeSignIn']],
  'POST magic-link/authenticate with a token': ['magicLink.authenticate', signsIn],
  'POST magic-link/authenticate with a code': ['magicLink.authenticate', signsIn],
  'POST email/verify with a password': ['email.verify', signsIn],
  'POST token': ['sessions.derive', ['beforeSession']],
  'GET oauth/:provider/start': ['oauth.start', ['beforeSignIn']],
  'GET oauth/:provider/callback': ['oauth.callback', signsIn],
  'POST oauth/:provider/id-token/nonce': ['oauth.createIdTokenNonce', ['beforeSignIn']],
  'POST oauth/:provider/id-token': ['oauth.signInWithIdToken', signsIn],
  'POST passkeys/authenticate/options': ['passkey.authenticateOptions', ['beforeSignIn']],
  'POST passkeys/authenticate/verify': ['passkey.authenticate', signsIn],
}

type Name = 'beforeRegister' | 'beforeSignIn' | 'beforeSession'

/** A Torii whose `before` hooks note their calls, and whose hashing is noted among the statements. */
function hookedTorii(verdictOf: (name: Name, attempt: Attempt) => HookVerdict) {
  const calls: { name: Name; attempt: Attempt }[] = []
  const hook = (name: Name) => async (attempt: Attempt) => {
    calls.push({ name, attempt })
    return verdictOf(name, attempt)
  }
  const hooks: Hooks = {
    beforeRegister: hook('beforeRegister'),
    beforeSignIn: hook('beforeSignIn'),
    beforeSession: hook('beforeSession'),
  }
  const torii = site.with({ ...options, hooks })
  return { torii: Object.assign(torii, watchServices(site, torii.options, hooks)), calls }
}

type Hooked = ReturnType<typeof hookedTorii>

/** Sends a request as a browser that nothing is known of. Answers with what the server did until then. */
async function exchange(
  { torii, calls }: Hooked,
  entry: string,
  input: RouteInput,
  visitor: Visitor,
  request: RouteRequest,
) {
  calls.length = 0
  const send = createSendRoute(torii, entry, input, { visitor, ip: newInfo().ip })
  const { result, statements } = await site.counted(() => send(request))
  const location = result.headers.get('location')
  return { status: result.status, body: await result.text(), location, statements }
}

const visitorOf = ({ visitor = newVisitor }: RouteInput) => visitor()

for (const [entry, input] of Object.entries(routeInputs))
  test(`T10.155 ${entry}: the hooks of the documented table run, in order, and no others`, async () => {
    const hooked = hookedTorii(() => undefined)
    const visitor = await visitorOf(input)
    const request = await input.valid(visitor)
    const answer = await exchange(hooked, entry, input, visitor, request)
    assert.ok(isRight(input, answer.status), `${answer.status} ${answer.body}`)
    const [operation, names] = expected[entry] ?? ['', []]
    assert.deepEqual(
      hooked.calls.map(({ name, attempt }) => [name, attempt.operation]),
      names.map((name) => [name, operation]),
    )
    for (const { attempt } of hooked.calls) {
      assert.equal(attempt.email, request.body?.email ?? null)
      assert.equal(attempt.request.userAgent, 'Test/1.0')
      assert.match(String(attempt.request.ip), /^2001:db8:/)
      for (const secret of ['cookie', 'authorization', 'Cookie', 'Authorization'])
        assert.equal(attempt.request.header(secret), null)
      assert.equal(JSON.stringify(attempt).includes('password":'), false)
    }
    await hooked.torii.settled()
  })

for (const [entry, [operation, names]] of Object.entries(expected))
  for (const refusing of names)
    test(`T10.156 ${entry}: a refusal of ${refusing} comes before any count, hash and query, known or unknown`, async () => {
      const input = routeInputs[entry] ?? assert.fail(entry)
      const hooked = hookedTorii((name) =>
        name === refusing ? { refuse: 'bot_suspected', message: 'Are you a robot?' } : undefined,
      )
      const visitor = await visitorOf(input)
      const valid = await exchange(hooked, entry, input, visitor, await input.valid(visitor))
      // The handler validates the session of a signed-in caller before the call begins.
      assert.equal(valid.statements, input.signedIn === true ? 1 : 0, entry)
      assert.equal(hooked.calls.at(-1)?.name, refusing)
      if (operation === 'oauth.callback') {
        assert.equal(valid.status, 303)
        assert.match(valid.location ?? '', /\?error=refused_by_application&reason=bot_suspected$/)
      } else {
        assert.equal(valid.status, 403)
        assert.deepEqual(JSON.parse(valid.body), {
          error: 'refused_by_application',
          reason: 'bot_suspected',
          message: 'Are you a robot?',
        })
      }
      if (input.madeUp === undefined) return
      const madeUp = await input.madeUp(visitor)
      assert.deepEqual(await exchange(hooked, entry, input, visitor, madeUp), valid)
    })

test('T10.156 a refusal uses no link: the same link signs in once the hook allows it', async () => {
  let isRefused = true
  const { torii } = hookedTorii(() =>
    isRefused ? { refuse: 'not_now', message: 'Come back later.' } : null,
  )
  const { token } = await torii.magicLink.create({ email: 'later@example.com' })
  const refused = await torii.magicLink.authenticate({ token }, newInfo())
  assert.deepEqual(refused, {
    ok: false,
    reason: 'refused_by_application',
    code: 'not_now',
    message: 'Come back later.',
  })
  isRefused = false
  assert.ok((await torii.magicLink.authenticate({ token }, newInfo())).ok)
})

test('T10.157 a hook that throws is 500 before anything is counted, and the log has its error', async () => {
  const hooked = hookedTorii(() => {
    throw new TypeError('the bot check is down')
  })
  const entry = 'POST password/authenticate'
  const input = routeInputs[entry] ?? assert.fail()
  const visitor = await newVisitor()
  site.events.length = 0
  const answer = await exchange(hooked, entry, input, visitor, await input.valid(visitor))
  assert.deepEqual([answer.status, answer.statements], [500, 0])
  assert.equal(JSON.parse(answer.body).error, 'internal')
  assert.equal(answer.body.includes('bot check'), false)
  const [logged] = site.events
  assert.ok(logged?.event === 'request_failed')
  const { error } = logged
  assert.ok(error instanceof Error && error.cause instanceof TypeError)
  assert.equal(Reflect.get(error, 'code'), 'ERR_HOOK')
  assert.match(error.message, /hooks\.beforeSignIn/)
})

test('T10.158 hooks do not run in a transaction of the application', async () => {
  const { torii, calls } = hookedTorii(() => ({ refuse: 'never', message: 'Never.' }))
  const { token } = await torii.magicLink.create({ email: 'inside@example.com' })
  const outcome = await site.storage.transaction((tx) =>
    torii.with(tx).magicLink.authenticate({ token }, newInfo()),
  )
  assert.ok(outcome.ok)
  assert.deepEqual(calls, [])
})

test('T10.159 a flow that links an account runs no hook of a sign-in', async () => {
  const { torii, calls } = hookedTorii(() => ({ refuse: 'never', message: 'Never.' }))
  const visitor = await newVisitor()
  const started = await torii.oauth.startLink(visitor.valid, 'work', {}, newInfo())
  assert.ok(started.ok)
  const query = new URLSearchParams({
    error: 'access_denied',
    state: new URL(started.url).searchParams.get('state') ?? '',
  })
  const back = { query, browser: started.browser, valid: visitor.valid }
  assert.deepEqual(await torii.oauth.callback('work', back, newInfo()), {
    ok: false,
    reason: 'declined',
  })
  assert.deepEqual(calls, [])
})
