import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, test } from 'vitest'
import { runCommand } from './command.js'
import { packageName } from './create-project.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const run = promisify(execFile)

interface Manifest {
  readonly name: string
  readonly version: string
  readonly overrides: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}
const manifestIn = async (folder: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))

let cwd: string
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'create-torii-auth-'))
})
afterEach(() => rm(cwd, { recursive: true }))

describe('create-torii-auth', () => {
  test('creates the application in the named folder, and says what to do next', async () => {
    const { output, status } = await runCommand(['shop/web'], cwd)
    assert.equal(status, 0)
    assert.match(
      output,
      /in shop\/web\. Next:\n\n {2}cd shop\/web\n {2}npm install\n {2}npm run dev\n/,
    )
    const files = (await readdir(join(cwd, 'shop/web'))).sort()
    assert.deepEqual(
      files,
      ['.env', '.env.example', '.gitignore', 'README.md', 'index.html', 'package.json'].concat(
        'server',
        'src',
        'test',
      ),
    )
    assert.equal((await manifestIn(join(cwd, 'shop/web'))).name, 'web')
  })

  test('without a name it creates torii-app; a dot is the current folder, which needs no cd', async () => {
    assert.match((await runCommand([], cwd)).output, /cd torii-app/)
    await rm(join(cwd, 'torii-app'), { recursive: true })
    await mkdir(join(cwd, '.git'))
    const { output, status } = await runCommand(['.'], cwd)
    assert.equal(status, 0)
    assert.ok(!output.includes('cd '))
    assert.ok((await readdir(cwd)).includes('package.json'))
  })

  test('refuses a folder with anything in it, and a file, and leaves both as they are', async () => {
    await mkdir(join(cwd, 'full'))
    await writeFile(join(cwd, 'full/notes.txt'), 'mine')
    await writeFile(join(cwd, 'file'), 'mine')
    assert.deepEqual(await runCommand(['full'], cwd), {
      output: 'full: the folder is not empty: name another one, or empty it',
      status: 1,
    })
    assert.deepEqual(await runCommand(['file'], cwd), {
      output: 'file: there is a file of this name: name another folder',
      status: 1,
    })
    assert.deepEqual(await readdir(join(cwd, 'full')), ['notes.txt'])
  })

  test('writes a new key of 32 bytes into .env, which only its owner reads and Git ignores', async () => {
    const keys = []
    for (const name of ['one', 'two']) {
      await runCommand([name], cwd)
      const file = join(cwd, name, '.env')
      const key = /^TORII_KEY=([\w-]{43})\n$/.exec(await readFile(file, 'utf8'))?.[1] ?? ''
      assert.equal(Buffer.from(key, 'base64url').length, 32)
      assert.equal((await stat(file)).mode & 0o777, 0o600)
      assert.match(await readFile(join(cwd, name, '.gitignore'), 'utf8'), /^\.env$/m)
      keys.push(key)
    }
    assert.notEqual(keys[0], keys[1])
  })

  test('asks for Torii in its own version, and for the packages that this repository tests with', async () => {
    await runCommand(['app'], cwd)
    const { dependencies, devDependencies } = await manifestIn(join(cwd, 'app'))
    const own = await manifestIn(join(root, 'packages/create-torii-auth'))
    const workspace = await manifestIn(root)
    const views = await manifestIn(join(root, 'samples/views'))
    assert.deepEqual(dependencies, {
      '@electric-sql/pglite': `^${own.devDependencies['@electric-sql/pglite']}`,
      express: `^${workspace.devDependencies.express}`,
      nodemailer: `^${own.devDependencies.nodemailer}`,
      'torii-auth': `^${own.version}`,
      'torii-storage-postgres': `^${own.version}`,
    })
    assert.deepEqual(devDependencies, {
      react: `^${views.devDependencies.react}`,
      'react-dom': `^${views.devDependencies['react-dom']}`,
      vite: `^${workspace.overrides.vite}`,
    })
    for (const name of ['torii-auth', 'torii-storage-postgres'])
      assert.equal(own.devDependencies[name], own.version)
  })

  test('the tests of a new application pass', async () => {
    await runCommand(['app'], cwd)
    await symlink(join(root, 'node_modules'), join(cwd, 'app/node_modules'))
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const { stdout } = await run(process.execPath, ['--test'], { cwd: join(cwd, 'app'), env })
    assert.match(stdout, /pass 3\n/)
    assert.match(stdout, /fail 0\n/)
  })

  test('a new application refuses to start without a key, and without a mail server beyond localhost', async () => {
    await runCommand(['app'], cwd)
    await symlink(join(root, 'node_modules'), join(cwd, 'app/node_modules'))
    const read = (env: object) =>
      run(
        process.execPath,
        [
          '--input-type=module',
          '--eval',
          `import { readSettings } from './server/settings.js'; console.log(readSettings(${JSON.stringify(env)}).baseUrl)`,
        ],
        { cwd: join(cwd, 'app') },
      )
    assert.equal((await read({ TORII_KEY: 'k', PORT: '4000' })).stdout, 'http://localhost:4000\n')
    await assert.rejects(read({}), /TORII_KEY is missing: \.env\.example says/)
    const elsewhere = { TORII_KEY: 'k', BASE_URL: 'https://app.example.com' }
    await assert.rejects(read(elsewhere), /SMTP_URL is missing/)
    const { stdout } = await read({ ...elsewhere, SMTP_URL: 'smtps://smtp.example.com' })
    assert.equal(stdout, 'https://app.example.com\n')
  })

  test('wrong usage is one line and status 2; --help and --version say what they are asked for', async () => {
    const unknown = await runCommand(['--typescript'], cwd)
    assert.equal(unknown.status, 2)
    assert.match(unknown.output, /^Unknown option '--typescript'\. Run with --help for the usage$/)
    assert.deepEqual(await runCommand(['one', 'two'], cwd), {
      output: 'expected one folder, got one, two',
      status: 2,
    })
    assert.match((await runCommand(['--help'], cwd)).output, /^Usage: npm create torii-auth@latest/)
    const { version } = await manifestIn(join(root, 'packages/create-torii-auth'))
    assert.deepEqual(await runCommand(['--version'], cwd), { output: version, status: 0 })
    assert.deepEqual(await readdir(cwd), [])
  })

  test('the name of the package is that of the folder, as far as npm accepts it', () => {
    const names = ['My App', '.hidden', 'übung', '---', 'a'.repeat(300), 'shop.v2']
    assert.deepEqual(names.map(packageName), [
      'my-app',
      'hidden',
      'bung',
      'torii-app',
      'a'.repeat(214),
      'shop.v2',
    ])
  })
})
