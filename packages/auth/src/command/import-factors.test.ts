import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { testDatabase } from 'torii-testing'
import { afterAll, test } from 'vitest'
import { AuthenticatorApp } from '../one-time-codes/authenticator-app.test.support.js'
import { decodeBase32, encodeBase32 } from '../one-time-codes/base32.js'
import { newTotpSecret, totpUri } from '../one-time-codes/totp.js'
import { enroll } from '../services/second-factors/factor.test.support.js'
import { openMailbox } from '../test/mailbox.test.support.js'
import { openTestSite, goodPassword as password, requestInfo } from '../test/site.test.support.js'
import type { Knobs } from '../webauthn/authenticator.test.support.js'
import { SoftwareAuthenticator } from '../webauthn/authenticator.test.support.js'
import { encodeCbor } from '../webauthn/cbor.test.support.js'

const secret = randomBytes(32).toString('base64url')
const keys = [{ id: 'k1', secret }]
const mailbox = await openMailbox()
const site = await openTestSite({ keys, mailer: mailbox.mailer })
const { torii, db } = site
const cli = fileURLToPath(new URL('./cli.js', import.meta.resolve('torii-storage-postgres')))
const folder = await mkdtemp(join(tmpdir(), 'torii-factors-'))
afterAll(() => rm(folder, { recursive: true }))
const invalid = { ok: false, reason: 'invalid_credentials' }

async function run(words: readonly string[], url = db.url): Promise<string> {
  const env = { ...process.env, DATABASE_URL: url, TORII_KEYS: `k1:${secret}` }
  const child = spawn(process.execPath, [cli, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (data) => (stdout += data))
  child.stderr.on('data', (data) => (stderr += data))
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve))
  assert.equal(status, 0, `${stdout}${stderr}`)
  return stdout
}

async function importLines(
  records: readonly object[],
  url = db.url,
  options: readonly string[] = [],
) {
  const path = join(folder, randomUUID())
  await writeFile(path, records.map((record) => JSON.stringify(record)).join('\n'))
  const words = ['import', 'jsonl', '--from', path, '--source', randomUUID(), '--json', ...options]
  return JSON.parse(await run(words, url))
}

/** A password hash of this password as every other system has it. */
const passwordHash = await (async () => {
  const email = `${randomUUID()}@example.com`
  const torii = site.with({ keys, requireVerifiedEmail: false })
  const made = await torii.password.register({ email, password }, requestInfo)
  assert.ok(made.ok)
  const { rows } = await db.query<{ hash: string }>('select hash from torii.passwords')
  return rows[0]?.hash ?? assert.fail()
})()

/** An account of another system, with an authenticator application there. */
function account(given: object = {}) {
  const id = randomUUID()
  const email = `${id}@example.com`
  const bytes = newTotpSecret()
  const app = new AuthenticatorApp(totpUri(bytes, { issuer: 'Old', account: email }))
  const totp = { secret: encodeBase32(bytes).toLowerCase() }
  return {
    record: { id, email, emailVerified: true, passwordHash, totp, ...given },
    email,
    app,
    id,
  }
}

async function pendingOf({ email }: { email: string }, on = torii) {
  const outcome = await on.password.authenticate({ email, password }, requestInfo)
  assert.ok(!outcome.ok && outcome.reason === 'second_factor_required', JSON.stringify(outcome))
  return outcome.pending
}

/** An hour later no code that the import saw is recent. */
const later = (id: string) =>
  db.query('update torii.totp_factors set last_step = last_step - 2 where user_id = $1', [id])

test('T14.92 an imported application signs in with its next code, and with none from before the import', async () => {
  const person = account()
  const former = [person.app.code(), person.app.code(-1)]
  const { imported, leftOut } = await importLines([person.record])
  assert.deepEqual([imported, leftOut], [1, []])
  const { token, factors } = await pendingOf(person)
  assert.deepEqual(factors, ['totp', 'recovery_code'])
  const verify = (code: string) => torii.secondFactors.verify({ token, code }, requestInfo)
  for (const code of former) {
    const outcome = await verify(code)
    assert.ok(!outcome.ok && outcome.reason === 'invalid_code', JSON.stringify(outcome))
  }
  await later(person.id)
  const outcome = await verify(person.app.code())
  assert.ok(outcome.ok, JSON.stringify(outcome))
  assert.deepEqual([outcome.user.id, outcome.session.level], [person.id, 2])
  const { rows } = await db.query('select secret from torii.totp_factors where user_id = $1', [
    person.id,
  ])
  const stored = String((rows[0]?.secret as Buffer | undefined)?.toString('latin1'))
  assert.ok(!stored.includes(decodeBase32(person.record.totp.secret)?.toString('latin1') ?? ''))
})

test('T14.92 a recovery code of another system works once, in any case, for its own account alone', async () => {
  const codes = ['aBcDe-FgHiJ', 'kLmNo-PqRsT']
  const [person, other] = [
    account({ recoveryCodes: codes }),
    account({ recoveryCodes: ['12345abcde'] }),
  ]
  await importLines([person.record, other.record])
  const answer = async (who: typeof person, recoveryCode: string, on = torii) => {
    const { token } = await pendingOf(who, on)
    return on.secondFactors.verify({ token, recoveryCode }, requestInfo)
  }
  assert.equal((await answer(other, codes[0] ?? '')).ok, false)
  const opened = await answer(person, 'abcde fghij')
  assert.ok(opened.ok)
  assert.deepEqual(opened.session.level, 2)
  assert.equal((await answer(person, codes[0] ?? '')).ok, false)
  // It stays usable after a rotation of the keys, and in a session.
  const rotated = site.with({ keys: [{ id: 'k2', secret: randomBytes(32) }, ...keys] })
  const valid = await torii.sessions.validate(opened.token)
  assert.ok(valid !== null)
  const input = { recoveryCode: codes[1] ?? '', token: opened.token, rotate: false }
  const proved = await rotated.secondFactors.reauthenticate(valid, input, requestInfo)
  assert.ok(proved.ok, JSON.stringify(proved))
  const again = await rotated.secondFactors.reauthenticate(valid, input, requestInfo)
  assert.ok(!again.ok)
  // The database alone does not show which codes they are.
  const { rows } = await db.query('select code_hash from torii.recovery_codes where user_id = $1', [
    other.id,
  ])
  assert.equal(rows.length, 1)
  const foreign = site.with({ keys: [{ id: 'k1', secret: randomBytes(32) }] })
  assert.equal((await answer(other, '12345abcde', foreign)).ok, false)
  assert.ok((await answer(other, '12345-ABCDE')).ok)
})

test('T14.91 a factor that cannot be read keeps every sign-in waiting: a recovery code or an administrator helps', async () => {
  const lost = account({ totp: 'unreadable' })
  const unsupported = account({ recoveryCodes: ['abcdefghij'] })
  Object.assign(unsupported.record.totp, { digits: 8 })
  await importLines([lost.record, unsupported.record])
  for (const person of [lost, unsupported]) {
    const { token, enroll } = await pendingOf(person)
    assert.deepEqual(enroll, [])
    for (const code of ['000000', person.app.code()]) {
      const outcome = await torii.secondFactors.verify({ token, code }, requestInfo)
      assert.ok(!outcome.ok && outcome.reason === 'invalid_code')
    }
  }
  const { token } = await pendingOf(unsupported)
  const recoveryCode = 'abcdefghij'
  assert.ok((await torii.secondFactors.verify({ token, recoveryCode }, requestInfo)).ok)
  // A passkey with user verification reaches level 2, in which another application is set up.
  const { authenticator, passkey } = foreignPasskey()
  const owner = account({ totp: 'unreadable', passkeys: [passkey] })
  await importLines([owner.record])
  const signedIn = await signIn(authenticator)
  assert.ok(signedIn.ok)
  await later(owner.id)
  const { app } = await enroll(torii, signedIn.token.reveal(), requestInfo)
  await later(owner.id)
  const pending = await pendingOf(owner)
  const answer = { token: pending.token, code: app.code() }
  assert.ok((await torii.secondFactors.verify(answer, requestInfo)).ok)
  assert.equal(await torii.admin.resetSecondFactors(lost.id), true)
  const { email } = lost
  assert.ok((await torii.password.authenticate({ email, password }, requestInfo)).ok)
})

test('T14.91 with --enroll-lost-factors the user enrolls another one at the sign-in, after a code by mail', async () => {
  const lost = account({ totp: 'unreadable' })
  await importLines([lost.record], db.url, ['--enroll-lost-factors'])
  const strict = site.with({ keys, mailer: mailbox.mailer, secondFactor: { required: 'per-user' } })
  const { token, factors, enroll } = await pendingOf(lost, strict)
  assert.deepEqual([factors, enroll], [[], ['totp', 'passkey']])
  const started = await strict.secondFactors.startTotpAtSignIn({ token }, requestInfo)
  assert.ok(!started.ok && started.reason === 'email_code_required', JSON.stringify(started))
})

/** A passkey of another system, whose authenticator has that system's user handle. */
function foreignPasskey() {
  const authenticator = new SoftwareAuthenticator()
  authenticator.userHandle = randomBytes(16).toString('base64url')
  const passkey = {
    credentialId: authenticator.credentialId.toString('base64url'),
    publicKey: encodeCbor(authenticator.coseKey()).toString('base64url'),
    backupEligible: true,
  }
  return { authenticator, passkey }
}

async function signIn(authenticator: SoftwareAuthenticator, knobs: Knobs = {}) {
  const asked = await torii.passkey.authenticateOptions({}, requestInfo)
  assert.ok(asked.ok)
  const { challengeId, options } = asked
  const response = authenticator.get(options, knobs)
  return torii.passkey.authenticate({ challengeId, response }, requestInfo)
}

test('T7.92 an imported passkey without its user handle signs in, also in the place of a code, and gets the handle', async () => {
  const { authenticator, passkey } = foreignPasskey()
  const person = account({ passkeys: [passkey] })
  const { imported, leftOut } = await importLines([person.record])
  assert.deepEqual([imported, leftOut], [1, []])
  const { token, factors } = await pendingOf(person)
  assert.deepEqual(factors, ['totp', 'recovery_code', 'passkey'])
  const asked = await torii.secondFactors.passkeyOptions(token, requestInfo)
  assert.ok(asked.ok)
  const knobs = { userHandle: null, userVerified: false }
  const response = authenticator.get(asked.options, knobs)
  const { challengeId } = asked
  const second = await torii.secondFactors.verify({ token, challengeId, response }, requestInfo)
  assert.ok(second.ok, JSON.stringify(second))
  const broken = {
    signature: (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -1), Buffer.of(1)]),
  }
  const wrong = randomBytes(16).toString('base64url')
  assert.deepEqual(await signIn(authenticator, { ...broken, userHandle: wrong }), invalid)
  const signedIn = await signIn(authenticator)
  assert.ok(signedIn.ok)
  assert.deepEqual([signedIn.user.id, signedIn.session.level], [person.id, 2])
  assert.deepEqual(await signIn(authenticator, { userHandle: wrong }), invalid)
})

test('an export, imported under the same keys, gives the same sign-ins', async () => {
  const { authenticator, passkey } = foreignPasskey()
  const person = account({ passkeys: [passkey], recoveryCodes: ['abcde-fghij'] })
  await importLines([person.record])
  assert.ok((await signIn(authenticator)).ok)
  const lines = (await run(['export', '--format', 'jsonl'])).trimEnd().split('\n')
  const line = lines.map((text) => JSON.parse(text)).find(({ id }) => id === person.id)
  assert.ok(!JSON.stringify(line).toLowerCase().includes(person.record.totp.secret))
  const copy = await testDatabase()
  const { imported, leftOut } = await importLines([line], copy.url)
  assert.deepEqual([imported, leftOut], [1, []])
  const stored = async (from: typeof copy) =>
    (
      await from.query(
        `select to_jsonb(k) - '{created_at,last_used_at}'::text[] as k, to_jsonb(f) - '{created_at,last_step}'::text[] as f, to_jsonb(c) as c, u.second_factor_epoch
         from torii.users u join torii.passkeys k on k.user_id = u.id join torii.totp_factors f on f.user_id = u.id
         join torii.recovery_codes c on c.user_id = u.id where u.id = $1`,
        [person.id],
      )
    ).rows
  const [original] = await stored(db)
  assert.ok(original !== undefined)
  assert.deepEqual(await stored(copy), [original])
})
