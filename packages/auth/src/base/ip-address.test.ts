import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import fc from 'fast-check'
import { test } from 'vitest'
import { canonicalIp, ipAddressRanges } from './ip-address.js'

const rangeOf = (value: unknown): string | null => {
  const ip = canonicalIp(value)
  return ip === null ? null : ipAddressRanges(ip).address
}

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
  ['2001:1:0:1::/64', '2001:1:0:1::', ['2001:1:0:1:0:0:0:0', '2001:1:0:1::']],
  // IPv6 addresses that stand for an IPv4 address: NAT64, its local prefix, 6to4, Teredo (inverted), SIIT, compatible.
  ['1.2.3.4', '64:ff9b::102:304', ['64:ff9b::1.2.3.4']],
  ['1.2.3.4', '64:ff9b:1::102:304', ['64:ff9b:1::1.2.3.4']],
  ['1.2.3.4', '2002:102:304:5:6:7:8:9', ['2002:0102:0304:5:6:7:8:9']],
  ['1.2.3.4', '2001:0:a:b:c:d:fefd:fcfb', ['2001:0:a:b:c:d:fefd:fcfb']],
  ['1.2.3.4', '::ffff:0:102:304', ['::ffff:0:1.2.3.4']],
  ['1.2.3.4', '::102:304', ['::1.2.3.4']],
]

for (const [ipAddress, ip, spellings] of same)
  for (const spelling of spellings)
    test(`${spelling} is ${ip} in ${ipAddress}`, () => {
      assert.equal(canonicalIp(spelling), ip)
      assert.equal(rangeOf(spelling), ipAddress)
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

test('canonicalIp() returns null for any other value', () => {
  for (const value of garbage) {
    assert.equal(canonicalIp(value), null, String(value).slice(0, 40))
    assert.equal(rangeOf(value), null)
  }
})

test('canonicalIp() returns canonical addresses only', () => {
  const texts = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string(), fc.anything())
  fc.assert(
    fc.property(texts, (text) => {
      const ip = canonicalIp(text)
      if (ip === null) return assert.equal(rangeOf(text), null)
      assert.notEqual(isIP(ip), 0)
      assert.equal(canonicalIp(ip), ip)
      assert.equal(rangeOf(ip), rangeOf(text))
    }),
    { numRuns: 2000 },
  )
})

const group = fc.integer({ min: 0, max: 0xffff })
const plain = (groups: number[]) => groups.map((value) => value.toString(16)).join(':')

test('all addresses of one /64 have one range, and those of another have another', () => {
  const groups = fc.array(group, { minLength: 4, maxLength: 4 })
  fc.assert(
    fc.property(groups, groups, groups, groups, (prefix, other, host, further) => {
      // Mapped IPv4 addresses lie in ::/64 too, and are their own networks.
      const isIpv4 = ([first, second]: number[]) =>
        first === 0x2002 ||
        (first === 0x64 && second === 0xff9b) ||
        (first === 0x2001 && second === 0)
      fc.pre(prefix.some((value) => value !== 0) && !isIpv4(prefix) && !isIpv4(other))
      const ipAddress = rangeOf(plain([...prefix, ...host]))
      assert.equal(ipAddress, `${plain(prefix)}::/64`)
      assert.equal(rangeOf(plain([...prefix, ...further]).toUpperCase()), ipAddress)
      if (plain(other) !== plain(prefix))
        assert.notEqual(rangeOf(plain([...other, ...host])), ipAddress)
    }),
  )
})

test('all addresses of one /48 have one block; an IPv4 address has none', () => {
  const blockOf = (text: string) => {
    const ip = canonicalIp(text)
    return ip === null ? null : ipAddressRanges(ip).block
  }
  assert.equal(blockOf('2001:db8:7:1::1'), '2001:db8:7::/48')
  assert.equal(blockOf('2001:db8:7:ffff:1::'), '2001:db8:7::/48')
  assert.equal(blockOf('2001:db8:8:1::1'), '2001:db8:8::/48')
  for (const text of ['203.0.113.7', '::ffff:203.0.113.7', '64:ff9b::203.0.113.7'])
    assert.equal(blockOf(text), null, text)
})

test('an IPv4 address and its mapped spelling have one range', () => {
  fc.assert(
    fc.property(fc.ipV4(), (ip) => {
      assert.equal(rangeOf(`::ffff:${ip}`), ip)
      assert.equal(rangeOf(`[::FFFF:${ip}]:443`), rangeOf(`${ip}:80`))
    }),
  )
})
