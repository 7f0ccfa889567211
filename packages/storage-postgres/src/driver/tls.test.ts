import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { chownSync, copyFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { ToriiError } from 'torii-core'
import { startServer, type TestServer } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { PostgresStorage } from '../index.js'

/** An authority with a certificate for one host name, made by openssl in a folder of the test. */
interface Authority {
  readonly certificate: string
  readonly serverCertificate: string
  readonly serverKey: string
}

const absent = spawnSync('openssl', ['version']).status !== 0

test('openssl is installed', { skip: absent }, () => {
  assert.equal(absent, false)
})

const whenInstalled = absent ? () => undefined : describe

let folder: string
let server: TestServer
let authority: Authority
let stranger: Authority

function openssl(...values: string[]): void {
  execFileSync('openssl', values, { cwd: folder, stdio: 'pipe' })
}

function makeAuthority(name: string, hostName: string): Authority {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.crt`,
    '-days',
    '2',
    '-subj',
    `/CN=${name}`,
  )
  openssl(
    'req',
    ...key,
    '-keyout',
    `${name}-server.key`,
    '-out',
    `${name}.csr`,
    '-subj',
    `/CN=${hostName}`,
  )
  writeFileSync(join(folder, `${name}.ext`), `subjectAltName=DNS:${hostName}\n`)
  const signedBy = ['-CA', `${name}.crt`, '-CAkey', `${name}.key`, '-CAcreateserial']
  openssl(
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    ...signedBy,
    '-out',
    `${name}-server.crt`,
    '-days',
    '2',
    '-extfile',
    `${name}.ext`,
  )
  const path = (file: string) => join(folder, file)
  return {
    certificate: path(`${name}.crt`),
    serverCertificate: path(`${name}-server.crt`),
    serverKey: path(`${name}-server.key`),
  }
}

/** Gives the server its certificate, as the only user who may read the key. */
function install({ serverCertificate, serverKey }: Authority): void {
  const { uid, gid } = statSync(server.dataDirectory)
  for (const [from, name] of [
    [serverCertificate, 'server.crt'],
    [serverKey, 'server.key'],
  ] as const) {
    const to = join(server.dataDirectory, name)
    copyFileSync(from, to)
    chownSync(to, uid, gid)
  }
}

async function setTls(value: 'on' | 'off'): Promise<void> {
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  await client.query(`alter system set ssl = ${value}`)
  await client.end()
  await server.restart()
}

/** The server under these host names, trusted when certified by `trusted`. */
function urlOf(hostNames: readonly string[], trusted: Authority, mode = 'verify-full'): string {
  const { username, password, port, pathname } = new URL(server.url)
  const hosts = hostNames.map((name) => `${name}:${port}`).join(',')
  return `postgresql://${username}:${password}@${hosts}${pathname}?sslmode=${mode}&sslrootcert=${trusted.certificate}`
}

async function assertUsesTls(url: string): Promise<void> {
  const storage = await PostgresStorage.connect(url)
  try {
    const { rows } = await storage.transaction((tx) =>
      tx.query('select ssl, version from pg_stat_ssl where pid = pg_backend_pid()'),
    )
    assert.deepEqual(rows, [{ ssl: true, version: 'TLSv1.3' }])
  } finally {
    await storage.close()
  }
}

async function assertRefused(url: string, says: RegExp): Promise<void> {
  const started = performance.now()
  await assert.rejects(PostgresStorage.connect(url, { acquireSeconds: 1 }), (error) => {
    assert.ok(error instanceof ToriiError, String(error))
    assert.equal(error.code, 'ERR_UNAVAILABLE')
    assert.match(error.message, says)
    assert.ok(!error.message.includes(new URL(server.url).password))
    return true
  })
  assert.ok(performance.now() - started < 3000)
}

whenInstalled('sslmode=verify-full', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'torii-tls-'))
    authority = makeAuthority('authority', 'localhost')
    stranger = makeAuthority('stranger', 'localhost')
    server = await startServer()
    install(authority)
    await setTls('on')
  })
  afterAll(async () => {
    await server.stop()
    rmSync(folder, { recursive: true })
  })

  test('connects where the authority and the host name are right', () =>
    assertUsesTls(urlOf(['localhost'], authority)))

  test('refuses a server that another authority has certified', () =>
    assertRefused(
      urlOf(['localhost'], stranger),
      /^TLS with localhost:\d+ failed \(.*SIGN.*\); nothing was sent\. Check sslmode and sslrootcert/,
    ))

  test('refuses a server that no known authority has certified', async () => {
    const url = urlOf(['localhost'], authority).replace(/&sslrootcert=.*/, '')
    await assertRefused(url, /^TLS with localhost:\d+ failed/)
  })

  test('refuses a certificate for another host name', () =>
    assertRefused(
      urlOf(['127.0.0.1'], authority),
      /^TLS with 127\.0\.0\.1:\d+ failed \(ERR_TLS_CERT_ALTNAME_INVALID\)/,
    ))

  test('holds for each host of a list by its own name', async () => {
    await assertUsesTls(urlOf(['127.0.0.1', 'localhost'], authority))
    await assertRefused(urlOf(['127.0.0.1'], authority), /ALTNAME/)
    await assertRefused(
      urlOf(['127.0.0.1', 'localhost'], stranger),
      /^none of the hosts .*: 127\.0\.0\.1:\d+ \(.*SIGN.*\), localhost:\d+ \(.*SIGN.*\)/,
    )
  })

  test('is what require, prefer and verify-ca mean too', async () => {
    for (const mode of ['require', 'prefer', 'verify-ca']) {
      await assertUsesTls(urlOf(['localhost'], authority, mode))
      await assertRefused(urlOf(['127.0.0.1'], authority, mode), /ALTNAME/)
    }
  })

  test('refuses a server without TLS', async () => {
    await setTls('off')
    await assertRefused(
      urlOf(['localhost'], authority),
      /^TLS with localhost:\d+ failed \(no TLS\)/,
    )
    await assertRefused(
      urlOf(['localhost', '127.0.0.1'], authority),
      /localhost:\d+ \(no TLS\), 127\.0\.0\.1:\d+ \(no TLS\)/,
    )
    await setTls('on')
  })
})
