import assert from 'node:assert/strict'
import type { Session, SessionKey } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import { addOne, useOf } from '../fixtures/credentials.js'
import {
  actorOf,
  keyOf,
  liveSession,
  openOne,
  present,
  signUp,
  succeeded,
} from '../fixtures/people.js'
import { freshSecretHash, newSession, noRefund } from '../fixtures/samples.js'
import {
  beginSignIn,
  enroll,
  sessionOfPending,
  signUpWithFactor,
} from '../fixtures/second-factors.js'

const { cases, promise } = casesOf('secondFactors')

/** A passkey without user verification, a code and a recovery code prove what the user has: two of them are one factor. */
export const possessionCases = cases

const byPasskey = { methods: ['passkey'] } as const
const levelOf = ({ level, level2At }: Session) => [level, level2At]
const one = [1, null]

promise(
  'signIn: a code after a passkey without user verification opens a session of level 1',
  [],
  async (storage) => {
    const { secondFactors } = storage
    const owner = await signUpWithFactor(storage)
    const key = await beginSignIn(storage, owner.user.id, byPasskey)
    const answer = { key, session: sessionOfPending(), refund: noRefund, step: owner.step + 1 }
    const { session } = succeeded(await secondFactors.signIn(answer))
    assert.deepEqual(levelOf(session), one)
    assert.deepEqual(session.methods, ['passkey', 'totp'])
    const opened = { userId: owner.user.id, ...answer.session }
    assert.deepEqual((await liveSession(storage, opened)).session, session)
    const again = await beginSignIn(storage, owner.user.id, byPasskey)
    const [codeHash] = owner.recoveryCodes
    const recovered = succeeded(
      await secondFactors.useRecoveryCode({
        key: again,
        codeHashes: [present(codeHash)],
        session: sessionOfPending(),
        charges: null,
      }),
    )
    assert.deepEqual(levelOf(recovered.session), one)
  },
)

promise(
  'reauthenticate: a code or a recovery code leaves a session of possession at level 1, and the password completes it',
  ['elapse'],
  async (storage) => {
    const { secondFactors, sessions } = storage
    const owner = await signUpWithFactor(storage)
    const waits = await beginSignIn(storage, owner.user.id, byPasskey)
    const next = sessionOfPending()
    const answer = { key: waits, session: next, refund: noRefund, step: owner.step + 1 }
    succeeded(await secondFactors.signIn(answer))
    let key = { userId: owner.user.id, ...next }
    const renewed = () => {
      const newSecretHash = freshSecretHash()
      const former = key
      key = { ...key, secretHash: newSecretHash }
      return { former, newSecretHash }
    }
    const code = renewed()
    const totp = { step: owner.step + 2, newSecretHash: code.newSecretHash, refund: noRefund }
    const byCode = present(await secondFactors.reauthenticate(code.former, totp))
    assert.deepEqual(levelOf(byCode), one)
    const recovery = renewed()
    const outcome = present(
      await secondFactors.reauthenticateByRecoveryCode(recovery.former, {
        codeHashes: [present(owner.recoveryCodes[0])],
        newSecretHash: recovery.newSecretHash,
        charges: null,
      }),
    )
    assert.ok('session' in outcome)
    assert.deepEqual(levelOf(outcome.session), one)
    await storage.elapse(100)
    const { session: before } = await liveSession(storage, key)
    const password = renewed()
    const proof = { newSecretHash: password.newSecretHash, method: 'password' } as const
    const proved = present(await sessions.reauthenticate(password.former, proof))
    // As old as the first of both.
    assert.deepEqual(levelOf(proved), [2, before.authenticatedAt])
    assert.ok(proved.authenticatedAt.getTime() >= before.authenticatedAt.getTime() + 100_000)
    // From now on the password alone moves nothing, and a code does.
    await storage.elapse(100)
    const { session: complete } = await liveSession(storage, key)
    const more = renewed()
    const moreProof = { newSecretHash: more.newSecretHash, method: 'password' } as const
    const still = present(await sessions.reauthenticate(more.former, moreProof))
    assert.deepEqual(levelOf(still), levelOf(complete))
  },
)

promise(
  'reauthenticate: the password alone raises no session, and no other method in its place',
  [],
  async (storage) => {
    const { sessions } = storage
    const { user } = await signUp(storage)
    const prove = async (
      key: SessionKey,
      method: 'password' | 'magic_link' | 'oauth' | 'passkey',
    ) =>
      levelOf(
        present(await sessions.reauthenticate(key, { newSecretHash: key.secretHash, method })),
      )
    for (const methods of [['password'], ['magic_link'], ['oauth']] as const)
      assert.deepEqual(await prove(await openOne(storage, user.id, { methods }), 'password'), one)
    const key = await openOne(storage, user.id, byPasskey)
    for (const method of ['magic_link', 'oauth', 'passkey'] as const)
      assert.deepEqual(await prove(key, method), one)
    const other = await openOne(storage, user.id, byPasskey)
    assert.equal((await prove(other, 'password'))[0], 2)
  },
)

promise(
  'confirmTotp: in a session of a passkey without user verification it proves possession a second time',
  [],
  async (storage) => {
    const person = await signUp(storage)
    const opened = newSession(byPasskey)
    succeeded(await storage.sessions.open(person.user.id, opened))
    const key = keyOf(person.user.id, opened)
    const owner = await enroll(storage, { ...person, key })
    assert.deepEqual(levelOf((await liveSession(storage, owner.key)).session), one)
  },
)

promise(
  'reauthenticate: a passkey without user verification after one is no second factor',
  [],
  async (storage) => {
    const person = await signUp(storage)
    const actor = await actorOf(storage, person.key)
    const { made } = await addOne(storage, actor)
    const key = await openOne(storage, person.user.id, byPasskey)
    const { session } = succeeded(
      await storage.passkeys.reauthenticate(useOf({ ...person, actor, made }, 5), {
        key,
        newSecretHash: key.secretHash,
        level: 1,
      }),
    )
    assert.deepEqual(levelOf(session), one)
  },
)
