import assert from 'node:assert/strict'
import { test } from 'vitest'
import { openMailbox } from '../test/mailbox.test.support.js'
import { goodPassword, newEmail, openTestSite } from '../test/site.test.support.js'
import { watchServices } from './watched-services.test.support.js'

// What a request costs before its answer must not tell which kind of address it named: the same statements
// and the same hashes, in the same order.

const mailbox = await openMailbox()
const site = await openTestSite({
  mailer: mailbox.mailer,
  keys: [{ id: 'one', secret: Buffer.from(Array.from({ length: 32 }, (_, at) => at * 5 + 1)) }],
  magicLink: { code: true },
})
const services = watchServices(site, site.torii.options)
const wrong = 'not this one, surely'

let ipAddresses = 0
/** Each request comes from a network of its own, so that none is refused for asking too often. */
const from = () => ({ ip: `2001:db8:${(++ipAddresses).toString(16)}::1`, userAgent: null })

type Kind = 'unknown' | 'unverified' | 'verified' | 'passwordless' | 'disabled'

async function registered(): Promise<string> {
  const email = newEmail()
  const made = await services.password.register({ email, password: goodPassword }, from())
  assert.ok(made.ok)
  await services.settled()
  return email
}

async function verified(): Promise<string> {
  const email = await registered()
  const { token } = await mailbox.takeOne(email, 'verify_email')
  assert.ok((await services.email.verify({ token, password: goodPassword }, from())).ok)
  return email
}

const addresses: Record<Kind, () => Promise<string>> = {
  unknown: async () => newEmail(),
  unverified: registered,
  verified,
  async passwordless() {
    const email = newEmail()
    const { token } = await services.magicLink.create({ email })
    assert.ok((await services.magicLink.authenticate({ token }, from())).ok)
    return email
  },
  async disabled() {
    const email = await verified()
    const { users } = await site.torii.admin.users({ search: email })
    assert.equal(users.length, 1)
    for (const { id } of users) assert.ok(await site.torii.admin.disable(id))
    return email
  },
}

/** What the server did until the answer stood, and the answer. */
async function workOf(operation: (email: string) => Promise<unknown>, kind: Kind) {
  const email = await addresses[kind]()
  await services.settled()
  const { result } = await site.counted(() => operation(email))
  const work = [...site.statements]
  await services.settled()
  return { work, result }
}

const everybody: readonly Kind[] = ['unknown', 'unverified', 'verified', 'passwordless', 'disabled']

const requests: Record<string, (email: string) => Promise<unknown>> = {
  'signing in with a wrong password': (email) =>
    services.password.authenticate({ email, password: wrong }, from()),
  'asking for a reset': (email) => services.password.reset.request(email, from()),
  'asking for a link': (email) => services.magicLink.request({ email }, from()),
  'asking for a verification': (email) => services.email.requestVerification(email, from()),
  'a wrong code': (email) => services.magicLink.authenticate({ email, code: '12345678' }, from()),
}

for (const [name, operation] of Object.entries(requests))
  test(`T4.56 ${name}: the same statements, hashes and answer for every kind of address`, async () => {
    const first = await workOf(operation, 'unknown')
    assert.ok(first.work.length >= 1)
    for (const kind of everybody) assert.deepEqual(await workOf(operation, kind), first, kind)
  })

test('T4.56 the right password of an unverified address costs what a wrong one costs', async () => {
  const signIn = (password: string) => (email: string) =>
    services.password.authenticate({ email, password }, from())
  const right = await workOf(signIn(goodPassword), 'unverified')
  assert.deepEqual(right.result, { ok: false, reason: 'invalid_credentials' })
  assert.deepEqual(right, await workOf(signIn(wrong), 'unverified'))
  assert.deepEqual(right, await workOf(signIn(goodPassword), 'unknown'))
  assert.equal(right.work.filter((step) => step === 'verify').length, 1)
})

test('T4.58 registering costs the same for every kind of address: one hash, the same statements', async () => {
  const register = (email: string) =>
    services.password.register({ email, password: `${goodPassword}, again` }, from())
  const { work } = await workOf(register, 'unknown')
  assert.equal(work.filter((step) => step === 'hash').length, 1)
  for (const kind of everybody) assert.deepEqual((await workOf(register, kind)).work, work, kind)
})

test('asking for passkey options costs the same for every kind of address', async () => {
  const ask = (email: string) => services.passkey.authenticateOptions({ email }, from())
  const { work } = await workOf(ask, 'unknown')
  assert.ok(work.length >= 1)
  for (const kind of everybody) assert.deepEqual((await workOf(ask, kind)).work, work, kind)
})
