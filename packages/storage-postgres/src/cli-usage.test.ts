import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { compiledUrl, testDatabase } from 'torii-testing'
import { describe, test } from 'vitest'

const cli = fileURLToPath(compiledUrl('./cli.js', import.meta.url))
const secret = 'sEcret-of-thE-url'
const somewhere = `postgresql://app:${secret}@127.0.0.1:1/app`

function run(words: readonly string[], env: Record<string, string> = {}) {
  const { DATABASE_URL: _, DATABASE_SCHEMA: __, ...rest } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...words], {
    env: { ...rest, ...env },
    encoding: 'utf8',
  })
  assert.ok(!`${stdout}${stderr}`.includes(secret), 'the password is in the output')
  return { status, stdout, stderr }
}

describe('wrong usage: exit 2, what is wrong, then how it is used', () => {
  const url = ['--database-url', somewhere]
  const wrong: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['no command', url, /^a command is missing\n\nUsage: /],
    ['an unknown command', ['frobnicate', ...url], /^unknown command: frobnicate\n\nUsage: /],
    [
      'a name that every object has',
      ['constructor', ...url],
      /^unknown command: constructor\n\nUsage: /,
    ],
    ['another such name', ['__proto__', ...url], /^unknown command: __proto__\n\nUsage: /],
    ['one word too many', ['migrate', 'now', ...url], /^one command is enough: .*\n\nUsage: /],
    ['a URL where a command is expected', [somewhere], /^unknown command\n\nUsage: /],
    [
      'a URL without its option',
      ['migrate', somewhere],
      /^one command is enough: .*--database-url.*\n\nUsage: /,
    ],
    [
      'an unknown option',
      ['status', '--force', ...url],
      /^Unknown option '--force'[\s\S]*\n\nUsage: /,
    ],
    [
      'a mistyped option with the URL in it',
      ['status', `--databse-url=${somewhere}`],
      /^Unknown option '--databse-url'[\s\S]*\n\nUsage: /,
    ],
    [
      'an option without its value',
      ['status', '--schema'],
      /^Option '--schema <value>' argument missing\n\nUsage: /,
    ],
    [
      'a flag with a value',
      ['status', '--json=1', ...url],
      /^Option '--json' does not take an argument\n\nUsage: /,
    ],
    ['no URL', ['status'], /^set --database-url or DATABASE_URL\n\nUsage: /],
    ['down without its schema', ['down', ...url], /^down needs --drop-all-data SCHEMA\n\nUsage: /],
    [
      'revoke-all without its schema',
      ['revoke-all', ...url],
      /^revoke-all needs --of SCHEMA\n\nUsage: /,
    ],
    [
      'the schema of revoke-all elsewhere',
      ['sweep', '--of', 'torii', ...url],
      /^--of is for revoke-all\n\nUsage: /,
    ],
    [
      'an option of another command',
      ['status', '--drop-all-data', 'torii', ...url],
      /^--drop-all-data is for down\n\nUsage: /,
    ],
    [
      'another option of another command',
      ['down', '--grant-to', 'app', ...url],
      /^--grant-to is for migrate\n\nUsage: /,
    ],
  ]
  for (const [title, words, says] of wrong)
    test(title, () => {
      const { status, stdout, stderr } = run(words)
      assert.deepEqual([status, stdout], [2, ''])
      assert.match(stderr, says)
      assert.match(
        stderr,
        /Exit status: 0 done, 1 failed, 2 wrong usage, 3 pending or drifted\.\n$/,
      )
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
    test(`${title}: exit 2, in words and as JSON`, () => {
      const words1 = run(words, env)
      assert.deepEqual([words1.status, words1.stdout], [2, ''])
      assert.match(words1.stderr, says)
      const json = run([...words, '--json'], env)
      assert.deepEqual([json.status, json.stderr], [2, ''])
      const printed: { error: string; message: string } = JSON.parse(json.stdout)
      assert.match(`${printed.error}: ${printed.message}`, says)
    })

  test('--help is no mistake', () => {
    const { status, stdout, stderr } = run(['--help'])
    assert.deepEqual([status, stderr], [0, ''])
    assert.match(stdout, /^Usage: torii-storage-postgres COMMAND/)
  })
})

describe('a database that cannot be had: exit 1, and no password in the output', () => {
  const unreachable = [
    ['a port where nobody listens', somewhere],
    ['a host that does not exist', `postgresql://app:${secret}@no-such-host.invalid/app`],
    ['a URL that cannot be decoded', `postgresql://app:${secret}%zz@127.0.0.1:1/app`],
  ] as const
  for (const [title, url] of unreachable)
    test(title, () => {
      const { status, stdout, stderr } = run(['migrate'], { DATABASE_URL: url })
      assert.deepEqual([status, stdout], [1, ''])
      assert.match(stderr, /^ERR_UNAVAILABLE: the database cannot be reached; nothing was done\./)
    })

  test('as JSON', () => {
    const { status, stdout, stderr } = run(['migrate', '--json'], { DATABASE_URL: somewhere })
    assert.deepEqual([status, stderr], [1, ''])
    assert.equal(JSON.parse(stdout).error, 'ERR_UNAVAILABLE')
  })

  test('a wrong password, an unknown database', async () => {
    const database = await testDatabase({ empty: true })
    const wrong = new URL(database.url)
    wrong.password = secret
    const unknown = new URL(database.url)
    unknown.pathname = '/no_such_database'
    for (const { href } of [wrong, unknown]) {
      const { status, stderr } = run(['status'], { DATABASE_URL: href })
      assert.equal(status, 1)
      assert.match(
        stderr,
        /^ERR_UNAVAILABLE: PostgreSQL refused the login \((28P01|3D000)\): check user, password and database name of the URL/,
      )
      assert.ok(!stderr.includes(new URL(database.url).password))
    }
  })
})
