import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { requireEmail } from 'torii-core'
import { defaults } from '../options/options.js'
import {
  accountAttempts,
  networkAttempts,
  registrationAttempts,
  signInAttempt,
} from './attempts.js'

const sha256 = (text: string) => createHash('sha256').update(text).digest()

test('a key is the hash of its purpose and its subject', () => {
  const email = requireEmail('Person@Example.com')
  assert.deepEqual(accountAttempts(email), sha256('torii:attempt:account:person@example.com'))
  assert.deepEqual(networkAttempts('203.0.113.7'), sha256('torii:attempt:network:203.0.113.7'))
  assert.deepEqual(
    registrationAttempts('203.0.113.7'),
    sha256('torii:attempt:register:203.0.113.7'),
  )
})

test('spellings of one network share their count, purposes never do', () => {
  assert.deepEqual(networkAttempts('2001:db8::1'), networkAttempts('2001:DB8:0:0:ffff::2'))
  assert.notDeepEqual(networkAttempts('2001:db8::1'), registrationAttempts('2001:db8::1'))
})

test('a sign-in is charged to the account, and to the network where it is known', () => {
  const email = requireEmail('person@example.com')
  const known = signInAttempt(defaults.bruteForce, email, '203.0.113.7')
  assert.deepEqual(known.refund, {
    account: accountAttempts(email),
    network: networkAttempts('203.0.113.7'),
  })
  assert.equal(known.charges.account?.policy, defaults.bruteForce.account)
  assert.equal(known.charges.network?.policy, defaults.bruteForce.network)
  assert.equal(signInAttempt(defaults.bruteForce, email, null).charges.network, null)
})
