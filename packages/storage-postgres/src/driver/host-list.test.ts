import assert from 'node:assert/strict'
import { InvalidOptionsError } from 'torii-core'
import { describe, test } from 'vitest'
import { PostgresStorage } from '../index.js'
import { readHosts } from './host-list.js'

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
  }
  for (const [url, expected] of Object.entries(lists))
    test(`${url} names ${expected.join(' and ')}`, () => assert.deepEqual(names(url), expected))

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
