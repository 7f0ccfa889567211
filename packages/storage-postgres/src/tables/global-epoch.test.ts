import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { SessionActor, TokenHash } from 'torii-core'
import { newPasskeyId, newUserId } from 'torii-core'
import type { TestDatabase } from 'torii-testing'
import { testDatabase } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { PostgresStorage } from '../index.js'
import {
  actorOf,
  freshEmail,
  freshPasswordHash,
  freshRateLimitKey,
  freshSecretHash,
  newSession,
  signUp,
  widePolicy,
} from '../test/races/people.test.support.js'

let db: TestDatabase
let storage: PostgresStorage
beforeAll(async () => {
  db = await testDatabase()
  storage = await PostgresStorage.connect(db.url)
})
afterAll(() => storage.close())

/** Someone with a verified email or not, a live session and a passkey. */
async function newPerson({ emailVerified = true } = {}) {
  const person = await signUp(storage, { emailVerified })
  const actor = actorOf(person)
  const credentialId = new Uint8Array(randomBytes(32))
  const passkey = {
    id: newPasskeyId(),
    credentialId,
    publicKey: new Uint8Array(randomBytes(77)),
    signCount: 0,
    userHandle: new Uint8Array(randomBytes(64)),
    userVerified: true,
    backupEligible: false,
    backedUp: false,
    aaguid: '00000000-0000-0000-0000-000000000000',
    transports: ['internal'] as const,
    name: 'Telephone',
  }
  assert.ok((await storage.passkeys.add(actor, passkey, { max: 5 })).ok)
  return { ...person, actor, credentialId }
}

type Person = Awaited<ReturnType<typeof newPerson>>

async function issueLink(email: string) {
  const tokenHashOfLink = freshSecretHash()
  const codeHash = freshSecretHash()
  const link = { email, tokenHash: tokenHashOfLink, codeHash, lifetimeSeconds: 600, charges: null }
  const issued = await storage.magicLinks.issue(link)
  assert.ok(issued.ok && issued.to === email)
  return { email, hash: tokenHashOfLink, codeHash }
}

async function issueToken(purpose: 'verify_email' | 'reset_password', person: Person) {
  const secretHash = freshSecretHash()
  const { email } = person
  const given = { purpose, email, secretHash, lifetimeSeconds: 600, charges: null }
  const issued = await storage.verificationTokens.issue(given)
  assert.ok(issued.ok && issued.to === email)
  return { userId: person.id, secretHash }
}

async function storeChallenge(holder: Parameters<typeof challengeOf>[0]) {
  const challenge = challengeOf(holder)
  assert.ok((await storage.passkeyChallenges.store(challenge)).ok)
  return challenge.challengeHash
}
const challengeOf = (holder: { kind: 'anyone' } | { kind: 'session'; actor: SessionActor }) => ({
  challengeHash: freshSecretHash(),
  ceremony: holder.kind === 'anyone' ? ('authenticate' as const) : ('register' as const),
  holder,
  lifetimeSeconds: 300,
  ipAddress: null,
})

const proof = (session = newSession()) => ({ session, newUserId: newUserId() })

interface Presented {
  readonly name: string
  /** Makes what would be accepted, and returns how to present it: true where it was accepted. */
  readonly prepare: () => Promise<() => Promise<boolean>>
}

/** Every kind of link, code, token and challenge, with an account behind it or none. */
const presentables: readonly Presented[] = [
  ...(['known', 'unverified', 'unknown'] as const).flatMap((whose): Presented[] => {
    const emailOf = async () =>
      whose === 'unknown'
        ? freshEmail()
        : (await newPerson({ emailVerified: whose === 'known' })).email
    return [
      {
        name: `a magic link, ${whose} email`,
        async prepare() {
          const { hash } = await issueLink(await emailOf())
          return async () => (await storage.magicLinks.consume(hash, proof())).ok
        },
      },
      {
        name: `the page of a magic link, ${whose} email`,
        async prepare() {
          const { hash } = await issueLink(await emailOf())
          return async () => (await storage.magicLinks.find(hash)) !== null
        },
      },
      {
        name: `a code, ${whose} email`,
        async prepare() {
          const { email, codeHash } = await issueLink(await emailOf())
          return async () =>
            (await storage.magicLinks.consumeCode({ email, codeHashes: [codeHash] }, proof())).ok
        },
      },
    ]
  }),
  {
    name: 'a verification of an email',
    async prepare() {
      const key = await issueToken('verify_email', await newPerson({ emailVerified: false }))
      return async () =>
        (await storage.verificationTokens.verifyEmail(key, { kind: 'mailbox_only' })).ok
    },
  },
  {
    name: 'a reset of a password',
    async prepare() {
      const key = await issueToken('reset_password', await newPerson())
      const hash = freshPasswordHash()
      return async () => (await storage.verificationTokens.resetPassword(key, { hash })).ok
    },
  },
  {
    name: 'the page of a reset',
    async prepare() {
      const key = await issueToken('reset_password', await newPerson())
      return async () => (await storage.verificationTokens.find('reset_password', key)) !== null
    },
  },
  {
    name: 'a change of email',
    async prepare() {
      const { actor } = await newPerson()
      const secretHash = freshSecretHash()
      const email = freshEmail()
      const given = { actor, email, secretHash, lifetimeSeconds: 600, charges: null }
      const issued = await storage.verificationTokens.issueEmailChange(given)
      assert.ok(issued.ok && issued.to === email)
      return async () => (await storage.verificationTokens.changeEmail(actor, secretHash)).ok
    },
  },
  {
    name: 'a challenge for anyone',
    async prepare() {
      const { credentialId } = await newPerson()
      const challengeHash = await storeChallenge({ kind: 'anyone' })
      return () => signsIn(challengeHash, credentialId)
    },
  },
  {
    name: 'a challenge for an email',
    async prepare() {
      const { email, credentialId } = await newPerson()
      const challengeHash = freshSecretHash()
      const given = { challengeHash, lifetimeSeconds: 300, ipAddress: null }
      const stored = await storage.passkeyChallenges.storeForEmail(given, email)
      assert.ok(stored.ok && stored.credentials.length === 1)
      return () => signsIn(challengeHash, credentialId)
    },
  },
  {
    name: 'a challenge for a session',
    async prepare() {
      const { actor } = await newPerson()
      const challengeHash = await storeChallenge({ kind: 'session', actor })
      return () => storage.passkeyChallenges.consume({ challengeHash, ceremony: 'register', actor })
    },
  },
]

async function signsIn(challengeHash: TokenHash, credentialId: Uint8Array) {
  const given = { challengeHash, ceremony: 'authenticate', credentialId } as const
  const found = await storage.passkeys.findForSignIn(given)
  return found !== null && !('ok' in found)
}

/** Alone, without the epochs of the users, which also end what carries them. */
const raiseGlobalEpoch = () => db.query('update torii.global_epoch set epoch = epoch + 1')
const counted = ['magic_links', 'verification_tokens', 'passkey_challenges'] as const
const rowsOf = async (table: (typeof counted)[number]) =>
  (await db.query(`select 1 from torii.${table}`)).rows.length

describe('the global epoch', () => {
  for (const { name, prepare } of presentables)
    test(`ends ${name}, and none that is made afterwards`, async () => {
      const before = await prepare()
      await raiseGlobalEpoch()
      assert.equal(await before(), false)
      const after = await prepare()
      assert.equal(await after(), true)
    })

  test('is raised by revokeAllSessionsAndTokens(), which ends them all while their rows are still there', async () => {
    const presented = await Promise.all(presentables.map(({ prepare }) => prepare()))
    const before = await Promise.all(counted.map(rowsOf))
    await storage.revokeAllSessionsAndTokens()
    assert.deepEqual(await Promise.all(counted.map(rowsOf)), before)
    for (const [place, present] of presented.entries())
      assert.equal(await present(), false, presentables[place]?.name)
  })

  test('frees the places of four links and four tokens, and lets the sweep delete them', async () => {
    const person = await newPerson()
    const { email } = person
    const fill = async () => {
      for (let place = 0; place < 4; place += 1) {
        await issueLink(email)
        await issueToken('reset_password', person)
      }
    }
    /** As a request does, which ends no live link or token. */
    const isMailed = async () => {
      const charges = { address: { key: freshRateLimitKey(), policy: widePolicy }, ipAddress: null }
      const given = { email, lifetimeSeconds: 600, charges }
      const link = await storage.magicLinks.issue({
        ...given,
        tokenHash: freshSecretHash(),
        codeHash: null,
      })
      const token = await storage.verificationTokens.issue({
        ...given,
        purpose: 'reset_password',
        secretHash: freshSecretHash(),
      })
      return [link.ok && link.to !== null, token.ok && token.to !== null]
    }
    await fill()
    assert.deepEqual(await isMailed(), [false, false])
    await raiseGlobalEpoch()
    assert.deepEqual(await isMailed(), [true, true])
    await fill()
    await raiseGlobalEpoch()
    const { deleted } = await storage.sweep()
    assert.ok((deleted.magic_links ?? 0) >= 4 && (deleted.verification_tokens ?? 0) >= 4)
    assert.deepEqual(await Promise.all(counted.map(rowsOf)), [0, 0, 0])
  })
})
