import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:net'
import type { TestDatabase } from 'torii-testing'
import { testDatabase } from 'torii-testing'
import { test } from 'vitest'
import { startApplication } from './application.js'
import { testKeys } from './application.test.support.js'
import { readSettings } from './settings.js'

/** Resolves when the application has no connection any more: a server notices that a moment later. */
async function connectionsGone(query: TestDatabase['query']): Promise<void> {
  const statement =
    "select 1 from pg_stat_activity where datname = current_database() and application_name = 'torii'"
  while ((await query(statement)).rows.length > 0);
}

test('a mail server that hangs does not block the stop, and the database is closed', async () => {
  const { url: databaseUrl, query } = await testDatabase()
  const silent = createServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const application = await startApplication(
    readSettings({
      DATABASE_URL: databaseUrl,
      PORT: '0',
      TORII_KEYS: testKeys,
      SMTP_URL: `smtp://127.0.0.1:${port}`,
    }),
  )
  const connected = once(silent, 'connection')
  const person = { email: 'ada@example.com', password: 'seven lanterns at the gate' }
  const answer = await fetch(`${application.url}/auth/password/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: application.url },
    body: JSON.stringify(person),
  })
  assert.equal(answer.status, 202)
  // What the event is documented to bring.
  const [socket] = (await connected) as [Socket]
  const started = performance.now()
  await application.stop()
  assert.ok(performance.now() - started < 4500)
  // The server never answered or hung up: the application ended the attempt.
  if (!socket.closed) await once(socket, 'close')
  await connectionsGone(query)
  socket.destroy()
  silent.close()
})

test('a failed start closes what it has opened', async () => {
  const { url: databaseUrl, query } = await testDatabase()
  const settings = { DATABASE_URL: databaseUrl, PORT: '0', TORII_KEYS: 'k1:too-short' }
  await assert.rejects(startApplication(readSettings(settings)), /keys\[0\]\.secret/)
  await connectionsGone(query)
})
