import assert from 'node:assert/strict'
import type { OAuthSignIn, ProviderAuthentication, Session } from 'torii-core'
import { InvalidInputError, maxAuthenticationAge } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import { addOne, again, linkOne, newOAuthSignIn, takeOver, visit } from '../fixtures/credentials.js'
import {
  actorOf,
  assertEnded,
  isStoredHash,
  keyOf,
  liveSession,
  lookUp,
  only,
  openOne,
  present,
  signUp,
  signUpBare,
  succeeded,
  twentyAtOnce,
} from '../fixtures/people.js'
import {
  awkwardTexts,
  freshEmail,
  freshPasswordHash,
  freshWord,
  newSession,
  newUser,
} from '../fixtures/samples.js'

const { cases, promise } = casesOf('oauthAccounts')

/** Signing in with an identity at a provider. */
export const oauthSignInCases = cases

const unavailable = { ok: false, reason: 'account_disabled' }

promise('signIn: makes a verified account for a new address', [], async (storage) => {
  const word = freshWord()
  const { user, how, key, person } = await visit(
    storage,
    newOAuthSignIn({
      email: `${word}@Example.com`,
      name: 'Ada Lovelace',
      picture: 'https://example.com/ada.png',
    }),
  )
  assert.equal(how, 'created')
  assert.equal(user.id, person.newUserId)
  assert.equal(user.email, `${word}@Example.com`)
  assert.deepEqual(
    [user.name, user.picture, user.metadata, user.disabledAt],
    ['Ada Lovelace', 'https://example.com/ada.png', {}, null],
  )
  assert.ok(user.emailVerifiedAt instanceof Date)
  assert.deepEqual(await storage.users.findByEmail(`${word.toUpperCase()}@example.com`), user)
  const seen = await liveSession(storage, key)
  assert.deepEqual([seen.user, seen.session.methods], [user, ['oauth']])
  const { id, label } = only(await storage.oauthAccounts.list(user.id))
  assert.deepEqual([id, label], [person.newAccountId, person.label])
})

promise('signIn: opens the session it was given', [], async ({ oauthAccounts }) => {
  const session = newSession({ methods: ['oauth'], ip: '2001:db8::1', userAgent: null })
  const person = newOAuthSignIn({ session })
  for (const [how, given] of [
    ['created', person],
    ['known', { ...again(person), session: { ...session, id: again(person).session.id } }],
  ] as const) {
    const outcome = succeeded(await oauthAccounts.signIn(given))
    assert.equal(outcome.how, how)
    assert.deepEqual(
      [outcome.session.id, outcome.session.userId, outcome.session.ip, outcome.session.userAgent],
      [given.session.id, person.newUserId, '2001:db8::1', null],
    )
  }
})

promise('signIn: knows an identity again, whatever its address has become', [], async (storage) => {
  const first = await visit(storage)
  const other = await signUp(storage)
  for (const given of [
    {},
    { email: null },
    { email: freshEmail() },
    { email: other.email },
    { email: other.email, emailVerified: false },
    { name: 'Another name', picture: 'https://example.com/other.png' },
  ]) {
    const { how, user, key } = await visit(storage, again(first.person, given))
    assert.equal(how, 'known')
    assert.deepEqual(user, first.user)
    await liveSession(storage, key)
  }
  await liveSession(storage, first.key)
  await liveSession(storage, other.key)
  assert.equal(present(await storage.users.findByEmail(other.email)).emailVerifiedAt, null)
  only(await storage.oauthAccounts.list(first.user.id))
})

promise(
  'signIn: what the provider says of two factors counts for an identity that is linked, from its time',
  [],
  async (storage) => {
    const { oauthAccounts } = storage
    const proved = { level: 2, secondsAgo: 300 } as const
    const ageOf = ({ createdAt, authenticatedAt }: Session) =>
      (createdAt.getTime() - authenticatedAt.getTime()) / 1000
    const person = newOAuthSignIn({ authentication: proved })
    const created = succeeded(await oauthAccounts.signIn(person))
    assert.deepEqual([created.session.level, ageOf(created.session)], [1, 0])
    const signedIn = async (authentication: ProviderAuthentication | null) => {
      const given = again(person, { authentication })
      const { how, session, user } = succeeded(await oauthAccounts.signIn(given))
      assert.equal(how, 'known')
      const valid = await liveSession(storage, keyOf(user.id, given.session))
      assert.deepEqual(valid.session, session)
      return session
    }
    const known = await signedIn(proved)
    assert.deepEqual([known.level, ageOf(known)], [2, 300])
    assert.deepEqual(known.level2At, known.authenticatedAt)
    const single = await signedIn({ level: 1, secondsAgo: 10 })
    assert.deepEqual([single.level, single.level2At, ageOf(single)], [1, null, 10])
    const usual = await signedIn(null)
    assert.deepEqual([usual.level, usual.level2At, ageOf(usual)], [1, null, 0])
    for (const authentication of [
      { level: 3, secondsAgo: 0 },
      { level: 2, secondsAgo: -1 },
      { level: 2, secondsAgo: 0.5 },
      { level: 2, secondsAgo: maxAuthenticationAge + 1 },
      { level: 2 },
    ] as unknown as readonly ProviderAuthentication[])
      await assert.rejects(
        oauthAccounts.signIn(again(person, { authentication })),
        InvalidInputError,
      )
  },
)

promise(
  'signIn: of many callers at once each gets the level that its provider says',
  [],
  async (storage) => {
    const people = await Promise.all(Array.from({ length: 20 }, () => visit(storage)))
    const outcomes = await Promise.all(
      people.map(async ({ person }, index) => {
        const level = index % 2 === 0 ? 2 : 1
        const authentication = index % 4 === 3 ? null : ({ level, secondsAgo: index } as const)
        const { session } = succeeded(
          await storage.oauthAccounts.signIn(again(person, { authentication })),
        )
        const age = (session.createdAt.getTime() - session.authenticatedAt.getTime()) / 1000
        return [session.level, age]
      }),
    )
    assert.deepEqual(
      outcomes,
      people.map((_, index) => [index % 2 === 0 ? 2 : 1, index % 4 === 3 ? 0 : index]),
    )
  },
)

promise(
  'signIn: knows an identity that was linked, also on an unverified account',
  [],
  async (storage) => {
    const { user, key } = await signUp(storage)
    const person = newOAuthSignIn({ email: user.email })
    const { provider, subject } = person
    await linkOne(storage, await actorOf(storage, key), { provider, subject })
    const back = await visit(storage, person)
    assert.deepEqual([back.how, back.user.id], ['known', user.id])
    assert.equal(back.user.emailVerifiedAt, null)
    await liveSession(storage, key)
  },
)

promise('signIn: notes label and last use', ['elapse'], async (storage) => {
  const { person, user } = await visit(storage, newOAuthSignIn({ label: 'before' }))
  await storage.elapse(100)
  const before = only(await storage.oauthAccounts.list(user.id))
  for (const label of ['after', null]) {
    await visit(storage, again(person, { label }))
    const after = only(await storage.oauthAccounts.list(user.id))
    assert.deepEqual([after.id, after.label, after.createdAt], [before.id, label, before.createdAt])
    assert.ok(after.lastUsedAt.getTime() > before.lastUsedAt.getTime() + 90_000)
  }
})

promise(
  'signIn: links to the verified account of the email; its sign-in methods stay',
  [],
  async (storage) => {
    const word = freshWord()
    const owner = await signUp(storage, { email: `${word}@example.com`, emailVerified: true })
    const { how, user, key } = await visit(
      storage,
      newOAuthSignIn({ email: `${word.toUpperCase()}@Example.com`, name: 'Not taken over' }),
    )
    assert.equal(how, 'linked')
    assert.deepEqual(user, owner.user)
    for (const live of [key, owner.key])
      assert.deepEqual((await liveSession(storage, live)).user, owner.user)
    assert.equal(await isStoredHash(storage, user.id, owner.hash), true)
    only(await storage.oauthAccounts.list(user.id))
  },
)

promise(
  'signIn: T5.64 removes the sign-in methods that an unverified account had before',
  [],
  async (storage) => {
    const squatter = await signUp(storage)
    const { id } = squatter.user
    const actor = await actorOf(storage, squatter.key)
    const second = await openOne(storage, id)
    const account = await linkOne(storage, actor)
    const { made } = await addOne(storage, actor)
    const victim = await takeOver(storage, squatter.email)
    assert.equal(victim.user.id, id)
    assert.ok(victim.user.emailVerifiedAt instanceof Date)
    for (const key of [squatter.key, second]) await assertEnded(storage, key)
    await liveSession(storage, victim.key)
    assert.equal(await isStoredHash(storage, id, squatter.hash), false)
    assert.deepEqual(await storage.passkeys.list(id), [])
    assert.deepEqual(await storage.passkeys.credentials(id), [])
    assert.deepEqual(await storage.passkeys.credentialsByEmail(squatter.email), [])
    const { id: own } = only(await storage.oauthAccounts.list(id))
    assert.equal(own, victim.person.newAccountId)
    assert.notEqual(own, account.id)
    const use = { credentialId: made.credentialId, userId: id, signCount: 1, backedUp: false }
    for (const { epochs } of [actor, await actorOf(storage, victim.key)])
      assert.deepEqual(
        await storage.passkeys.signIn({ ...use, epochs }, { session: newSession() }),
        { ok: false, reason: 'stale' },
      )
  },
)

promise(
  'signIn: after a take-over the password in place is dead, and a new one can be set',
  ['charging'],
  async (storage) => {
    const squatter = await signUp(storage)
    const { key } = await takeOver(storage, squatter.email)
    assert.equal(await lookUp(storage, squatter.email), null)
    const hash = freshPasswordHash()
    succeeded(await storage.passwords.set(await actorOf(storage, key), hash))
    assert.equal(present(await lookUp(storage, squatter.email)).hash.reveal(), hash.reveal())
  },
)

promise('signIn: takes an account over once; the next identity links', [], async (storage) => {
  const { email } = await signUpBare(storage)
  const first = await takeOver(storage, present(email))
  const second = await visit(storage, newOAuthSignIn({ email, provider: 'github' }))
  assert.deepEqual([second.how, second.user.id], ['linked', first.user.id])
  const { how } = await visit(storage, again(first.person))
  assert.equal(how, 'known')
  for (const { key } of [first, second]) await liveSession(storage, key)
})

promise(
  'signIn: the identity of an owner who was taken over is a new identity',
  [],
  async (storage) => {
    const squatter = await signUp(storage)
    const { provider, subject } = newOAuthSignIn()
    await linkOne(storage, await actorOf(storage, squatter.key), { provider, subject })
    await takeOver(storage, squatter.email)
    const person = newOAuthSignIn({ provider, subject, email: null })
    const back = await visit(storage, person)
    assert.deepEqual([back.how, back.user.id], ['created', person.newUserId])
    assert.equal((await visit(storage, again(person))).how, 'known')
  },
)

promise(
  'signIn: an email that the provider does not verify is not kept, nor compared with any account',
  [],
  async (storage) => {
    const verified = await signUp(storage, { emailVerified: true })
    const unverified = await signUp(storage)
    for (const [email, emailVerified] of [
      [freshEmail(), false],
      [verified.email, false],
      [unverified.email, false],
      [null, false],
      [null, true],
    ] as const) {
      const person = newOAuthSignIn({ email, emailVerified, name: 'Kept' })
      const { how, user, key } = await visit(storage, person)
      assert.deepEqual([how, user.id, user.name], ['created', person.newUserId, 'Kept'])
      assert.deepEqual([user.email, user.emailVerifiedAt], [null, null])
      assert.deepEqual((await liveSession(storage, key)).user, user)
      assert.equal((await visit(storage, again(person))).how, 'known')
    }
    for (const { key, user } of [verified, unverified])
      assert.deepEqual((await liveSession(storage, key)).user, user)
    const free = newOAuthSignIn({ emailVerified: false })
    await visit(storage, free)
    succeeded(await storage.users.register(newUser({ email: present(free.email) })))
  },
)

promise('signIn: T5.69 (provider, subject) is the identity, byte by byte', [], async (storage) => {
  const subject = freshWord()
  const identities = [
    ['google', subject],
    ['github', subject],
    ['Google', subject],
    ['google', subject.toUpperCase()],
    ['google', `${subject} `],
    ['google', `${subject}é`],
    ['google', `${subject}e\u0301`],
    ['p'.repeat(64), subject.padEnd(255, 's')],
    ...awkwardTexts.map((text) => ['awkward', `${subject}${text}`] as const),
  ] as const
  const found = new Set<string>()
  for (const [provider, own] of identities) {
    const person = newOAuthSignIn({ provider, subject: own, email: null })
    const { how, user } = await visit(storage, person)
    assert.equal(how, 'created')
    assert.equal((await visit(storage, again(person))).user.id, user.id)
    assert.equal(only(await storage.oauthAccounts.list(user.id)).provider, provider)
    found.add(user.id)
  }
  assert.equal(found.size, identities.length)
})

promise('signIn: T2.31 refused for a disabled user, in every way', [], async (storage) => {
  const known = await visit(storage)
  const verified = await signUpBare(storage, { emailVerified: true })
  const unverified = await signUpBare(storage)
  for (const { id } of [known.user, verified, unverified]) await storage.users.disable(id)
  for (const person of [
    again(known.person),
    newOAuthSignIn({ email: verified.email }),
    newOAuthSignIn({ email: unverified.email }),
  ])
    assert.deepEqual(await storage.oauthAccounts.signIn(person), unavailable)
  for (const { id } of [verified, unverified]) {
    assert.deepEqual(await storage.oauthAccounts.list(id), [])
    assert.deepEqual(await storage.sessions.list(id), [])
  }
  await storage.users.enable(known.user.id)
  assert.equal((await visit(storage, again(known.person))).how, 'known')
  assert.equal(present(await storage.users.find(unverified.id)).emailVerifiedAt, null)
})

promise('signIn: an identity whose user was deleted is a new one', [], async (storage) => {
  const { user, person } = await visit(storage)
  assert.equal(await storage.users.delete(user.id), true)
  const back = await visit(storage, again(person))
  assert.equal(back.how, 'created')
  assert.notEqual(back.user.id, user.id)
})

const kinds: readonly (readonly [string, Partial<OAuthSignIn>])[] = [
  ['with a verified address', {}],
  ['with an unverified address', { emailVerified: false }],
  ['without an address', { email: null, emailVerified: false }],
]

for (const [what, given] of kinds) {
  promise(
    `signIn: T1.17 twenty first logins at once ${what} make one user, one account, twenty sessions`,
    [],
    async (storage) => {
      for (let round = 0; round < 3; round += 1) {
        const person = newOAuthSignIn(given)
        const visits = await twentyAtOnce(() => visit(storage, again(person)))
        await assertOneUser(storage, visits)
        only(visits.filter(({ how }) => how === 'created'))
        const { user } = present(visits[0])
        only(await storage.oauthAccounts.list(user.id))
      }
    },
  )
}

promise(
  'signIn: of twenty first logins at once on an unverified account one takes it over',
  [],
  async (storage) => {
    const squatter = await signUp(storage)
    const person = newOAuthSignIn({ email: squatter.email })
    const visits = await twentyAtOnce(() => visit(storage, again(person)))
    await assertOneUser(storage, visits)
    assert.equal(present(visits[0]).user.id, squatter.user.id)
    only(visits.filter(({ how }) => how === 'took_over'))
    await assertEnded(storage, squatter.key)
    only(await storage.oauthAccounts.list(squatter.user.id))
  },
)

promise(
  'signIn: two providers and a registration of one address at once make one user',
  [],
  async (storage) => {
    for (let round = 0; round < 5; round += 1) {
      const email = freshEmail()
      const persons = (['google', 'github'] as const).map((provider) =>
        newOAuthSignIn({ provider, email }),
      )
      const made = newUser({ email, passwordHash: freshPasswordHash(), session: newSession() })
      const [visits, registration] = await Promise.all([
        Promise.all(persons.map((person) => visit(storage, person))),
        storage.users.register(made),
      ])
      await assertOneUser(storage, visits)
      const { id } = present(await storage.users.findByEmail(email))
      assert.equal(id, present(visits[0]).user.id)
      assert.equal((await storage.oauthAccounts.list(id)).length, 2)
      if (registration.ok) {
        assert.equal(registration.user.id, id)
        only(visits.filter(({ how }) => how === 'took_over'))
        await assertEnded(storage, { userId: id, ...present(made.session) })
      } else only(visits.filter(({ how }) => how === 'created'))
    }
  },
)

/** Asserts that all of them are signed in as one user, each in a session of its own. */
async function assertOneUser(
  storage: ConformanceStorage,
  visits: readonly Awaited<ReturnType<typeof visit>>[],
): Promise<void> {
  only([...new Set(visits.map(({ user }) => user.id))])
  for (const { key } of visits) await liveSession(storage, key)
  const { user } = present(visits[0])
  assert.equal((await storage.sessions.list(user.id)).length, visits.length)
}
