import assert from 'node:assert/strict'
import type { UserId } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import { assertBytes } from '../fixtures/credentials.js'
import { present, succeeded } from '../fixtures/people.js'
import { freeCharges, unknownUserId } from '../fixtures/samples.js'
import { beginSignIn, freshTotpSecret, signUpWithFactor } from '../fixtures/second-factors.js'

const { cases, promise } = casesOf('secondFactors')

/** Encrypting secrets with a new key. */
export const factorSecretCases = cases

promise('listSecrets: every secret once, in pages of any size', [], async (storage) => {
  const { secondFactors } = storage
  const owners = []
  for (let index = 0; index < 5; index += 1) owners.push(await signUpWithFactor(storage))
  const found = new Map<UserId, Uint8Array>()
  for (let after: UserId | undefined; ; ) {
    const page = await secondFactors.listSecrets({
      limit: 2,
      ...(after === undefined ? {} : { after }),
    })
    assert.ok(page.length <= 2)
    for (const { userId, secret } of page) {
      assert.equal(found.has(userId), false)
      found.set(userId, secret)
      after = userId
    }
    if (page.length < 2) break
  }
  for (const { user, secret } of owners) assertBytes(present(found.get(user.id)), secret)
})

promise(
  'replaceSecret: replaces the stored secret, also twice, and changes nothing else',
  ['charging'],
  async (storage) => {
    const { secondFactors } = storage
    const owner = await signUpWithFactor(storage)
    const [next, other] = [freshTotpSecret(), freshTotpSecret()]
    const replacement = { userId: owner.user.id, former: owner.secret, secret: next }
    const before = await secondFactors.find(owner.user.id)
    assert.equal(await secondFactors.replaceSecret(replacement), true)
    assert.equal(await secondFactors.replaceSecret(replacement), true)
    assert.equal(await secondFactors.replaceSecret({ ...replacement, secret: other }), false)
    assert.equal(
      await secondFactors.replaceSecret({ ...replacement, userId: unknownUserId() }),
      false,
    )
    assert.deepEqual(await secondFactors.find(owner.user.id), before)
    const key = await beginSignIn(storage, owner.user.id)
    const found = succeeded(await secondFactors.findForSignIn({ key, charges: freeCharges() }))
    const credential = present(found.credential)
    assertBytes(credential.secret, next)
    assert.equal(credential.lastStep, owner.step)
  },
)
