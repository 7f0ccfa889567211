import assert from 'node:assert/strict'
import { hash as argon2 } from '@node-rs/argon2'
import type { UserId } from 'torii-core'
import { newUserId } from 'torii-core'
import { test } from 'vitest'
import type { PasswordHasher, PasswordHashing } from '../../password-hashing/hashing.js'
import { createPasswordHashing } from '../../password-hashing/hashing.js'
import { goodPassword, newEmail, openTestSite, requestInfo } from '../../test/site.test.support.js'
import { createContext } from '../context.js'
import { createPasswordService } from './password.js'

const site = await openTestSite()
const { torii, db, storage } = site
const password = goodPassword
const invalid = { ok: false, reason: 'invalid_credentials' }

async function register(email = newEmail()) {
  const made = await torii.password.register({ email, password }, requestInfo)
  assert.ok(made.ok && made.token !== null)
  return { email, user: made.user, token: made.token }
}

/** A service over the real hashing, with something that happens around its steps. */
function serviceWith(around: (hasher: PasswordHasher) => Partial<PasswordHasher>) {
  const { options } = torii
  const real = createPasswordHashing(options)
  const hashing: PasswordHashing = {
    withSlot: (work) => real.withSlot((hasher) => work({ ...hasher, ...around(hasher) })),
  }
  return createPasswordService({ ...createContext(storage, options, {}), hashing })
}

/** How many statements and computations one attempt costs, and what it answers. */
async function cost(email: string, text: string) {
  let [verified, hashed] = [0, 0]
  const service = serviceWith((hasher) => ({
    verify(...given) {
      verified += 1
      return hasher.verify(...given)
    },
    hash(...given) {
      hashed += 1
      return hasher.hash(...given)
    },
  }))
  const { result, statements } = await site.counted(() =>
    service.authenticate({ email, password: text }, requestInfo),
  )
  return { result, work: { statements, verified, hashed } }
}

test('the right password signs in with two statements and a session of its own', async () => {
  const { email, user, token } = await register()
  const { result, work } = await cost(email.toUpperCase(), password)
  assert.deepEqual(work, { statements: 2, verified: 1, hashed: 0 })
  assert.ok(result.ok)
  assert.equal(result.user.id, user.id)
  assert.notEqual(result.token.reveal(), token.reveal())
  assert.equal((await torii.sessions.validate(result.token))?.session.id, result.session.id)
})

test('T4.56 wrong, unknown, passwordless, disabled and impossible cost and answer the same', async () => {
  const { email } = await register()
  const disabled = await register()
  await storage.users.disable(disabled.user.id)
  const passwordless = newEmail()
  await storage.users.register({ id: newUserId(), email: passwordless })
  const attempts = [
    [email, 'wrong horse battery staple'],
    [newEmail(), password],
    [passwordless, password],
    [disabled.email, password],
    [disabled.email, 'wrong horse battery staple'],
    [email, 'x'.repeat(1025)],
    [email, 'x'.repeat(1_048_576)],
    [email, `${password}\ud800`],
    [email, `${password}\0`],
    [email, `${password} `],
    [email, ''],
  ] as const
  for (const [address, text] of attempts) {
    const { result, work } = await cost(address, text)
    assert.deepEqual(result, invalid)
    assert.deepEqual(work, { statements: 1, verified: 1, hashed: 0 })
  }
  assert.equal(await countSessions(disabled.user.id), 0)
})

test('T4.63 a locked account costs one statement and no hash, real or made up, and opens again', async () => {
  const { email } = await register()
  const answers = []
  for (const address of [email, newEmail()]) {
    for (let wrong = 0; wrong < 10; wrong++)
      assert.deepEqual((await cost(address, 'wrong')).result, invalid)
    const { result, work } = await cost(address, password)
    assert.deepEqual(work, { statements: 1, verified: 0, hashed: 0 })
    assert.ok(!result.ok && result.reason === 'too_many_attempts')
    assert.ok(result.retryAfterSeconds >= 29 && result.retryAfterSeconds <= 30)
    answers.push(Object.keys(result))
  }
  assert.deepEqual(answers[0], answers[1])
  await site.elapse(31)
  assert.ok((await cost(email, password)).result.ok)
})

test('T1.20 of forty guesses at once no more than the cap are verified', async () => {
  const { email } = await register()
  let verified = 0
  const service = serviceWith((hasher) => ({
    verify(...given) {
      verified += 1
      return hasher.verify(...given)
    },
  }))
  const info = { ip: '198.51.100.1', userAgent: null }
  const outcomes = await Promise.all(
    Array.from({ length: 40 }, (_, at) =>
      service.authenticate({ email, password: `wrong ${at}` }, info),
    ),
  )
  assert.equal(verified, 10)
  assert.equal(outcomes.filter((one) => !one.ok && one.reason === 'too_many_attempts').length, 30)
})

test('a success forgives the account, and takes one charge from the network', async () => {
  const { email } = await register()
  const info = { ip: '198.51.100.2', userAgent: null }
  const attempt = (text: string) => torii.password.authenticate({ email, password: text }, info)
  for (let round = 0; round < 2; round++) {
    for (let wrong = 0; wrong < 9; wrong++) assert.deepEqual(await attempt('wrong'), invalid)
    assert.ok((await attempt(password)).ok)
  }
})

test('a network that tries many accounts has to wait; another network does not', async () => {
  const limited = site.with({ bruteForce: { ipAddress: { cap: 3 } } })
  const { email } = await register()
  const attempt = (ip: string, address: string) =>
    limited.password.authenticate({ email: address, password }, { ip, userAgent: null })
  for (let spray = 0; spray < 3; spray++)
    assert.deepEqual(await attempt(`2001:db8:9:9::${spray}`, newEmail()), invalid)
  const refused = await attempt('2001:DB8:9:9::FFFF', email)
  assert.ok(!refused.ok && refused.reason === 'too_many_attempts')
  assert.ok((await attempt('2001:db8:9:a::1', email)).ok)
})

test('a lock on the password path leaves sessions alone', async () => {
  const { email, token } = await register()
  for (let wrong = 0; wrong < 11; wrong++) await cost(email, 'wrong')
  assert.ok(await torii.sessions.validate(token))
})

test('whatever ends the credential between look-up and sign-in wins: no session is opened', async () => {
  const endings = [
    'update torii.users set session_epoch = session_epoch + 1 where id = $1',
    'update torii.users set owner_epoch = owner_epoch + 1 where id = $1',
    'update torii.users set disabled_at = now() where id = $1',
    'delete from torii.users where id = $1',
  ]
  for (const ending of endings) {
    const { email, user } = await register()
    await db.query('delete from torii.sessions where user_id = $1', [user.id])
    const service = serviceWith((hasher) => ({
      async verify(...given) {
        const matches = await hasher.verify(...given)
        await db.query(ending, [user.id])
        return matches
      },
    }))
    assert.deepEqual(await service.authenticate({ email, password }, requestInfo), invalid)
    assert.equal(await countSessions(user.id), 0)
  }
})

const older = { memoryCost: 8192, timeCost: 5, parallelism: 1 }

test('a hash under older parameters is made again in the same two statements, once', async () => {
  const { email, user } = await register()
  await storeHash(user.id, await argon2(password, older))
  assert.deepEqual((await cost(email, 'wrong')).work, { statements: 1, verified: 1, hashed: 0 })
  const { result, work } = await cost(email, password)
  assert.ok(result.ok)
  assert.deepEqual(work, { statements: 2, verified: 1, hashed: 1 })
  assert.match(await readHash(user.id), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  assert.deepEqual((await cost(email, password)).work, { statements: 2, verified: 1, hashed: 0 })
})

test('a failed rehash never fails the sign-in', async () => {
  const { email, user } = await register()
  const stored = await argon2(password, older)
  await storeHash(user.id, stored)
  const service = serviceWith(() => ({
    async hash() {
      throw new Error('no memory left')
    },
  }))
  site.events.length = 0
  assert.ok((await service.authenticate({ email, password }, requestInfo)).ok)
  assert.equal(await readHash(user.id), stored)
  assert.deepEqual(
    site.events.map(({ event }) => event),
    ['rehash_failed'],
  )
})

test('a hostile stored hash is a wrong password at the usual cost', async () => {
  const { email, user } = await register()
  await storeHash(user.id, (await readHash(user.id)).replace('m=19456', 'm=4194304'))
  site.events.length = 0
  const { result, work } = await cost(email, password)
  assert.deepEqual(result, invalid)
  assert.deepEqual(work, { statements: 1, verified: 1, hashed: 0 })
  assert.deepEqual(site.events, [{ level: 'warn', event: 'stored_hash_refused', userId: user.id }])
})

test('a flood beyond the queue is refused without a statement, and nobody is charged for it', async () => {
  const { email } = await register()
  const busy = site.with({ password: { hashing: { concurrency: 1, maxWaiting: 3 } } })
  const attempt = () => busy.password.authenticate({ email, password }, requestInfo)
  const { result, statements } = await site.counted(() =>
    Promise.allSettled(Array.from({ length: 50 }, attempt)),
  )
  const refused = result.filter((one) => one.status === 'rejected')
  assert.equal(refused.length, 46)
  for (const { reason } of refused) assert.equal(reason.code, 'ERR_BUSY')
  assert.equal(statements, 2 * 4)
  assert.ok((await attempt()).ok)
})

async function countSessions(userId: UserId): Promise<number> {
  const { rows } = await db.query('select 1 from torii.sessions where user_id = $1', [userId])
  return rows.length
}

const storeHash = (userId: UserId, hash: string) =>
  db.query('update torii.passwords set hash = $2 where user_id = $1', [userId, hash])

async function readHash(userId: UserId): Promise<string> {
  const { rows } = await db.query<{ hash: string }>(
    'select hash from torii.passwords where user_id = $1',
    [userId],
  )
  return rows[0]?.hash ?? ''
}
