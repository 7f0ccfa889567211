import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { encryptedTotpSecret } from 'torii-core'
import { describe, test } from 'vitest'
import { newPasskey } from '../../test/ambiguous/ambiguous-operations.test.support.js'
import {
  answerOf,
  beginSignIn,
  enroll,
  newConfirmation,
  ownerOf,
  sessionOfPending,
  trustBrowser,
} from '../../test/races/enrollment.test.support.js'
import {
  actorOf,
  freshRateLimitKey,
  freshSecretHash,
  keyOf,
  newSession,
  signUp,
  widePolicy,
} from '../../test/races/people.test.support.js'
import { openRaceStorage } from '../../test/races/race-storage.test.support.js'

const { database, storage } = await openRaceStorage()
const { passkeyChallenges, secondFactors, sessions, verificationTokens } = storage
const invalidToken = { ok: false, reason: 'invalid_token' }

/** A user without a second factor, whose sign-in waits for one, with the enrollment begun. */
async function newEnrolling() {
  const person = await signUp(storage)
  const session = {
    ...newSession(),
    methods: ['magic_link'] as const,
    secondFactor: 'always',
  } as const
  assert.equal((await sessions.open(person.id, session)).ok, false)
  const key = keyOf(person.id, session)
  const secret = encryptedTotpSecret(randomBytes(48))
  const start = { key, secret, emailCodeHashes: null }
  assert.equal((await secondFactors.startTotpForSignIn(start)).ok, true)
  const confirmation = { ...newConfirmation(), secret }
  return { person, key, start, confirm: { key, confirmation, session: sessionOfPending() } }
}

describe('a user who was disabled by a statement that ends no session', () => {
  const disable = (id: string) =>
    database.query('update torii.users set disabled_at = now() where id = $1', [id])

  test('answers no pending sign-in', async () => {
    const owner = await enroll(storage, await signUp(storage))
    const key = await beginSignIn(storage, owner)
    await disable(owner.id)
    assert.deepEqual(await secondFactors.signIn(answerOf(key, owner.step + 1)), invalidToken)
    const [codeHash = assert.fail()] = owner.recoveryCodes
    const answer = { key, codeHashes: [codeHash], session: sessionOfPending(), charges: null }
    assert.deepEqual(await secondFactors.useRecoveryCode(answer), invalidToken)
  })

  test('enrolls on none', async () => {
    const { person, start, confirm } = await newEnrolling()
    await disable(person.id)
    assert.deepEqual(await secondFactors.startTotpForSignIn(start), invalidToken)
    assert.deepEqual(await secondFactors.confirmTotpForSignIn(confirm), invalidToken)
    const { key } = start
    const passkeyStart = { key, challengeHash: freshSecretHash(), emailCodeHashes: null }
    const addition = { key, passkey: newPasskey(), session: sessionOfPending() }
    assert.deepEqual(await secondFactors.startPasskeyForSignIn(passkeyStart), invalidToken)
    assert.deepEqual(await secondFactors.addPasskeyForSignIn(addition), invalidToken)
  })
})

test('an enrollment that has expired is not confirmed, however long its pending sign-in lasts', async () => {
  const { person, key, confirm } = await newEnrolling()
  await database.query(
    `update torii.totp_enrollments set expires_at = now() - interval '1 second' where user_id = $1`,
    [person.id],
  )
  assert.equal(await secondFactors.findEnrollmentForSignIn({ key, ipAddress: null }), null)
  assert.deepEqual(await secondFactors.confirmTotpForSignIn(confirm), invalidToken)
})

test('an enrollment during a sign-in leaves neither the enrollment nor the pending sign-in in the tables', async () => {
  const { person, confirm } = await newEnrolling()
  assert.equal((await secondFactors.confirmTotpForSignIn(confirm)).ok, true)
  const { rows } = await database.query(
    `select 1 from torii.pending_sign_ins where user_id = $1
     union all select 1 from torii.totp_enrollments where user_id = $1`,
    [person.id],
  )
  assert.deepEqual(rows, [])
})

test('a passkey that is enrolled during a sign-in leaves the pending sign-in in no table', async () => {
  const { person, key } = await newEnrolling()
  const addition = { key, passkey: newPasskey(), session: sessionOfPending() }
  assert.equal((await secondFactors.addPasskeyForSignIn(addition)).ok, true)
  const { rows } = await database.query('select 1 from torii.pending_sign_ins where user_id = $1', [
    person.id,
  ])
  assert.deepEqual(rows, [])
})

test('a challenge of a pending sign-in that takes no passkey is not stored', async () => {
  const owner = await enroll(storage, await signUp(storage))
  const key = await beginSignIn(storage, owner)
  const challenge = { challengeHash: freshSecretHash(), lifetimeSeconds: 300, ipAddress: null }
  const outcome = await passkeyChallenges.storeForPending(challenge, key)
  assert.deepEqual(outcome, { ok: false, reason: 'not_found' })
  const { rows } = await database.query(
    'select 1 from torii.passkey_challenges where challenge_hash = $1',
    [challenge.challengeHash],
  )
  assert.deepEqual(rows, [])
})

describe('nothing of a second factor stays in the tables', () => {
  const newOwner = async () => {
    const undo = freshSecretHash()
    const owner = await enroll(storage, await signUp(storage), undo)
    await trustBrowser(storage, owner, owner.step + 1)
    return { ...owner, undo }
  }
  const endings: Readonly<
    Record<string, (owner: Awaited<ReturnType<typeof newOwner>>) => Promise<unknown>>
  > = {
    'once it is turned off': (owner) => secondFactors.removeTotp(ownerOf(owner), freshSecretHash()),
    'once it is reset': ({ id }) => secondFactors.reset(id),
    'once it is undone': ({ id: userId, undo: secretHash }) =>
      verificationTokens.undoSecondFactor(
        { userId, secretHash },
        { ipAddress: null, usedBy: null },
      ),
  }

  for (const [name, end] of Object.entries(endings))
    test(name, async () => {
      const owner = await newOwner()
      const left = async () => {
        const { rows } = await database.query(
          `select (select count(*) from torii.totp_factors where user_id = $1)::int as factors,
             (select count(*) from torii.recovery_codes where user_id = $1)::int as codes`,
          [owner.id],
        )
        return rows[0]
      }
      assert.deepEqual(await left(), { factors: 1, codes: 10 })
      await end(owner)
      assert.deepEqual(await left(), { factors: 0, codes: 0 })
    })

  test('nor of a browser that it trusted, once it is turned off or reset', async () => {
    const [first, second] = [await newOwner(), await newOwner()]
    await secondFactors.removeTotp(ownerOf(first), freshSecretHash())
    await secondFactors.reset(second.id)
    const { rows } = await database.query(
      'select 1 from torii.trusted_browsers where user_id = any ($1)',
      [[first.id, second.id]],
    )
    assert.deepEqual(rows, [])
  })
})

describe('a passkey that was added at the moment at which a sign-in began that enrolls', () => {
  /** The addition sees no pending sign-in of a statement that is not committed, and so ends none. */
  async function addBeside({ person }: Awaited<ReturnType<typeof newEnrolling>>) {
    const { rows } = await database.query(
      `with kept as (select * from torii.pending_sign_ins where user_id = $1)
       select to_jsonb(kept) as row from kept`,
      [person.id],
    )
    const added = await storage.passkeys.add(actorOf(person), newPasskey(), { max: 10 })
    assert.equal(added.ok, true)
    await database.query(
      'insert into torii.pending_sign_ins select * from jsonb_populate_record(null::torii.pending_sign_ins, $1)',
      [rows[0]?.row],
    )
  }

  test('is not passed by: nothing is enrolled', async () => {
    const enrolling = await newEnrolling()
    const { key, start, confirm } = enrolling
    await addBeside(enrolling)
    const passkeyStart = { key, challengeHash: freshSecretHash(), emailCodeHashes: null }
    const addition = { key, passkey: newPasskey(), session: sessionOfPending() }
    assert.deepEqual(await secondFactors.startTotpForSignIn(start), invalidToken)
    assert.deepEqual(await secondFactors.confirmTotpForSignIn(confirm), invalidToken)
    assert.deepEqual(await secondFactors.startPasskeyForSignIn(passkeyStart), invalidToken)
    assert.deepEqual(await secondFactors.addPasskeyForSignIn(addition), invalidToken)
    assert.equal((await storage.passkeys.list(enrolling.person.id)).length, 1)
  })
})

test('a factor that counts no more is not read for a code, and its recovery codes open nothing', async () => {
  const owner = await enroll(storage, await signUp(storage))
  const key = await beginSignIn(storage, owner)
  await database.query('update torii.users set second_factor_epoch = null where id = $1', [
    owner.id,
  ])
  const account = { key: freshRateLimitKey(), policy: widePolicy }
  const charges = { account, ipAddress: null }
  const found = await secondFactors.findForSignIn({ key, charges })
  assert.deepEqual(found, { ok: true, credential: null, triesLeft: 4 })
  const [codeHash = assert.fail()] = owner.recoveryCodes
  const answer = { key, codeHashes: [codeHash], session: sessionOfPending(), charges: null }
  const outcome = await secondFactors.useRecoveryCode(answer)
  assert.deepEqual(outcome, { ok: false, reason: 'invalid_code', triesLeft: 3 })
})
