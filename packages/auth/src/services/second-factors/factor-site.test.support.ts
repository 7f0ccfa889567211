import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { ToriiEvent, UserId } from '../../index.js'
import { openMailbox } from '../../test/mailbox.test.support.js'
import {
  newEmail,
  openTestSite,
  goodPassword as password,
  requestInfo,
} from '../../test/site.test.support.js'
import { enroll } from './factor.test.support.js'

/** A site whose users have an authenticator application, and what is done there again and again. */
export async function openFactorSite() {
  const mailbox = await openMailbox()
  const emitted: ToriiEvent[] = []
  const keys = [{ id: 'k1', secret: randomBytes(32) }]
  const site = await openTestSite({
    keys,
    mailer: mailbox.mailer,
    requireVerifiedEmail: false,
    passkey: { userVerification: 'preferred' },
    onEvent: (event) => emitted.push(event),
  })
  const { torii, db } = site
  const { secondFactors } = torii

  /** The next code of the application counts from now on. */
  const nextCode = () => db.query('update torii.totp_factors set last_step = last_step - 2')

  async function signUp() {
    const email = newEmail()
    const made = await torii.password.register({ email, password }, requestInfo)
    assert.ok(made.ok && made.token !== null)
    return { email, user: made.user, token: made.token.reveal() }
  }

  async function withFactor() {
    const person = await signUp()
    const enrolled = await enroll(torii, person.token, requestInfo)
    await nextCode()
    return { ...person, ...enrolled }
  }

  /** The message of this kind that the owner of an account got. */
  async function mailTo({ email }: { email: string }, kind: string) {
    await torii.settled()
    const mails = await mailbox.take(email)
    return mails.find((mail) => mail.kind === kind) ?? assert.fail(kind)
  }

  const validate = async (token: string) =>
    (await torii.sessions.validate(token)) ?? assert.fail('no session')

  /** The token of a sign-in that waits, whose first factor no rate limit counts. */
  async function uncountedPending({ user }: { user: { id: string } }) {
    const outcome = await torii.sessions.open(user.id as UserId, 'password', requestInfo)
    assert.ok(!outcome.ok && outcome.reason === 'second_factor_required')
    return outcome.pending.token
  }

  async function pendingOf({ email }: { email: string }) {
    const outcome = await torii.password.authenticate({ email, password }, requestInfo)
    assert.ok(!outcome.ok && outcome.reason === 'second_factor_required', JSON.stringify(outcome))
    return outcome.pending
  }

  const typesSince = (work: () => Promise<unknown>) => {
    emitted.length = 0
    return work().then(() => emitted.map(({ type }) => type))
  }
  return {
    ...{ mailbox, emitted, keys, site, torii, db, secondFactors },
    ...{ nextCode, signUp, withFactor, mailTo, validate, uncountedPending, pendingOf, typesSince },
  }
}
