import assert from 'node:assert/strict'
import type { TokenHash } from 'torii-core'
import { maxCodeTries } from 'torii-core'
import type { CaseList, ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import {
  codeOf,
  issueLink,
  keysOfOneUser,
  newMagicLink,
  newProof,
  openedBy,
} from '../fixtures/mail.js'
import {
  assertAllEnded,
  assertEnded,
  crowd,
  isStoredHash,
  liveSession,
  only,
  present,
  signUp,
  succeeded,
  twentyAtOnce,
} from '../fixtures/people.js'
import {
  freshEmail,
  freshRateLimitKey,
  freshSecretHash,
  freshWord,
  onAccount,
  onIpAddress,
} from '../fixtures/samples.js'

const { cases, promise }: CaseList = casesOf('magicLinks')

/** Signing in by typing the code of a link. */
export const magicLinkCodeCases = cases

const invalidToken = { ok: false, reason: 'invalid_token' }

type Link = Awaited<ReturnType<typeof issueLink>>

/** Types a code; charged under a key of its own. */
const type = ({ magicLinks }: ConformanceStorage, link: Link, codeHash = link.codeHash) =>
  magicLinks.consumeCode(codeOf(link, codeHash), newProof())

async function typeWrong(storage: ConformanceStorage, link: Link, times: number): Promise<void> {
  for (let turn = 0; turn < times; turn += 1)
    assert.deepEqual(await type(storage, link, freshSecretHash()), invalidToken)
}

promise('consumeCode: the right code makes the verified user', ['charging'], async (storage) => {
  const link = await issueLink(storage, { email: `${freshWord()}@example.com` })
  const proof = newProof()
  const spelled = { ...link, email: link.email.toUpperCase() }
  const made = succeeded(await storage.magicLinks.consumeCode(codeOf(spelled), proof))
  assert.deepEqual([made.created, made.tookOver], [true, false])
  assert.deepEqual([made.user.id, made.user.email], [proof.newUserId, link.email])
  assert.ok(made.user.emailVerifiedAt instanceof Date)
  const seen = await liveSession(storage, openedBy(made.user.id, proof))
  assert.deepEqual([seen.user, seen.session], [made.user, made.session])
})

promise('consumeCode: takes a squatted address over', ['charging'], async (storage) => {
  const { user, email, key, hash } = await signUp(storage)
  const taken = succeeded(await type(storage, await issueLink(storage, { email })))
  assert.deepEqual([taken.user.id, taken.created, taken.tookOver], [user.id, false, true])
  await assertAllEnded(storage, [key])
  assert.equal(await isStoredHash(storage, user.id, hash), false)
})

promise('consumeCode: a verified user keeps everything', ['charging'], async (storage) => {
  const { user, email, key, hash } = await signUp(storage, { emailVerified: true })
  const found = succeeded(await type(storage, await issueLink(storage, { email })))
  assert.deepEqual([found.user, found.tookOver], [user, false])
  await liveSession(storage, key)
  assert.equal(await isStoredHash(storage, user.id, hash), true)
})

promise('consumeCode: uses the link up, and the link the code', ['charging'], async (storage) => {
  const typed = await issueLink(storage)
  succeeded(await type(storage, typed))
  assert.deepEqual(await storage.magicLinks.consume(typed.tokenHash, newProof()), invalidToken)
  assert.deepEqual(await type(storage, typed), invalidToken)
  const opened = await issueLink(storage)
  succeeded(await storage.magicLinks.consume(opened.tokenHash, newProof()))
  assert.deepEqual(await type(storage, opened), invalidToken)
})

promise('consumeCode: creates no user when newUserId is null', ['charging'], async (storage) => {
  const link = await issueLink(storage)
  const proof = newProof({ newUserId: null })
  assert.deepEqual(await storage.magicLinks.consumeCode(codeOf(link), proof), invalidToken)
  assert.equal(await storage.users.findByEmail(link.email), null)
})

promise(
  'consumeCode: refuses expired codes and disabled users',
  ['charging', 'elapse'],
  async (storage) => {
    const expired = await issueLink(storage)
    await storage.elapse(601)
    assert.deepEqual(await type(storage, expired), invalidToken)
    const { user, email } = await signUp(storage)
    const link = await issueLink(storage, { email })
    await storage.users.disable(user.id)
    const proof = newProof()
    assert.deepEqual(await storage.magicLinks.consumeCode(codeOf(link), proof), invalidToken)
    await storage.users.enable(user.id)
    await assertEnded(storage, openedBy(user.id, proof))
  },
)

promise('consumeCode: T1.10 a code of another address is wrong', ['charging'], async (storage) => {
  const [one, other] = [await issueLink(storage), await issueLink(storage)]
  assert.deepEqual(await type(storage, one, other.codeHash), invalidToken)
  assert.deepEqual(await type(storage, one, one.tokenHash), invalidToken)
  for (const link of [one, other]) succeeded(await type(storage, link))
})

promise(
  'consumeCode: no code fits a link without one, which stays good',
  ['charging'],
  async (storage) => {
    const link = await issueLink(storage, { codeHash: null })
    await typeWrong(storage, link, maxCodeTries + 1)
    succeeded(await storage.magicLinks.consume(link.tokenHash, newProof()))
  },
)

promise(
  'consumeCode: after four wrong codes the right one works, after five it does not, and the link still does',
  ['charging'],
  async (storage) => {
    const { email } = await signUp(storage)
    for (const to of [email, freshEmail()]) {
      const lucky = await issueLink(storage, { email: to })
      await typeWrong(storage, lucky, maxCodeTries - 1)
      succeeded(await type(storage, lucky))
      const late = await issueLink(storage, { email: to })
      await typeWrong(storage, late, maxCodeTries)
      assert.deepEqual(await type(storage, late), invalidToken)
      succeeded(await storage.magicLinks.consume(late.tokenHash, newProof()))
    }
  },
)

promise(
  'consumeCode: T1.21 of twenty wrong codes at once five are tried, then even the right one is refused',
  ['charging'],
  async (storage) => {
    const link = await issueLink(storage)
    for (const outcome of await twentyAtOnce(() => type(storage, link, freshSecretHash())))
      assert.deepEqual(outcome, invalidToken)
    assert.deepEqual(await type(storage, link), invalidToken)
    succeeded(await storage.magicLinks.consume(link.tokenHash, newProof()))
  },
)

promise(
  'consumeCode: of twenty with the right code one signs in',
  ['charging'],
  async (storage) => {
    const link = await issueLink(storage)
    const proofs = Array.from({ length: crowd }, () => newProof())
    const outcomes = await Promise.all(
      proofs.map((proof) => storage.magicLinks.consumeCode(codeOf(link), proof)),
    )
    const key = only(keysOfOneUser(outcomes, proofs))
    assert.equal(only(await storage.sessions.list(key.userId)).id, key.id)
  },
)

promise(
  'consumeCode: of ten who type and ten who open one signs in',
  ['charging'],
  async (storage) => {
    const link = await issueLink(storage)
    const proofs = Array.from({ length: crowd }, () => newProof())
    const outcomes = await Promise.all(
      proofs.map((proof, index) =>
        index % 2 === 0
          ? storage.magicLinks.consumeCode(codeOf(link), proof)
          : storage.magicLinks.consume(link.tokenHash, proof),
      ),
    )
    const key = only(keysOfOneUser(outcomes, proofs))
    assert.equal(only(await storage.sessions.list(key.userId)).id, key.id)
  },
)

promise(
  'consumeCode: each code of an address signs in, and ends the others and their links',
  ['charging'],
  async (storage) => {
    const first = await issueLink(storage)
    const second = await issueLink(storage, { email: first.email })
    succeeded(await type(storage, first))
    assert.deepEqual(await type(storage, second), invalidToken)
    assert.deepEqual(await storage.magicLinks.consume(second.tokenHash, newProof()), invalidToken)
  },
)

promise(
  'consumeCode: the codes of an address share five tries until the oldest of its links expires',
  ['charging', 'elapse'],
  async (storage) => {
    const former = await issueLink(storage)
    await typeWrong(storage, former, 2)
    await storage.elapse(300)
    const next = await issueLink(storage, { email: former.email })
    await typeWrong(storage, former, 3)
    for (const link of [former, next]) assert.deepEqual(await type(storage, link), invalidToken)
    await storage.elapse(301)
    await typeWrong(storage, next, 1)
    succeeded(await type(storage, next))
  },
)

promise(
  'consumeCode: each of sixteen hashes may be the code; all of them together are one try',
  ['charging'],
  async (storage) => {
    const link = await issueLink(storage)
    const others = () => Array.from({ length: 15 }, freshSecretHash)
    const typeAny = (codeHashes: readonly TokenHash[]) =>
      storage.magicLinks.consumeCode({ email: link.email, codeHashes }, newProof())
    for (let turn = 1; turn < maxCodeTries; turn += 1)
      assert.deepEqual(await typeAny([...others(), freshSecretHash()]), invalidToken)
    succeeded(await typeAny([...others(), link.codeHash]))
  },
)

promise(
  'consumeCode: success gives back what it is told to, a wrong code nothing',
  ['charging'],
  async (storage) => {
    const { rateLimits, magicLinks } = storage
    const [account, ipAddress] = [freshRateLimitKey(), freshRateLimitKey()]
    const charges = { ...onAccount(account), ipAddress: onIpAddress(ipAddress).ipAddress }
    for (let turn = 0; turn < 3; turn += 1) await rateLimits.charge(charges)
    const link = await issueLink(storage)
    const refund = { account, ipAddress }
    const failuresOf = async () => [
      (await rateLimits.status(account)).failures,
      (await rateLimits.status(ipAddress)).failures,
    ]
    const wrong = { ...codeOf(link, freshSecretHash()), refund }
    assert.deepEqual(await magicLinks.consumeCode(wrong, newProof()), invalidToken)
    assert.deepEqual(await failuresOf(), [3, 3])
    succeeded(await magicLinks.consumeCode({ ...codeOf(link), refund }, newProof()))
    assert.deepEqual(await failuresOf(), [0, 2])
  },
)

promise(
  'consumeCode: T4.62 an address that no link was mailed to is refused alike',
  ['charging'],
  async (storage) => {
    const { user, email } = await signUp(storage)
    for (const to of [email, freshEmail()]) {
      const link = { ...newMagicLink({ email: to }), codeHash: freshSecretHash() }
      await typeWrong(storage, link, maxCodeTries + 1)
    }
    assert.equal(present(await storage.users.find(user.id)).emailVerifiedAt, null)
  },
)
