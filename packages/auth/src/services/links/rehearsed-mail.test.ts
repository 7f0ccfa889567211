import assert from 'node:assert/strict'
import { test } from 'vitest'
import { goodPassword, newEmail, openTestSite, requestInfo } from '../../test/site.test.support.js'

const sent: string[] = []
const rehearsed: string[] = []
const site = await openTestSite({
  mailer: {
    send: async ({ to, kind }) => void sent.push(`${kind} ${to}`),
    rehearse: async ({ to, kind, text }) => {
      assert.match(text, /https:\/\/app\.example\/auth\//)
      rehearsed.push(`${kind} ${to}`)
    },
  },
})
const { torii } = site

/** What `work` sends and rehearses, and how many statements it takes with what follows its response. */
async function mailsOf(work: () => Promise<unknown>) {
  await torii.settled()
  sent.length = 0
  rehearsed.length = 0
  const { statements } = await site.counted(async () => {
    await work()
    await torii.settled()
  })
  return { sent: [...sent], rehearsed: [...rehearsed], statements }
}

async function registerUnverified() {
  const email = newEmail()
  assert.ok((await torii.password.register({ email, password: goodPassword }, requestInfo)).ok)
  return email
}

test('T4.59 a reset that has no account does the work of a mail and sends none', async () => {
  const [known, unknown] = [await registerUnverified(), newEmail()]
  const reset = (email: string) => () => torii.password.reset.request(email, requestInfo)
  const forKnown = await mailsOf(reset(known))
  const forUnknown = await mailsOf(reset(unknown))
  assert.deepEqual(forKnown, {
    sent: [`reset_password ${known}`],
    rehearsed: [],
    statements: 1,
  })
  assert.deepEqual(forUnknown, {
    sent: [],
    rehearsed: [`reset_password ${unknown}`],
    statements: 1,
  })
})

test('a magic link for a disabled account is written and not sent', async () => {
  const email = await registerUnverified()
  const user = await site.storage.users.findByEmail(email)
  assert.ok(user !== null)
  await site.storage.users.disable(user.id)
  const { sent, rehearsed } = await mailsOf(() => torii.magicLink.request({ email }, requestInfo))
  assert.deepEqual([sent, rehearsed], [[], [`magic_link ${email}`]])
})

test('T4.55 a right password on an unverified account and every other refusal: the same work afterwards', async () => {
  const [email, other] = [await registerUnverified(), await registerUnverified()]
  const signIn = (address: string, password: string) => () =>
    torii.password.authenticate({ email: address, password }, requestInfo)
  const right = await mailsOf(signIn(email, goodPassword))
  assert.deepEqual(right.sent, [`verify_email ${email}`])
  for (const work of [
    signIn(other, 'not this one, surely'),
    signIn(newEmail(), 'not this one, surely'),
  ]) {
    const refused = await mailsOf(work)
    assert.deepEqual(refused.sent, [])
    assert.match(refused.rehearsed.join(), /^verify_email [\w-]+@torii\.invalid$/)
    assert.equal(refused.statements, right.statements)
  }
})
