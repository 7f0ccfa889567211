import assert from 'node:assert/strict'
import { maxAuthenticationAge } from 'torii-core'
import { describe, test } from 'vitest'
import { readAuthentication } from './authentication.js'

const seconds = 1_800_000_000
const trustSecondFactor = { acr: ['https://id.example/two', '2'], amr: ['mfa'], maxAgeSeconds: 600 }
const read = (claims: object | null, trust: typeof trustSecondFactor | null = trustSecondFactor) =>
  readAuthentication(
    { trustSecondFactor: trust },
    claims === null ? null : { iss: 'https://id.example', iat: seconds, ...claims },
    seconds * 1000 + 999,
  )
const now = { auth_time: seconds }

describe('T14.82 what an ID token says of a second factor', () => {
  const proved: readonly (readonly [object, secondsAgo: number])[] = [
    [{ ...now, acr: '2' }, 0],
    [{ ...now, acr: 'https://id.example/two' }, 0],
    [{ ...now, amr: ['mfa'] }, 0],
    [{ ...now, acr: '1', amr: ['pwd', 'otp', 'mfa'] }, 0],
    [{ auth_time: seconds - 600, acr: '2' }, 600],
    [{ auth_time: seconds - 660, acr: '2' }, 660],
    // The provider's clock is ahead.
    [{ auth_time: seconds + 60, acr: '2' }, 0],
  ]
  for (const [claims, secondsAgo] of proved)
    test(`two factors: ${JSON.stringify(claims)}`, () =>
      assert.deepEqual(read(claims), { level: 2, secondsAgo }))

  const one: readonly object[] = [
    {},
    { acr: '1' },
    { acr: 2 },
    { acr: ['2'] },
    { acr: ' 2' },
    { acr: 'HTTPS://id.example/two' },
    { acr: 'https://id.example/two/' },
    { amr: 'mfa' },
    { amr: 'pwd mfa' },
    { amr: { mfa: true } },
    { amr: ['MFA'] },
    { amr: [['mfa']] },
    { amr: ['pwd', 'otp'] },
    { acr: null, amr: null },
  ]
  for (const claims of one)
    test(`one factor: ${JSON.stringify(claims)}`, () =>
      assert.deepEqual(read({ ...now, ...claims }), { level: 1, secondsAgo: 0 }))

  test('an authentication that is too old counts as one factor, at its time', () => {
    const old = { auth_time: seconds - 661, acr: '2' }
    assert.deepEqual(read(old), { level: 1, secondsAgo: 661 })
    const ancient = { auth_time: 0, acr: '2' }
    assert.deepEqual(read(ancient), { level: 1, secondsAgo: maxAuthenticationAge })
  })

  test('nothing is known without its time, or without trust', () => {
    for (const time of [undefined, null, String(seconds), seconds + 0.5, Number.NaN, seconds + 61])
      assert.equal(read({ auth_time: time, acr: '2' }), null, String(time))
    assert.equal(read({ ...now, acr: '2' }, null), null)
    assert.equal(read(null), null)
  })
})
