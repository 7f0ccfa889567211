import assert from 'node:assert/strict'
import type { ProfileChanges } from 'torii-core'
import { InvalidInputError, profileLimits } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import { only, present, signUpBare, succeeded, twentyAtOnce, winners } from '../fixtures/people.js'
import {
  awkwardJsonTexts,
  awkwardTexts,
  fourByteText,
  metadataOfSize,
  newUser,
  unknownUserId,
} from '../fixtures/samples.js'

const { cases, promise } = casesOf('users')

/** What an account carries: name, picture, metadata. */
export const userProfileCases = cases

const before = {
  name: 'Before',
  picture: 'https://example.com/before.png',
  metadata: { kept: 'before' },
}
const after = {
  name: 'After',
  picture: 'https://example.com/after.png',
  metadata: { changed: ['after'] },
}
const conflict = { ok: false, reason: 'conflict' }
const pictureOfBytes = (bytes: number): string => `https://example.com/${'p'.repeat(bytes - 20)}`

for (const fields of [
  [],
  ['name'],
  ['picture'],
  ['metadata'],
  ['name', 'picture'],
  ['name', 'metadata'],
  ['picture', 'metadata'],
  ['name', 'picture', 'metadata'],
]) {
  const named = fields.length === 0 ? 'nothing' : `only ${fields.join(' and ')}`
  promise(`updateProfile: changes ${named} when ${named} is given`, [], async (storage) => {
    const user = await signUpBare(storage, before)
    const changes: ProfileChanges = Object.fromEntries(
      Object.entries(after).filter(([field]) => fields.includes(field)),
    )
    const changed = present(await storage.users.updateProfile(user.id, changes))
    assert.deepEqual({ ...changed, updatedAt: null }, { ...user, ...changes, updatedAt: null })
    assert.deepEqual(await storage.users.find(user.id), changed)
  })
}

promise('updateProfile: null takes name and picture away', [], async (storage) => {
  const user = await signUpBare(storage, before)
  const changed = present(await storage.users.updateProfile(user.id, { name: null, picture: null }))
  assert.deepEqual([changed.name, changed.picture, changed.metadata], [null, null, before.metadata])
})

promise('updateProfile: metadata replaces the former one', [], async (storage) => {
  const user = await signUpBare(storage, { metadata: { a: 1, b: { c: 2 } } })
  const changed = await storage.users.updateProfile(user.id, { metadata: { b: { d: 3 } } })
  assert.deepEqual(present(changed).metadata, { b: { d: 3 } })
  const emptied = await storage.users.updateProfile(user.id, { metadata: {} })
  assert.deepEqual(present(emptied).metadata, {})
})

promise('updateProfile: null for a user who does not exist', [], async (storage) => {
  assert.equal(await storage.users.updateProfile(unknownUserId(), { name: 'Unknown' }), null)
  assert.equal(await storage.users.updateProfile(unknownUserId(), {}), null)
})

promise('updateProfile: changes no other user', [], async (storage) => {
  const [user, other] = [await signUpBare(storage, before), await signUpBare(storage, before)]
  await storage.users.updateProfile(user.id, after)
  assert.deepEqual(await storage.users.find(other.id), other)
})

promise(
  'updateProfile: T5.72 a member that is no profile field is never stored',
  [],
  async (storage) => {
    const user = await signUpBare(storage)
    const smuggled = {
      emailVerifiedAt: new Date(),
      emailVerified: true,
      email: 'x@example.com',
      disabledAt: new Date(),
    }
    await storage.users.updateProfile(user.id, { name: 'Named', ...smuggled }).catch(refused)
    const { email, emailVerifiedAt, disabledAt } = present(await storage.users.find(user.id))
    assert.deepEqual([email, emailVerifiedAt, disabledAt], [user.email, null, null])
  },
)

promise(
  'updateProfile: of twenty changes to different fields none undoes another',
  [],
  async (storage) => {
    const user = await signUpBare(storage, { metadata: before.metadata })
    await twentyAtOnce((index) =>
      storage.users.updateProfile(
        user.id,
        index % 2 === 0 ? { name: `Name ${index}` } : { picture: `https://example.com/${index}` },
      ),
    )
    const { name, picture, metadata } = present(await storage.users.find(user.id))
    assert.match(present(name), /^Name [0-9]+$/)
    assert.match(present(picture), /^https:\/\/example\.com\/[0-9]+$/)
    assert.deepEqual(metadata, before.metadata)
  },
)

promise('updateProfile: a name comes back byte for byte', [], async (storage) => {
  const user = await signUpBare(storage)
  for (const name of [...awkwardTexts, fourByteText(profileLimits.nameCodePoints)]) {
    assert.equal(present(await storage.users.updateProfile(user.id, { name })).name, name)
    assert.equal(present(await storage.users.find(user.id)).name, name)
  }
})

promise('register: a name comes back byte for byte', [], async (storage) => {
  for (const name of awkwardTexts)
    assert.equal(succeeded(await storage.users.register(newUser({ name }))).user.name, name)
})

promise(
  'updateProfile: T9.104 metadata comes back as given, keys and values',
  [],
  async (storage) => {
    const metadata = {
      texts: [...awkwardJsonTexts],
      keys: Object.fromEntries(awkwardJsonTexts.map((text, index) => [text, index])),
      odd: { '__proto__ ': 1, constructor: null, toString: 'x', '': { '': [[], {}] } },
    }
    const user = await signUpBare(storage, { metadata })
    assert.deepEqual(user.metadata, metadata)
    assert.deepEqual(present(await storage.users.find(user.id)).metadata, metadata)
  },
)

promise('updateProfile: numbers of metadata come back as given', [], async (storage) => {
  const numbers = [0, -1, 0.1, 1e21, 1e-7, 5e-324, -Number.MAX_VALUE, 2 ** 53 - 1, 0.1 + 0.2]
  const user = await signUpBare(storage, { metadata: { numbers } })
  assert.deepEqual(user.metadata, { numbers })
})

promise('updateProfile: a picture comes back byte for byte', [], async (storage) => {
  const user = await signUpBare(storage)
  for (const picture of [
    'https://example.com/é?q=🙂&x=%20%00',
    'HTTPS://EXAMPLE.com:8443/%27--',
    pictureOfBytes(2048),
  ])
    assert.equal(present(await storage.users.updateProfile(user.id, { picture })).picture, picture)
})

promise('updateProfile: a name of 201 characters is refused', [], async (storage) => {
  const user = await signUpBare(storage)
  for (const name of ['n'.repeat(201), fourByteText(201)])
    await assert.rejects(storage.users.updateProfile(user.id, { name }), { field: 'name' })
  assert.deepEqual(await storage.users.find(user.id), user)
})

promise('updateProfile: a picture of 2,049 bytes is refused', [], async (storage) => {
  const user = await signUpBare(storage)
  const picture = pictureOfBytes(2049)
  await assert.rejects(storage.users.updateProfile(user.id, { picture }), { field: 'picture' })
  assert.deepEqual(await storage.users.find(user.id), user)
})

for (const [what, filler] of [
  ['one long text', 'x'],
  ['emoji', '🙂'],
  ['escaped quotes', '"'],
  ['small numbers', 0],
  ['huge numbers', 1e300],
] as const) {
  promise(
    `updateProfile: metadata of 16 KiB made of ${what} is kept, one byte more refused`,
    [],
    async (storage) => {
      const user = await signUpBare(storage)
      const largest = metadataOfSize(profileLimits.metadataBytes, filler)
      const kept = present(await storage.users.updateProfile(user.id, { metadata: largest }))
      assert.deepEqual(kept.metadata, largest)
      const over = { ...largest, p: `${String(largest.p)}x` }
      await assert.rejects(storage.users.updateProfile(user.id, { metadata: over }), {
        field: 'metadata',
      })
      assert.deepEqual(present(await storage.users.find(user.id)).metadata, largest)
    },
  )
}

promise('updateProfile: one refused field refuses them all', [], async (storage) => {
  const user = await signUpBare(storage, before)
  const changes = { name: 'Good', picture: 'http://example.com/not-https', metadata: {} }
  await assert.rejects(storage.users.updateProfile(user.id, changes), { field: 'picture' })
  assert.deepEqual(await storage.users.find(user.id), user)
})

function refused(error: unknown): void {
  assert.ok(error instanceof InvalidInputError)
}

promise(
  'update: changes only the fields given of an account that is as it was seen',
  [],
  async (storage) => {
    const user = await signUpBare(storage, before)
    const changes = { name: after.name, metadata: after.metadata }
    const updated = succeeded(await storage.users.update(user.id, changes, user.updatedAt)).user
    assert.deepEqual({ ...updated, updatedAt: null }, { ...user, ...changes, updatedAt: null })
    assert.deepEqual(await storage.users.find(user.id), updated)
  },
)

promise('update: not_found for a user who does not exist', [], async ({ users }) => {
  const missing = { ok: false, reason: 'not_found' }
  assert.deepEqual(await users.update(unknownUserId(), { name: 'Unknown' }, new Date()), missing)
})

promise(
  'update: after each other change of the profile a conflict, which changes nothing',
  [],
  async ({ users, ...rest }) => {
    const user = await signUpBare({ users, ...rest }, before)
    // At once, within what a time in milliseconds can tell.
    for (const name of ['One', 'Two', 'Three']) {
      const seen = present(await users.find(user.id)).updatedAt
      const changed = present(await users.updateProfile(user.id, { name }))
      assert.ok(changed.updatedAt > seen)
      assert.deepEqual(await users.update(user.id, after, seen), conflict)
      assert.deepEqual(await users.find(user.id), changed)
    }
  },
)

promise(
  'update: what the account already has conflicts with nothing, whatever was seen',
  [],
  async ({ users, ...rest }) => {
    const user = await signUpBare({ users, ...rest }, before)
    succeeded(await users.update(user.id, after, user.updatedAt))
    const again = succeeded(await users.update(user.id, after, user.updatedAt)).user
    assert.deepEqual([again.name, again.metadata], [after.name, after.metadata])
    for (const other of [
      { ...after, name: 'Other' },
      { ...after, picture: null },
      { ...after, metadata: {} },
    ])
      assert.deepEqual(await users.update(user.id, other, user.updatedAt), conflict)
  },
)

promise(
  'update: of twenty who saw the same account one changes it',
  [],
  async ({ users, ...rest }) => {
    const user = await signUpBare({ users, ...rest }, before)
    const outcomes = await twentyAtOnce((index) =>
      users.update(user.id, { metadata: { by: index } }, user.updatedAt),
    )
    const { user: winner } = succeeded(only(winners(outcomes)))
    assert.deepEqual(present(await users.find(user.id)).metadata, winner.metadata)
    for (const outcome of outcomes) if (!outcome.ok) assert.deepEqual(outcome, conflict)
  },
)
