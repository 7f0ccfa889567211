import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { requireEmail } from 'torii-core'
import { defaults } from '../options/defaults.js'
import {
  accountAttempts,
  codeAttempt,
  mailCharges,
  networkAttempts,
  registrationCharges,
  signInAttempt,
  startCharge,
} from './attempts.js'

const sha256 = (text: string) => createHash('sha256').update(text).digest()

test('a key is the hash of its purpose and its subject', () => {
  const email = requireEmail('Person@Example.com')
  assert.deepEqual(accountAttempts(email), sha256('torii:attempt:account:person@example.com'))
  assert.deepEqual(networkAttempts('203.0.113.7'), sha256('torii:attempt:network:203.0.113.7'))
  const { address, network } = registrationCharges(defaults.bruteForce, email, '203.0.113.7')
  assert.deepEqual(network?.key, sha256('torii:attempt:register:203.0.113.7'))
  assert.deepEqual(address.key, sha256('torii:attempt:mailbox:person@example.com'))
})

test('T10.114 spellings of one network share their count, purposes never do', () => {
  assert.deepEqual(networkAttempts('2001:db8::1'), networkAttempts('2001:DB8:0:0:ffff::2'))
  const email = requireEmail('person@example.com')
  const ip = '2001:db8::1'
  const keys = [
    networkAttempts(ip),
    accountAttempts(email),
    registrationCharges(defaults.bruteForce, email, ip).network?.key,
    mailCharges(defaults.bruteForce, email, ip).network?.key,
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
    network: networkAttempts('203.0.113.7'),
  })
  assert.equal(known.charges.account?.policy, defaults.bruteForce.account)
  assert.equal(known.charges.network?.policy, defaults.bruteForce.network)
  assert.equal(signInAttempt(defaults.bruteForce, email, null).charges.network, null)
})
