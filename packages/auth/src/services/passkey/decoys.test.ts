import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { newUserId, requireEmail } from 'torii-core'
import { test } from 'vitest'
import { resolveKeys } from '../../crypto/key-ring.js'
import { decoyCredentials } from './decoys.js'
import { userHandles } from './user-handle.js'

const secret = randomBytes(32)
const keys = resolveKeys([{ id: 'k1', secret }])
const shown = (list: ReturnType<typeof decoyCredentials>) =>
  list.map(({ id, transports }) => [Buffer.from(id).toString('hex'), transports])

test('T4.60 the list of an address is the same in every process with this key, and another under another', () => {
  const email = requireEmail('nobody@example.com')
  const restarted = resolveKeys([{ id: 'k1', secret }])
  assert.deepEqual(decoyCredentials(keys, email), decoyCredentials(restarted, email))
  const other = resolveKeys([{ id: 'k2', secret: randomBytes(32) }])
  assert.notDeepEqual(shown(decoyCredentials(keys, email)), shown(decoyCredentials(other, email)))
})

test('T4.60 spellings of one address have one list', () => {
  const lists = ['Nobody@Example.com', 'nobody@example.com'].map((text) =>
    shown(decoyCredentials(keys, requireEmail(text))),
  )
  assert.deepEqual(lists[0], lists[1])
})

test('T4.60 lists look like those of people: one or two ids of usual lengths, none twice', () => {
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

test('a user handle is 64 bytes, always the same, and tells nothing of the user without the key', () => {
  const userId = newUserId()
  const [handle, ...none] = userHandles(keys, userId)
  assert.equal(handle.length, 64)
  assert.deepEqual(none, [])
  assert.deepEqual(userHandles(resolveKeys([{ id: 'k1', secret }]), userId), [handle])
  assert.notDeepEqual(userHandles(keys, newUserId()), [handle])
  assert.equal(handle.includes(Buffer.from(userId.replaceAll('-', ''), 'hex')), false)
})

test('after a rotation new passkeys take the handle of the new key, and that of the old one is still known', () => {
  const userId = newUserId()
  const fresh = { id: 'k2', secret: randomBytes(32) }
  const rotated = resolveKeys([fresh, { id: 'k1', secret }])
  const expected = [...userHandles(resolveKeys([fresh]), userId), ...userHandles(keys, userId)]
  assert.deepEqual(userHandles(rotated, userId), expected)
})
