import assert from 'node:assert/strict'
import type { UserId, ValidSession } from 'torii-core'
import { test } from 'vitest'
import type { RequestInfo, ToriiOptions } from '../index.js'
import { createContext } from '../services/context/context.js'
import { formatVerificationToken, newLinkSecret } from '../services/links/link-token.js'
import { createPasswordService } from '../services/password/password.js'
import { openMailbox } from '../test/mailbox.test.support.js'
import {
  newEmail,
  openTestSite,
  goodPassword as password,
  signUp,
} from '../test/site.test.support.js'
import { watchServices } from './watched-services.test.support.js'

const mailbox = await openMailbox()
const common: Partial<ToriiOptions> = {
  keys: [{ id: 'one', secret: Buffer.from(Array.from({ length: 32 }, (_, at) => at * 7 + 1)) }],
  magicLink: { code: true },
  mailer: mailbox.mailer,
  requireVerifiedEmail: false,
}
const site = await openTestSite(common)
const { torii } = site
const wrong = 'not this one, surely'
const next = 'another gate of two pillars'
const none = { ip: null, userAgent: null }

/** One attempt from each network and on each account, so that the second one is refused. */
const once = { cap: 1 }
const strict = site.with({
  ...common,
  bruteForce: {
    account: once,
    ipAddress: once,
    registrations: once,
    mailbox: { burst: 1 },
    emailChanges: once,
    mailRequests: once,
    codes: once,
    starts: once,
  },
})

const services = watchServices(site, strict.options)

interface Person {
  email: string
  token: string
  valid: ValidSession
  info: RequestInfo
}

/** A token of the right form that was never mailed. */
const unknownToken = (purpose: 'verify_email' | 'reset_password', userId: UserId) =>
  formatVerificationToken(purpose, userId, newLinkSecret())

/** Every method that computes a password hash of something guessed, or says something of an address. */
const charged: Record<string, (person: Person) => Promise<unknown>> = {
  'password.register': ({ info }) =>
    services.password.register({ email: newEmail(), password }, info),
  'password.prepare': ({ info }) =>
    services.password.prepare({ email: newEmail(), password }, info),
  'password.authenticate': ({ email, info }) =>
    services.password.authenticate({ email, password: wrong }, info),
  'password.change': ({ valid, info }) =>
    services.password.change(valid, { currentPassword: wrong, newPassword: next }, info),
  'password.reset.request': ({ email, info }) => services.password.reset.request(email, info),
  'email.requestVerification': ({ email, info }) => services.email.requestVerification(email, info),
  'email.requestChange': ({ valid, info }) => services.email.requestChange(valid, newEmail(), info),
  'email.verify': ({ valid: { user }, info }) =>
    services.email.verify({ token: unknownToken('verify_email', user.id), password }, info),
  'password.set': ({ valid, info }) => services.password.set(valid, { newPassword: next }, info),
  'password.reset.complete': ({ valid: { user }, info }) => {
    const token = unknownToken('reset_password', user.id)
    return services.password.reset.complete({ token, password: next }, info)
  },
  'magicLink.request': ({ email, info }) => services.magicLink.request({ email }, info),
  'magicLink.authenticate': ({ email, info }) =>
    services.magicLink.authenticate({ email, code: '12345678' }, info),
  'passkey.authenticateOptions': ({ email, info }) =>
    services.passkey.authenticateOptions({ email }, info),
  'sessions.reauthenticate': ({ valid, token, info }) =>
    services.sessions.reauthenticate(valid, { password: wrong, token, rotate: false }, info),
}

/** Every other method, and why nothing is charged for a password or an address there; route-limits.test.ts has the rest. */
const free: Record<string, string> = {
  'password.remove': 'asked by a live session',
  'password.reset.create': 'the application asks',
  'email.createVerification': 'the application asks',
  'email.completeChange': 'asked by a live session',
  'magicLink.create': 'the application asks',
  'passkey.registerOptions': 'asked by a live session',
  'passkey.register': 'asked by a live session',
  'passkey.authenticate': 'a signature over a challenge that was charged',
  'passkey.reauthenticateOptions': 'asked by a live session',
  'passkey.reauthenticate': 'a signature over a challenge that was charged',
  'passkey.list': 'asked by a live session',
  'passkey.rename': 'asked by a live session',
  'passkey.delete': 'asked by a live session',
  'passkey.upgradeOptions': 'asked by a live session',
  'passkey.signals': 'asked by a live session',
  'secondFactors.find': 'asked by a live session',
  'secondFactors.startTotp': 'asked by a live session',
  'secondFactors.confirmTotp': 'asked by a live session, five tries each',
  'secondFactors.removeTotp': 'asked by a live session',
  'secondFactors.replaceRecoveryCodes': 'asked by a live session',
  'secondFactors.reauthenticate': 'asked by a live session, which is counted',
  'secondFactors.verify':
    'counted for who has proved the first factor; any other token names no one',
  'secondFactors.startTotpAtSignIn': 'counted for who has proved the first factor, like verify',
  'secondFactors.confirmTotpAtSignIn': 'five tries for each enrollment',
  'secondFactors.startPasskeyAtSignIn': 'counted for who has proved the first factor, like verify',
  'secondFactors.registerPasskeyAtSignIn': 'counted for a token that is no pending sign-in',
  'secondFactors.passkeyOptions': 'counted for a token that is no pending sign-in',
  'secondFactors.undo': 'takes a secret of 256 bits; failures are counted by IP address',
  'secondFactors.findPending': 'reads by a secret of 256 bits',
  'secondFactors.cancelPending': 'ends by a secret of 256 bits',
  'secondFactors.listTrustedBrowsers': 'asked by a live session',
  'secondFactors.removeTrustedBrowser': 'asked by a live session',
  'secondFactors.removeTrustedBrowsers': 'asked by a live session',
  'secondFactors.reencryptSecrets': 'the application asks',
}

const looked = ['password', 'email', 'magicLink', 'passkey', 'secondFactors'] as const

function methodsOf(value: object, path: string): string[] {
  return Object.entries(value).flatMap(([name, member]) => {
    if (typeof member === 'function') return [`${path}.${name}`]
    return typeof member === 'object' && member !== null ? methodsOf(member, `${path}.${name}`) : []
  })
}

test('every method that takes an address, a password or a token is known to this test', () => {
  const methods = looked.flatMap((name) => methodsOf(torii[name], name))
  const known = [...Object.keys(charged), ...Object.keys(free)]
  assert.deepEqual(
    methods.filter((name) => !known.includes(name)),
    [],
  )
})

let ipAddresses = 0
async function newPerson(): Promise<Person> {
  const email = newEmail()
  const { token } = await signUp(torii, email)
  await torii.settled()
  const valid = await torii.sessions.validate(token)
  assert.ok(valid)
  ipAddresses += 1
  return {
    email,
    token: token.reveal(),
    valid,
    info: { ip: `198.51.100.${ipAddresses}`, userAgent: null },
  }
}

for (const [name, operation] of Object.entries(charged))
  test(`${name}: charged in the first statement, before any hash; refused without one`, async () => {
    const person = await newPerson()
    const first = await site.counted(() => operation(person))
    const log = [...site.statements]
    assert.ok(first.statements >= 1)
    assert.match(log[0] ?? '', /rate_limits/)
    await torii.settled()
    const { result } = await site.counted(() => operation(person))
    assert.deepEqual(Object.entries(result as object).slice(0, 2), [
      ['ok', false],
      ['reason', 'too_many_attempts'],
    ])
    assert.equal(site.statements.length, 1, 'one statement and no hash')
  })

test('waits grow with every lock, up to an hour, and a success ends the row', async () => {
  const { email } = await newPerson()
  const waits: number[] = []
  for (let lock = 0; lock < 6; lock += 1) {
    const wait = await lockAccount(email)
    waits.push(Math.round(wait / 30) * 30)
    await site.elapse(wait + 1)
  }
  assert.deepEqual(waits, [30, 60, 120, 240, 2_592_000, 30])
  assert.ok((await torii.password.authenticate({ email, password }, none)).ok)
  assert.equal(Math.round((await lockAccount(email)) / 30) * 30, 30)
})

/** Guesses until refused; the seconds to wait. */
async function lockAccount(email: string): Promise<number> {
  for (let tries = 0; tries <= 10; tries += 1) {
    const outcome = await torii.password.authenticate({ email, password: wrong }, none)
    if (!outcome.ok && outcome.reason === 'too_many_attempts') return outcome.retryAfterSeconds
  }
  return assert.fail('never locked')
}

test('T4.63 a made-up address is locked like a real one, with the same answer', async () => {
  const real = await newPerson()
  const [a, b] = [await lockAccount(real.email), await lockAccount(newEmail())]
  assert.ok(Math.abs(a - b) <= 2, `${a} and ${b} seconds`)
})

test('T10.119 an account locked on the password path: the other sign-in methods still work', async () => {
  const { email, valid } = await newPerson()
  await lockAccount(email)
  const link = await torii.magicLink.create({ email })
  assert.ok((await torii.magicLink.authenticate({ token: link.token }, none)).ok)
  const options = await torii.passkey.authenticateOptions({ email }, none)
  assert.ok(options.ok)
  const view = await torii.admin.user(valid.user.id)
  assert.equal(view?.attempts.password.state, 'locked')
  assert.equal(view?.attempts.codes?.state, 'open')
  await mailbox.take(email)
  await torii.password.reset.request(email, none)
  await torii.settled()
  const mail = await mailbox.takeOne(email, 'reset_password')
  const done = await torii.password.reset.complete({ token: mail.token, password: next }, none)
  assert.ok(done.ok)
  // The mailbox's owner has proved more than a password: the lock ends with the reset.
  assert.ok((await torii.password.authenticate({ email, password: next }, none)).ok)
})

test('T1.20 of forty wrong passwords at once no more than the cap are verified', async () => {
  const { email, info } = await newPerson()
  const roomy = createContext(site.storage, torii.options, {})
  let verified = 0
  const service = createPasswordService({
    ...roomy,
    hashing: {
      ...roomy.hashing,
      hasherFor(share) {
        const hasher = roomy.hashing.hasherFor(share)
        return {
          ...hasher,
          verify(...given) {
            verified += 1
            return hasher.verify(...given)
          },
        }
      },
    },
  })
  const outcomes = await Promise.all(
    Array.from({ length: 40 }, () => service.authenticate({ email, password: wrong }, info)),
  )
  assert.equal(verified, 10)
  assert.equal(
    outcomes.filter((each) => !each.ok && each.reason === 'too_many_attempts').length,
    30,
  )
})
