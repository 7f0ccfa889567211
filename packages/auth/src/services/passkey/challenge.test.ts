import assert from 'node:assert/strict'
import { hash, randomBytes } from 'node:crypto'
import { newSessionId } from 'torii-core'
import { test } from 'vitest'
import type { ChallengeUse } from './challenge.js'
import { challengeOf, hashChallengeId, newChallengeId, parseChallengeId } from './challenge.js'

test('a challenge id is 32 random bytes and parses only in its canonical form', () => {
  const id = newChallengeId()
  assert.equal(id.length, 32)
  assert.notDeepEqual(id, newChallengeId())
  assert.deepEqual(parseChallengeId(id.toString('base64url')), id)
})

test('parseChallengeId() returns null for any other value', () => {
  const text = newChallengeId().toString('base64url')
  const last = text.slice(0, -1)
  // The last character holds two bits that no byte uses.
  const twins = ['A', 'B', 'C', 'D'].map((end) => parseChallengeId(last + end))
  assert.equal(twins.filter((one) => one !== null).length, 1)
  for (const value of ['', `${text}=`, `${text}A`, last, `+${text.slice(1)}`, null, 7, [text], {}])
    assert.equal(parseChallengeId(value), null)
})

test('the database stores a hash with its own prefix, never the id', () => {
  const id = newChallengeId()
  const expected = hash(
    'sha256',
    Buffer.concat([Buffer.from('torii:passkey-challenge:'), id]),
    'hex',
  )
  assert.equal(Buffer.from(hashChallengeId(id)).toString('hex'), expected)
})

test('T7.90 the challenge differs by ceremony, session and user handle', () => {
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
