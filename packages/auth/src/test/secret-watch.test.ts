import assert from 'node:assert/strict'
import { PostgresStorage } from 'torii-storage-postgres'
import type { TestDatabase } from 'torii-testing'
import { createSecretSearch, secretsAtRest, secretsOfThisFile, testDatabase } from 'torii-testing'
import { beforeAll, test } from 'vitest'
import { Torii } from '../index.js'
import { baseUrl, goodPassword, requestInfo } from './site.test.support.js'

// Every run looks for the secrets it has issued where they must not be. This proves that it would find them.

let database: TestDatabase
let secret: Buffer
beforeAll(async () => {
  database = await testDatabase()
  const storage = await PostgresStorage.connect(database.url)
  const torii = new Torii(storage, { baseUrl })
  const person = { email: 'ada@example.com', password: goodPassword }
  const made = await torii.password.register(person, requestInfo)
  assert.ok(made.ok && made.token !== null)
  secret = Buffer.from(made.token.reveal().slice('torii_s_'.length), 'base64url').subarray(32)
  await storage.close()
})

test('T9.108 the secret of a session is noted when it is drawn, and is not at rest', async () => {
  const secrets = secretsOfThisFile()
  assert.ok(secrets.some((each) => each.equals(secret)))
  const client = await database.connect()
  assert.deepEqual(await secretsAtRest(client, createSecretSearch(secrets)), [])
})

test('one that is put into a table is found in every writing, as text and as bytes', async () => {
  const client = await database.connect()
  const search = createSecretSearch(secretsOfThisFile())
  const inside = (text: string) => Buffer.from(`{"token":"x${text}"}`)
  const writings = [
    secret,
    inside(secret.toString('base64')),
    inside(secret.toString('base64url')),
    inside(Buffer.concat([Buffer.alloc(1), secret]).toString('base64url')),
    inside(Buffer.concat([Buffer.alloc(2), secret, Buffer.alloc(3)]).toString('base64')),
    inside(secret.toString('hex')),
  ]
  for (const writing of writings) {
    await client.query('create table torii.planted as select $1::bytea as bytes', [writing])
    assert.deepEqual(
      await secretsAtRest(client, search),
      ['torii.planted'],
      writing.toString('hex'),
    )
    await client.query('drop table torii.planted')
  }
  await client.query('create table torii.planted as select $1::text as words', [
    `token ${secret.toString('base64url')}`,
  ])
  assert.deepEqual(await secretsAtRest(client, search), ['torii.planted'])
  await client.query('drop table torii.planted')
})

test('T9.106 one in a log is counted', () => {
  const search = createSecretSearch(secretsOfThisFile())
  assert.equal(search.count(`ERROR:  at "torii_s_${secret.toString('base64url')}"`), 1)
  assert.equal(search.count('ERROR:  nothing of it'), 0)
})
