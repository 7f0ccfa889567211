import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import fc from 'fast-check'
import { test } from 'vitest'
import { canonicalIp, ipAddressRange } from './ip-address.js'

const same: readonly (readonly [ipAddress: string, ip: string, spellings: readonly string[]])[] = [
  [
    '203.0.113.7',
    '203.0.113.7',
    [
      '203.0.113.7',
      ' 203.0.113.7 ',
      '203.0.113.7:443',
      '::ffff:203.0.113.7',
      '::FFFF:CB00:7107',
      '0:0:0:0:0:ffff:203.0.113.7',
      '[::ffff:203.0.113.7]:80',
    ],
  ],
  [
    '2001:db8:1:2::/64',
    '2001:db8:1:2::a',
    [
      '2001:db8:1:2::a',
      '2001:DB8:1:2::A',
      '2001:0db8:0001:0002:0000:0000:0000:000a',
      '[2001:db8:1:2::a]',
      '[2001:db8:1:2::a]:8080',
      '2001:db8:1:2:0:0:0.0.0.10',
    ],
  ],
  ['fe80:0:0:0::/64', 'fe80::1', ['fe80::1', 'fe80::1%eth0', 'fe80::1%25', '[fe80::1%eth0]:443']],
  ['0:0:0:0::/64', '::1', ['::1', '[::1]:3000', '0:0:0:0:0:0:0:1']],
  ['0:0:0:0::/64', '::', ['::']],
  ['1:2:3:4::/64', '1:2:3:4:5:6:7:8', ['1:2:3:4:5:6:7:8']],
  ['2001:0:0:1::/64', '2001:0:0:1::', ['2001::1:0:0:0:0', '2001:0:0:1::']],
  ['64:ff9b:0:0::/64', '64:ff9b::102:304', ['64:ff9b::1.2.3.4']],
  ['0:0:0:0::/64', '::ffff:0:102:304', ['::ffff:0:1.2.3.4']],
]

for (const [ipAddress, ip, spellings] of same)
  for (const spelling of spellings)
    test(`${spelling} is ${ip} in ${ipAddress}`, () => {
      assert.equal(canonicalIp(spelling), ip)
      assert.equal(ipAddressRange(spelling), ipAddress)
    })

const garbage: readonly unknown[] = [
  '',
  ' ',
  'localhost',
  'unknown',
  '_hidden',
  '1.2.3',
  '1.2.3.4.5',
  '01.2.3.4',
  '1.2.3.256',
  '1.2.3.4:',
  '1.2.3.4:http',
  '1.2.3.4:123456',
  '1.2.3.4%eth0',
  '1.2.3.4/24',
  '0x7f.0.0.1',
  '2130706433',
  '[1.2.3.4]',
  '[1.2.3.4]:80',
  '[::1',
  '[::1]x',
  '[::1]:',
  '[]',
  '::1]',
  ':::',
  '1::2::3',
  '12345::',
  'g::',
  '2001:db8::/32',
  '::1, ::2',
  '1.2.3.4, 5.6.7.8',
  '::ffff:1.2.3',
  '1.2.3.4\0',
  '１.2.3.4',
  'a'.repeat(1_048_576),
  `${'['.repeat(100)}`,
  undefined,
  null,
  42,
  {},
  ['1.2.3.4'],
]

test('garbage is nobody', () => {
  for (const value of garbage) {
    assert.equal(canonicalIp(value), null, String(value).slice(0, 40))
    assert.equal(ipAddressRange(value), null)
  }
})

test('whatever comes in, what comes out is an address in its canonical form', () => {
  const texts = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string(), fc.anything())
  fc.assert(
    fc.property(texts, (text) => {
      const ip = canonicalIp(text)
      if (ip === null) return assert.equal(ipAddressRange(text), null)
      assert.notEqual(isIP(ip), 0)
      assert.equal(canonicalIp(ip), ip)
      assert.equal(ipAddressRange(ip), ipAddressRange(text))
    }),
    { numRuns: 2000 },
  )
})

const group = fc.integer({ min: 0, max: 0xffff })
const plain = (groups: number[]) => groups.map((value) => value.toString(16)).join(':')

test('all addresses of one /64 are one network, and those of another are not', () => {
  const groups = fc.array(group, { minLength: 4, maxLength: 4 })
  fc.assert(
    fc.property(groups, groups, groups, groups, (prefix, other, host, further) => {
      // Mapped IPv4 addresses lie in ::/64 too, and are their own networks.
      fc.pre(prefix.some((value) => value !== 0))
      const ipAddress = ipAddressRange(plain([...prefix, ...host]))
      assert.equal(ipAddress, `${plain(prefix)}::/64`)
      assert.equal(ipAddressRange(plain([...prefix, ...further]).toUpperCase()), ipAddress)
      if (plain(other) !== plain(prefix))
        assert.notEqual(ipAddressRange(plain([...other, ...host])), ipAddress)
    }),
  )
})

test('an IPv4 address and its mapped spelling are one network', () => {
  fc.assert(
    fc.property(fc.ipV4(), (ip) => {
      assert.equal(ipAddressRange(`::ffff:${ip}`), ip)
      assert.equal(ipAddressRange(`[::FFFF:${ip}]:443`), ipAddressRange(`${ip}:80`))
    }),
  )
})
