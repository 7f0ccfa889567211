import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { newUserId, requireEmail } from 'torii-core'
import { test } from 'vitest'
import { resolveKeys } from '../../crypto/key-ring.js'
import { decoyCredentials, isDecoy } from './decoys.js'
import { userHandles } from './user-handle.js'

const secret = randomBytes(32)
const keys = resolveKeys([{ id: 'k1', secret }])
const shown = (list: ReturnType<typeof decoyCredentials>) =>
  list.map(({ id, transports }) => [Buffer.from(id).toString('hex'), transports])

test('T4.60 the decoys of an email address depend only on the address and the key', () => {
  const email = requireEmail('nobody@example.com')
  const restarted = resolveKeys([{ id: 'k1', secret }])
  assert.deepEqual(decoyCredentials(keys, email), decoyCredentials(restarted, email))
  const other = resolveKeys([{ id: 'k2', secret: randomBytes(32) }])
  assert.notDeepEqual(shown(decoyCredentials(keys, email)), shown(decoyCredentials(other, email)))
})

test('T4.60 spellings of one email address have the same decoys', () => {
  const lists = ['Nobody@Example.com', 'nobody@example.com'].map((text) =>
    shown(decoyCredentials(keys, requireEmail(text))),
  )
  assert.deepEqual(lists[0], lists[1])
})

test('T4.60 decoys look like real passkeys: one or two ids of common lengths, none twice', () => {
  const ids = new Set<string>()
  const lengths = new Map<number, number>()
  const counts = new Map<number, number>()
  for (let n = 0; n < 2000; n += 1) {
    const list = decoyCredentials(keys, requireEmail(`person${n}@example.com`))
    counts.set(list.length, (counts.get(list.length) ?? 0) + 1)
    for (const { id, transports } of list) {
      ids.add(Buffer.from(id).toString('hex'))
      lengths.set(id.length, (lengths.get(id.length) ?? 0) + 1)
      assert.ok(transports.includes('internal'))
    }
  }
  assert.deepEqual(Array.from(counts.keys()).sort(), [1, 2])
  assert.deepEqual(Array.from(lengths.keys()).sort(), [16, 20, 32])
  assert.equal(ids.size, (counts.get(1) ?? 0) + 2 * (counts.get(2) ?? 0))
  for (const often of [...counts.values(), ...lengths.values()]) assert.ok(often > 200)
})

test('T10.210 a decoy is recognized under every key of the ring, and no other id is', () => {
  const rotated = resolveKeys([
    { id: 'k2', secret: randomBytes(32) },
    { id: 'k1', secret },
  ])
  const stranger = resolveKeys([{ id: 'k1', secret: randomBytes(32) }])
  for (let n = 0; n < 200; n += 1) {
    for (const { id } of decoyCredentials(keys, requireEmail(`person${n}@example.com`))) {
      assert.ok(isDecoy(keys, id))
      assert.ok(isDecoy(rotated, id))
      assert.equal(isDecoy(stranger, id), false)
      const changed = Buffer.from(id)
      changed[n % id.length] = (id[n % id.length] ?? 0) ^ 1
      assert.equal(isDecoy(keys, changed), false)
    }
    assert.equal(isDecoy(keys, randomBytes(16 + (n % 20))), false)
  }
  for (const length of [0, 1, 8]) assert.equal(isDecoy(keys, new Uint8Array(length)), false)
})

test('a user handle is 64 bytes, constant, and reveals nothing about the user without the key', () => {
  const userId = newUserId()
  const [handle, ...none] = userHandles(keys, userId)
  assert.equal(handle.length, 64)
  assert.deepEqual(none, [])
  assert.deepEqual(userHandles(resolveKeys([{ id: 'k1', secret }]), userId), [handle])
  assert.notDeepEqual(userHandles(keys, newUserId()), [handle])
  assert.equal(handle.includes(Buffer.from(userId.replaceAll('-', ''), 'hex')), false)
})

test('after a key rotation new passkeys use the handle of the new key, and the old handle is still accepted', () => {
  const userId = newUserId()
  const fresh = { id: 'k2', secret: randomBytes(32) }
  const rotated = resolveKeys([fresh, { id: 'k1', secret }])
  const expected = [...userHandles(resolveKeys([fresh]), userId), ...userHandles(keys, userId)]
  assert.deepEqual(userHandles(rotated, userId), expected)
})
