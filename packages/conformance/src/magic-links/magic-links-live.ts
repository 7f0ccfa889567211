import assert from 'node:assert/strict'
import { maxLiveLinks } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import { issueLink, newMagicLink, newProof, signUpActor } from '../fixtures/mail.js'
import { present, signUp, succeeded } from '../fixtures/people.js'
import {
  freshEmail,
  freshPasswordHash,
  freshRateLimitKey,
  freshWord,
  policy,
} from '../fixtures/samples.js'

const { cases, promise } = casesOf('magicLinks')

/** How many links of an address are live at a time, and what their requests count. */
export const liveLinkCases = cases

const invalidToken = { ok: false, reason: 'invalid_token' }

promise(
  'issue: a request ends no live link of the address, and signing in by one ends them all',
  ['charging'],
  async (storage) => {
    const { magicLinks } = storage
    for (const known of [true, false]) {
      const email = known ? (await signUp(storage)).email : `${freshWord()}@example.com`
      const links = []
      for (let turn = 0; turn < maxLiveLinks; turn += 1)
        links.push(
          await issueLink(storage, { email: turn % 2 === 0 ? email : email.toUpperCase() }),
        )
      for (const { tokenHash } of links) present(await magicLinks.find(tokenHash))
      succeeded(await magicLinks.consume(present(links[1]).tokenHash, newProof()))
      for (const { tokenHash } of links) {
        assert.equal(await magicLinks.find(tokenHash), null)
        assert.deepEqual(await magicLinks.consume(tokenHash, newProof()), invalidToken)
      }
    }
  },
)

promise(
  'issue: while an address has four live links nothing is stored or sent, and all four stay good',
  ['charging', 'elapse'],
  async (storage) => {
    const { magicLinks } = storage
    const { email } = await signUp(storage)
    for (const to of [email, freshEmail()]) {
      const links = []
      for (let turn = 0; turn < maxLiveLinks; turn += 1)
        links.push(
          await issueLink(storage, { email: to, lifetimeSeconds: turn === 3 ? 1200 : 600 }),
        )
      const fifth = newMagicLink({ email: to })
      assert.deepEqual(await magicLinks.issue(fifth), { ok: true, to: null })
      assert.equal(await magicLinks.find(fifth.tokenHash), null)
      for (const { tokenHash } of links) present(await magicLinks.find(tokenHash))
      await storage.elapse(601)
      const next = await issueLink(storage, { email: to })
      for (const { tokenHash } of [present(links[3]), next])
        present(await magicLinks.find(tokenHash))
    }
  },
)

promise(
  'issue: links from before a password change leave room for new ones',
  ['charging'],
  async (storage) => {
    const { email, hash, actor } = await signUpActor(storage)
    for (let turn = 0; turn < maxLiveLinks; turn += 1) await issueLink(storage, { email })
    const hashes = { verified: hash, next: freshPasswordHash() }
    succeeded(await storage.passwords.change(actor, hashes))
    const links = []
    for (let turn = 0; turn < maxLiveLinks; turn += 1)
      links.push(await issueLink(storage, { email }))
    for (const { tokenHash } of links) present(await storage.magicLinks.find(tokenHash))
  },
)

promise(
  'issue: without charges the oldest of four live links is replaced',
  ['charging'],
  async (storage) => {
    const email = freshEmail()
    const links = []
    for (let turn = 0; turn <= maxLiveLinks; turn += 1)
      links.push(await issueLink(storage, { email, charges: null }))
    const found = []
    for (const { tokenHash } of links) found.push(await storage.magicLinks.find(tokenHash))
    assert.deepEqual(
      found.map((link) => link !== null),
      [false, true, true, true, true],
    )
  },
)

promise(
  'issue: without charges no rate limit counts, and the mail is sent',
  ['charging'],
  async (storage) => {
    const { email } = await signUp(storage)
    for (const to of [email, freshEmail()])
      for (let turn = 0; turn < 3; turn += 1) {
        const link = newMagicLink({ email: to, charges: null })
        assert.deepEqual(await storage.magicLinks.issue(link), { ok: true, to })
        if (turn === 2) succeeded(await storage.magicLinks.consume(link.tokenHash, newProof()))
      }
  },
)

promise(
  'issue: a spent allowance does not spare the network',
  ['charging'],
  async ({ magicLinks, rateLimits }) => {
    const email = freshEmail()
    const [address, ipAddress] = [freshRateLimitKey(), freshRateLimitKey()]
    const charges = {
      address: { key: address, policy: policy({ cap: 1 }) },
      ipAddress: { key: ipAddress, policy: policy({ cap: 3 }) },
    }
    const issue = () => magicLinks.issue(newMagicLink({ email, charges }))
    assert.deepEqual(await issue(), { ok: true, to: email })
    for (let turn = 0; turn < 2; turn += 1) assert.deepEqual(await issue(), { ok: true, to: null })
    assert.equal((await rateLimits.status(ipAddress)).failures, 3)
    const refused = await issue()
    assert.ok(!refused.ok && refused.retryAfterSeconds > 0)
  },
)
