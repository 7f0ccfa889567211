import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PostgresStorage } from 'torii-storage-postgres'
import type { InstalledVersion } from 'torii-testing'
import { installFormerVersion, testDatabase } from 'torii-testing'
import { afterAll, beforeAll, test } from 'vitest'
import { Torii } from '../../index.js'
import { goodPassword as password, requestInfo } from '../../test/site.test.support.js'
import { SoftwareAuthenticator } from '../../webauthn/authenticator.test.support.js'

// Version 0.1.0 works on the same database, and takes every user handle for known.

const database = await testDatabase()
const options = {
  baseUrl: 'https://app.example',
  keys: [{ id: 'k1', secret: randomBytes(32) }],
  log: () => undefined,
}
const storage = await PostgresStorage.connect(database.url)
const torii = new Torii(storage, options)
let installed: InstalledVersion
let formerStorage: PostgresStorage
let former: Torii
beforeAll(async () => {
  installed = await installFormerVersion('0.1.0')
  const load = (name: string) =>
    import(pathToFileURL(join(installed.packages, name, 'dist/index.js')).href)
  const storageModule: { PostgresStorage: typeof PostgresStorage } =
    await load('torii-storage-postgres')
  const auth: { Torii: typeof Torii } = await load('torii-auth')
  formerStorage = await storageModule.PostgresStorage.connect(database.url)
  former = new auth.Torii(formerStorage, options)
})
afterAll(async () => {
  await formerStorage.close()
  await storage.close()
  await installed.remove()
})

test('T7.92 a process of 0.1.0 signs in a passkey whose user handle is not known only where the response has none', async () => {
  const email = 'ada@example.com'
  const made = await torii.password.register({ email, password }, requestInfo)
  assert.ok(made.ok && made.token !== null)
  const valid = (await torii.sessions.validate(made.token)) ?? assert.fail('no session')
  const authenticator = new SoftwareAuthenticator()
  const asked = await torii.passkey.registerOptions(valid, requestInfo)
  assert.ok(asked.ok)
  const response = authenticator.create(asked.options)
  const registration = { challengeId: asked.challengeId, response }
  assert.ok((await torii.passkey.register(valid, registration, requestInfo)).ok)
  await database.query('update torii.passkeys set user_handle = null')
  const signIn = async (on: Torii, input: { email?: string }, knobs = {}) => {
    const started = await on.passkey.authenticateOptions(input, requestInfo)
    assert.ok(started.ok)
    const answer = authenticator.get(started.options, knobs)
    return on.passkey.authenticate(
      { challengeId: started.challengeId, response: answer },
      requestInfo,
    )
  }
  // The call fails, as any query may fail, and its process goes on.
  for (const input of [{}, { email }]) await assert.rejects(signIn(former, input), TypeError)
  const { rows } = await database.query(
    'select k.user_handle, (select count(*)::int from torii.sessions) as sessions from torii.passkeys k',
  )
  assert.deepEqual(rows, [{ user_handle: null, sessions: 1 }])
  assert.ok((await signIn(former, { email }, { userHandle: null })).ok)
  assert.ok((await signIn(torii, {})).ok)
  assert.ok((await signIn(former, {})).ok)
})
