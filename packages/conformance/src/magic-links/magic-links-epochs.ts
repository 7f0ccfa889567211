import assert from 'node:assert/strict'
import type { MailboxSignIn } from 'torii-core'
import { newUserId } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import { newOAuthSignIn, visit } from '../fixtures/credentials.js'
import {
  codeOf,
  issueChange,
  issueLink,
  issueToken,
  newProof,
  openedBy,
  signUpActor,
} from '../fixtures/mail.js'
import {
  assertEnded,
  isStoredHash,
  liveSession,
  present,
  signUp,
  succeeded,
} from '../fixtures/people.js'
import { freshEmail, freshPasswordHash } from '../fixtures/samples.js'

const { cases, promise } = casesOf('magicLinks')

/** Links and codes that were mailed before the sessions of their user ended. */
export const linkEpochCases = cases

const invalidToken = { ok: false, reason: 'invalid_token' }

type Person = Awaited<ReturnType<typeof signUpActor>>
type Link = Awaited<ReturnType<typeof issueLink>>
type Ending = (storage: ConformanceStorage, person: Person) => Promise<unknown>

/** Everything that ends what was mailed before it. */
const endings: readonly (readonly [string, Ending])[] = [
  [
    'a password change',
    async ({ passwords }, { actor, hash }) =>
      succeeded(await passwords.change(actor, { verified: hash, next: freshPasswordHash() })),
  ],
  [
    'the removal of the password',
    async ({ passwords }, { actor }) =>
      succeeded(await passwords.remove(actor, { mailSignIn: true })),
  ],
  [
    'a reset',
    async (storage, { email }) => {
      const token = await issueToken(storage, 'reset_password', email)
      const hash = freshPasswordHash()
      succeeded(await storage.verificationTokens.resetPassword(token, { hash }))
    },
  ],
  [
    'the end of the other sessions',
    async ({ sessions }, { actor }) => succeeded(await sessions.revokeOthers(actor)),
  ],
  ['the end of every session by its user', ({ sessions }, { actor }) => sessions.revokeAll(actor)],
  [
    'the end of every session by an administrator',
    ({ sessions }, { user }) => sessions.revokeAll(user.id),
  ],
  [
    'being disabled and enabled',
    async ({ users }, { user }) => {
      present(await users.disable(user.id))
      present(await users.enable(user.id))
    },
  ],
  [
    'a change of the address and back',
    async (storage, { user, actor, key, email }) => {
      const token = await issueChange(storage, actor, freshEmail())
      succeeded(await storage.verificationTokens.changeEmail(actor, token))
      const { epochs } = await liveSession(storage, key)
      const later = { userId: user.id, sessionId: key.id, epochs }
      const back = await issueChange(storage, later, email)
      succeeded(await storage.verificationTokens.changeEmail(later, back))
    },
  ],
]

type Way = (
  storage: ConformanceStorage,
  link: Link,
  proof: ReturnType<typeof newProof>,
) => Promise<MailboxSignIn>

const ways: readonly (readonly ['link' | 'code', Way])[] = [
  ['link', ({ magicLinks }, { tokenHash }, proof) => magicLinks.consume(tokenHash, proof)],
  ['code', ({ magicLinks }, link, proof) => magicLinks.consumeCode(codeOf(link), proof)],
]

for (const [what, end] of endings)
  for (const [kind, use] of ways) {
    promise(
      `consume: a ${kind} from before ${what} does not sign in, and a later one does`,
      ['charging'],
      async (storage) => {
        const person = await signUpActor(storage)
        const links = [
          await issueLink(storage, { email: person.email }),
          await issueLink(storage, { email: person.email }),
        ]
        await end(storage, person)
        const later = await issueLink(storage, { email: person.email })
        for (const link of links) {
          assert.equal(await storage.magicLinks.find(link.tokenHash), null)
          const proof = newProof()
          assert.deepEqual(await use(storage, link, proof), invalidToken)
          await assertEnded(storage, openedBy(person.user.id, proof))
        }
        // The former links have not ended it.
        const proof = newProof()
        succeeded(await use(storage, later, proof))
        await liveSession(storage, openedBy(person.user.id, proof))
      },
    )

    promise(
      `consume: a ${kind} raced against ${what} leaves no session`,
      ['charging', 'concurrency'],
      async (storage) => {
        for (let round = 0; round < 5; round += 1) {
          const person = await signUpActor(storage)
          const link = await issueLink(storage, { email: person.email })
          const proofs = Array.from({ length: 4 }, () => newProof())
          await Promise.all([
            end(storage, person),
            ...proofs.map((proof) => use(storage, link, proof)),
          ])
          for (const proof of proofs) await assertEnded(storage, openedBy(person.user.id, proof))
        }
      },
    )
  }

promise(
  'consume: a link from before the account signs in a new and an unverified user, but no verified one',
  ['charging'],
  async (storage) => {
    const fresh = await issueLink(storage)
    assert.equal(
      succeeded(await storage.magicLinks.consume(fresh.tokenHash, newProof())).created,
      true,
    )
    const squatted = await issueLink(storage)
    const squatter = await signUp(storage, { email: squatted.email })
    const taken = succeeded(await storage.magicLinks.consume(squatted.tokenHash, newProof()))
    assert.deepEqual([taken.user.id, taken.tookOver], [squatter.user.id, true])
    assert.equal(await isStoredHash(storage, squatter.user.id, squatter.hash), false)
    for (const [, use] of ways) {
      const late = await issueLink(storage)
      const owner = await visit(storage, newOAuthSignIn({ email: late.email }))
      assert.equal(await storage.magicLinks.find(late.tokenHash), null)
      const proof = newProof()
      assert.deepEqual(await use(storage, late, proof), invalidToken)
      await assertEnded(storage, openedBy(owner.user.id, proof))
      const next = await issueLink(storage, { email: late.email })
      succeeded(await use(storage, next, newProof({ newUserId: newUserId() })))
    }
  },
)
