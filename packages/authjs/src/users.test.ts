import assert from 'node:assert/strict'
import { InvalidInputError } from 'torii-core'
import { describe, test } from 'vitest'
import { newPerson, openTestAdapter, refused, toUserId } from './adapter.test.support.js'

const { adapter, storage, statementsOf } = await openTestAdapter()

describe('createUser', () => {
  test('creates an unverified user with the profile of the provider', async () => {
    const person = newPerson()
    const user = await adapter.createUser(person)
    const { id: _id, ...profile } = person
    assert.deepEqual(user, { ...profile, id: user.id })
    assert.deepEqual(await adapter.getUser(user.id), user)
    // Auth.js draws an id for a person who has none yet; Torii's ids sort by time.
    assert.notEqual(user.id, person.id)
  })

  test('marks the address as verified where Auth.js says so', async () => {
    const user = await adapter.createUser(newPerson({ emailVerified: new Date() }))
    assert.ok(user.emailVerified instanceof Date)
  })

  test('refuses an address that has an account, in any spelling, and changes nothing', async () => {
    const person = newPerson()
    const user = await adapter.createUser(person)
    for (const email of [person.email, person.email.toUpperCase()])
      await refused(
        () => adapter.createUser(newPerson({ email, name: 'Mallory', emailVerified: new Date() })),
        'email_taken',
      )
    assert.deepEqual(await adapter.getUser(user.id), user)
  })

  test('refuses a person without an address, and says what to do', async () => {
    // Auth.js types the address as a text; a provider may give none.
    for (const email of [null, undefined, ''] as unknown as string[]) {
      await refused(() => adapter.createUser(newPerson({ email })), 'email_missing')
      await assert.rejects(async () => adapter.createUser(newPerson({ email })), /`profile`/)
    }
  })

  test('refuses what is no address before a query', async () => {
    const texts = [
      'ada',
      'a@b@example.com',
      'ädä@example.com',
      'ａda@example.com',
      `${'a'.repeat(300)}@example.com`,
    ]
    const statements = await statementsOf(async (counted) => {
      for (const email of texts)
        await assert.rejects(
          async () => counted.createUser(newPerson({ email })),
          InvalidInputError,
        )
    })
    assert.deepEqual(statements, [])
  })

  test('keeps a domain in Unicode, and finds it as A-labels', async () => {
    const user = await adapter.createUser(newPerson({ email: 'Ada@Bücher.example' }))
    assert.equal(user.email, 'Ada@Bücher.example')
    assert.deepEqual(await adapter.getUserByEmail('ada@xn--bcher-kva.example'), user)
  })

  test('leaves a name or a picture out that cannot be stored, since it is not the person’s mistake', async () => {
    const pictures = [
      'data:image/png;base64,AAAA',
      'http://example.com/a.png',
      `https://example.com/${'a'.repeat(2048)}`,
      '',
    ]
    for (const image of pictures) {
      const user = await adapter.createUser(newPerson({ image, name: 'x'.repeat(201) }))
      assert.deepEqual([user.image, user.name], [null, null])
    }
    const longest = `https://example.com/${'a'.repeat(2028)}`
    assert.equal((await adapter.createUser(newPerson({ image: longest }))).image, longest)
  })

  test('needs one statement', async () => {
    assert.equal((await statementsOf(async (counted) => counted.createUser(newPerson()))).length, 1)
  })
})

describe('getUser and getUserByEmail', () => {
  test('return null without a query for what is no id and no address', async () => {
    const statements = await statementsOf(async (counted) => {
      for (const value of ['', 'x', 'not-a-uuid', '\0', "' or 1=1"]) {
        assert.equal(await counted.getUser(value), null)
        assert.equal(await counted.getUserByEmail(value), null)
      }
    })
    assert.deepEqual(statements, [])
  })

  test('find the user by any spelling, in one statement', async () => {
    const user = await adapter.createUser(newPerson())
    const statements = await statementsOf(async (counted) => {
      assert.deepEqual(await counted.getUserByEmail(user.email.toUpperCase()), user)
    })
    assert.equal(statements.length, 1)
    assert.equal((await statementsOf(async (counted) => counted.getUser(user.id))).length, 1)
    assert.equal(await adapter.getUser(crypto.randomUUID()), null)
  })
})

describe('updateUser', () => {
  test('changes only the fields given', async () => {
    const user = await adapter.createUser(newPerson())
    assert.deepEqual(await adapter.updateUser({ id: user.id, name: 'Grace' }), {
      ...user,
      name: 'Grace',
    })
    assert.deepEqual(await adapter.updateUser({ id: user.id, image: null, email: user.email }), {
      ...user,
      name: 'Grace',
      image: null,
    })
  })

  test('verifies the address once, and never takes that back', async () => {
    const user = await adapter.createUser(newPerson())
    const first = await adapter.updateUser({ id: user.id, emailVerified: new Date() })
    assert.ok(first.emailVerified instanceof Date)
    const second = await adapter.updateUser({ id: user.id, emailVerified: new Date(0) })
    assert.deepEqual(second, first)
    assert.deepEqual(await adapter.updateUser({ id: user.id, emailVerified: null }), first)
  })

  test('refuses another address, before anything is changed', async () => {
    const user = await adapter.createUser(newPerson())
    await refused(
      () => adapter.updateUser({ id: user.id, name: 'Mallory', email: 'other@example.com' }),
      'not_supported',
    )
    await refused(
      () => adapter.updateUser({ id: user.id, email: 'other@example.com' }),
      'not_supported',
    )
    assert.deepEqual(await adapter.getUser(user.id), user)
  })

  test('refuses unusable values and unknown users', async () => {
    const user = await adapter.createUser(newPerson())
    for (const change of [{ image: 'javascript:alert(1)' }, { name: 'x'.repeat(201) }])
      await assert.rejects(
        async () => adapter.updateUser({ id: user.id, ...change }),
        InvalidInputError,
      )
    for (const id of ['x', crypto.randomUUID()])
      await refused(() => adapter.updateUser({ id, name: 'Ada' }), 'not_found')
  })

  test('needs one statement, and a second one to verify the address', async () => {
    const user = await adapter.createUser(newPerson())
    const { id } = user
    const count = async (change: object) =>
      (await statementsOf(async (counted) => counted.updateUser({ id, ...change }))).length
    assert.equal(await count({ name: 'Grace' }), 1)
    assert.equal(await count({ emailVerified: new Date() }), 2)
    assert.equal(await count({ emailVerified: new Date() }), 1)
  })
})

test('deleteUser deletes the user with everything, and ignores what is no user', async () => {
  const user = await adapter.createUser(newPerson())
  const statements = await statementsOf(async (counted) => counted.deleteUser(user.id))
  assert.equal(statements.length, 1)
  assert.equal(await storage.users.find(toUserId(user.id)), null)
  assert.equal(await adapter.getUserByEmail(user.email), null)
  await adapter.deleteUser(user.id)
  assert.deepEqual(await statementsOf(async (counted) => counted.deleteUser('x')), [])
})
