import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compiledUrl, type TestDatabase, testDatabase } from 'torii-testing'
import { beforeAll, describe, test } from 'vitest'
import { PostgresStorage } from './index.js'
import { migrations } from './migrate/migrations.generated.js'
import { signUp } from './test/races/people.test.support.js'

const cli = fileURLToPath(compiledUrl('./cli.js', import.meta.url))
const everyStep = migrations.map(({ id, name }) => ({ id, name }))
const version = migrations.length

interface Run {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command with these words and nothing of our environment that it would read. */
async function run(words: readonly string[], env: Record<string, string> = {}): Promise<Run> {
  const { DATABASE_URL: _, DATABASE_SCHEMA: __, ...rest } = process.env
  // Optimizing the embedded engine takes longer than one command takes without it.
  const flags = env.DATABASE_URL?.startsWith('pglite:') ? ['--liftoff-only'] : []
  const child = spawn(process.execPath, [...flags, cli, ...words], {
    env: { ...rest, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr, status] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    new Promise<number | null>((resolve) => child.once('close', resolve)),
  ])
  return { status, stdout, stderr }
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

const jsonOf = ({ stdout }: Run): unknown => JSON.parse(stdout)

describe('the command on PostgreSQL', () => {
  let env: Record<string, string>
  beforeAll(async () => {
    env = { DATABASE_URL: (await testDatabase({ empty: true })).url }
  })

  test('status of an empty database: all is pending, exit 3', async () => {
    const said = await run(['status', '--json'], env)
    assert.deepEqual(jsonOf(said), {
      schema: 'torii',
      version: 0,
      latest: version,
      pending: everyStep,
      drift: [],
    })
    assert.deepEqual([said.status, said.stderr], [3, ''])
  })

  test('plan prints the SQL and changes nothing', async () => {
    const text = await run(['plan'], env)
    const json = await run(['plan', '--json'], env)
    assert.match(text.stdout, /^-- 1 accounts\nbegin;\ncreate schema if not exists "torii";\n/)
    assert.match(text.stdout, /\ncommit;\n$/)
    assert.deepEqual(jsonOf(json), { sql: text.stdout })
    assert.deepEqual([text.status, json.status], [0, 0])
  })

  test('validate of an empty database names what is pending and missing, exit 3', async () => {
    const said = await run(['validate'], env)
    assert.equal(said.status, 3)
    assert.match(said.stdout, /^migration 1 \(accounts\) is pending\nmigration 2 /)
    assert.match(said.stdout, /^users is missing$/m)
  })

  test('migrate applies every step, and then none', async () => {
    const first = await run(['migrate', '--json'], env)
    assert.deepEqual(jsonOf(first), { schema: 'torii', version, applied: everyStep })
    const second = await run(['migrate', '--json'], env)
    assert.deepEqual(jsonOf(second), { schema: 'torii', version, applied: [] })
    assert.deepEqual([first.status, second.status, first.stderr, second.stderr], [0, 0, '', ''])
  })

  test('of a migrated database: status, validate and plan say so in words', async () => {
    const said = [
      await run(['status'], env),
      await run(['validate'], env),
      await run(['plan'], env),
    ]
    assert.deepEqual(said, [
      { status: 0, stdout: `schema torii is at version ${version} of ${version}\n`, stderr: '' },
      { status: 0, stdout: `schema torii is valid at version ${version}\n`, stderr: '' },
      { status: 0, stdout: '-- nothing is pending\n', stderr: '' },
    ])
  })

  test('revoke-all wants the name of the schema, and then ends every session', async () => {
    const storage = await PostgresStorage.connect(env.DATABASE_URL ?? '')
    try {
      const { key } = await signUp(storage)
      const refused = await run(['revoke-all', '--of', 'public'], env)
      assert.deepEqual([refused.status, refused.stdout], [2, ''])
      assert.match(refused.stderr, /^--of must repeat the name of the schema .*: it is torii\n/)
      assert.notEqual(await storage.sessions.validate(key, { touchSeconds: 60 }), null)
      const revoked = await run(['revoke-all', '--of', 'torii', '--json'], env)
      assert.deepEqual(jsonOf(revoked), { schema: 'torii', users: 1 })
      assert.deepEqual([revoked.status, revoked.stderr], [0, ''])
      assert.equal(await storage.sessions.validate(key, { touchSeconds: 60 }), null)
    } finally {
      await storage.close()
    }
  })

  test('down wants the name of the schema, and then drops it', async () => {
    const without = await run(['down'], env)
    assert.deepEqual([without.status, without.stdout], [2, ''])
    assert.match(without.stderr, /^down needs --drop-all-data SCHEMA\n/)
    const wrong = await run(['down', '--drop-all-data', 'public'], env)
    assert.deepEqual([wrong.status, wrong.stdout], [2, ''])
    assert.match(wrong.stderr, /^ERR_INVALID_INPUT: schema must be the schema of this storage\n/)
    assert.equal((await run(['status'], env)).status, 0)
    const right = await run(['down', '--drop-all-data', 'torii', '--json'], env)
    assert.deepEqual(jsonOf(right), { schema: 'torii', dropped: true })
    assert.equal(right.status, 0)
    assert.equal((await run(['status'], env)).status, 3)
  })

  test('another schema, by option and by environment, in words', async () => {
    const said = await run(['migrate', '--schema', 'auth_2'], env)
    const steps = everyStep.map(({ id, name }) => `applied ${id} ${name}\n`).join('')
    assert.deepEqual(said, {
      status: 0,
      stdout: `${steps}schema auth_2 is at version ${version}\n`,
      stderr: '',
    })
    assert.equal((await run(['status'], { ...env, DATABASE_SCHEMA: 'auth_2' })).status, 0)
    assert.equal(
      (await run(['status', '--schema', 'torii'], { ...env, DATABASE_SCHEMA: 'auth_2' })).status,
      3,
    )
  })
})

describe('the command on PGlite', () => {
  test('says the same; the data stays between two calls', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'torii-cli-'))
    const env = { DATABASE_URL: `pglite:${join(directory, 'data')}` }
    try {
      const migrated = await run(['migrate', '--json'], env)
      assert.deepEqual(jsonOf(migrated), { schema: 'torii', version, applied: everyStep })
      assert.deepEqual([migrated.status, migrated.stderr], [0, ''])
      const down = { status: 0, stdout: 'dropped every Torii table of schema torii\n', stderr: '' }
      assert.deepEqual(await run(['down', '--drop-all-data', 'torii'], env), down)
      const status = await run(['status', '--json'], env)
      assert.deepEqual(jsonOf(status), {
        schema: 'torii',
        version: 0,
        latest: version,
        pending: everyStep,
        drift: [],
      })
      assert.deepEqual([status.status, status.stderr], [3, ''])
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })
})

describe('the command with a role to grant to', () => {
  test('grants, or says which role is missing', async () => {
    const database = await testDatabase({ empty: true })
    const role = `cli_${database.name}`
    await database.query(`create role ${role}`)
    const url = ['--database-url', database.url]
    const said = await run(['migrate', '--grant-to', role, ...url])
    assert.match(said.stdout, new RegExp(`^${role} may run the application$`, 'm'))
    const { rows } = await database.query(
      `select has_table_privilege('${role}', 'torii.users', 'insert') as may`,
    )
    assert.deepEqual(rows, [{ may: true }])
    await database.query(`drop owned by ${role}; drop role ${role}`)
    const missing = await run(['migrate', '--grant-to', role, ...url])
    assert.equal(missing.status, 2)
    assert.match(missing.stderr, /^ERR_INVALID_INPUT: grantTo must be a role that exists\n/)
  })
})

describe('the command on a database that is not this version’s', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await testDatabase()
  })

  for (const [problem, change, code] of [
    [
      'changed',
      `update torii.torii_migrations set checksum = repeat('0', 64) where id = 1`,
      'ERR_MIGRATION_DRIFT',
    ],
    [
      'newer',
      `insert into torii.torii_migrations (id, name, checksum) values (900, 'later', repeat('0', 64))`,
      'ERR_SCHEMA_NEWER',
    ],
  ] as const)
    test(`${problem}: exit 3 from every command that looks`, async () => {
      await database.query(change)
      const env = { DATABASE_URL: database.url }
      const status = await run(['status', '--json'], env)
      assert.match(status.stdout, new RegExp(`"drift":\\[.*"problem":"${problem}"`))
      const validate = await run(['validate'], env)
      assert.match(validate.stdout, new RegExp(`^migration \\d+ \\(\\w+\\) is ${problem}$`, 'm'))
      const migrate = await run(['migrate', '--json'], env)
      assert.equal(Reflect.get(Object(jsonOf(migrate)), 'error'), code)
      const plan = await run(['plan'], env)
      assert.match(plan.stderr, new RegExp(`^${code}: `))
      assert.deepEqual(
        [status, validate, migrate, plan].map((said) => said.status),
        [3, 3, 3, 3],
      )
    })

  test('an invalid index: validate names it, exit 3', async () => {
    const storage = await PostgresStorage.connect(database.url, { schema: 'spoilt' })
    await storage.migrate()
    await storage.close()
    await database.query(
      `update pg_index set indisvalid = false where indexrelid = 'spoilt.user_emails_user_id'::regclass`,
    )
    const said = await run(['validate', '--schema', 'spoilt'], { DATABASE_URL: database.url })
    assert.deepEqual(
      [said.status, said.stdout],
      [3, 'user_emails_user_id is an invalid index: drop it and migrate again\n'],
    )
  })
})
