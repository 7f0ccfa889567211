import assert from 'node:assert/strict'
import { hash } from '@node-rs/argon2'
import { test } from 'vitest'
import { parseArgon2 } from './argon2.js'

const salt = 'AAAAAAAAAAAAAAAAAAAAAA'
const output = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
const form = (m: string, t: string, p: string) =>
  `$argon2id$v=19$m=${m},t=${t},p=${p}$${salt}$${output}`

test('reads what the library writes', async () => {
  const text = await hash('password', { memoryCost: 8192, timeCost: 5, parallelism: 2 })
  assert.deepEqual(parseArgon2(text), {
    memoryKib: 8192,
    passes: 5,
    lanes: 2,
    saltBytes: 16,
    outputBytes: 32,
    keyId: null,
  })
})

test('reads every setting that is recommended anywhere, up to libsodium MODERATE', () => {
  for (const [m, t, p] of [
    ['19456', '2', '1'],
    ['47104', '1', '1'],
    ['65536', '3', '4'],
    ['262144', '3', '1'],
  ] as const)
    assert.notEqual(parseArgon2(form(m, t, p)), null)
})

const refused: readonly (readonly [why: string, text: string])[] = [
  ['nothing', ''],
  ['bcrypt', '$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW'],
  ['Argon2i', form('19456', '2', '1').replace('argon2id', 'argon2i')],
  ['an old version', form('19456', '2', '1').replace('v=19', 'v=16')],
  ['4 TiB of memory', form('4294967295', '2', '1')],
  ['1 GiB of memory', form('1048576', '1', '1')],
  ['a memory below eight blocks a lane', form('64', '2', '16')],
  ['no passes', form('19456', '0', '1')],
  ['many passes', form('19456', '17', '1')],
  ['too much work in all', form('262144', '5', '1')],
  ['no lanes', form('19456', '2', '0')],
  ['many lanes', form('19456', '2', '17')],
  ['a leading zero', form('019456', '2', '1')],
  ['a sign', form('+19456', '2', '1')],
  ['an exponent', form('1e4', '2', '1')],
  ['a negative number', form('-1', '2', '1')],
  ['a further parameter', form('19456', '2', '1,keyid=AA')],
  ['a short salt', `$argon2id$v=19$m=19456,t=2,p=1$AAAAAAA$${output}`],
  ['a short output', `$argon2id$v=19$m=19456,t=2,p=1$${salt}$AAAAAAAAAAAAAAAAAAAA`],
  ['padding', `${form('19456', '2', '1')}=`],
  ['a second spelling of the same bytes', `${form('19456', '2', '1').slice(0, -1)}B`],
  ['a new line at the end', `${form('19456', '2', '1')}\n`],
  ['a megabyte', form('19456', '2', '1') + 'A'.repeat(1_048_576)],
]

for (const [why, text] of refused)
  test(`refuses ${why}`, () => {
    assert.equal(parseArgon2(text), null)
  })
