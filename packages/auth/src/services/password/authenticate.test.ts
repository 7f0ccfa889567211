import assert from 'node:assert/strict'
import { hash as argon2 } from '@node-rs/argon2'
import type { UserId } from 'torii-core'
import { newUserId, rateLimitKey, requireEmail } from 'torii-core'
import { test } from 'vitest'
import { createAccountTurns } from '../../password-hashing/account-turns.js'
import type { PasswordHasher, PasswordHashing } from '../../password-hashing/hashing.js'
import { createPasswordHashing } from '../../password-hashing/hashing.js'
import { accountAttempts } from '../../rate-limits/keys.js'
import { goodPassword, newEmail, openTestSite, requestInfo } from '../../test/site.test.support.js'
import { createContext } from '../context/context.js'
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
    ...real,
    hasherFor(share) {
      const hasher = real.hasherFor(share)
      return { ...hasher, ...around(hasher) }
    },
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

test('the right password signs in with two statements and a new session', async () => {
  const { email, user, token } = await register()
  const { result, work } = await cost(email.toUpperCase(), password)
  assert.deepEqual(work, { statements: 2, verified: 1, hashed: 0 })
  assert.ok(result.ok)
  assert.equal(result.user.id, user.id)
  assert.notEqual(result.token.reveal(), token.reveal())
  assert.equal((await torii.sessions.validate(result.token))?.session.id, result.session.id)
})

test('T4.56 T4.57 wrong, unknown, passwordless, disabled and impossible cost and answer the same', async () => {
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

test('T4.63 a locked account costs one statement and no hash, existing or not, until the lock ends', async () => {
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

test('thirty right sign-ins at once all sign in, each in its turn', async () => {
  const { email } = await register()
  const signIn = () => torii.password.authenticate({ email, password }, requestInfo)
  const outcomes = await Promise.all(Array.from({ length: 30 }, signIn))
  assert.deepEqual(
    outcomes.filter(({ ok }) => !ok),
    [],
  )
})

test('twelve right re-authentications and sign-ins at once all succeed', async () => {
  const { email, token } = await register()
  const valid = await torii.sessions.validate(token)
  assert.ok(valid !== null)
  const held = { password, token, rotate: false }
  const outcomes = await Promise.all(
    Array.from({ length: 12 }, (_, n) =>
      n % 2 === 0
        ? torii.password.authenticate({ email, password }, requestInfo)
        : torii.sessions.reauthenticate(valid, held, requestInfo),
    ),
  )
  assert.ok(outcomes.every(({ ok }) => ok))
})

test('attempts of other accounts do not wait for those of one', async () => {
  const turns = createAccountTurns()
  const [mine, yours] = [1, 2].map((byte) => rateLimitKey(new Uint8Array(32).fill(byte)))
  assert.ok(mine !== undefined && yours !== undefined)
  const order: string[] = []
  let finish = (): void => undefined
  const first = turns.take(
    mine,
    () =>
      new Promise<void>((done) => {
        finish = done
      }),
  )
  const second = turns.take(mine, async () => order.push('mine'))
  await turns.take(yours, async () => order.push('yours'))
  assert.deepEqual(order, ['yours'])
  finish()
  await Promise.all([first, second])
  assert.deepEqual(order, ['yours', 'mine'])
  // An attempt that fails ends its turn, too.
  await assert.rejects(turns.take(mine, () => Promise.reject(new Error('no database'))))
  assert.equal(await turns.take(mine, async () => 'next'), 'next')
})

test('more attempts than may wait run at once, so a flood neither waits nor holds memory', async () => {
  const turns = createAccountTurns()
  const account = rateLimitKey(new Uint8Array(32).fill(3))
  let running = 0
  let finish = (): void => undefined
  const gate = new Promise<void>((done) => {
    finish = done
  })
  const all = Array.from({ length: 60 }, () =>
    turns.take(account, () => {
      running += 1
      return gate
    }),
  )
  await new Promise((turn) => setImmediate(turn))
  assert.equal(running, 11)
  finish()
  await Promise.all(all)
  assert.equal(running, 60)
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

test('a success resets the account’s counter, and gives one count back to the IP address', async () => {
  const { email } = await register()
  const info = { ip: '198.51.100.2', userAgent: null }
  const attempt = (text: string) => torii.password.authenticate({ email, password: text }, info)
  for (let round = 0; round < 2; round++) {
    for (let wrong = 0; wrong < 9; wrong++) assert.deepEqual(await attempt('wrong'), invalid)
    assert.ok((await attempt(password)).ok)
  }
})

test('an IP address that tries many accounts is locked; another is not', async () => {
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

test('a lock of password attempts does not affect sessions', async () => {
  const { email, token } = await register()
  for (let wrong = 0; wrong < 11; wrong++) await cost(email, 'wrong')
  assert.ok(await torii.sessions.validate(token))
})

test('if the credential ends between look-up and sign-in, no session is opened', async () => {
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

test('V11.2.2 a hash under older parameters is rehashed once, within the same two statements', async () => {
  const { email, user } = await register()
  await storeHash(user.id, await argon2(password, older))
  assert.deepEqual((await cost(email, 'wrong')).work, { statements: 1, verified: 1, hashed: 0 })
  const { result, work } = await cost(email, password)
  assert.ok(result.ok)
  assert.deepEqual(work, { statements: 2, verified: 1, hashed: 1 })
  assert.match(await readHash(user.id), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  assert.deepEqual((await cost(email, password)).work, { statements: 2, verified: 1, hashed: 0 })
})

test('T8.95 a failed rehash never fails the sign-in', async () => {
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

test('attempts beyond the queue are refused after they were counted, and given back to the account', async () => {
  const people = await Promise.all(Array.from({ length: 4 }, () => register()))
  const emails = [...people.map(({ email }) => email), ...Array.from({ length: 46 }, newEmail)]
  const busy = site.with({ password: { hashing: { concurrency: 1, maxWaiting: 3 } } })
  const attempt = (email: string) => busy.password.authenticate({ email, password }, requestInfo)
  const result = await Promise.allSettled(emails.map(attempt))
  const refused = result.filter((one) => one.status === 'rejected')
  assert.ok(refused.length >= 40, String(refused.length))
  for (const { reason } of refused) assert.equal(reason.code, 'ERR_BUSY')
  await busy.settled()
  for (const email of emails) {
    const status = await storage.rateLimits.status(accountAttempts(requireEmail(email)))
    const isRefused = result[emails.indexOf(email)]?.status === 'rejected'
    if (isRefused) assert.deepEqual(status, { state: 'open', failures: 0 })
  }
  for (const { email } of people) assert.ok((await attempt(email)).ok)
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
