import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { hash as argon2 } from '@node-rs/argon2'
import { newUserId, PasswordHash } from 'torii-core'
import { test, vi } from 'vitest'
import type { GivenPassword } from '../password-policy/text.js'
import { normalizePassword } from '../password-policy/text.js'
import type { LogEvent } from '../services/options/log.js'
import { resolveOptions } from '../services/options/options.js'
import { parseArgon2 } from './argon2.js'
import { createPasswordHashing } from './hashing.js'

// Every function of the native binding counts its calls, from before the tested module takes it.
const binding = await vi.hoisted(async () => {
  const { createRequire } = await import('node:module')
  const functions: Record<string, unknown> = createRequire(import.meta.url)('@node-rs/argon2')
  const counted = { calls: 0 }
  for (const [name, compute] of Object.entries(functions))
    if (typeof compute === 'function')
      functions[name] = (...given: unknown[]): unknown => {
        counted.calls += 1
        return Reflect.apply(compute, null, given)
      }
  return counted
})

const userId = newUserId()

function password(text: string): GivenPassword {
  const read = normalizePassword(text)
  assert.ok(read.ok)
  return read
}

function open() {
  const events: LogEvent[] = []
  const hashing = createPasswordHashing(
    resolveOptions({ baseUrl: 'https://app.example', log: (event) => events.push(event) }),
  )
  return { events, hasher: hashing.hasherFor({ reserved: false, ipAddress: null, account: null }) }
}

test('V11.4.2 a hash is Argon2id under the current parameters, and never the same twice', async () => {
  const { hasher } = open()
  const [one, two] = [
    await hasher.hash(password('same').password),
    await hasher.hash(password('same').password),
  ]
  assert.notEqual(one.reveal(), two.reveal())
  const form = {
    memoryKib: 19_456,
    passes: 2,
    lanes: 1,
    saltBytes: 16,
    outputBytes: 32,
    keyId: null,
  }
  assert.deepEqual(parseArgon2(one.reveal()), form)
  assert.equal(hasher.needsRehash(one, password('any')), false)
  assert.equal(inspect(one), '[redacted]')
})

test('T8.94 only the very same password verifies', async () => {
  const { hasher } = open()
  const stored = { userId, hash: await hasher.hash(password('Grüße aus Köln\u0000 ').password) }
  const verify = (text: string) => hasher.verify(stored, password(text))
  assert.equal(await verify('Grüße aus Köln\u0000 '), true)
  assert.equal(await verify('Grüße aus Köln\u0000 '.normalize('NFD')), true)
  for (const other of ['Grüße aus Köln', 'Grüße aus Köln\u0000', 'grüße aus köln\u0000 ', ''])
    assert.equal(await verify(other), false)
})

test('without an account or a possible password the answer is no', async () => {
  const { hasher, events } = open()
  const stored = { userId, hash: await hasher.hash(password('').password) }
  assert.equal(await hasher.verify(null, password('anything')), false)
  assert.equal(await hasher.verify(stored, null), false)
  assert.equal(await hasher.verify(null, null), false)
  assert.deepEqual(events, [])
})

/** How many computations the native binding was given. */
async function computations(work: () => Promise<unknown>): Promise<number> {
  const before = binding.calls
  await work()
  return binding.calls - before
}

test('T4.56 an answer that is no from the start takes one computation, as every other does', async () => {
  const { hasher } = open()
  const stored = { userId, hash: await hasher.hash(password('the right one').password) }
  const hostile = { userId, hash: new PasswordHash('$2b$12$AAAAAAAAAAAAAAAAAAAAAA') }
  const given = password('any')
  assert.equal(await computations(async () => undefined), 0)
  assert.equal(await computations(() => argon2('any')), 1)
  for (const [whose, text] of [
    [stored, password('the right one')],
    [stored, given],
    [null, given],
    [stored, null],
    [null, null],
    [hostile, given],
  ] as const)
    assert.equal(await computations(() => hasher.verify(whose, text)), 1)
})

test('T4.56 a spelling that is not NFC takes one computation more, with and without an account', async () => {
  const { hasher } = open()
  const stored = { userId, hash: await hasher.hash(password('the right one').password) }
  const given = password('Grüße'.normalize('NFD'))
  for (const whose of [stored, null])
    assert.equal(await computations(() => hasher.verify(whose, given)), 2)
})

test('a stored hash of hostile cost or unknown form is a wrong password, logged without the hash', async () => {
  const { hasher, events } = open()
  const hostile = ['$argon2id$v=19$m=4194304,t=2,p=1$', '$2b$12$', ''].map(
    (start) => `${start}AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA`,
  )
  for (const text of hostile) {
    const hash = new PasswordHash(text)
    assert.equal(await hasher.verify({ userId, hash }, password('any')), false)
    assert.equal(hasher.needsRehash(hash, password('any')), true)
  }
  const event = { level: 'warn', event: 'stored_hash_refused', userId }
  assert.deepEqual(
    events,
    hostile.map(() => event),
  )
})

test('a hash under other parameters verifies and asks to be made again', async () => {
  const { hasher } = open()
  const older = [
    { memoryCost: 8192 },
    { timeCost: 3 },
    { parallelism: 2 },
    { salt: Buffer.alloc(8, 1) },
    { outputLen: 24 },
  ]
  for (const parameters of older) {
    const base = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
    const hash = new PasswordHash(await argon2('password', { ...base, ...parameters }))
    assert.equal(await hasher.verify({ userId, hash }, password('password')), true)
    assert.equal(hasher.needsRehash(hash, password('any')), true)
  }
})
