import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { verify } from '@node-rs/argon2'
import type { PasswordHash } from 'torii-core'
import { InvalidOptionsError, newUserId } from 'torii-core'
import { test } from 'vitest'
import type { ApplicationKey } from '../crypto/key-ring.js'
import type { GivenPassword } from '../password-policy/text.js'
import { normalizePassword } from '../password-policy/text.js'
import type { LogEvent } from '../services/options/log.js'
import { resolveOptions } from '../services/options/options.js'
import { parseArgon2, withoutKeyId } from './argon2.js'
import { createPasswordHashing } from './hashing.js'

const newKey = (id: string): ApplicationKey => ({ id, secret: randomBytes(32) })
const userId = newUserId()

function password(text: string): GivenPassword {
  const read = normalizePassword(text)
  assert.ok(read.ok)
  return read
}

function open(keys: readonly ApplicationKey[], pepper: boolean) {
  const events: LogEvent[] = []
  const options = resolveOptions({
    baseUrl: 'https://app.example',
    ...(keys.length === 0 ? {} : { keys }),
    password: { hashing: { pepper } },
    log: (event) => events.push(event),
  })
  const hasher = createPasswordHashing(options).hasherFor({
    reserved: false,
    ipAddress: null,
    account: null,
  })
  return {
    events,
    hash: (text: string) => hasher.hash(password(text).password),
    verify: (hash: PasswordHash, text: string) => hasher.verify({ userId, hash }, password(text)),
    needsRehash: (hash: PasswordHash) => hasher.needsRehash(hash, password('correct horse')),
  }
}

const key = newKey('2026_a-b')

test('a peppered hash names its key and cannot be guessed against without it', async () => {
  const site = open([key], true)
  const hash = await site.hash('correct horse')
  assert.match(hash.reveal(), /^\$argon2id\$v=19\$m=19456,t=2,p=1,keyid=MjAyNl9hLWI\$/)
  assert.equal(parseArgon2(hash.reveal())?.keyId, '2026_a-b')
  assert.equal(await site.verify(hash, 'correct horse'), true)
  assert.equal(await site.verify(hash, 'correct horsf'), false)
  assert.equal(await site.needsRehash(hash), false)
  // What a thief of the database can compute.
  assert.equal(await verify(withoutKeyId(hash.reveal()), 'correct horse'), false)
})

test('another secret under the same id verifies nothing', async () => {
  const hash = await open([key], true).hash('correct horse')
  assert.equal(await open([newKey(key.id)], true).verify(hash, 'correct horse'), false)
})

test('old keys still verify, and the hash asks to be made again under the new one', async () => {
  const hash = await open([key], true).hash('correct horse')
  const rotated = open([newKey('next'), key], true)
  assert.equal(await rotated.verify(hash, 'correct horse'), true)
  assert.equal(await rotated.needsRehash(hash), true)
  const again = await rotated.hash('correct horse')
  assert.equal(await rotated.verify(again, 'correct horse'), true)
  assert.equal(await rotated.needsRehash(again), false)
})

test('the setting can be turned on and off over what is stored', async () => {
  const [plain, peppered] = [open([key], false), open([key], true)]
  const [without, with_] = [await plain.hash('correct horse'), await peppered.hash('correct horse')]
  for (const site of [plain, peppered])
    for (const hash of [without, with_]) assert.ok(await site.verify(hash, 'correct horse'))
  assert.deepEqual(
    [await plain.needsRehash(with_), await peppered.needsRehash(without)],
    [true, true],
  )
})

test('a hash whose key is gone is a wrong password, and the operator is told which key', async () => {
  const hash = await open([key], true).hash('correct horse')
  for (const keys of [[], [newKey('other')]]) {
    const site = open(keys, false)
    assert.equal(await site.verify(hash, 'correct horse'), false)
    const event = { level: 'error', event: 'pepper_key_missing', userId, keyId: key.id }
    assert.deepEqual(site.events, [event])
  }
})

test('a pepper without keys is refused at start', () => {
  assert.throws(
    () => open([], true),
    (error) => error instanceof InvalidOptionsError && /needs the option keys/.test(error.message),
  )
})
