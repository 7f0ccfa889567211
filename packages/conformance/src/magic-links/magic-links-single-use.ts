import assert from 'node:assert/strict'
import { maxLiveLinks, newUserId } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import {
  issueLink,
  keysOfOneUser,
  newMagicLink,
  newProof,
  openedBy,
  signUpActor,
} from '../fixtures/mail.js'
import {
  assertEnded,
  crowd,
  isStoredHash,
  liveSession,
  only,
  present,
  signUp,
  succeeded,
  winners,
} from '../fixtures/people.js'
import { freshEmail } from '../fixtures/samples.js'

const { cases, promise } = casesOf('magicLinks')

/** A link that is opened more than once, or while something else happens. */
export const linkUseCases = cases

const invalidToken = { ok: false, reason: 'invalid_token' }

promise('consume: a link is used once', ['charging'], async (storage) => {
  const { tokenHash } = await issueLink(storage)
  succeeded(await storage.magicLinks.consume(tokenHash, newProof()))
  assert.deepEqual(await storage.magicLinks.consume(tokenHash, newProof()), invalidToken)
})

promise(
  'consume, consumeCode: of twenty at once with the links and codes of a verified account one signs in',
  ['charging'],
  async (storage) => {
    const { magicLinks, sessions } = storage
    const { user, email } = await signUpActor(storage)
    const links = [await issueLink(storage, { email }), await issueLink(storage, { email })]
    const before = (await sessions.list(user.id)).length
    const ways = links.flatMap(({ tokenHash, codeHash }) => [
      () => magicLinks.consume(tokenHash, newProof()),
      () => magicLinks.consumeCode({ email, codeHashes: [codeHash] }, newProof()),
    ])
    const outcomes = await Promise.all(
      [...ways, ...ways, ...ways, ...ways, ...ways].map((go) => go()),
    )
    only(winners(outcomes))
    for (const go of ways) assert.deepEqual(await go(), invalidToken)
    assert.equal((await sessions.list(user.id)).length, before + 1)
  },
)

for (const [who, known] of [
  ['an unknown address', false],
  ['a squatted address', true],
] as const)
  promise(
    `consume: T1.1 one session for twenty who open a link of ${who}`,
    ['charging'],
    async (storage) => {
      const email = known ? (await signUp(storage)).email : freshEmail()
      const { tokenHash } = await issueLink(storage, { email })
      const proofs = Array.from({ length: crowd }, () => newProof())
      const outcomes = await Promise.all(
        proofs.map((proof) => storage.magicLinks.consume(tokenHash, proof)),
      )
      const key = only(keysOfOneUser(outcomes, proofs))
      for (const outcome of outcomes) if (!outcome.ok) assert.deepEqual(outcome, invalidToken)
      assert.equal(only(await storage.sessions.list(key.userId)).id, key.id)
      assert.equal(present(await storage.users.findByEmail(email)).id, key.userId)
    },
  )

promise(
  'consume: raced against twenty issues, each success has the one user, and four links are left at most',
  ['charging'],
  async (storage) => {
    const email = freshEmail()
    const links = Array.from({ length: crowd }, () => newMagicLink({ email }))
    const proofs = links.map(() => newProof())
    const outcomes = await Promise.all(
      links.map(async (link, index) => {
        await storage.magicLinks.issue(link)
        return storage.magicLinks.consume(link.tokenHash, present(proofs[index]))
      }),
    )
    const live = []
    for (const { tokenHash } of links) live.push(await storage.magicLinks.find(tokenHash))
    assert.ok(live.filter((link) => link !== null).length <= maxLiveLinks)
    const left = []
    for (const { tokenHash } of links)
      left.push(await storage.magicLinks.consume(tokenHash, newProof({ newUserId: newUserId() })))
    assert.ok(winners(left).length <= 1)
    assert.ok(winners(outcomes).length + winners(left).length >= 1)
    const user = present(await storage.users.findByEmail(email))
    for (const outcome of winners([...outcomes, ...left]))
      assert.equal(succeeded(outcome).user.id, user.id)
    assert.ok([...outcomes, ...left].filter((o) => o.ok && o.created).length === 1)
    if (winners(outcomes).length > 0)
      for (const key of keysOfOneUser(outcomes, proofs)) await liveSession(storage, key)
  },
)

promise(
  'consume: raced against a registration of the address, one user has it',
  ['charging'],
  async (storage) => {
    for (let round = 0; round < 5; round += 1) {
      const { email, tokenHash } = await issueLink(storage)
      const proof = newProof()
      const [outcome, ...squatters] = await Promise.all([
        storage.magicLinks.consume(tokenHash, proof),
        signUp(storage, { email }).catch(() => null),
        signUp(storage, { email }).catch(() => null),
      ])
      const { user, created } = succeeded(outcome)
      assert.equal(present(await storage.users.findByEmail(email)).id, user.id)
      await liveSession(storage, openedBy(user.id, proof))
      const squatter = squatters.find((person) => person?.user.id === user.id)
      assert.equal(created, squatter === undefined)
      if (!squatter) continue
      await assertEnded(storage, squatter.key)
      assert.equal(await isStoredHash(storage, user.id, squatter.hash), false)
    }
  },
)
