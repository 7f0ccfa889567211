import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InvalidOptionsError } from 'torii-core'
import { type TestDatabase, testDatabase } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { PostgresStorage } from '../index.js'
import { readHosts } from './host-list.js'
import { addressOfPool } from './pg-pool.js'

const names = (url: string) => readHosts(url).map(({ name }) => name)

describe('the hosts of a URL', () => {
  const lists: Record<string, string[]> = {
    'postgresql://u:p@h1:5432,h2:5433/db': ['h1:5432', 'h2:5433'],
    'postgres://h1,h2': ['h1:5432', 'h2:5432'],
    'postgresql://u:p@[::1]:5433,[fe80::2],10.0.0.1/db': [
      '[::1]:5433',
      '[fe80::2]:5432',
      '10.0.0.1:5432',
    ],
    'postgresql://u:a,b@c@h1,h2/db': ['h1:5432', 'h2:5432'],
    'postgresql://u@DB-1.example.com:05432,db_2?sslmode=disable': [
      'db-1.example.com:5432',
      'db_2:5432',
    ],
    'postgresql://u:p@h1,h2/db?target_session_attrs=read-write': ['h1:5432', 'h2:5432'],
    'postgresql://u:p@h1/db': ['h1:5432'],
    'postgresql://u:p@[::1]:6000/db': ['[::1]:6000'],
    'postgresql:///db': ['localhost:5432'],
    'postgresql:///db?host=/run/postgresql': ['/run/postgresql:5432'],
    'postgresql://u:p@/db?host=/cloudsql/project:region:instance': [
      '/cloudsql/project:region:instance:5432',
    ],
    'postgresql://u:p@/db?sslmode=disable&host=%2Frun%2Fpg&port=5433': ['/run/pg:5433'],
    'postgresql://u:p@localhost/db?host=/run/pg': ['/run/pg:5432'],
    'postgresql://u:p@%2Frun%2Fpg/db': ['/run/pg:5432'],
    'postgresql://%2Frun%2Fpg/db?user=u&password=p': ['/run/pg:5432'],
    'postgresql://u:p@:5433/db?host=/run/pg': ['/run/pg:5433'],
    'postgresql://u:p@/db?host=h1&port=5433': ['h1:5433'],
    'postgresql://u:p@/db': ['localhost:5432'],
    'postgresql://u:p@?host=/run/pg&dbname=db': ['/run/pg:5432'],
    'postgresql://?host=/run/pg&dbname=db&user=u&password=p': ['/run/pg:5432'],
  }
  for (const [url, expected] of Object.entries(lists))
    test(`${url} names ${expected.join(' and ')}`, () => assert.deepEqual(names(url), expected))

  const addresses: Record<string, string | null> = {
    'postgresql://u:p@h1/db': 'h1:5432, database "db"',
    'postgresql://u:p@[::1]:6000/d%62?application_name=x': '[::1]:6000, database "d%62"',
    'postgresql://user:p@h1': 'h1:5432',
    'postgresql:///db?host=/run/postgresql': '/run/postgresql:5432, database "db"',
    // A password that begins with digits, with a question mark that is not percent-encoded.
    'postgresql://user:12?34@h1/db': null,
  }
  for (const [url, expected] of Object.entries(addresses))
    test(`messages name ${url} as ${expected}`, () =>
      assert.deepEqual(
        readHosts(url).map(({ address }) => address),
        [expected],
      ))

  test('messages name the server of a pool by its URL or its settings, and never the user or the password', () => {
    const named = (options: object) =>
      addressOfPool({
        connect: () => Promise.reject(new Error('not used')),
        on: () => null,
        ...{ options },
      })
    const [user, password] = ['grace', 'sEcret']
    assert.equal(
      named({ connectionString: `postgresql://${user}:${password}@h1/db` }),
      'h1:5432, database "db"',
    )
    assert.equal(
      named({ user, password, host: 'h1', port: 5433, database: 'db' }),
      'h1:5433, database "db"',
    )
    assert.equal(named({ user, password, host: 'h1' }), 'h1:5432')
    for (const unknown of [{}, { user, password }, { connectionString: `x:${password}` }])
      assert.equal(named(unknown), null)
  })

  test('keep user, password, database and every parameter', () => {
    const rest = '/d%2Fb?sslmode=verify-full&options=-c%20work_mem%3D5MB&application_name=a,b'
    assert.deepEqual(
      readHosts(`postgresql://us%40er:p%2C%40:w@h1,[::1]:5433${rest}`).map(({ url }) => url),
      [
        `postgresql://us%40er:p%2C%40:w@h1:5432${rest}`,
        `postgresql://us%40er:p%2C%40:w@[::1]:5433${rest}`,
      ],
    )
  })

  describe('of a socket, or named by parameters', () => {
    let database: TestDatabase
    let folder: string
    /** Hands a socket's connections on to the server, which listens on a port only. */
    const socket = createServer((client) => {
      const { hostname, port } = new URL(database.url)
      const server = connect(Number(port), hostname)
      client.pipe(server).pipe(client)
      for (const each of [client, server])
        each
          .on('error', () => undefined)
          .on('close', () => [client, server].map((s) => s.destroy()))
    })
    beforeAll(async () => {
      database = await testDatabase()
      folder = await mkdtemp(join(tmpdir(), 'torii-'))
      await new Promise<void>((done) => socket.listen(join(folder, '.s.PGSQL.6543'), done))
    })
    afterAll(async () => {
      socket.close()
      await rm(folder, { recursive: true })
    })

    const forms = [
      'postgresql://USER@/NAME?host=FOLDER&port=6543',
      'postgresql://USER@:6543/NAME?host=FOLDER',
      'postgresql://USER@localhost/NAME?host=FOLDER&port=6543',
      'postgresql://USER@ENCODED:6543/NAME',
      'postgresql://USER@?host=FOLDER&port=6543&dbname=NAME',
      'postgresql://USER@/NAME?host=127.0.0.1&port=PORT',
      'postgres:///NAME?host=FOLDER&port=6543&user=NAMED&password=SECRET',
    ]
    for (const form of forms)
      test(`${form} is connected to, and its parameters are kept`, async () => {
        const { username, password, port } = new URL(database.url)
        const url = form
          .replace('USER', `${username}:${password}`)
          .replace('NAMED', username)
          .replace('SECRET', password)
          .replace('NAME', database.name)
          .replace('FOLDER', folder)
          .replace('ENCODED', encodeURIComponent(folder))
          .replace('PORT', port)
        const separator = url.includes('?') ? '&' : '?'
        const storage = await PostgresStorage.connect(
          `${url}${separator}application_name=by%20socket`,
        )
        const { rows } = await storage.transaction((tx) =>
          tx.query(
            `select current_database() as name, current_setting('application_name') as mark`,
          ),
        )
        assert.deepEqual(rows, [{ name: database.name, mark: 'by socket' }])
        await storage.close()
      })
  })

  const word = 'PaSsWoRd'
  const malformed = [
    `mysql://u:${word}@h1,h2/db`,
    `postgresql://u:${word}@h1,/db`,
    `postgresql://u:${word}@,h1/db`,
    `postgresql://u:${word}@h1,,h2/db`,
    `postgresql://u:${word}@h1, h2/db`,
    `postgresql://u:${word}@h1:,h2/db`,
    `postgresql://u:${word}@h1:0,h2/db`,
    `postgresql://u:${word}@h1:65536,h2/db`,
    `postgresql://u:${word}@h1:5432:1,h2/db`,
    `postgresql://u:${word}@h1:x,h2/db`,
    `postgresql://u:${word}@::1,h2/db`,
    `postgresql://u:${word}@[::1,h2/db`,
    `postgresql://u:${word}@[::g],h2/db`,
    `postgresql://u:${word}@1.2.3,h2/db`,
    `postgresql://u:${word}@999.1.1.1,h2/db`,
    `postgresql://u:${word}@h1,h\u00f6/db`,
    `postgresql://u:${word}@h1,h2\n/db`,
    `postgresql://u:${word}@h1,%2Frun%2Fpostgresql/db`,
    `postgresql://u:${word}@h1,H1/db`,
    `postgresql://u:${word}@${Array.from({ length: 17 }, (_, n) => `h${n}`).join(',')}/db`,
    `postgresql://u:${word}@h1,h2/db?host=h3`,
    `postgresql://u:${word}@h1,h2/db?port=1`,
    `postgresql://u:${word}@h1/db?host=h2,h3`,
    `postgresql://u:${word}@/db?host=/run/pg,/run/other`,
    `postgresql://u:${word}@:0/db?host=/run/pg`,
    `postgresql://u:${word}@:99999/db`,
    `postgresql://u:${word}@h1,h2/db?target_session_attrs=standby`,
    `postgresql://u:${word}@h1/db?target_session_attrs=any`,
    // A password that is not percent-encoded.
    `postgresql://u:${word}/@h1,h2/db`,
    `postgresql://u:x@${word}/@h1/db`,
    `postgresql://u:x@${word}#@h1/db`,
    `postgresql://u:,${word}/1@h1/db`,
    `postgresql://u:${word}@h1,h2/db?sslrootcert=/nowhere/ca.crt`,
    `postgresql://u:${word}@h1/db?sslrootcert=/nowhere/ca.crt`,
  ]
  for (const url of [undefined, null, ''])
    test(`${JSON.stringify(url)} is missing, which an environment variable that is not set is`, () => {
      assert.throws(
        () => readHosts(url),
        /option url: is missing: check that the environment variable/,
      )
    })

  for (const url of malformed)
    test(`${JSON.stringify(url).replaceAll(word, '…')} is refused, without a word of the password`, async () => {
      await assert.rejects(PostgresStorage.connect(url), (error) => {
        assert.ok(error instanceof InvalidOptionsError, String(error))
        assert.match(error.message, /^option url: /)
        assert.ok(!`${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`.includes(word))
        return true
      })
    })
})
