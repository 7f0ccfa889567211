import assert from 'node:assert/strict'
import { describe, test } from 'vitest'
import { newPasskey } from '../ambiguous/ambiguous-operations.test.support.js'
import type { FactorOwner } from './enrollment.test.support.js'
import {
  answerOf,
  beginSignIn,
  enroll,
  enrolledEpochs,
  newConfirmation,
  newTrust,
  ownerOf,
  sessionOfPending,
  startEnrollment,
  trustBrowser,
  trustedSession,
} from './enrollment.test.support.js'
import {
  actorOf,
  freshPasswordHash,
  freshRateLimitKey,
  freshSecretHash,
  isLive,
  keyOf,
  newSession,
  signUp,
  widePolicy,
} from './people.test.support.js'
import { openRaceStorage } from './race-storage.test.support.js'

const rounds = 50

const { database, storage, retried, late } = await openRaceStorage()
const { secondFactors, sessions, users, passwords, passkeys, passkeyChallenges } = storage
const noRefund = { account: null, ipAddress: null }

/** A user with a factor, a second session at level 2, and four pending sign-ins. */
async function newOwner() {
  const undo = freshSecretHash()
  const enrolled = await enroll(storage, await signUp(storage), undo)
  const trusted = await trustBrowser(storage, enrolled, enrolled.step + 1)
  // The code that made the browser a trusted one is used.
  const owner = { ...enrolled, step: enrolled.step + 1 }
  const passkey = newPasskey()
  assert.equal((await passkeys.add(ownerOf(owner), passkey, { max: 5 })).ok, true)
  const other = newSession()
  assert.equal((await sessions.open(owner.id, { ...other, level: 2 })).ok, true)
  const pending = []
  for (let index = 0; index < 4; index += 1) pending.push(await beginSignIn(storage, owner))
  const [account, ipAddress] = [freshRateLimitKey(), freshRateLimitKey()]
  const charges = {
    account: { key: account, policy: widePolicy },
    ipAddress: { key: ipAddress, policy: widePolicy },
  }
  return {
    ...owner,
    trusted: trusted.secretHash,
    passkey,
    undo,
    other: keyOf(owner.id, other),
    pending,
    charges,
    refund: { account, ipAddress },
  }
}

type Owner = Awaited<ReturnType<typeof newOwner>>

/** The answer of the passkey that every round uses. It counts, so that of all its uses one succeeds. */
const useOf = ({ id, passkey }: Owner) => ({
  credentialId: passkey.credentialId,
  userId: id,
  signCount: 7,
  backedUp: false,
  epochs: enrolledEpochs,
})

/** The codes that every round uses: each is shared by callers of different operations. */
const codeOf = ({ recoveryCodes }: FactorOwner, index: number) =>
  recoveryCodes[index] ?? assert.fail()

/** What callers do with the factor at the same time, each as often as it is listed. */
const operations: Readonly<Record<string, (owner: Owner) => Promise<unknown>>> = {
  answer: ({ pending: [key = assert.fail()], step, refund }) =>
    secondFactors.signIn({ ...answerOf(key, step + 1), refund }),
  answerAnother: ({ pending: [, key = assert.fail()], step, refund }) =>
    secondFactors.signIn({ ...answerOf(key, step + 1), refund }),
  answerTrusting: ({ pending: [, , , key = assert.fail()], step, refund, trusted }) =>
    secondFactors.signIn({ ...answerOf(key, step + 1), refund, trust: newTrust([trusted]) }),
  signInTrusted: ({ id, trusted }) => sessions.open(id, trustedSession(trusted)),
  signInTrustedByPassword: ({ id, hash, refund, trusted }) =>
    passwords.signIn({
      credential: { userId: id, hash, epochs: { session: 1, owner: 0 } },
      session: trustedSession(trusted),
      refund,
    }),
  answerByRecoveryCode: (owner) =>
    secondFactors.useRecoveryCode({
      key: owner.pending[0] ?? assert.fail(),
      codeHashes: [codeOf(owner, 0)],
      session: sessionOfPending(),
      charges: owner.charges,
    }),
  answerByPasskey: (owner) =>
    secondFactors.signInByPasskey({
      key: owner.pending[0] ?? assert.fail(),
      use: useOf(owner),
      session: sessionOfPending(),
    }),
  answerAnotherByPasskey: (owner) =>
    secondFactors.signInByPasskey({
      key: owner.pending[1] ?? assert.fail(),
      use: useOf(owner),
      session: sessionOfPending(),
    }),
  answerTrustingByPasskey: (owner) =>
    secondFactors.signInByPasskey({
      key: owner.pending[3] ?? assert.fail(),
      use: useOf(owner),
      session: sessionOfPending(),
      trust: newTrust([owner.trusted]),
    }),
  signInByPasskey: (owner) =>
    passkeys.signIn(useOf(owner), { session: { ...newSession(), level: 2 } }),
  stepUpByPasskey: (owner) =>
    passkeys.reauthenticate(useOf(owner), {
      key: owner.other,
      newSecretHash: owner.other.secretHash,
    }),
  lookForPasskey: ({ pending: [, , key = assert.fail()], passkey, charges }) =>
    secondFactors.findPasskey({
      key,
      challengeHash: freshSecretHash(),
      credentialId: passkey.credentialId,
      charge: charges.ipAddress,
    }),
  startPasskey: ({ pending: [key = assert.fail()], charges }) =>
    passkeyChallenges.storeForPending(
      { challengeHash: freshSecretHash(), lifetimeSeconds: 300, ipAddress: charges.ipAddress },
      key,
    ),
  answerWrongly: ({ pending: [, , key = assert.fail()], charges }) =>
    secondFactors.useRecoveryCode({
      key,
      codeHashes: [freshSecretHash()],
      session: sessionOfPending(),
      charges,
    }),
  look: ({ pending: [key = assert.fail()], charges }) =>
    secondFactors.findForSignIn({ key, charges }),
  stepUp: ({ key, step, refund }) =>
    secondFactors.reauthenticate(key, { step: step + 1, newSecretHash: key.secretHash, refund }),
  stepUpOther: ({ other, step, refund }) =>
    secondFactors.reauthenticate(other, {
      step: step + 2,
      newSecretHash: other.secretHash,
      refund,
    }),
  stepUpByRecoveryCode: (owner) =>
    secondFactors.reauthenticateByRecoveryCode(owner.other, {
      codeHashes: [codeOf(owner, 0)],
      newSecretHash: owner.other.secretHash,
      charges: owner.charges,
    }),
  endPending: ({ pending: [, , , key = assert.fail()] }) => secondFactors.endPending(key),
  signOut: ({ other }) => sessions.end(other),
  signIn: ({ id, hash, refund }) =>
    passwords.signIn({
      credential: { userId: id, hash, epochs: { session: 1, owner: 0 } },
      session: newSession(),
      refund,
    }),
  replaceCodes: (owner) =>
    secondFactors.replaceRecoveryCodes(ownerOf(owner), {
      generation: 1,
      recoveryCodes: newConfirmation().recoveryCodes,
    }),
  addPasskey: (owner) => passkeys.add(ownerOf(owner), newPasskey(), { max: 9 }),
  startAgain: (owner) => secondFactors.startTotp(ownerOf(owner), newConfirmation().secret),
}

/** What ends everything that the others do. */
const endings: Readonly<Record<string, (owner: Owner) => Promise<unknown>>> = {
  confirmTotp: async (owner) => {
    const confirmation = newConfirmation(owner.step + 5)
    await secondFactors.startTotp(ownerOf(owner), confirmation.secret)
    return secondFactors.confirmTotp(ownerOf(owner), confirmation)
  },
  removeTotp: (owner) => secondFactors.removeTotp(ownerOf(owner), freshSecretHash()),
  reset: ({ id }) => secondFactors.reset(id),
  revokeOthers: (owner) => sessions.revokeOthers(ownerOf(owner)),
  revokeAll: ({ id }) => sessions.revokeAll(id),
  'change of the password': (owner) =>
    passwords.change(ownerOf(owner), { verified: owner.hash, next: freshPasswordHash() }),
  disable: ({ id }) => users.disable(id),
  delete: ({ id }) => users.delete(id),
  removeTrustedBrowsers: (owner) => secondFactors.removeTrustedBrowsers(ownerOf(owner), null),
  undo: async (owner) => {
    const undone = await storage.verificationTokens.undoSecondFactor(
      { userId: owner.id, secretHash: owner.undo },
      { ipAddress: owner.charges.ipAddress, usedBy: null },
    )
    assert.ok(undone.ok)
    return undone
  },
  'deletion of the passkey': (owner) =>
    passkeys.delete(ownerOf(owner), owner.passkey.id, { mailSignIn: true }),
  sweep: () => storage.sweep(),
}

const noneCounted = { passkeys: 0, factors: 0, accounts: 0 }

/** What of a user counts. */
async function countedOf({ id }: Owner) {
  const { rows } = await database.query(
    `select
       (select count(*) from torii.sessions s where s.user_id = u.id and s.epoch = u.session_epoch)::int as sessions,
       (select count(*) from torii.passkeys k where k.user_id = u.id and k.owner_epoch = u.owner_epoch)::int as passkeys,
       (u.second_factor_epoch is not distinct from u.owner_epoch)::int as factors,
       (select count(*) from torii.oauth_accounts a where a.user_id = u.id and a.owner_epoch = u.owner_epoch)::int as accounts
     from torii.users u where u.id = $1`,
    [id],
  )
  return rows[0]
}

/** Twice each, shuffled by the round, so that neighbours change. */
function shuffled<Item>(items: readonly Item[], round: number): Item[] {
  const all = [...items, ...items]
  return all.map((_, index) => all[(index * (2 * round + 1) + round) % all.length] ?? assert.fail())
}

/** What of the second factors stands without the rest of it. */
const broken = `
  select
    (select count(*) from torii.users u where u.second_factor_epoch = u.owner_epoch
      and not exists (select 1 from torii.totp_factors f where f.user_id = u.id))::int as without_factor,
    (select count(*) from torii.totp_factors f join torii.users u on u.id = f.user_id
      where u.second_factor_epoch is null)::int as without_epoch,
    (select count(*) from torii.totp_factors f where 10 < (
      select count(*) from torii.recovery_codes c
      where c.user_id = f.user_id and c.generation = f.recovery_generation))::int as too_many_codes`

for (const [name, end] of Object.entries(endings))
  describe(`R7.2 everything that is done with a second factor, and ${name} in its midst`, () => {
    test(`${rounds} rounds: one code and one trusted browser open or prove one thing, and no other session is below level 2`, async () => {
      for (let round = 0; round < rounds; round += 1) {
        const owner = await newOwner()
        const callers = shuffled(Object.entries(operations), round)
        const half = callers.length / 2
        const run = ([operation, call]: (typeof callers)[number]) =>
          call(owner).then((outcome) => [operation, outcome] as const)
        const early = callers.slice(0, half).map(run)
        const ending = end(owner)
        const late = callers.slice(half).map(run)
        const outcomes = await Promise.all([...early, ...late])
        await ending
        const done = (wanted: readonly string[]) =>
          outcomes.filter(
            ([operation, outcome]) =>
              wanted.includes(operation) &&
              outcome !== null &&
              Reflect.get(Object(outcome), 'ok') !== false &&
              Reflect.get(Object(outcome), 'reason') === undefined,
          ).length
        const byCode = ['answer', 'answerAnother', 'answerTrusting', 'stepUp']
        assert.ok(done(byCode) <= 1, 'a code was used twice')
        assert.ok(
          done(['answerByRecoveryCode', 'stepUpByRecoveryCode']) <= 1,
          'a recovery code twice',
        )
        assert.ok(
          done([
            'answerByPasskey',
            'answerAnotherByPasskey',
            'answerTrustingByPasskey',
            'signInByPasskey',
            'stepUpByPasskey',
          ]) <= 1,
          'an answer of a passkey was used twice',
        )
        assert.ok(
          done(['answer', 'answerByRecoveryCode', 'answerByPasskey']) <= 1,
          'a pending sign-in was used twice',
        )
        const listed = await sessions.list(owner.id)
        const removed = ['removeTotp', 'reset', 'undo'].includes(name)
        if (name === 'undo') {
          const { sessions: counted, ...rest } = (await countedOf(owner)) ?? assert.fail()
          // A session that the application opens after the undo is one without a second factor.
          assert.ok(Number(counted) <= done(['signInTrusted']), `${counted} sessions`)
          assert.deepEqual(rest, noneCounted)
        }
        if (removed) continue
        // Only a session that a trusted browser has opened.
        const trusting = done(['signInTrusted', 'signInTrustedByPassword'])
        assert.ok(trusting <= 1, 'a secret of a trusted browser was used twice')
        assert.ok(listed.filter(({ level }) => level < 2).length <= trusting)
        const browsers = await secondFactors.listTrustedBrowsers(owner.id)
        assert.ok(browsers.length <= 2)
      }
      const { rows } = await database.query(broken)
      assert.deepEqual(rows, [{ without_factor: 0, without_epoch: 0, too_many_codes: 0 }])
    })
  })

describe('R7.2 an enrollment', () => {
  test(`${rounds} rounds: is made as a whole, or not at all, while its session ends`, async (t) => {
    let confirmed = 0
    for (let round = 0; round < rounds; round += 1) {
      const person = await signUp(storage)
      const confirmation = await startEnrollment(storage, person)
      const [outcome] = await Promise.all([
        secondFactors.confirmTotp(actorOf(person), confirmation),
        round % 2 === 0 ? sessions.end(person.key) : sessions.revoke(person.id, person.key.id),
      ])
      const { totp } = await secondFactors.find(person.id)
      assert.equal(totp !== null, outcome.ok)
      if (outcome.ok) confirmed += 1
    }
    void t.annotate(`${confirmed} of ${rounds} confirmed`)
  })

  test(`waits for the end of its session, and is then refused as a whole`, async () => {
    const person = await signUp(storage)
    const confirmation = await startEnrollment(storage, person)
    const holder = await database.connect()
    await holder.query('begin')
    await holder.query('delete from torii.sessions where user_id = $1', [person.id])
    const confirming = secondFactors.confirmTotp(actorOf(person), confirmation)
    await untilWaiting()
    await holder.query('commit')
    assert.deepEqual(await confirming, { ok: false, reason: 'stale' })
    assert.equal((await secondFactors.find(person.id)).totp, null)
    const session = newSession()
    assert.equal((await sessions.open(person.id, session)).ok, true)
  })

  test('of a removal the same', async () => {
    const owner = await enroll(storage, await signUp(storage))
    const holder = await database.connect()
    await holder.query('begin')
    await holder.query('delete from torii.sessions where user_id = $1', [owner.id])
    const removing = secondFactors.removeTotp(ownerOf(owner), freshSecretHash())
    await untilWaiting()
    await holder.query('commit')
    assert.deepEqual(await removing, { ok: false, reason: 'stale' })
    assert.notEqual((await secondFactors.find(owner.id)).totp, null)
  })
})

async function untilWaiting(callers = 1): Promise<void> {
  const text = `select 1 from pg_stat_activity
    where datname = current_database() and state = 'active' and wait_event_type = 'Lock'`
  for (let waits = false; !waits; ) waits = (await database.query(text)).rows.length >= callers
}

type Transaction = ReturnType<typeof storage.withClient>

describe('R7.2 a trusted browser', () => {
  const hold = async ({ id }: Owner) => {
    const holder = await database.connect()
    await holder.query('begin')
    await holder.query('select 1 from torii.trusted_browsers where user_id = $1 for update', [id])
    return holder
  }

  test('of two sign-ins with one secret that both found it, one opens a session; the other waits for the factor', async () => {
    const owner = await newOwner()
    const holder = await hold(owner)
    const [first, second] = [trustedSession(owner.trusted), trustedSession(owner.trusted)]
    const opening = [sessions.open(owner.id, first), sessions.open(owner.id, second)]
    await untilWaiting(2)
    await holder.query('commit')
    const outcomes = (await Promise.all(opening)).map((outcome) =>
      outcome.ok ? 'ok' : outcome.reason,
    )
    assert.deepEqual(outcomes.sort(), ['ok', 'second_factor_required'])
    assert.equal((await secondFactors.listTrustedBrowsers(owner.id)).length, 1)
  })

  test('that a passkey trusts anew while it signs in has one secret, which opens a session', async () => {
    const owner = await newOwner()
    const holder = await hold(owner)
    const [session, trust] = [trustedSession(owner.trusted), newTrust([owner.trusted])]
    const [key = assert.fail()] = owner.pending
    const both = Promise.all([
      sessions.open(owner.id, session),
      secondFactors.signInByPasskey({
        key,
        use: useOf(owner),
        session: sessionOfPending(),
        trust,
      }),
    ])
    await untilWaiting(2)
    await holder.query('commit')
    const [opened, answered] = await both
    assert.equal(answered.ok, true)
    const browsers = await secondFactors.listTrustedBrowsers(owner.id)
    assert.ok(browsers.some(({ id }) => id === trust.id))
    // Where the sign-in was first, the passkey did not find the secret that it had replaced.
    assert.equal(browsers.length, opened.ok ? 2 : 1)
    assert.equal((await sessions.open(owner.id, trustedSession(trust.secretHash))).ok, true)
    assert.equal((await sessions.open(owner.id, trustedSession(owner.trusted))).ok, false)
  })

  test('that is removed while its sign-in waits opens no session', async () => {
    for (const end of [
      (owner: Owner, tx: Transaction) =>
        tx.secondFactors.removeTrustedBrowsers(ownerOf(owner), null),
      (owner: Owner, tx: Transaction) => tx.sessions.revokeAll(owner.id),
      (owner: Owner, tx: Transaction) => tx.secondFactors.reset(owner.id),
    ]) {
      const owner = await newOwner()
      const holder = await hold(owner)
      const session = trustedSession(owner.trusted)
      const opening = sessions.open(owner.id, session)
      await untilWaiting(1)
      await end(owner, storage.withClient(holder))
      await holder.query('commit')
      await opening
      assert.equal(await isLive(storage, keyOf(owner.id, session)), false)
    }
  })
})

test('R7.2 a step-up that waits for the factor is not in the way of the deletion of its user', async () => {
  const owner = await newOwner()
  const holder = await database.connect()
  await holder.query('begin')
  await holder.query('select 1 from torii.totp_factors where user_id = $1 for update', [owner.id])
  const proving = secondFactors.reauthenticate(owner.key, {
    step: owner.step + 1,
    newSecretHash: owner.key.secretHash,
    refund: noRefund,
  })
  await untilWaiting(1)
  // It waits for the step-up, and holds none of the rows that this one still needs.
  const deleting = users.delete(owner.id)
  await untilWaiting(2)
  await holder.query('commit')
  const [proved] = await Promise.all([proving, deleting])
  assert.equal(proved?.level, 2)
})

test('R7.2 none of them met a deadlock', (t) => {
  void t.annotate(`too late: ${JSON.stringify(late)}`)
  assert.deepEqual(retried, [])
})

test('a pending sign-in with the code of a factor that was replaced meanwhile opens nothing', async () => {
  const owner = await newOwner()
  const [key = assert.fail()] = owner.pending
  await endings.confirmTotp?.(owner)
  const outcome = await secondFactors.signIn({ ...answerOf(key, owner.step + 9), refund: noRefund })
  assert.deepEqual(outcome, { ok: false, reason: 'invalid_token' })
})

test('R7.2 recovery codes that are replaced while the factor is replaced open nothing with the new one', async () => {
  const owner = await enroll(storage, await signUp(storage))
  const [confirmation, replacement] = [newConfirmation(owner.step + 1), newConfirmation()]
  await secondFactors.startTotp(ownerOf(owner), confirmation.secret)
  const holder = await database.connect()
  await holder.query('begin')
  await holder.query('select 1 from torii.totp_factors where user_id = $1 for update', [owner.id])
  const confirming = secondFactors.confirmTotp(ownerOf(owner), confirmation)
  await untilWaiting()
  // In the transaction that holds the factor: the enrollment has its snapshot, which has none of these codes.
  const { recoveryCodes } = replacement
  const replaced = await storage
    .withClient(holder)
    .secondFactors.replaceRecoveryCodes(ownerOf(owner), { generation: 1, recoveryCodes })
  assert.equal(replaced.ok, true)
  await holder.query('commit')
  assert.equal((await confirming).ok, true)
  assert.deepEqual((await secondFactors.find(owner.id)).recoveryCodes, {
    remaining: 10,
    generation: 3,
  })
  for (const { recoveryCodes: former } of [owner, replacement]) {
    const outcome = await secondFactors.useRecoveryCode({
      key: await beginSignIn(storage, owner),
      codeHashes: [former[0] ?? assert.fail()],
      session: sessionOfPending(),
      charges: null,
    })
    assert.equal(outcome.ok, false)
  }
})
