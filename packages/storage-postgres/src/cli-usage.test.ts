import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { testDatabase } from 'torii-testing'
import { describe, test } from 'vitest'
import { commands } from './command/commands.js'
import { runHere } from './command/terminal.test.support.js'

const secret = 'sEcret-of-thE-url'
const somewhere = `postgresql://app:${secret}@127.0.0.1:1/app`

async function run(words: readonly string[], env: Record<string, string> = {}) {
  const said = await runHere(words, env)
  assert.ok(!`${said.stdout}${said.stderr}`.includes(secret), 'the password is in the output')
  return said
}

describe('wrong usage: exit 2, one line that says what is wrong, one that names --help', () => {
  const url = ['--database-url', somewhere]
  const wrong: readonly (readonly [string, readonly string[], string])[] = [
    ['no command', url, 'a command is missing'],
    ['an unknown command', ['frobnicate', ...url], 'unknown command: frobnicate'],
    ['a mistyped command', ['migrat', ...url], 'unknown command: migrat; did you mean migrate?'],
    ['a name that every object has', ['constructor', ...url], 'unknown command: constructor'],
    ['another such name', ['__proto__', ...url], 'unknown command: __proto__'],
    ['one word too many', ['migrate', 'now', ...url], 'too many words after migrate'],
    ['a URL where a command is expected', [somewhere], 'unknown command'],
    ['a URL without its option', ['migrate', somewhere], 'a URL comes after --database-url'],
    [
      'half of a command',
      ['users', ...url],
      'users needs one of: find, show, create, update, disable, enable, unlock, reset-factors, delete, sessions, revoke',
    ],
    [
      'a mistyped second word',
      ['users', 'sho', ...url],
      'unknown command after users: sho; did you mean show?',
    ],
    ['a command without its word', ['users', 'show', ...url], 'users show needs ID|EMAIL'],
    ['an unknown option', ['status', '--quick', ...url], 'unknown option: --quick'],
    [
      'a mistyped option',
      ['status', '--jsn', ...url],
      'unknown option: --jsn; did you mean --json?',
    ],
    [
      'a mistyped option with the URL in it',
      ['status', `--databse-url=${somewhere}`],
      'unknown option: --databse-url; did you mean --database-url?',
    ],
    [
      'an option without its value',
      ['status', '--schema'],
      '--schema needs a value: --schema NAME',
    ],
    [
      'an option for the value of another',
      ['status', '--schema', '--help'],
      '--schema needs a value: --schema NAME',
    ],
    ['a flag with a value', ['status', '--json=1', ...url], '--json takes no value'],
    ['no URL', ['status'], 'set --database-url or DATABASE_URL'],
    ['down without its schema', ['down', ...url], 'down needs --drop-all-data SCHEMA'],
    ['revoke-all without its schema', ['revoke-all', ...url], 'revoke-all needs --of SCHEMA'],
    [
      'the schema of revoke-all elsewhere',
      ['sweep', '--of', 'torii', ...url],
      '--of is for revoke-all',
    ],
    [
      'an option of another command',
      ['status', '--drop-all-data', 'torii', ...url],
      '--drop-all-data is for down',
    ],
    [
      'another option of another command',
      ['down', '--grant-to', 'app', ...url],
      '--grant-to is for migrate',
    ],
    [
      'the version of a command',
      ['status', '--version', ...url],
      '--version stands without a command',
    ],
  ]
  for (const [title, words, says] of wrong)
    test(title, async () => {
      assert.deepEqual(await run(words), {
        status: 2,
        stdout: '',
        stderr: `${says}\nSee: torii-storage-postgres --help\n`,
      })
      if (words.some((word) => word.startsWith('--json'))) return
      const json = await run([...words, '--json'])
      assert.deepEqual([json.status, json.stderr], [2, ''])
      const { error, message } = JSON.parse(json.stdout)
      if (words.at(-1) !== '--schema') assert.deepEqual([error, message], ['ERR_USAGE', says])
    })

  const refused: readonly (readonly [string, readonly string[], Record<string, string>, RegExp])[] =
    [
      [
        'garbage for a URL',
        ['status', '--database-url', `${secret}@nowhere`],
        {},
        /^ERR_INVALID_OPTIONS: option url: must be like postgresql:\/\//,
      ],
      [
        'a password that needs escaping',
        ['status', '--database-url', `postgresql://app:${secret}#/@h/db`],
        {},
        /^ERR_INVALID_OPTIONS: option url: /,
      ],
      [
        'another database',
        ['status', '--database-url', `mysql://app:${secret}@localhost/db`],
        {},
        /^ERR_INVALID_OPTIONS: option url: /,
      ],
      [
        'an empty URL in the environment',
        ['status'],
        { DATABASE_URL: '' },
        /^ERR_INVALID_OPTIONS: option url: /,
      ],
      [
        'a hostile schema',
        ['status', '--schema', 'a"; drop schema public; --'],
        { DATABASE_URL: somewhere },
        /^ERR_INVALID_OPTIONS: option schema: must /,
      ],
      [
        'a hostile schema in the environment',
        ['status'],
        { DATABASE_URL: somewhere, DATABASE_SCHEMA: 'pg_x' },
        /^ERR_INVALID_OPTIONS: option schema: must /,
      ],
      [
        'a certificate that is not there',
        ['migrate'],
        { DATABASE_URL: `${somewhere}?sslmode=verify-full&sslrootcert=/nowhere/ca.pem` },
        /^ERR_INVALID_OPTIONS: option url: names a file that cannot be read \(ENOENT\): \/nowhere\/ca\.pem$/m,
      ],
    ]
  for (const [title, words, env, says] of refused)
    test(`${title}: exit 2, in words and as JSON`, async () => {
      const words1 = await run(words, env)
      assert.deepEqual([words1.status, words1.stdout], [2, ''])
      assert.match(words1.stderr, says)
      const json = await run([...words, '--json'], env)
      assert.deepEqual([json.status, json.stderr], [2, ''])
      const printed: { error: string; message: string } = JSON.parse(json.stdout)
      assert.match(`${printed.error}: ${printed.message}`, says)
    })

  test('--help is no mistake, of all commands and of one', async () => {
    const { status, stdout, stderr } = await run(['--help'])
    assert.deepEqual([status, stderr], [0, ''])
    assert.match(stdout, /^Usage: torii-storage-postgres COMMAND/)
    for (const { name, help } of commands) assert.ok(stdout.includes(name) && stdout.includes(help))
    const one = await run(['down', '-h'])
    assert.deepEqual([one.status, one.stderr], [0, ''])
    assert.match(
      one.stdout,
      /^Usage: torii-storage-postgres down --drop-all-data SCHEMA \[options\]\n\nDrop every /,
    )
    assert.match(one.stdout, /\n {2}--drop-all-data SCHEMA {2}/)
  })

  test('--version prints the version of the package, also as JSON', async () => {
    const { version } = JSON.parse(
      await readFile(new URL('../package.json', import.meta.url), 'utf8'),
    )
    assert.deepEqual(await run(['--version']), { status: 0, stdout: `${version}\n`, stderr: '' })
    assert.deepEqual(JSON.parse((await run(['--version', '--json'])).stdout), { version })
  })
})

describe.concurrent('a database that cannot be had: exit 1, and no password in the output', () => {
  const unreachable = [
    ['a port where nobody listens', somewhere],
    ['a host that does not exist', `postgresql://app:${secret}@no-such-host.invalid/app`],
    ['a URL that cannot be decoded', `postgresql://app:${secret}%zz@127.0.0.1:1/app`],
  ] as const
  for (const [title, url] of unreachable)
    test(title, async () => {
      const { status, stdout, stderr } = await run(['migrate'], { DATABASE_URL: url })
      assert.deepEqual([status, stdout], [1, ''])
      assert.match(
        stderr,
        /^ERR_UNAVAILABLE: the database cannot be reached at \S+, database "app"; nothing/,
      )
      assert.ok(!stderr.includes(secret))
    })

  test('as JSON', async () => {
    const { status, stdout, stderr } = await run(['migrate', '--json'], { DATABASE_URL: somewhere })
    assert.deepEqual([status, stderr], [1, ''])
    assert.equal(JSON.parse(stdout).error, 'ERR_UNAVAILABLE')
  })

  test('a server that repeats the password: masked, in words, as JSON and by doctor', async () => {
    const database = await testDatabase({ empty: true })
    const url = new URL(database.url)
    Object.assign(url, { username: secret, password: secret })
    const env = { DATABASE_URL: url.href }
    const [words, doctor] = [await run(['status'], env), await run(['doctor', '--json'], env)]
    assert.match(words.stderr, /\n {2}password authentication failed for user "\*\*\*"\n$/)
    assert.match(JSON.parse(doctor.stdout).findings[0].message, /for user "\*\*\*"\)$/)
  })

  const forms = [
    `postgresql://app:${secret}@127.0.0.1:1/app?application_name=a@b`,
    `postgresql://app:${secret}/@127.0.0.1:1/app`,
    `postgresql://app:x@${secret}@127.0.0.1:1/app`,
    `postgresql://127.0.0.1:1/app?user=app&password=${secret}`,
    `postgresql://127.0.0.1:1/app?user=app&p%61ssword=${secret}%40`,
    `postgresql://app:${secret}@127.0.0.1:x/app`,
    `postgresql://app:${secret}@127.0.0.1:1/app?sslrootcert=/${secret}`,
    `postgresql:/app:${secret}@127.0.0.1:1/app`,
    `app:${secret}@127.0.0.1`,
  ]
  for (const url of forms)
    test(`no answer shows the password of ${url.replaceAll(secret, 'PASSWORD')}`, async () => {
      // Side by side: each waits for a server that is not there.
      const answers = await Promise.all([
        run(['status', '--database-url', url]),
        run(['status', `--database-url=${url}`, '--json']),
        run(['doctor', '--json'], { DATABASE_URL: url }),
      ])
      for (const { status } of answers) assert.notEqual(status, 0)
    })

  test('a wrong password, an unknown database', async () => {
    const database = await testDatabase({ empty: true })
    const wrong = new URL(database.url)
    wrong.password = secret
    const unknown = new URL(database.url)
    unknown.pathname = '/no_such_database'
    for (const { href } of [wrong, unknown]) {
      const { status, stderr } = await run(['status'], { DATABASE_URL: href })
      assert.equal(status, 1)
      assert.match(
        stderr,
        /^ERR_UNAVAILABLE: PostgreSQL at 127\.0\.0\.1:\d+, database "\w+" refused the login \((28P01|3D000)\): check user, password and database name of the URL/,
      )
      assert.ok(!stderr.includes(new URL(database.url).password))
    }
  })
})
