import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { requireEmail } from 'torii-core'
import { test } from 'vitest'
import { defaults } from '../services/options/defaults.js'
import {
  accountAttempts,
  codeAttempt,
  ipAddressAttempts,
  mailCharges,
  registrationCharges,
  signInAttempt,
  startCharge,
} from './rate-limits.js'

const sha256 = (text: string) => createHash('sha256').update(text).digest()

test('a key is the hash of its purpose and its subject', () => {
  const email = requireEmail('Person@Example.com')
  assert.deepEqual(accountAttempts(email), sha256('torii:attempt:account:person@example.com'))
  assert.deepEqual(ipAddressAttempts('203.0.113.7'), sha256('torii:attempt:network:203.0.113.7'))
  const { address, ipAddress } = registrationCharges(defaults.bruteForce, email, '203.0.113.7')
  assert.deepEqual(ipAddress?.key, sha256('torii:attempt:register:203.0.113.7'))
  assert.deepEqual(address.key, sha256('torii:attempt:mailbox:person@example.com'))
})

test('spellings of one network share their count, purposes never do', () => {
  assert.deepEqual(ipAddressAttempts('2001:db8::1'), ipAddressAttempts('2001:DB8:0:0:ffff::2'))
  const email = requireEmail('person@example.com')
  const ip = '2001:db8::1'
  const keys = [
    ipAddressAttempts(ip),
    accountAttempts(email),
    registrationCharges(defaults.bruteForce, email, ip).ipAddress?.key,
    mailCharges(defaults.bruteForce, email, ip).ipAddress?.key,
    mailCharges(defaults.bruteForce, email, ip).address.key,
    codeAttempt(defaults.bruteForce, email, ip).charges.account?.key,
    startCharge(defaults.bruteForce, ip)?.key,
  ].map((key) => Buffer.from(key ?? []).toString('hex'))
  assert.equal(new Set(keys).size, keys.length)
})

test('a sign-in is charged to the account, and to the network where it is known', () => {
  const email = requireEmail('person@example.com')
  const known = signInAttempt(defaults.bruteForce, email, '203.0.113.7')
  assert.deepEqual(known.refund, {
    account: accountAttempts(email),
    ipAddress: ipAddressAttempts('203.0.113.7'),
  })
  assert.equal(known.charges.account?.policy, defaults.bruteForce.account)
  assert.equal(known.charges.ipAddress?.policy, defaults.bruteForce.ipAddress)
  assert.equal(signInAttempt(defaults.bruteForce, email, null).charges.ipAddress, null)
})
