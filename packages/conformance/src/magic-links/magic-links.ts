import assert from 'node:assert/strict'
import { maxLiveLinks } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import { issueLink, mailCharges, newMagicLink, newProof } from '../fixtures/mail.js'
import {
  crowd,
  present,
  signUp,
  signUpBare,
  succeeded,
  twentyAtOnce,
  winners,
} from '../fixtures/people.js'
import {
  freshEmail,
  freshRateLimitKey,
  freshWord,
  longestRetry,
  policy,
} from '../fixtures/samples.js'

const { cases, promise } = casesOf('magicLinks')

/** Mailing links, and finding them. */
export const magicLinkCases = cases

const invalidToken = { ok: false, reason: 'invalid_token' }

promise(
  'issue: known and unknown addresses alike',
  ['charging'],
  async ({ magicLinks, ...storage }) => {
    const { email } = await signUp({ ...storage, magicLinks })
    for (const to of [email, freshEmail()])
      assert.deepEqual(await magicLinks.issue(newMagicLink({ email: to })), { ok: true, to })
  },
)

promise(
  'issue: writes to the stored spelling of a known address, to the given one of an unknown',
  ['charging'],
  async (storage) => {
    const word = freshWord()
    const given = `${word}.SHOUTED@Example.COM`
    const unknown = await storage.magicLinks.issue(newMagicLink({ email: given }))
    assert.deepEqual(unknown, { ok: true, to: given })
    const stored = `${word}.Shouted@example.com`
    await signUpBare(storage, { email: stored })
    const known = await storage.magicLinks.issue(newMagicLink({ email: given }))
    assert.deepEqual(known, { ok: true, to: stored })
  },
)

promise(
  'find: the address and the end of a live link, which stays good',
  ['charging'],
  async (storage) => {
    const { magicLinks } = storage
    const link = newMagicLink()
    assert.equal(await magicLinks.find(link.tokenHash), null)
    await magicLinks.issue(link)
    const found = present(await magicLinks.find(link.tokenHash))
    assert.deepEqual(await magicLinks.find(link.tokenHash), found)
    assert.equal(found.email, link.email)
    // By the database's clock, which may be another one than this process's.
    const secondsLeft = (found.expiresAt.getTime() - Date.now()) / 1000
    assert.ok(Math.abs(secondsLeft - link.lifetimeSeconds) < 60, `expires in ${secondsLeft} s`)
    succeeded(await magicLinks.consume(link.tokenHash, newProof()))
    assert.equal(await magicLinks.find(link.tokenHash), null)
  },
)

promise('find: null once the link has expired', ['charging', 'elapse'], async (storage) => {
  const link = newMagicLink()
  await storage.magicLinks.issue(link)
  await storage.elapse(link.lifetimeSeconds + 1)
  assert.equal(await storage.magicLinks.find(link.tokenHash), null)
})

promise('issue: nothing is sent to a disabled user', ['charging'], async (storage) => {
  const { user, email } = await signUp(storage)
  await storage.users.disable(user.id)
  const link = newMagicLink({ email })
  assert.deepEqual(await storage.magicLinks.issue(link), { ok: true, to: null })
  assert.deepEqual(await storage.magicLinks.consume(link.tokenHash, newProof()), invalidToken)
})

promise('issue: leaves the links of other addresses alone', ['charging'], async (storage) => {
  const [one, other] = [await issueLink(storage), await issueLink(storage)]
  for (const { tokenHash } of [one, other])
    succeeded(await storage.magicLinks.consume(tokenHash, newProof()))
})

promise(
  'issue: beyond the allowance of the address nothing is sent and the former link stays',
  ['charging'],
  async (storage) => {
    const { email } = await signUp(storage)
    for (const to of [email, freshEmail()]) {
      const charges = mailCharges({
        address: { key: freshRateLimitKey(), policy: policy({ cap: 2 }) },
      })
      await issueLink(storage, { email: to, charges })
      const last = await issueLink(storage, { email: to, charges })
      const late = newMagicLink({ email: to, charges })
      assert.deepEqual(await storage.magicLinks.issue(late), { ok: true, to: null })
      assert.deepEqual(await storage.magicLinks.consume(late.tokenHash, newProof()), invalidToken)
      succeeded(await storage.magicLinks.consume(last.tokenHash, newProof()))
    }
  },
)

promise(
  'issue: R2.3 of twenty at once at most four are sent, which are good until one is used',
  ['charging'],
  async (storage) => {
    const email = freshEmail()
    const charges = mailCharges({
      address: { key: freshRateLimitKey(), policy: policy({ cap: 7 }) },
    })
    const links = Array.from({ length: crowd }, () => newMagicLink({ email, charges }))
    const answers = await Promise.all(links.map((link) => storage.magicLinks.issue(link)))
    const sent = answers.map((answer) => succeeded(answer).to !== null)
    const mails = sent.filter(Boolean).length
    assert.ok(mails >= 1 && mails <= maxLiveLinks, `${mails} mails`)
    for (const [index, { tokenHash }] of links.entries())
      assert.equal((await storage.magicLinks.find(tokenHash)) !== null, sent[index])
    const uses = []
    for (const [index, { tokenHash }] of links.entries())
      if ((await storage.magicLinks.consume(tokenHash, newProof())).ok) uses.push(sent[index])
    assert.deepEqual(uses, [true])
  },
)

promise(
  'issue: a locked network is refused, whatever the address, and the former link stays',
  ['charging'],
  async (storage) => {
    const { email } = await signUp(storage)
    const ipAddress = { key: freshRateLimitKey(), policy: policy({ cap: 2 }) }
    const links = []
    for (const to of [email, freshEmail()])
      links.push(await issueLink(storage, { email: to, charges: mailCharges({ ipAddress }) }))
    const spent = { key: freshRateLimitKey(), policy: policy({ cap: 1 }) }
    await issueLink(storage, { charges: mailCharges({ address: spent }) })
    for (const to of [...links.map((link) => link.email), freshEmail()])
      for (const address of [mailCharges().address, spent]) {
        const charges = { address, ipAddress }
        const answer = await storage.magicLinks.issue(newMagicLink({ email: to, charges }))
        assert.ok(!answer.ok && answer.reason === 'too_many_attempts')
        assert.ok(answer.retryAfterSeconds > 500 && answer.retryAfterSeconds <= longestRetry)
      }
    for (const { tokenHash } of links)
      succeeded(await storage.magicLinks.consume(tokenHash, newProof()))
  },
)

promise(
  'issue: of twenty at once beyond the cap of the network, each one is refused or sent',
  ['charging'],
  async (storage) => {
    const ipAddress = { key: freshRateLimitKey(), policy: policy({ cap: 7 }) }
    const answers = await twentyAtOnce(() =>
      storage.magicLinks.issue(newMagicLink({ charges: mailCharges({ ipAddress }) })),
    )
    const sent = winners(answers)
    assert.equal(sent.length, 7)
    for (const answer of sent) present(answer.ok ? answer.to : null)
    for (const answer of answers) assert.ok(answer.ok || answer.retryAfterSeconds >= 1)
  },
)
