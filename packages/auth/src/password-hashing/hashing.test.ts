import assert from 'node:assert/strict'
import { createHook } from 'node:async_hooks'
import { inspect } from 'node:util'
import { hash as argon2 } from '@node-rs/argon2'
import { newUserId, PasswordHash } from 'torii-core'
import { test } from 'vitest'
import type { LogEvent } from '../base/log.js'
import type { NormalizedPassword } from '../password-policy/text.js'
import { normalizePassword } from '../password-policy/text.js'
import { resolveOptions } from '../services/options/options.js'
import { parseArgon2 } from './argon2.js'
import { createPasswordHashing } from './hashing.js'

const userId = newUserId()

function password(text: string): NormalizedPassword {
  const read = normalizePassword(text)
  assert.ok(read.ok)
  return read.password
}

function open() {
  const events: LogEvent[] = []
  const hashing = createPasswordHashing(
    resolveOptions({ baseUrl: 'https://app.example', log: (event) => events.push(event) }),
  )
  return { events, ...hashing }
}

test('a hash is Argon2id under the current parameters, and never the same twice', async () => {
  const { withSlot } = open()
  await withSlot(async (hasher) => {
    const [one, two] = [await hasher.hash(password('same')), await hasher.hash(password('same'))]
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
    assert.equal(hasher.needsRehash(one), false)
    assert.equal(inspect(one), '[redacted]')
  })
})

test('only the very same password verifies', async () => {
  const { withSlot } = open()
  await withSlot(async (hasher) => {
    const stored = { userId, hash: await hasher.hash(password('Grüße aus Köln\u0000 ')) }
    const verify = (text: string) => hasher.verify(stored, password(text))
    assert.equal(await verify('Grüße aus Köln\u0000 '), true)
    assert.equal(await verify('Grüße aus Köln\u0000 '.normalize('NFD')), true)
    for (const other of ['Grüße aus Köln', 'Grüße aus Köln\u0000', 'grüße aus köln\u0000 ', ''])
      assert.equal(await verify(other), false)
  })
})

test('without an account or a possible password the answer is no', async () => {
  const { withSlot, events } = open()
  await withSlot(async (hasher) => {
    const stored = { userId, hash: await hasher.hash(password('')) }
    assert.equal(await hasher.verify(null, password('anything')), false)
    assert.equal(await hasher.verify(stored, null), false)
    assert.equal(await hasher.verify(null, null), false)
  })
  assert.deepEqual(events, [])
})

/** How many computations the native binding was given: each is one resource beside the promises around it. */
async function computations(work: () => Promise<unknown>): Promise<number> {
  let count = 0
  const hook = createHook({
    init(_id, type) {
      if (type !== 'PROMISE') count += 1
    },
  }).enable()
  try {
    await work()
  } finally {
    hook.disable()
  }
  return count
}

test('T4.56 an answer that is no from the start takes one computation, as every other does', async () => {
  const { withSlot } = open()
  await withSlot(async (hasher) => {
    const stored = { userId, hash: await hasher.hash(password('the right one')) }
    const hostile = { userId, hash: new PasswordHash('$2b$12$AAAAAAAAAAAAAAAAAAAAAA') }
    const given = password('any')
    assert.equal(await computations(async () => undefined), 0)
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
})

test('a stored hash of hostile cost or unknown form is a wrong password, logged without the hash', async () => {
  const { withSlot, events } = open()
  const hostile = ['$argon2id$v=19$m=4194304,t=2,p=1$', '$2b$12$', ''].map(
    (start) => `${start}AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA`,
  )
  await withSlot(async (hasher) => {
    for (const text of hostile) {
      const hash = new PasswordHash(text)
      assert.equal(await hasher.verify({ userId, hash }, password('any')), false)
      assert.equal(hasher.needsRehash(hash), true)
    }
  })
  const event = { level: 'warn', event: 'stored_hash_refused', userId }
  assert.deepEqual(
    events,
    hostile.map(() => event),
  )
})

test('a hash under other parameters verifies and asks to be made again', async () => {
  const { withSlot } = open()
  const older = [
    { memoryCost: 8192 },
    { timeCost: 3 },
    { parallelism: 2 },
    { salt: Buffer.alloc(8, 1) },
    { outputLen: 24 },
  ]
  await withSlot(async (hasher) => {
    for (const parameters of older) {
      const base = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
      const hash = new PasswordHash(await argon2('password', { ...base, ...parameters }))
      assert.equal(await hasher.verify({ userId, hash }, password('password')), true)
      assert.equal(hasher.needsRehash(hash), true)
    }
  })
})
