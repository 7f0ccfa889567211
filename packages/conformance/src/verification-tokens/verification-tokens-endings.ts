import assert from 'node:assert/strict'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import { issueChange, issueToken, signUpActor, useToken } from '../fixtures/mail.js'
import { assertEnded, present, succeeded } from '../fixtures/people.js'
import { freshPasswordHash } from '../fixtures/samples.js'

const { cases, promise } = casesOf('verificationTokens')

/** Tokens that were mailed before the sessions of their user ended. */
export const tokenEndingCases = cases

const mailed = ['verify_email', 'reset_password'] as const

type Ending = (
  storage: ConformanceStorage,
  person: Awaited<ReturnType<typeof signUpActor>>,
) => Promise<unknown>

const endings: readonly (readonly [string, Ending])[] = [
  ['the user was disabled', ({ users }, { user }) => users.disable(user.id)],
  ['the user was deleted', ({ users }, { user }) => users.delete(user.id)],
  [
    'the user was disabled and enabled',
    async ({ users }, { user }) => {
      present(await users.disable(user.id))
      present(await users.enable(user.id))
    },
  ],
  [
    'the other sessions were ended',
    async ({ sessions }, { actor }) => succeeded(await sessions.revokeOthers(actor)),
  ],
  ['every session was ended by its user', ({ sessions }, { actor }) => sessions.revokeAll(actor)],
  ['every session was ended', ({ sessions }, { user }) => sessions.revokeAll(user.id)],
  [
    'the password was changed',
    ({ passwords }, { actor, hash }) =>
      passwords.change(actor, { verified: hash, next: freshPasswordHash() }),
  ],
  [
    'the address was changed',
    async (storage, { actor }) =>
      storage.verificationTokens.changeEmail(actor, await issueChange(storage, actor)),
  ],
]

for (const [what, end] of endings) {
  promise(`find: null after ${what}`, ['charging'], async (storage) => {
    const person = await signUpActor(storage, false)
    const keys = []
    for (const purpose of mailed)
      keys.push([purpose, await issueToken(storage, purpose, person.email)] as const)
    const change = await issueChange(storage, person.actor)
    await end(storage, person)
    for (const [purpose, key] of keys) {
      assert.equal(await storage.verificationTokens.find(purpose, key), null)
      assert.deepEqual(await useToken(storage, purpose, key), {
        ok: false,
        reason: 'invalid_token',
      })
    }
    const key = { userId: person.user.id, secretHash: change }
    assert.equal(await storage.verificationTokens.find('change_email', key), null)
    for (const epochs of [person.actor.epochs, nextEpochs(person.actor)])
      assert.equal(
        (await storage.verificationTokens.changeEmail({ ...person.actor, epochs }, change)).ok,
        false,
      )
  })

  for (const purpose of mailed)
    promise(
      `find: a ${purpose} token raced against what comes after which it is null: ${what}`,
      ['charging', 'concurrency'],
      async (storage) => {
        for (let round = 0; round < 5; round += 1) {
          const person = await signUpActor(storage, false)
          const key = await issueToken(storage, purpose, person.email)
          await Promise.all([
            useToken(storage, purpose, key),
            // Whichever comes second sees what the first has done: a stale session changes nothing.
            end(storage, person).catch(() => null),
          ])
          assert.equal(await storage.verificationTokens.find(purpose, key), null)
          assert.equal((await useToken(storage, purpose, key)).ok, false)
          await assertEnded(storage, person.other)
        }
      },
    )

  promise(
    `changeEmail: a token raced against what comes after which it is null: ${what}`,
    ['charging', 'concurrency'],
    async (storage) => {
      for (let round = 0; round < 5; round += 1) {
        const person = await signUpActor(storage, false)
        const secretHash = await issueChange(storage, person.actor)
        const [changed] = await Promise.all([
          storage.verificationTokens.changeEmail(person.actor, secretHash),
          end(storage, person).catch(() => null),
        ])
        const key = { userId: person.user.id, secretHash }
        assert.equal(await storage.verificationTokens.find('change_email', key), null)
        for (const epochs of [person.actor.epochs, nextEpochs(person.actor)]) {
          const actor = { ...person.actor, epochs }
          const late = await storage.verificationTokens.changeEmail(actor, secretHash)
          assert.deepEqual(late, { ok: false, reason: 'invalid_token' })
        }
        const user = await storage.users.find(person.user.id)
        // Either the change came first, or it has not happened.
        if (user !== null && !changed.ok && what !== 'the address was changed')
          assert.equal(user.email, person.email)
        await assertEnded(storage, person.other)
      }
    },
  )
}

/** The epochs after the sessions were ended once. */
const nextEpochs = ({ epochs }: { epochs: { session: number; owner: number } }) => ({
  ...epochs,
  session: epochs.session + 1,
})
