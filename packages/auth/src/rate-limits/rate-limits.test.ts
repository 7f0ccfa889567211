import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { requireEmail } from 'torii-core'
import { test } from 'vitest'
import { canonicalIp } from '../base/ip-address.js'
import { defaults } from '../services/options/defaults.js'
import { accountAttempts, mailboxKey } from './keys.js'
import {
  accountAttempt,
  completionCharge,
  mailCharges,
  registrationCharges,
  startCharge,
  tokenPasswordAttempt,
} from './rate-limits.js'

const policies = defaults.bruteForce
const sha256 = (text: string) => createHash('sha256').update(text).digest()
const hex = (key: Uint8Array | undefined) => Buffer.from(key ?? []).toString('hex')
const from = (ip: string | null, knownBrowser: string | null = null) => ({
  ip: canonicalIp(ip),
  knownBrowser,
})
const email = requireEmail('Person@Example.com')
const mail = { email, purpose: 'magic_link', lifetimeSeconds: 600 } as const

test('a key is the hash of its purpose and its subject', () => {
  assert.deepEqual(accountAttempts(email), sha256('torii:attempt:account:person@example.com'))
  const { address, ipAddress } = registrationCharges(policies, mail, canonicalIp('203.0.113.7'))
  assert.deepEqual(ipAddress.key, sha256('torii:attempt:register:203.0.113.7'))
  assert.deepEqual(address.key, sha256('torii:attempt:mailbox_magic_link:person@example.com'))
})

test('spellings of one IP address share their count, purposes never do', () => {
  const keyFrom = (ip: string) => hex(startCharge(policies, from(ip)).key)
  assert.equal(keyFrom('2001:db8::1'), keyFrom('2001:DB8:0:0:ffff::2'))
  const caller = from('2001:db8::1')
  const charges = [
    ...Object.values(accountAttempt(policies, 'password', email, caller).charges),
    ...Object.values(accountAttempt(policies, 'code', email, caller).charges),
    ...Object.values(mailCharges(policies, mail, caller)),
    registrationCharges(policies, { ...mail, purpose: 'verify_email' }, caller.ip).address,
    registrationCharges(policies, mail, caller.ip).ipAddress,
    startCharge(policies, caller),
    completionCharge(policies, caller),
    ...Object.values(accountAttempt(policies, 'password', email, from(null, 'id')).charges),
    ...Object.values(accountAttempt(policies, 'code', email, from(null, 'id')).charges),
    mailCharges(policies, mail, from(null, 'id')).address,
    startCharge(policies, from(null, 'id')),
    completionCharge(policies, from(null, 'id')),
    mailCharges(policies, mail, from('2001:db8::1', 'id')).ipAddress,
    startCharge(policies, from('2001:db8::1', 'id')).block,
    completionCharge(policies, from('2001:db8::1', 'id'))?.block,
  ]
  // Codes and mail requests share the counter of the IP address.
  const keys = charges.map((charge) => hex(charge?.key))
  assert.equal(keys.length, 20)
  assert.equal(new Set(keys).size, keys.length - 1)
})

test('a stranger is counted by account, IP address and, three times as generously, by /48', () => {
  const { charges, refund } = accountAttempt(policies, 'password', email, from('2001:db8:7:1::1'))
  assert.equal(charges.account.policy, policies.account)
  assert.equal(charges.ipAddress?.policy, policies.ipAddress)
  const block = charges.ipAddress?.block
  assert.equal(hex(block?.key), hex(sha256('torii:attempt:ipAddress:2001:db8:7::/48')))
  assert.equal(block?.policy.cap, 3 * policies.ipAddress.cap)
  assert.deepEqual(refund, {
    account: accountAttempts(email),
    ipAddress: charges.ipAddress?.key,
    block: block?.key,
  })
})

test('strangers without an IP address share one counter, ten times as generous', () => {
  const { charges } = accountAttempt(policies, 'password', email, from(null))
  assert.equal(charges.account.policy, policies.account)
  assert.equal(hex(charges.ipAddress?.key), hex(sha256('torii:attempt:ipAddress:unknown')))
  assert.equal(charges.ipAddress?.policy.cap, 10 * policies.ipAddress.cap)
  assert.equal(startCharge(policies, from(null)).policy.cap, 10 * policies.starts.cap)
  assert.equal(completionCharge(policies, from(null)), null)
})

test('a known browser is counted by itself and with the others of its account, by no IP address', () => {
  const ofStranger = accountAttempt(policies, 'password', email, from('203.0.113.7'))
  const { charges, refund } = accountAttempt(policies, 'password', email, from('203.0.113.7', 'id'))
  assert.equal(charges.account.policy, policies.knownBrowser)
  assert.equal(charges.ipAddress?.policy, policies.knownBrowsers)
  assert.notDeepEqual(charges.account.key, ofStranger.charges.account.key)
  assert.notDeepEqual(charges.ipAddress?.key, ofStranger.charges.ipAddress?.key)
  assert.deepEqual(refund.account, charges.account.key)
  const token = tokenPasswordAttempt(policies, from('203.0.113.7', 'id')).charges.ipAddress?.key
  assert.notDeepEqual(
    token,
    tokenPasswordAttempt(policies, from('203.0.113.7')).charges.ipAddress?.key,
  )
})

test('all known browsers of one IP address share a limit, ten times as generous, that strangers do not reach', () => {
  const [first, second] = [from('203.0.113.7', 'one'), from('203.0.113.7', 'two')]
  const [one, two] = [startCharge(policies, first), startCharge(policies, second)]
  assert.notDeepEqual(one.key, two.key)
  assert.deepEqual(one.block?.key, two.block?.key)
  assert.equal(one.block?.policy.cap, 10 * policies.starts.cap)
  const stranger = startCharge(policies, from('203.0.113.7'))
  assert.notDeepEqual(one.block?.key, stranger.key)
  assert.deepEqual(
    mailCharges(policies, mail, first).ipAddress?.key,
    mailCharges(policies, mail, second).ipAddress?.key,
  )
})

test('addresses of one mailbox share its allowance, separately for each purpose; they share no account', () => {
  const tagged = requireEmail('person+shop@example.com')
  const keyOf = (address: typeof email) =>
    hex(mailboxKey({ email: address, purpose: 'magic_link' }))
  assert.equal(keyOf(tagged), keyOf(email))
  assert.equal(keyOf(requireEmail('person+a+b@example.com')), keyOf(email))
  assert.notEqual(keyOf(requireEmail('person@example.org')), keyOf(email))
  assert.notEqual(
    keyOf(requireEmail('+tag@example.com')),
    keyOf(requireEmail('+other@example.com')),
  )
  assert.notDeepEqual(accountAttempts(tagged), accountAttempts(email))
  assert.notEqual(hex(mailboxKey({ email, purpose: 'reset_password' })), keyOf(email))
})

test('a mail allowance gives one back in each lifetime of its link, at least each hour', () => {
  const { policy } = mailCharges(policies, mail, from('203.0.113.7')).address
  const { cap, refill, windowSeconds, lockSeconds } = policy
  assert.deepEqual(
    { cap, refill, windowSeconds, lockSeconds },
    { cap: 3, refill: 1, windowSeconds: 600, lockSeconds: 600 },
  )
  const aDay = { ...mail, purpose: 'verify_email', lifetimeSeconds: 86_400 } as const
  assert.equal(mailCharges(policies, aDay, from('203.0.113.7')).address.policy.windowSeconds, 3600)
})
