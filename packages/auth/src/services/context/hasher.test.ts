import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { requireEmail, ToriiError } from 'torii-core'
import { test } from 'vitest'
import type { HashingShare } from '../../password-hashing/hashing-queue.js'
import { accountAttempts } from '../../rate-limits/keys.js'
import { openMailbox } from '../../test/mailbox.test.support.js'
import {
  goodPassword,
  newEmail,
  openTestSite,
  goodPassword as password,
} from '../../test/site.test.support.js'
import { createEmailService } from '../email/email.js'
import { createPasswordService } from '../password/password.js'
import { createSessionService } from '../sessions/sessions.js'
import { createContext } from './context.js'

const mailbox = await openMailbox()
const site = await openTestSite({
  keys: [{ id: 'one', secret: randomBytes(32) }],
  mailer: mailbox.mailer,
  requireVerifiedEmail: false,
  password: { hashing: { memoryKib: 7168, passes: 5 } },
})
const { torii } = site
const info = { ip: '2001:db8:1:2::3', userAgent: null }
const next = 'another gate of two pillars'

/** The services, with the shares of the hashing queue that they ask for; each hash fails if the queue `isBusy`. */
function watch(isBusy = false) {
  const shares: HashingShare[] = []
  const context = createContext(site.storage, torii.options, {})
  const busy = async () => {
    throw new ToriiError('ERR_BUSY', 'a full queue')
  }
  const watched = {
    ...context,
    hashing: {
      ...context.hashing,
      hasherFor(share: HashingShare) {
        shares.push(share)
        const hasher = context.hashing.hasherFor(share)
        return isBusy ? { ...hasher, hash: busy, verify: busy } : hasher
      },
    },
  }
  return {
    shares,
    password: createPasswordService(watched),
    email: createEmailService(watched),
    sessions: createSessionService(watched),
    settled: () => context.background.settled(),
  }
}

async function register() {
  const email = newEmail()
  const made = await torii.password.register({ email, password }, info)
  assert.ok(made.ok && made.token !== null)
  const valid = await torii.sessions.validate(made.token)
  assert.ok(valid)
  return { email, valid, token: made.token.reveal() }
}

async function mailedToken(email: string, kind: 'verify_email' | 'reset_password') {
  await torii.settled()
  const mails = await mailbox.take(email)
  return mails.find((mail) => mail.kind === kind)?.token ?? assert.fail(`no ${kind}`)
}

test('places of the hashing queue are kept for known browsers, live sessions and holders of a mailed token', async () => {
  const watched = watch()
  const reservedBy = async (work: () => Promise<unknown>) => {
    watched.shares.length = 0
    await work()
    assert.ok(watched.shares.length > 0)
    return watched.shares.every(({ reserved }) => reserved)
  }
  const { email, valid, token } = await register()
  const verification = await mailedToken(email, 'verify_email')
  const known = { ...info, deviceCookie: torii.deviceCookie(email, info) }
  const signIn = { email, password: goodPassword }
  assert.equal(await reservedBy(() => watched.password.authenticate(signIn, info)), false)
  assert.equal(await reservedBy(() => watched.password.authenticate(signIn, known)), true)
  const other = { email: newEmail(), password }
  assert.equal(await reservedBy(() => watched.password.register(other, known)), false)
  const presented = { password, token, rotate: false }
  assert.equal(
    await reservedBy(() => watched.sessions.reauthenticate(valid, presented, info)),
    true,
  )
  assert.equal(
    await reservedBy(() => watched.email.verify({ token: verification, password }, info)),
    true,
  )
  await torii.password.reset.request(email, info)
  const reset = await mailedToken(email, 'reset_password')
  assert.equal(
    await reservedBy(() => watched.password.reset.complete({ token: reset, password: next }, info)),
    true,
  )
})

test('a place is shared by IP address (IPv6: /64) and by account', async () => {
  const watched = watch()
  const { email } = await register()
  await watched.password.authenticate({ email, password }, info)
  await watched.password.authenticate({ email, password }, { ip: null, userAgent: null })
  const account = Buffer.from(accountAttempts(requireEmail(email))).toString('base64')
  assert.deepEqual(watched.shares, [
    { reserved: false, ipAddress: '2001:db8:1:2::/64', account },
    { reserved: false, ipAddress: null, account },
  ])
})

test('an attempt that the queue refuses is given back to its account, and not to its IP address', async () => {
  const { email } = await register()
  const busy = watch(true)
  const counted = async () => {
    const { rows } = await site.db.query<{ failures: number }>(
      'select failures from torii.rate_limits where failures > 0 order by failures',
    )
    return rows.map(({ failures }) => failures)
  }
  await site.db.query('delete from torii.rate_limits')
  for (let tries = 0; tries < 12; tries += 1)
    await assert.rejects(busy.password.authenticate({ email, password }, info), {
      code: 'ERR_BUSY',
    })
  await busy.settled()
  // The IP address and its /48; nothing of the account, which is not locked either.
  assert.deepEqual(await counted(), [12, 12])
  assert.ok((await torii.password.authenticate({ email, password }, info)).ok)
})
