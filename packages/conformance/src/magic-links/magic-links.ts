import assert from 'node:assert/strict'
import { maxLiveLinks, newUserId } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import {
  issueLink,
  keysOfOneUser,
  mailCharges,
  newMagicLink,
  newProof,
  openedBy,
  signUpActor,
} from '../fixtures/mail.js'
import {
  actorOf,
  assertAllEnded,
  assertEnded,
  crowd,
  isStoredHash,
  liveSession,
  only,
  openOne,
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
  freshSecretHash,
  freshWord,
  longestRetry,
  policy,
} from '../fixtures/samples.js'

const { cases, promise } = casesOf('magicLinks')

/** Mailing links, and signing in by opening them. */
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

promise('find: the address of a live link, which stays good', ['charging'], async (storage) => {
  const { magicLinks } = storage
  const link = newMagicLink()
  assert.equal(await magicLinks.find(link.tokenHash), null)
  await magicLinks.issue(link)
  assert.deepEqual(await magicLinks.find(link.tokenHash), { email: link.email })
  assert.deepEqual(await magicLinks.find(link.tokenHash), { email: link.email })
  succeeded(await magicLinks.consume(link.tokenHash, newProof()))
  assert.equal(await magicLinks.find(link.tokenHash), null)
})

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

promise('consume: makes the verified user of an unknown address', ['charging'], async (storage) => {
  const { email, tokenHash } = await issueLink(storage, { email: `${freshWord()}.Ann@Example.com` })
  const proof = newProof()
  const made = succeeded(await storage.magicLinks.consume(tokenHash, proof))
  assert.deepEqual([made.created, made.tookOver], [true, false])
  assert.deepEqual([made.user.id, made.user.email], [proof.newUserId, email])
  assert.ok(made.user.emailVerifiedAt instanceof Date)
  assert.deepEqual(await storage.users.findByEmail(email.toLowerCase()), made.user)
  const seen = await liveSession(storage, openedBy(made.user.id, proof))
  assert.deepEqual([seen.user, seen.session], [made.user, made.session])
  assert.deepEqual(seen.session.methods, ['magic_link'])
})

promise(
  'consume: signs a verified user in, who keeps everything',
  ['charging'],
  async (storage) => {
    const { user, email, key, hash } = await signUp(storage, { emailVerified: true, name: 'Ann' })
    const { tokenHash } = await issueLink(storage, { email })
    const before = await liveSession(storage, key)
    const proof = newProof()
    const found = succeeded(await storage.magicLinks.consume(tokenHash, proof))
    assert.deepEqual([found.user, found.created, found.tookOver], [user, false, false])
    assert.deepEqual(await liveSession(storage, key), before)
    assert.equal(await isStoredHash(storage, user.id, hash), true)
    const { epochs } = await liveSession(storage, openedBy(user.id, proof))
    assert.deepEqual(epochs, before.epochs)
  },
)

promise(
  'consume: T5.65 the first proof of an address ends what was made before it',
  ['charging'],
  async (storage) => {
    const { user, email, key, hash } = await signUp(storage)
    const keys = [key, await openOne(storage, user.id)]
    const old = await actorOf(storage, key)
    const { tokenHash } = await issueLink(storage, { email })
    const proof = newProof()
    const taken = succeeded(await storage.magicLinks.consume(tokenHash, proof))
    assert.deepEqual([taken.user.id, taken.created, taken.tookOver], [user.id, false, true])
    assert.ok(taken.user.emailVerifiedAt instanceof Date)
    await assertAllEnded(storage, keys)
    assert.equal(await isStoredHash(storage, user.id, hash), false)
    const { epochs } = await liveSession(storage, openedBy(user.id, proof))
    assert.ok(epochs.session > old.epochs.session && epochs.owner > old.epochs.owner)
    assert.equal(only(await storage.sessions.list(user.id)).id, proof.session.id)
  },
)

promise('consume: takes over only once', ['charging'], async (storage) => {
  const { user, email } = await signUp(storage)
  const first = newProof()
  for (const [proof, tookOver] of [
    [first, true],
    [newProof(), false],
  ] as const) {
    const { tokenHash } = await issueLink(storage, { email })
    assert.equal(succeeded(await storage.magicLinks.consume(tokenHash, proof)).tookOver, tookOver)
  }
  await liveSession(storage, openedBy(user.id, first))
})

promise(
  'consume: creates no user when newUserId is null, and signs a known user in',
  ['charging'],
  async (storage) => {
    const unknown = await issueLink(storage)
    const proof = newProof({ newUserId: null })
    assert.deepEqual(await storage.magicLinks.consume(unknown.tokenHash, proof), invalidToken)
    assert.equal(await storage.users.findByEmail(unknown.email), null)
    succeeded(await storage.magicLinks.consume(unknown.tokenHash, newProof()))
    const { user, email } = await signUp(storage)
    const { tokenHash } = await issueLink(storage, { email })
    const found = succeeded(await storage.magicLinks.consume(tokenHash, proof))
    assert.deepEqual([found.user.id, found.created, found.tookOver], [user.id, false, true])
    await liveSession(storage, openedBy(user.id, proof))
  },
)

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

promise('consume: refuses what was never mailed, codes among it', ['charging'], async (storage) => {
  const link = await issueLink(storage)
  for (const wrong of [freshSecretHash(), link.codeHash])
    assert.deepEqual(await storage.magicLinks.consume(wrong, newProof()), invalidToken)
  succeeded(await storage.magicLinks.consume(link.tokenHash, newProof()))
})

promise('consume: T1.8 refuses an expired link', ['charging', 'elapse'], async (storage) => {
  const { user, email, key } = await signUp(storage)
  const links = [await issueLink(storage, { email }), await issueLink(storage)]
  await storage.elapse(599)
  const late = await issueLink(storage)
  await storage.elapse(2)
  for (const { tokenHash } of links)
    assert.deepEqual(await storage.magicLinks.consume(tokenHash, newProof()), invalidToken)
  assert.deepEqual((await liveSession(storage, key)).user.emailVerifiedAt, user.emailVerifiedAt)
  succeeded(await storage.magicLinks.consume(late.tokenHash, newProof()))
})

promise(
  'consume: T2.31 refuses a user who was disabled meanwhile',
  ['charging'],
  async (storage) => {
    const { user, email } = await signUp(storage)
    const { tokenHash } = await issueLink(storage, { email })
    await storage.users.disable(user.id)
    const proof = newProof()
    assert.deepEqual(await storage.magicLinks.consume(tokenHash, proof), invalidToken)
    const { emailVerifiedAt } = present(await storage.users.enable(user.id))
    assert.equal(emailVerifiedAt, null)
    await assertEnded(storage, openedBy(user.id, proof))
  },
)

promise(
  'consume: a link mailed to an account that was deleted since is good for nothing, a later one makes a new account',
  ['charging'],
  async (storage) => {
    const { user, email, key, hash } = await signUp(storage, { name: 'Former' })
    const former = await issueLink(storage, { email })
    await storage.users.delete(user.id)
    assert.deepEqual(await storage.magicLinks.consume(former.tokenHash, newProof()), {
      ok: false,
      reason: 'invalid_token',
    })
    const later = await issueLink(storage, { email })
    const made = succeeded(await storage.magicLinks.consume(later.tokenHash, newProof()))
    assert.deepEqual([made.created, made.user.name], [true, null])
    await assertEnded(storage, key)
    assert.equal(await isStoredHash(storage, made.user.id, hash), false)
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
