import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, test } from 'vitest'
import type { Attempt, Hooks, HookVerdict } from '../../index.js'
import { openMailbox } from '../../test/mailbox.test.support.js'
import { goodPassword, newEmail, openTestSite } from '../../test/site.test.support.js'
import { createHandler } from '../index.js'
import { browser } from '../test/client.test.support.js'

// A bot check of the kind of Cloudflare Turnstile: the page's widget gives a token, which a server of the check verifies once.

const secret = 'secret-of-the-site'
const issued = new Set<string>()
const verified: { token: string | null; ip: string | null }[] = []
let isDown = false

const server = createServer(async (request, response) => {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  const form = new URLSearchParams(text)
  const [token, ip] = [form.get('response'), form.get('remoteip')]
  verified.push({ token, ip })
  if (isDown) {
    response.writeHead(503).end()
    return
  }
  const success = form.get('secret') === secret && issued.delete(token ?? '')
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ success }))
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
afterAll(() => new Promise((resolve) => server.close(resolve)))
// A listening server has an address of this kind.
const verifyUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/siteverify`

const refusal = { refuse: 'bot_suspected', message: 'Confirm that you are human, then try again.' }

/** As docs/sign-up.md shows it. */
async function checkBot({ request, signal }: Attempt): Promise<HookVerdict> {
  const token = request.header('x-turnstile-token')
  if (token === null) return refusal
  const body = new URLSearchParams({ secret, response: token, remoteip: request.ip ?? '' })
  const response = await fetch(verifyUrl, { method: 'POST', body, signal })
  if (!response.ok) throw new Error(`the bot check answered ${response.status}`)
  const { success } = (await response.json()) as { success: boolean }
  return success ? null : refusal
}

/** The calls that a page of the application sends. A link in a mail and a provider's redirect have no widget. */
const sentByPages: readonly Attempt['operation'][] = ['password.authenticate', 'magicLink.request']
const hooks: Hooks = {
  beforeRegister: checkBot,
  beforeSignIn: (attempt) =>
    sentByPages.includes(attempt.operation) ? checkBot(attempt) : undefined,
}

const mailbox = await openMailbox()
const site = await openTestSite({ mailer: mailbox.mailer, requireVerifiedEmail: false, hooks })
const send = browser(createHandler(site.torii))

let tokens = 0
function newToken(): string {
  const token = `token-${++tokens}`
  issued.add(token)
  return token
}

const ask = (path: string, body: object, token: string | null) =>
  site.counted(() =>
    send('POST', `/auth/${path}`, {
      body,
      headers: token === null ? {} : { 'x-turnstile-token': token },
    }),
  )

/** The requests of people whose address has an account, or none. */
const known = newEmail()
const made = await ask('password/register', { email: known, password: goodPassword }, newToken())
assert.equal(made.result.status, 201)
await site.torii.settled()
await mailbox.takeOne(known, 'verify_email')

const requests: readonly (readonly [path: string, body: (email: string) => object])[] = [
  ['password/register', (email) => ({ email, password: goodPassword })],
  ['password/authenticate', (email) => ({ email, password: goodPassword })],
  ['magic-link/request', (email) => ({ email })],
]

for (const [path, bodyOf] of requests)
  test(`T10.164 ${path}: without a genuine token, known and unknown addresses are refused alike, before any statement`, async () => {
    const used = newToken()
    issued.delete(used)
    const answers: string[] = []
    for (const email of [known, newEmail()])
      for (const token of [null, 'made-up', used]) {
        const { result, statements } = await ask(path, bodyOf(email), token)
        assert.equal(statements, 0)
        assert.equal(result.status, 403)
        answers.push(result.text)
      }
    assert.equal(new Set(answers).size, 1)
    assert.deepEqual(JSON.parse(answers[0] ?? ''), {
      error: 'refused_by_application',
      reason: 'bot_suspected',
      message: refusal.message,
    })
    await site.torii.settled()
    assert.equal((await mailbox.take(known)).length, 0)
  })

test('T10.164 a genuine token lets one request through, with the IP address for the check', async () => {
  const token = newToken()
  verified.length = 0
  const body = { email: known, password: goodPassword }
  assert.equal((await ask('password/authenticate', body, token)).result.status, 200)
  assert.deepEqual(verified, [{ token, ip: '203.0.113.7' }])
  assert.equal((await ask('password/authenticate', body, token)).result.status, 403)
  const mail = await ask('magic-link/request', { email: known }, newToken())
  assert.equal(mail.result.status, 202)
  await site.torii.settled()
  const { token: link } = await mailbox.takeOne(known, 'magic_link')
  const signedIn = await ask('magic-link/authenticate', { token: link }, null)
  assert.equal(signedIn.result.status, 200)
})

test('T10.164 while the check is down no one is let in, nothing is counted, and the log says so', async () => {
  isDown = true
  site.events.length = 0
  const body = { email: known, password: goodPassword }
  const { result, statements } = await ask('password/authenticate', body, newToken())
  isDown = false
  assert.deepEqual([result.status, result.json.error, statements], [500, 'internal', 0])
  const [logged] = site.events
  assert.ok(logged?.event === 'request_failed' && logged.error instanceof Error)
  assert.match(String(logged.error.cause), /the bot check answered 503/)
})
