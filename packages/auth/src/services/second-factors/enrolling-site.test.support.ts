import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { ToriiEvent } from '../../index.js'
import { openMailbox } from '../../test/mailbox.test.support.js'
import {
  newEmail,
  openTestSite,
  goodPassword as password,
  requestInfo,
} from '../../test/site.test.support.js'

/** A site that asks a second factor of every user, with its mails and events, and `optional`, which asks it of none. */
export async function openEnrollingSite() {
  const mailbox = await openMailbox()
  const emitted: ToriiEvent[] = []
  const options = {
    keys: [{ id: 'k1', secret: randomBytes(32) }],
    mailer: mailbox.mailer,
    onEvent: (event: ToriiEvent) => void emitted.push(event),
  }
  const site = await openTestSite({ ...options, secondFactor: { required: 'always' } })
  const { torii } = site
  const optional = site.with(options)

  /** A user with a verified email address and a password, and no second factor. */
  async function newOwner() {
    const email = newEmail()
    const made = await optional.password.register({ email, password }, requestInfo)
    assert.ok(made.ok)
    await torii.admin.verifyEmail(made.user.id, email)
    await optional.settled()
    await mailbox.take(email)
    return { email, user: made.user }
  }

  async function pendingOf(email: string, from = torii) {
    const outcome = await from.password.authenticate({ email, password }, requestInfo)
    assert.ok(!outcome.ok && outcome.reason === 'second_factor_required', JSON.stringify(outcome))
    return outcome.pending
  }

  /** The code of the mail that was just sent. */
  async function mailedCode(email: string): Promise<string> {
    await torii.settled()
    const mail = await mailbox.takeOne(email, 'enrollment_code')
    return /\b[0-9]{8}\b/.exec(mail.text)?.[0] ?? assert.fail(mail.text)
  }

  return { mailbox, emitted, options, site, optional, newOwner, pendingOf, mailedCode }
}

export const invalidToken = { ok: false, reason: 'invalid_token' }

/** A code of the same length that is another one. */
export const otherCode = (code: string): string =>
  code.startsWith('0') ? code.replace('0', '1') : code.replace(/^./, '0')
