import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import type { RateLimitCharges } from 'torii-core'
import { PasswordHash } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import { takeOver } from '../fixtures/credentials.js'
import {
  liveSession,
  lookUp,
  present,
  signUp,
  signUpBare,
  succeeded,
  twentyAtOnce,
  winners,
} from '../fixtures/people.js'
import {
  freeCharges,
  freshEmail,
  freshRateLimitKey,
  freshWord,
  onAccount,
  onIpAddress,
  policy,
  unknownUserId,
} from '../fixtures/samples.js'

const { cases, promise } = casesOf('passwords')

/** Looking up what a password is verified against, and what that costs. */
export const passwordCases = cases

promise(
  'findForSignIn: finds the credential by any spelling of the address',
  ['charging'],
  async (storage) => {
    const word = freshWord()
    const person = await signUp(storage, { email: `${word}@Example.com` })
    const { epochs } = await liveSession(storage, person.key)
    for (const email of [person.email, `${word.toUpperCase()}@example.com`]) {
      const { hash, ...rest } = present(await lookUp(storage, email))
      assert.deepEqual(rest, {
        userId: person.user.id,
        epochs,
        emailVerified: false,
        disabled: false,
      })
      assert.equal(hash.reveal(), person.hash.reveal())
    }
  },
)

promise(
  'findForSignIn: the hash it finds is not shown by accident',
  ['charging'],
  async (storage) => {
    const person = await signUp(storage)
    const credential = present(await lookUp(storage, person.email))
    assert.ok(credential.hash instanceof PasswordHash)
    for (const shown of [
      JSON.stringify(credential),
      inspect(credential, { showHidden: true, depth: null }),
    ])
      assert.ok(!shown.includes(person.hash.reveal()))
  },
)

promise(
  'findForSignIn: says whether the address is verified and the user disabled',
  ['charging'],
  async (storage) => {
    const person = await signUp(storage)
    await storage.users.verifyEmail(person.user.id, person.email)
    assert.equal(present(await lookUp(storage, person.email)).emailVerified, true)
    await storage.users.disable(person.user.id)
    assert.equal(present(await lookUp(storage, person.email)).disabled, true)
    await storage.users.enable(person.user.id)
    assert.equal(present(await lookUp(storage, person.email)).disabled, false)
  },
)

promise(
  'findForSignIn: no credential for an unknown address, a user without a password, a user who is gone',
  ['charging'],
  async (storage) => {
    const bare = await signUpBare(storage)
    const gone = await signUp(storage)
    await storage.users.delete(gone.user.id)
    for (const email of [freshEmail(), present(bare.email), gone.email])
      assert.equal(await lookUp(storage, email), null)
  },
)

promise(
  'findForSignIn: counts the attempt, also for an email that no account has',
  ['charging'],
  async (storage) => {
    const person = await signUp(storage)
    for (const email of [person.email, freshEmail()]) {
      const [account, ipAddress] = [freshRateLimitKey(), freshRateLimitKey()]
      await storage.passwords.findForSignIn({
        email,
        charges: { ...onAccount(account), ipAddress: onIpAddress(ipAddress).ipAddress },
      })
      assert.deepEqual(await storage.rateLimits.status(account), { state: 'open', failures: 1 })
      assert.deepEqual(await storage.rateLimits.status(ipAddress), { state: 'open', failures: 1 })
    }
  },
)

for (const [who, charge] of [
  ['account', onAccount],
  ['ipAddress', onIpAddress],
] as const) {
  promise(
    `findForSignIn: T1.20 of twenty guesses at once exactly the cap of the ${who} see a hash`,
    ['charging'],
    async (storage) => {
      const { email } = await signUp(storage)
      const charges = charge(freshRateLimitKey(), { cap: 7 })
      const outcomes = await twentyAtOnce(() => storage.passwords.findForSignIn({ email, charges }))
      assert.equal(winners(outcomes).length, 7)
      assertRefusalsShowNothing(outcomes)
    },
  )
}

promise('findForSignIn: the lower of both caps decides', ['charging'], async (storage) => {
  const { email } = await signUp(storage)
  for (const [account, ipAddress] of [
    [4, 9],
    [9, 4],
  ] as const) {
    const charges: RateLimitCharges = {
      account: { key: freshRateLimitKey(), policy: policy({ cap: account }) },
      ipAddress: { key: freshRateLimitKey(), policy: policy({ cap: ipAddress }) },
    }
    const outcomes = await twentyAtOnce(() => storage.passwords.findForSignIn({ email, charges }))
    assert.equal(winners(outcomes).length, 4)
  }
})

promise(
  'findForSignIn: a network meets its cap over twenty accounts at once',
  ['charging'],
  async (storage) => {
    const { email } = await signUp(storage)
    const ipAddress = { key: freshRateLimitKey(), policy: policy({ cap: 7 }) }
    const outcomes = await twentyAtOnce((index) =>
      storage.passwords.findForSignIn({
        email: index % 2 === 0 ? email : freshEmail(),
        charges: { ...onAccount(freshRateLimitKey()), ipAddress },
      }),
    )
    assert.equal(winners(outcomes).length, 7)
  },
)

promise(
  'findForSignIn: T4.63 a locked account is refused alike for a real and a made-up address',
  ['charging'],
  async (storage) => {
    const { email } = await signUp(storage)
    const answers = []
    for (const address of [email, freshEmail()]) {
      const charges = onAccount(freshRateLimitKey(), { cap: 2, lockSeconds: 4000 })
      const outcomes = []
      for (let turn = 0; turn < 3; turn += 1)
        outcomes.push((await storage.passwords.findForSignIn({ email: address, charges })).ok)
      answers.push(outcomes)
    }
    assert.deepEqual(answers, [
      [true, true, false],
      [true, true, false],
    ])
  },
)

promise('findForUser: finds the credential of a signed-in user', ['charging'], async (storage) => {
  const person = await signUp(storage)
  const found = await storage.passwords.findForUser({
    userId: person.user.id,
    charges: freeCharges(),
  })
  const { hash, ...rest } = present(succeeded(found).credential)
  const { hash: same, ...expected } = present(await lookUp(storage, person.email))
  assert.deepEqual(rest, expected)
  assert.equal(hash.reveal(), same.reveal())
})

promise(
  'findForUser: no credential for a user without a password and for an unknown user',
  ['charging'],
  async (storage) => {
    const bare = await signUpBare(storage)
    for (const userId of [bare.id, unknownUserId()]) {
      const found = await storage.passwords.findForUser({ userId, charges: freeCharges() })
      assert.deepEqual(found, { ok: true, credential: null })
    }
  },
)

promise('exists: says whether the user has a password that counts', [], async (storage) => {
  const { user, email } = await signUp(storage)
  const bare = await signUpBare(storage)
  assert.equal(await storage.passwords.exists(user.id), true)
  for (const userId of [bare.id, unknownUserId()])
    assert.equal(await storage.passwords.exists(userId), false)
  await takeOver(storage, email)
  assert.equal(await storage.passwords.exists(user.id), false)
})

promise(
  'findForUser: of twenty guesses at once exactly the cap see a hash',
  ['charging'],
  async (storage) => {
    const { user } = await signUp(storage)
    const charges = onAccount(freshRateLimitKey(), { cap: 7 })
    const outcomes = await twentyAtOnce(() =>
      storage.passwords.findForUser({ userId: user.id, charges }),
    )
    assert.equal(winners(outcomes).length, 7)
    assertRefusalsShowNothing(outcomes)
  },
)

type Lookup = Awaited<ReturnType<ConformanceStorage['passwords']['findForSignIn']>>

function assertRefusalsShowNothing(outcomes: readonly Lookup[]): void {
  for (const outcome of outcomes) {
    if (outcome.ok) continue
    assert.deepEqual(Object.keys(outcome).toSorted(), ['ok', 'reason', 'retryAfterSeconds'])
    assert.equal(outcome.reason, 'too_many_attempts')
    assert.ok(Number.isSafeInteger(outcome.retryAfterSeconds) && outcome.retryAfterSeconds >= 1)
  }
}
