import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { afterAll, describe, test } from 'vitest'
import pg from 'pg'
import { withClient } from './drop-database.js'
import { startServer } from './server.js'

describe('startServer', async () => {
  const server = await startServer({
    settings: { fsync: 'on', synchronous_commit: 'on', work_mem: '5MB' },
  })
  afterAll(() => server.stop())

  const setting = (name: string) =>
    withClient(server.url, async (client) => {
      const { rows } = await client.query<{ value: string }>(
        'select current_setting($1::text) as value',
        [name],
      )
      return rows[0]?.value
    })

  test('listens on 127.0.0.1 only, without a unix socket', async () => {
    assert.equal(await setting('listen_addresses'), '127.0.0.1')
    assert.equal(await setting('unix_socket_directories'), '')
  })

  test('asks every connection for the password, by SCRAM', async () => {
    const wrong = new URL(server.url)
    wrong.password = 'wrong'
    await assert.rejects(
      withClient(wrong.href, async () => {}),
      { code: '28P01' },
    )
    await withClient(server.url, async (client) => {
      const rules = await client.query('select distinct auth_method from pg_hba_file_rules')
      assert.deepEqual(rules.rows, [{ auth_method: 'scram-sha-256' }])
      const stored = await client.query(
        `select rolpassword like 'SCRAM-SHA-256$%' as scram from pg_authid where rolpassword is not null`,
      )
      assert.deepEqual(stored.rows, [{ scram: true }])
    })
  })

  test('takes settings over its defaults', async () => {
    assert.equal(await setting('work_mem'), '5MB')
    assert.equal(await setting('fsync'), 'on')
    assert.equal(await setting('max_connections'), '200')
  })

  test('tells its version', async () => {
    assert.match(server.description, new RegExp(`^PostgreSQL ${server.version} from `))
    assert.ok((await setting('server_version'))?.startsWith(server.version))
  })

  test('keeps what was committed over a kill and a restart', async () => {
    const client = new pg.Client({ connectionString: server.url })
    const lost = new Promise((resolve) => client.on('error', resolve))
    await client.connect()
    await client.query('create table kept (n integer); insert into kept values (1)')
    await server.kill()
    await lost
    await assert.rejects(
      withClient(server.url, async () => {}),
      { code: 'ECONNREFUSED' },
    )
    await server.restart()
    await server.restart()
    const { rows } = await withClient(server.url, (again) => again.query('select n from kept'))
    assert.deepEqual(rows, [{ n: 1 }])
  })
})

test('stop removes everything, and may be called twice', async () => {
  const server = await startServer()
  await server.stop()
  await server.stop()
  assert.equal(existsSync(server.dataDirectory), false)
})

test('a server that cannot start says why and leaves nothing', async () => {
  const failure = startServer({ settings: { shared_buffers: 'many' } })
  await assert.rejects(failure, /did not start.*shared_buffers/s)
})
