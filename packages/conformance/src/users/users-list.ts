import assert from 'node:assert/strict'
import type { User, UserId, UserQuery } from 'torii-core'
import { newUserId } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import { crowd, present, signUpBare, twentyAtOnce } from '../fixtures/people.js'
import { freshWord } from '../fixtures/samples.js'

const { cases, promise } = casesOf('users')

/** Pages of accounts. */
export const userListCases = cases

promise('list: newest first', ['elapse'], async (storage) => {
  const made: UserId[] = []
  for (let round = 0; round < 5; round += 1) {
    made.unshift((await signUpBare(storage, { id: laterId(made[0]) })).id)
    await storage.elapse(10)
  }
  const listed = await allUsers(storage, { limit: 3 })
  assert.deepEqual(
    listed.filter((id) => made.includes(id)),
    made,
  )
})

promise('list: every user exactly once', [], async (storage) => {
  const made = await twentyAtOnce(() => signUpBare(storage))
  const listed = await allUsers(storage, { limit: 200 })
  assert.equal(new Set(listed).size, listed.length)
  for (const { id } of made) assert.ok(listed.includes(id))
})

promise('list: every user exactly once in pages of one', [], async (storage) => {
  const word = freshWord()
  const emails = await madeWithPrefix(storage, word)
  const users = await pages(storage, { limit: 1, emailPrefix: word })
  assert.deepEqual(
    users.map(({ email }) => email),
    emails,
  )
})

promise('list: every user exactly once while others are made', [], async (storage) => {
  const made = await twentyAtOnce(() => signUpBare(storage))
  let turns = 0
  const listed = await allUsers(storage, { limit: 7 }, async () => {
    if (turns < crowd) await signUpBare(storage)
    turns += 1
  })
  assert.equal(new Set(listed).size, listed.length)
  for (const { id } of made) assert.equal(listed.filter((seen) => seen === id).length, 1)
})

promise('list: by prefix every user exactly once while others are made', [], async (storage) => {
  const word = freshWord()
  const emails = await madeWithPrefix(storage, word)
  const users = await pages(
    storage,
    { limit: 3, emailPrefix: word },
    async () => {
      await signUpBare(storage, { email: `${word}.a${freshWord()}@example.com` })
      await signUpBare(storage, { email: `${word}.z${freshWord()}@example.com` })
    },
    5,
  )
  const found = users.map(({ email }) => present(email))
  assert.equal(new Set(found).size, found.length)
  for (const email of emails) assert.ok(found.includes(email))
})

promise('list: next is null when there is nothing after the page', [], async (storage) => {
  const word = freshWord()
  await Promise.all([1, 2, 3].map((n) => signUpBare(storage, { email: `${word}${n}@example.com` })))
  const nextOf = async (limit: number) =>
    (await storage.users.list({ emailPrefix: word, limit })).next
  assert.notEqual(await nextOf(2), null)
  assert.equal(await nextOf(3), null)
  assert.equal(await nextOf(4), null)
})

promise('list: a page has 50 users unless a limit is given', [], async (storage) => {
  const word = freshWord()
  const emails = Array.from(
    { length: 51 },
    (_, n) => `${word}.${String(n).padStart(2, '0')}@example.com`,
  )
  await Promise.all(emails.map((email) => signUpBare(storage, { email })))
  const first = await storage.users.list({ emailPrefix: word })
  assert.deepEqual(
    first.users.map(({ email }) => email),
    emails.slice(0, 50),
  )
  const second = await storage.users.list({ emailPrefix: word, after: present(first.next) })
  assert.deepEqual(
    second.users.map(({ email }) => email),
    emails.slice(50),
  )
  assert.equal(second.next, null)
  const plain = await storage.users.list()
  assert.equal(plain.users.length, 50)
})

promise('list: a user is listed as found', [], async (storage) => {
  const word = freshWord()
  const user = await signUpBare(storage, {
    email: `${word}@example.com`,
    name: 'Listed',
    picture: 'https://example.com/l.png',
    metadata: { listed: true },
  })
  const { users } = await storage.users.list({ emailPrefix: `${word}@example.com` })
  assert.deepEqual(users, [user])
})

promise(
  'list: finds by address prefix in any case, in the order of the addresses',
  [],
  async (storage) => {
    const word = freshWord()
    for (const initial of ['C', 'a', 'B'])
      await signUpBare(storage, { email: `${word}.${initial}@Example.com` })
    const expected = [`${word}.a@Example.com`, `${word}.B@Example.com`, `${word}.C@Example.com`]
    for (const emailPrefix of [word, word.toUpperCase(), `${word}.`]) {
      const { users } = await storage.users.list({ emailPrefix })
      assert.deepEqual(
        users.map(({ email }) => email),
        expected,
      )
    }
  },
)

promise('list: a prefix is of the canonical address', [], async (storage) => {
  const word = freshWord()
  const user = await signUpBare(storage, { email: `${word}@bücher.example` })
  const { users } = await storage.users.list({ emailPrefix: `${word}@xn--bcher-` })
  assert.deepEqual(users, [user])
})

promise('list: a prefix that no email has finds no user', [], async (storage) => {
  const word = freshWord()
  await signUpBare(storage, { email: `${word}@example.com` })
  const noUsers = { users: [], next: null }
  assert.deepEqual(await storage.users.list({ emailPrefix: `${word}x` }), noUsers)
  // The prefix is of the whole address: what stands in the middle of one is not found.
  assert.deepEqual(await storage.users.list({ emailPrefix: `${word.slice(1)}@example` }), noUsers)
})

promise('list: takes no character of a prefix for a pattern', [], async (storage) => {
  const word = freshWord()
  const literal = await Promise.all(
    ['%b', '_b', 'ab', "'b", '*b', '{b'].map((local) =>
      signUpBare(storage, { email: `${word}${local}@example.com` }),
    ),
  )
  for (const [index, first] of ['%', '_', 'a', "'", '*', '{'].entries()) {
    const { users } = await storage.users.list({ emailPrefix: `${word}${first}` })
    assert.deepEqual(users, [literal[index]])
  }
  for (const emailPrefix of [
    `${word}\\`,
    `${word}\\%`,
    `${word}\\_`,
    '%',
    `%${word.slice(1)}`,
    '_'.repeat(13),
  ])
    assert.equal(
      (await storage.users.list({ emailPrefix })).users.some(({ email }) =>
        email?.startsWith(word),
      ),
      false,
    )
})

promise(
  'list: a prefix finds addresses with every character that may follow it',
  [],
  async (storage) => {
    const word = freshWord()
    const locals = ['!', '~', '}', '|', '{', 'z', '0', '.x', '+t']
    await Promise.all(
      locals.map((local) => signUpBare(storage, { email: `${word}${local}@example.com` })),
    )
    const { users } = await storage.users.list({ emailPrefix: word })
    assert.equal(users.length, locals.length)
  },
)

/** An id of a later millisecond than the last one: ids of one millisecond have no order. */
function laterId(last: UserId | undefined): UserId {
  let id = newUserId()
  while (last !== undefined && id.slice(0, 13) <= last.slice(0, 13)) id = newUserId()
  return id
}

/** Twenty addresses that start with the word, in order. */
async function madeWithPrefix(storage: ConformanceStorage, word: string): Promise<string[]> {
  const emails = Array.from(
    { length: crowd },
    (_, n) => `${word}.m${String(n).padStart(2, '0')}@example.com`,
  )
  await Promise.all(emails.map((email) => signUpBare(storage, { email })))
  return emails
}

/** All users of the query, page after page; `between` is called after each of the first `turns` pages. */
async function pages(
  storage: ConformanceStorage,
  query: UserQuery,
  between: () => Promise<void> = async () => undefined,
  turns = Infinity,
): Promise<User[]> {
  const users: User[] = []
  let page = await storage.users.list(query)
  for (let turn = 0; ; turn += 1) {
    assert.ok(page.users.length <= (query.limit ?? 50))
    users.push(...page.users)
    if (page.next === null) return users
    if (turn < turns) await between()
    page = await storage.users.list({ ...query, after: page.next })
  }
}

const allUsers = async (
  storage: ConformanceStorage,
  query: UserQuery,
  between?: () => Promise<void>,
): Promise<UserId[]> => (await pages(storage, query, between)).map(({ id }) => id)
