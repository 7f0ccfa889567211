import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cp, mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compiledUrl, type TestDatabase, testDatabase } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { PostgresStorage } from '../index.js'
import { isLive, signUp } from '../test/races/people.test.support.js'
import { type Person, runHere } from './terminal.test.support.js'

let database: TestDatabase
let storage: PostgresStorage
beforeAll(async () => {
  database = await testDatabase()
  storage = await PostgresStorage.connect(database.url)
})
afterAll(() => storage.close())

const say = (words: readonly string[], person: Person = {}) =>
  runHere(words, { DATABASE_URL: database.url }, person)

/** The JSON of a command that succeeds. */
async function jsonOf(...words: string[]) {
  const { status, stdout, stderr } = await say([...words, '--json'])
  assert.deepEqual([status, stderr], [0, ''], stdout)
  return JSON.parse(stdout)
}

const freshEmail = () => `c${randomBytes(8).toString('hex')}@example.com`

describe('users find and show', () => {
  test('find lists by the start of an email address or of an id, and says that there are more', async () => {
    const start = `c${randomBytes(6).toString('hex')}`
    const emails = ['a', 'b', 'c'].map((end) => `${start}.${end}@example.com`)
    const ids: string[] = []
    for (const email of emails) ids.push((await jsonOf('users', 'create', email)).user.id)
    const found = await jsonOf('users', 'find', start.toUpperCase())
    assert.deepEqual(
      [found.users.map(({ email }: { email: string }) => email), found.more],
      [emails, false],
    )
    const some = await jsonOf('users', 'find', start, '--limit', '2')
    assert.deepEqual([some.users.length, some.more], [2, true])
    const id = ids[1] ?? ''
    for (const prefix of [id, id.slice(0, -1), id.slice(0, -2).toUpperCase()]) {
      const { users } = await jsonOf('users', 'find', prefix)
      assert.ok(
        users.some((user: { id: string }) => user.id === id),
        prefix,
      )
    }
    assert.deepEqual(await jsonOf('users', 'find', `${id.slice(0, 8)}-0000-7000-8000-0`), {
      users: [],
      more: false,
    })
    assert.equal((await say(['users', 'find', 'no-such-user'])).stdout, 'no user was found\n')
    for (const limit of ['0', '201', 'x'])
      assert.equal((await say(['users', 'find', start, '--limit', limit])).status, 2)
  })

  test('show finds by id and by email address in any spelling, and prints no hash and no token', async () => {
    const { id, email, hash, key } = await signUp(storage)
    const byId = await jsonOf('users', 'show', id)
    assert.deepEqual(await jsonOf('users', 'show', email.toUpperCase()), byId)
    assert.deepEqual(byId.signInMethods, {
      password: true,
      passkeys: [],
      oauthAccounts: [],
      secondFactors: { totp: null, recoveryCodes: { remaining: 0 } },
    })
    assert.deepEqual(
      [byId.user.id, byId.sessions.map((one: { id: string }) => one.id)],
      [id, [key.id]],
    )
    const { stdout } = await say(['users', 'show', id])
    const sessions = await say(['users', 'sessions', id])
    for (const text of [stdout, JSON.stringify(byId), sessions.stdout]) {
      assert.ok(!text.includes('argon2') && !text.includes(hash.reveal()))
      assert.ok(!text.includes(Buffer.from(key.secretHash).toString('hex')))
    }
    assert.match(stdout, new RegExp(`^id {8}${id}\nemail {5}${email}\n`))
    assert.match(sessions.stdout, new RegExp(`^${key.id}  `))
  })

  test('what a user chose cannot act on the terminal', async () => {
    const email = freshEmail()
    const { user } = await jsonOf('users', 'create', email)
    await database.query(`update torii.users set name = $1 where id = $2`, [
      'Ada\u001b[2Jx\u202e',
      user.id,
    ])
    const { stdout } = await say(['users', 'show', email])
    assert.match(stdout, /^name {6}Ada\ufffd\[2Jx\ufffd$/m)
    assert.match((await say(['users', 'find', email])).stdout, /Ada\ufffd\[2Jx\ufffd/)
  })

  test('nothing in the database or on the command line acts on the terminal, in words or as JSON', async () => {
    const own = await testDatabase()
    const runOwn = (...words: string[]) => runHere(words, { DATABASE_URL: own.url })
    const acting = '\u009b2J\u202e\nschema torii is fine'
    await own.query(
      `insert into torii.torii_migrations (id, name, checksum) values (900, $1, repeat('0', 64))`,
      [`later${acting}`],
    )
    const shown = 'later\ufffd2J\ufffd\ufffdschema torii is fine'
    assert.match((await runOwn('status')).stdout, new RegExp(`^newer: 900 ${shown}$`, 'm'))
    assert.match((await runOwn('validate')).stdout, new RegExp(`\\(${shown}\\) is newer$`, 'm'))
    const json = await runOwn('status', '--json')
    assert.doesNotMatch(json.stdout.trimEnd(), /\p{C}/u)
    assert.equal(JSON.parse(json.stdout).drift[0].name, `later${acting}`)
    await own.query('delete from torii.torii_migrations where id = 900')

    const role = `role${randomBytes(4).toString('hex')}${acting}`
    await own.query(`create role "${role}"`)
    try {
      const granted = await runOwn('migrate', '--grant-to', role)
      assert.match(granted.stdout, /^role\w+\ufffd2J\ufffd\ufffdschema torii is fine may run/)
    } finally {
      await own.query(`drop owned by "${role}"`)
      await own.query(`drop role "${role}"`)
    }
  })

  test('the password of a PostgreSQL URL is masked in an answer too', async () => {
    const email = freshEmail()
    await jsonOf('users', 'create', email)
    const metadata = JSON.stringify({ url: 'postgresql://app:s3cret@h/db?password=s3cret' })
    const masked = 'postgresql://app:***@h/db?password=***'
    const { user } = await jsonOf('users', 'update', email, '--metadata', metadata)
    assert.equal(user.metadata.url, masked)
    assert.ok((await say(['users', 'show', email])).stdout.includes(masked))
  })

  test('an unknown user: exit 1, in words and as JSON', async () => {
    for (const who of ['nobody@example.com', '0198c2a0-0000-7000-8000-000000000000', 'no email']) {
      const { status, stdout, stderr } = await say(['users', 'show', who])
      assert.deepEqual(
        [status, stdout, stderr],
        [1, '', 'there is no user with this id or email address\n'],
      )
    }
    const json = await say(['users', 'disable', 'nobody@example.com', '--json'])
    assert.deepEqual([json.status, JSON.parse(json.stdout).error], [1, 'not_found'])
  })
})

describe('users create, update, disable, enable, unlock', () => {
  test('create prints the id and what the user does next; a second one is refused, exit 1', async () => {
    const email = freshEmail()
    const said = await say(['users', 'create', email, '--name', 'Ada', '--verified'])
    const user = await storage.users.findByEmail(email)
    assert.equal(said.status, 0)
    assert.equal(
      said.stdout,
      `created ${user?.id}\nThe account has no password: let the user request a reset link on your sign-in page.\n`,
    )
    assert.deepEqual([user?.name, user?.emailVerified], ['Ada', true])
    const again = await say(['users', 'create', email.toUpperCase(), '--json'])
    assert.deepEqual([again.status, JSON.parse(again.stdout).error], [1, 'email_taken'])
    const unverified = await jsonOf('users', 'create', freshEmail())
    assert.equal(unverified.user.emailVerifiedAt, null)
    assert.equal((await say(['users', 'create', 'no email'])).status, 2)
  })

  test('update changes what is given and nothing else', async () => {
    const email = freshEmail()
    await jsonOf('users', 'create', email, '--name', 'Ada')
    const { user } = await jsonOf('users', 'update', email, '--metadata', '{"plan":"free"}')
    assert.deepEqual([user.name, user.metadata], ['Ada', { plan: 'free' }])
    const renamed = await jsonOf('users', 'update', email, '--name=')
    assert.deepEqual([renamed.user.name, renamed.user.metadata], [null, { plan: 'free' }])
    for (const [words, says] of [
      [[], /^users update needs --name, --picture or --metadata\n/],
      [['--metadata', '{plan}'], /^ERR_INVALID_INPUT: metadata must be a JSON object/],
      [['--metadata', '[1]'], /^ERR_INVALID_INPUT: metadata /],
      [['--picture', 'ftp://example.com/a.png'], /^ERR_INVALID_INPUT: picture /],
    ] as const) {
      const { status, stderr } = await say(['users', 'update', email, ...words])
      assert.equal(status, 2)
      assert.match(stderr, says)
    }
  })

  test('update refuses to overwrite a change that was made since it read the account, exit 1', async () => {
    const email = freshEmail()
    await jsonOf('users', 'create', email)
    const other = await database.connect()
    await other.query('begin')
    await other.query(
      `update torii.users set name = 'Grace', updated_at = updated_at + interval '1 second' where email = $1`,
      [email],
    )
    const updating = say(['users', 'update', email, '--name', 'Ada', '--json'])
    for (;;) {
      const { rows } = await database.query(
        `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      )
      if (rows.length > 0) break
    }
    await other.query('commit')
    const { status, stdout } = await updating
    assert.deepEqual([status, JSON.parse(stdout).error], [1, 'conflict'])
    assert.equal((await storage.users.findByEmail(email))?.name, 'Grace')
  })

  test('disable ends the sessions, enable lets the user sign in again', async () => {
    const { id, key } = await signUp(storage)
    const { user } = await jsonOf('users', 'disable', id)
    assert.notEqual(user.disabledAt, null)
    assert.equal(await isLive(storage, key), false)
    assert.equal((await jsonOf('users', 'enable', id)).user.disabledAt, null)
    assert.match((await say(['users', 'disable', id])).stdout, /^disabled .*\(disabled\)\n$/)
  })

  test('unlock says whether something was locked', async () => {
    const { id } = await signUp(storage)
    assert.deepEqual(await jsonOf('users', 'unlock', id), { id, unlocked: false })
  })
})

describe('users delete and revoke ask first', () => {
  test('delete: without a terminal it needs --yes; typed wrongly it does nothing', async () => {
    const { id, email } = await signUp(storage)
    const asked = await say(['users', 'delete', email])
    assert.equal(asked.status, 2)
    assert.match(asked.stderr, /^to delete this account without being asked, add --yes\n/)
    const json = await say(['users', 'delete', email, '--json'], { types: email })
    assert.deepEqual([json.status, JSON.parse(json.stdout).error], [2, 'ERR_USAGE'])
    for (const types of ['', 'y', 'yes', id, `x${email}`]) {
      const wrong = await say(['users', 'delete', id], { types })
      assert.equal(wrong.status, 1)
      assert.match(wrong.stderr, new RegExp(`^To delete this account, type ${email}: this is not `))
    }
    assert.notEqual(await storage.users.find(id), null)
    assert.equal((await say(['users', 'delete', id], { types: ` ${email}\n` })).status, 0)
    assert.equal(await storage.users.find(id), null)
    const other = await signUp(storage)
    assert.deepEqual(await jsonOf('users', 'delete', other.email, '--yes'), {
      id: other.id,
      deleted: true,
    })
    assert.equal(await storage.users.find(other.id), null)
  })

  test('revoke ends one session without a question, and all of them with one', async () => {
    const { id, email, key } = await signUp(storage)
    const wrong = await say(['users', 'revoke', id, '0198c2a0-0000-7000-8000-000000000000'])
    assert.deepEqual([wrong.status, wrong.stdout], [1, ''])
    assert.equal(await isLive(storage, key), true)
    assert.equal((await say(['users', 'revoke', id])).status, 2)
    assert.equal((await say(['users', 'revoke', id], { types: 'no' })).status, 1)
    assert.equal(await isLive(storage, key), true)
    assert.deepEqual(await jsonOf('users', 'revoke', id, key.id), { id, revoked: 1 })
    assert.equal(await isLive(storage, key), false)
    const other = await signUp(storage)
    const all = await say(['users', 'revoke', other.id], { types: other.email })
    assert.deepEqual([all.status, all.stdout], [0, 'revoked 1 sessions\n'])
    assert.equal(await isLive(storage, other.key), false)
    assert.equal((await say(['users', 'sessions', email])).stdout, 'no live session\n')
  })
})

describe('the audit trail', () => {
  test('is written where the application writes one, and not elsewhere', async () => {
    const quiet = await testDatabase()
    const env = { DATABASE_URL: quiet.url }
    const count = async () =>
      (await quiet.query('select type from torii.audit_events order by at, id')).rows
    assert.equal((await runHere(['users', 'create', 'a@example.com'], env)).status, 0)
    assert.deepEqual(await count(), [])
    await quiet.query(
      `insert into torii.audit_events (id, type, detail, at, expires_at)
       values (md5(random()::text)::uuid, 'signed_in', '{}', now() - interval '1 hour', now() + interval '1 hour')`,
    )
    assert.equal((await runHere(['users', 'disable', 'a@example.com'], env)).status, 0)
    assert.deepEqual(await count(), [{ type: 'signed_in' }, { type: 'user_disabled' }])
    const { rows } = await quiet.query(
      `select detail from torii.audit_events where type = 'user_disabled'`,
    )
    assert.equal(rows[0]?.detail && Reflect.get(Object(rows[0].detail), 'by'), 'admin')
  })
})

describe('without torii-auth', () => {
  test('what needs it says to install it, exit 2, and the rest works', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'torii-alone-'))
    try {
      const dist = dirname(fileURLToPath(compiledUrl('../cli.js', import.meta.url)))
      const here = join(folder, 'node_modules/torii-storage-postgres')
      await mkdir(here, { recursive: true })
      await cp(dist, join(here, 'dist'), { recursive: true })
      await cp(join(dist, '../package.json'), join(here, 'package.json'))
      const require = createRequire(import.meta.url)
      const core = dirname(dirname(require.resolve('torii-core')))
      await symlink(await realpath(core), join(folder, 'node_modules/torii-core'))
      const driver = dirname(require.resolve('pg/package.json'))
      await symlink(await realpath(driver), join(folder, 'node_modules/pg'))
      const alone = (words: readonly string[]) => spawned(join(here, 'dist/cli.js'), words)
      const [create, json, find] = await Promise.all([
        alone(['users', 'create', 'alone@example.com']),
        alone(['users', 'create', 'alone@example.com', '--json']),
        alone(['users', 'find', 'alone']),
      ])
      const says = 'this command needs torii-auth: install torii-auth'
      assert.deepEqual(create, [2, '', `${says}\nSee: torii-storage-postgres --help\n`])
      assert.deepEqual(json, [2, `${JSON.stringify({ error: 'ERR_USAGE', message: says })}\n`, ''])
      assert.deepEqual(find, [0, 'no user was found\n', ''])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})

async function spawned(cli: string, words: readonly string[]) {
  const child = spawn(process.execPath, [cli, ...words], {
    env: { ...process.env, DATABASE_URL: database.url },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const texts = ['', '']
  child.stdout.on('data', (data) => (texts[0] += data))
  child.stderr.on('data', (data) => (texts[1] += data))
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return [status, ...texts]
}
