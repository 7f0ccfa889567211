import assert from 'node:assert/strict'
import type { StorageTransaction } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import {
  assertEnded,
  isStoredHash,
  letOthersRun,
  liveSession,
  only,
  openOne,
  present,
  rejectionOf,
  signUp,
  signUpBare,
  succeeded,
  twentyAtOnce,
  winners,
} from '../fixtures/people.js'
import { freshEmail, freshPasswordHash, newSession, newUser } from '../fixtures/samples.js'

const { cases, promise } = casesOf('transaction')

/** One commit for Torii's rows and the application's own. */
export const transactionCases = cases

promise('commits what was done together when work returns', ['transaction'], async (storage) => {
  const { user, key, session } = await storage.transaction(async (tx) => {
    const person = await signUp(tx)
    const changed = present(await tx.users.updateProfile(person.user.id, { name: 'In one commit' }))
    return { user: changed, key: person.key, session: await openOne(tx, changed.id) }
  })
  assert.deepEqual((await liveSession(storage, key)).user, user)
  assert.deepEqual((await liveSession(storage, session)).user, user)
})

promise('gives the result of work', ['transaction'], async (storage) => {
  const result = { any: 'value' }
  assert.equal(await storage.transaction(async () => result), result)
  assert.equal(await storage.transaction(async () => undefined), undefined)
})

promise("query runs the application's own statement", ['transaction'], async (storage) => {
  const rows = await storage.transaction(async (tx) => {
    const bare = await tx.query('select 1 as one')
    const given = await tx.query('select $1::text as text, $2::int + 1 as sum', ["it's", 41])
    return [...bare.rows, ...given.rows, ...(await tx.query('select 1 where false')).rows]
  })
  assert.deepEqual(rows, [{ one: 1 }, { text: "it's", sum: 42 }])
})

promise(
  "the application's statements and the repositories share one transaction",
  ['transaction'],
  async (storage) => {
    const number = async (tx: StorageTransaction) => {
      const { rows } = await tx.query('select txid_current()::text as id, now()::text as at')
      return present(rows[0])
    }
    const [first, second] = await storage.transaction(async (tx) => {
      const before = await number(tx)
      await signUp(tx)
      succeeded(await tx.users.register(newUser()))
      return [before, await number(tx)]
    })
    const other = await storage.transaction(number)
    assert.deepEqual(first, second)
    assert.notDeepEqual(first, other)
  },
)

promise('sees its own writes', ['transaction'], async (storage) => {
  await storage.transaction(async (tx) => {
    const { user, email, key, hash } = await signUp(tx)
    assert.deepEqual(await tx.users.findByEmail(email), user)
    assert.deepEqual((await liveSession(tx, key)).user, user)
    assert.equal(await isStoredHash(tx, user.id, hash), true)
    assert.deepEqual(await tx.users.register(newUser({ email })), {
      ok: false,
      reason: 'email_taken',
      notice: null,
    })
  })
})

promise(
  'no other connection sees a write before the commit',
  ['transaction', 'concurrency'],
  async (storage) => {
    const person = await storage.transaction(async (tx) => {
      const made = await signUp(tx)
      assert.equal(await storage.users.find(made.user.id), null)
      assert.equal(await storage.users.findByEmail(made.email), null)
      await assertEnded(storage, made.key)
      return made
    })
    await liveSession(storage, person.key)
  },
)

promise(
  'rolls everything back when work throws, and rejects with the same error',
  ['transaction'],
  async (storage) => {
    const { user, key, hash } = await signUp(storage)
    const before = await liveSession(storage, key)
    const made = newUser({ session: newSession() })
    const thrown = new Error('the order could not be placed')
    const failing = storage.transaction(async (tx) => {
      succeeded(await tx.users.register(made))
      await openOne(tx, user.id)
      await tx.users.updateProfile(user.id, { name: 'Never' })
      await tx.passwords.rehash(user.id, { verified: hash, next: freshPasswordHash() })
      await tx.users.disable(user.id)
      throw thrown
    })
    assert.equal(await rejectionOf(failing), thrown)
    assert.deepEqual(await liveSession(storage, key), before)
    assert.equal((await storage.sessions.list(user.id)).length, 1)
    assert.equal(await isStoredHash(storage, user.id, hash), true)
    assert.equal(await storage.users.find(made.id), null)
    succeeded(await storage.users.register(newUser({ email: made.email })))
  },
)

promise('hands through whatever work throws', ['transaction'], async (storage) => {
  for (const thrown of [
    undefined,
    null,
    'a text',
    7,
    Object.freeze({ frozen: true }),
    Symbol('thrown'),
  ]) {
    const failing = storage.transaction(async (tx) => {
      await tx.query('select 1')
      throw thrown
    })
    assert.equal(await rejectionOf(failing), thrown)
  }
})

promise(
  'an error thrown before the first statement leaves the storage usable',
  ['transaction'],
  async (storage) => {
    const thrown = new Error('at once')
    for (let turn = 0; turn < 30; turn += 1) {
      const failing = storage.transaction(() => {
        throw thrown
      })
      assert.equal(await rejectionOf(failing), thrown)
    }
    await signUpBare(storage)
  },
)

promise(
  'of twenty that register one address one wins, and all commit',
  ['transaction'],
  async (storage) => {
    const email = freshEmail()
    const results = await twentyAtOnce(() =>
      storage.transaction(async (tx) => ({
        outcome: await tx.users.register(newUser({ email })),
        own: await signUp(tx),
      })),
    )
    const { user } = succeeded(only(winners(results.map(({ outcome }) => outcome))))
    assert.deepEqual(await storage.users.findByEmail(email), user)
    for (const { own } of results) await liveSession(storage, own.key)
  },
)

promise(
  'an address claimed in it is taken for others once it commits',
  ['transaction', 'concurrency'],
  async (storage) => {
    const email = freshEmail()
    const { winner, late } = await storage.transaction(async (tx) => {
      const { user } = succeeded(await tx.users.register(newUser({ email })))
      const other = storage.users.register(newUser({ email }))
      await letOthersRun(tx)
      return { winner: user, late: other }
    })
    assert.deepEqual(await late, { ok: false, reason: 'email_taken', notice: null })
    assert.deepEqual(await storage.users.findByEmail(email), winner)
  },
)

promise(
  'an address claimed in it is free for others once it rolls back',
  ['transaction', 'concurrency'],
  async (storage) => {
    const email = freshEmail()
    const thrown = new Error('never mind')
    const late: ReturnType<ConformanceStorage['users']['register']>[] = []
    const failing = storage.transaction(async (tx) => {
      succeeded(await tx.users.register(newUser({ email })))
      late.push(storage.users.register(newUser({ email })))
      await letOthersRun(tx)
      throw thrown
    })
    assert.equal(await rejectionOf(failing), thrown)
    const { user } = succeeded(await only(late))
    assert.deepEqual(await storage.users.findByEmail(email), user)
  },
)

promise(
  'afterCommit: called once, in order, after the commit',
  ['transaction'],
  async (storage) => {
    const calls: string[] = []
    const user = await storage.transaction(async (tx) => {
      tx.afterCommit(() => calls.push('first'))
      const made = await signUpBare(tx)
      tx.afterCommit(() => calls.push('second'))
      assert.deepEqual(calls, [])
      return made
    })
    assert.deepEqual(calls, ['first', 'second'])
    assert.deepEqual(await storage.users.find(user.id), user)
  },
)

promise('afterCommit: never called when it rolls back', ['transaction'], async (storage) => {
  const calls: string[] = []
  const add = (tx: StorageTransaction) => tx.afterCommit(() => calls.push('called'))
  const thrown = new Error('rolled back')
  const failing = storage.transaction(async (tx) => {
    add(tx)
    throw thrown
  })
  assert.equal(await rejectionOf(failing), thrown)
  await rejectionOf(
    storage.transaction(async (tx) => {
      add(tx)
      await rejectionOf(tx.query('select no_such_column'))
    }),
  )
  assert.deepEqual(calls, [])
})

promise('afterCommit: what a task throws is dropped', ['transaction'], async (storage) => {
  const calls: string[] = []
  const fail = () => {
    throw new Error('too late')
  }
  const result = await storage.transaction(async (tx) => {
    tx.afterCommit(fail)
    tx.afterCommit(async () => fail())
    tx.afterCommit(() => calls.push('third'))
    return 'committed'
  })
  assert.equal(result, 'committed')
  assert.deepEqual(calls, ['third'])
})

promise(
  'afterCommit: refused after the end, and what is no function',
  ['transaction'],
  async (storage) => {
    const kept = await storage.transaction(async (tx) => {
      for (const bad of [null, undefined, 'task', {}, Promise.resolve()])
        assert.throws(() => Reflect.apply(tx.afterCommit, tx, [bad]), { field: 'task' })
      return tx
    })
    assert.throws(() => kept.afterCommit(() => undefined), { code: 'ERR_MISUSE' })
  },
)
