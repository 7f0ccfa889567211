import assert from 'node:assert/strict'
import { hash, randomBytes } from 'node:crypto'
import { newSessionId } from 'torii-core'
import { test } from 'vitest'
import type { ChallengeUse } from './challenge.js'
import { challengeOf, hashChallengeId, newChallengeId, parseChallengeId } from './challenge.js'

test('an id is 32 random bytes, and reads back from its one spelling', () => {
  const id = newChallengeId()
  assert.equal(id.length, 32)
  assert.notDeepEqual(id, newChallengeId())
  assert.deepEqual(parseChallengeId(id.toString('base64url')), id)
})

test('what is not an id is null', () => {
  const text = newChallengeId().toString('base64url')
  const last = text.slice(0, -1)
  // The last character holds two bits that no byte uses.
  const twins = ['A', 'B', 'C', 'D'].map((end) => parseChallengeId(last + end))
  assert.equal(twins.filter((one) => one !== null).length, 1)
  for (const value of ['', `${text}=`, `${text}A`, last, `+${text.slice(1)}`, null, 7, [text], {}])
    assert.equal(parseChallengeId(value), null)
})

test('the database keeps a hash of its own kind, and never the id', () => {
  const id = newChallengeId()
  const expected = hash(
    'sha256',
    Buffer.concat([Buffer.from('torii:passkey-challenge:'), id]),
    'hex',
  )
  assert.equal(Buffer.from(hashChallengeId(id)).toString('hex'), expected)
})

test('T7.90 a challenge is another one for each ceremony, session and user handle', () => {
  const id = newChallengeId()
  const sessionId = newSessionId()
  const userHandle = randomBytes(64)
  const uses: ChallengeUse[] = [
    { kind: 'discoverable' },
    { kind: 'address' },
    { kind: 'reauthenticate', sessionId },
    { kind: 'reauthenticate', sessionId: newSessionId() },
    { kind: 'register', sessionId, userHandle },
    { kind: 'register', sessionId: newSessionId(), userHandle },
    { kind: 'register', sessionId, userHandle: randomBytes(64) },
  ]
  const challenges = uses.flatMap((use) => [
    challengeOf(id, use),
    challengeOf(newChallengeId(), use),
  ])
  assert.equal(new Set(challenges).size, 2 * uses.length)
  for (const challenge of challenges) assert.equal(Buffer.from(challenge, 'base64url').length, 32)
  for (const use of uses) assert.equal(challengeOf(id, use), challengeOf(id, { ...use }))
})
