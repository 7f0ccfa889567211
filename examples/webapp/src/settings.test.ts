import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'vitest'
import { describeDatabase, readSettings, SettingsError } from './settings.js'

const secret = 'c'.repeat(42)
const refused = (environment: Record<string, string>, form: RegExp) =>
  assert.throws(
    () => readSettings(environment),
    (error: unknown) => error instanceof SettingsError && form.test(error.message),
    JSON.stringify(environment),
  )

test('every setting has a default', () => {
  assert.deepEqual(readSettings({}), {
    databaseUrl: 'pglite:.torii/data',
    schema: 'torii',
    host: '127.0.0.1',
    port: 3000,
    baseUrl: null,
    onLocalhost: true,
    adminPort: 0,
    mail: { smtpUrl: null, directory: null, from: 'Torii <no-reply@localhost>' },
    keys: null,
    trustedProxyHops: 0,
    oidc: null,
    secondFactor: 'optional',
  })
})

test('an empty variable counts as not set', () => {
  assert.equal(readSettings({ DATABASE_URL: '', PORT: '', OIDC_ISSUER: '' }).port, 3000)
})

test('an invalid number is refused with the name of its variable', () => {
  for (const port of ['-1', '65536', '3000x', '1e3', ' 80']) {
    refused({ PORT: port }, /^PORT/)
    refused({ ADMIN_PORT: port }, /^ADMIN_PORT/)
  }
  refused({ TRUSTED_PROXY_HOPS: '17' }, /^TRUSTED_PROXY_HOPS/)
})

test('a second factor is asked of no one, of some users or of everyone', () => {
  for (const value of ['optional', 'per-user', 'always'])
    assert.equal(readSettings({ SECOND_FACTOR: value }).secondFactor, value)
  refused({ SECOND_FACTOR: 'yes' }, /^SECOND_FACTOR must be one of optional, per-user, always$/)
})

test('a HOST that is not loopback needs BASE_URL', () => {
  refused({ HOST: '0.0.0.0' }, /^BASE_URL/)
  const keys = `k1:${secret}`
  const open = readSettings({ HOST: '0.0.0.0', BASE_URL: 'https://app.example', TORII_KEYS: keys })
  assert.deepEqual(
    [open.host, open.baseUrl, open.onLocalhost],
    ['0.0.0.0', 'https://app.example', false],
  )
})

test('an http base URL is refused unless it is on localhost', () => {
  for (const url of [
    'http://app.example',
    'http://localhost.example',
    'http://127.0.0.2',
    'ftp://app.example',
    'https://app.example/x',
    'http://localhost:0',
    'app.example',
  ])
    refused({ BASE_URL: url, TORII_KEYS: `k1:${secret}` }, /^BASE_URL/)
  for (const url of ['http://localhost:8080', 'http://127.0.0.1:8080', 'http://[::1]:8080'])
    assert.equal(readSettings({ BASE_URL: url }).onLocalhost, true)
})

test('keys are made on localhost only', () => {
  refused({ BASE_URL: 'https://app.example' }, /^TORII_KEYS must be set/)
  const { keys } = readSettings({ TORII_KEYS: `k2:${secret}, k1:other` })
  assert.deepEqual(keys, [
    { id: 'k2', secret },
    { id: 'k1', secret: 'other' },
  ])
})

test('an error about the keys does not contain them', () => {
  assert.throws(
    () => readSettings({ TORII_KEYS: `${secret},k1:${secret}` }),
    (error: unknown) => error instanceof SettingsError && !error.message.includes(secret),
  )
})

test('SMTP_URL and MAIL_DIR exclude each other', () => {
  refused({ SMTP_URL: 'smtp://mail.example', MAIL_DIR: 'mail' }, /^SMTP_URL and MAIL_DIR/)
  const { mail } = readSettings({ BASE_URL: 'https://app.example', TORII_KEYS: `k1:${secret}` })
  assert.equal(mail.from, 'Torii <no-reply@app.example>')
})

test('OIDC_ISSUER needs OIDC_CLIENT_ID', () => {
  refused({ OIDC_ISSUER: 'https://id.example' }, /^OIDC_CLIENT_ID/)
  refused(
    { OIDC_ISSUER: 'https://id.example', OIDC_CLIENT_ID: 'x', OIDC_NAME: 'A/b' },
    /^OIDC_NAME/,
  )
  assert.deepEqual(
    readSettings({ OIDC_ISSUER: 'https://id.example', OIDC_CLIENT_ID: 'torii' }).oidc,
    {
      name: 'oidc',
      issuer: 'https://id.example',
      clientId: 'torii',
      clientSecret: null,
    },
  )
})

test('the table of the README lists every variable', async () => {
  const asked = new Set<string>()
  const given = new Map([
    ['OIDC_ISSUER', 'https://id.example'],
    ['OIDC_CLIENT_ID', 'torii'],
  ])
  const environment: Record<string, string | undefined> = {}
  const watched = new Proxy(environment, {
    get(_target, name) {
      asked.add(String(name))
      return given.get(String(name))
    },
  })
  readSettings(watched)
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const table = readme.split('\n').filter((line) => /^\| `[A-Z]/.test(line))
  const documented = table.flatMap((line) =>
    [...(line.split('|')[1] ?? '').matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name),
  )
  assert.deepEqual([...asked].sort(), documented.sort())
})

test('the description of the database contains no password', () => {
  assert.equal(
    describeDatabase('postgresql://me:secret@db.example:5432/app'),
    'database app on db.example',
  )
  assert.equal(describeDatabase('pglite:.torii/data'), 'an embedded PostgreSQL in .torii/data')
})
