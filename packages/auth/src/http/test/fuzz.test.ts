import assert from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterAll, test } from 'vitest'
import { newKeyPair } from '../../test/key-pair.test.support.js'
import { openMailbox } from '../../test/mailbox.test.support.js'
import { newEmail, openTestSite, goodPassword as password } from '../../test/site.test.support.js'
import { createHandler, createNodeHandler } from '../index.js'
import { describeApi } from '../routes/openapi.js'
import { routes } from '../routes/routes.js'
import { browser, signUp, tokenIn } from './client.test.support.js'
import { createResponseValidator } from './documented.test.support.js'
import { hostileRequests } from './hostile-requests.test.support.js'
import type { RawRequest } from './raw-exchange.test.support.js'
import { exchange } from './raw-exchange.test.support.js'

const runs = 1000
const origin = 'http://localhost:3000'
const mailbox = await openMailbox()
const { privateKey } = newKeyPair('Ed25519')
const site = await openTestSite({
  baseUrl: origin,
  mailer: mailbox.mailer,
  requireVerifiedEmail: false,
  keys: [{ id: 'k1', secret: randomBytes(32) }],
  jwt: { keys: [{ id: 'j1', algorithm: 'EdDSA', privateKey }], audience: 'api' },
})
const auth = createHandler(site.torii)
const listener = createNodeHandler(auth)
const server = createServer((request, response) => void listener(request, response))
server.listen(0, '127.0.0.1')
await once(server, 'listening')
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
// A TCP server's address is an object.
const { port } = server.address() as AddressInfo
const validateResponse = createResponseValidator(
  describeApi(routes, { origin, basePath: '/auth', cookieName: 'torii' }),
)
const { cookie } = await signUp(browser(auth, origin))
await site.torii.settled()

/** What anybody may leave behind by asking: a counted attempt, and a passkey challenge. */
const mayGrow = ['rate_limits', 'passkey_challenges']

/** Every other row of every table, as a digest by table: no assertion prints what is in them. */
async function allRows(): Promise<Record<string, string>> {
  const { rows: tables } = await site.db.query<{ name: string }>(
    `select table_name as name from information_schema.tables
     where table_schema = 'torii' and table_name <> all ($1) order by table_name`,
    [mayGrow],
  )
  const digests = tables.map(
    ({ name }) =>
      `select '${name}' as name, md5(json_agg(t order by t::text)::text) as digest from torii.${name} t`,
  )
  const { rows } = await site.db.query<{ name: string; digest: string }>(
    digests.join(' union all '),
  )
  return Object.fromEntries(rows.map(({ name, digest }) => [name, digest]))
}

/** A path that URLs have no other spelling for, and without the star of no id: the others are 404. */
const isPlain = (target: string): boolean =>
  URL.canParse(origin + target) &&
  new URL(origin + target).pathname === target.split('?', 1)[0] &&
  !target.includes('*')

const unhandled: unknown[] = []
const keep = (reason: unknown) => unhandled.push(reason)
process.on('unhandledRejection', keep)
process.on('uncaughtException', keep)
afterAll(() => process.off('unhandledRejection', keep).off('uncaughtException', keep))

const post = (path: string, body: object, headers: RawRequest['headers'] = []): RawRequest => {
  const bytes = Buffer.from(JSON.stringify(body))
  const own = [
    ['host', 'localhost'],
    ['connection', 'close'],
    ['origin', origin],
    ['content-type', 'application/json'],
    ['content-length', String(bytes.length)],
  ] as const
  return {
    method: 'POST',
    target: path,
    headers: [...own, ...headers],
    body: bytes,
    ending: 'whole',
  }
}

test('the comparison of rows sees changes: registering and signing out change rows', async () => {
  const before = await allRows()
  const made = await exchange(
    port,
    post('/auth/password/register', { email: newEmail(), password }),
  )
  assert.deepEqual(made.statuses, [201])
  const between = await allRows()
  for (const table of ['users', 'passwords', 'sessions'])
    assert.notEqual(between[table], before[table], table)
  const held = made.headers.get('set-cookie')?.split(';')[0] ?? ''
  const out = await exchange(port, post('/auth/sign-out', {}, [['cookie', held]]))
  assert.deepEqual(out.statuses, [204])
  assert.notEqual((await allRows()).sessions, between.sessions)
})

test(`${runs} hostile requests: no 5xx, nothing thrown, no undocumented response, no changed row`, async (t) => {
  const seed = Number(process.env.TORII_FUZZ_SEED ?? randomInt(2 ** 31))
  void t.annotate(`seed ${seed}; TORII_FUZZ_SEED repeats it`)
  const before = await allRows()
  const seen = new Map<number, number>()
  const attack = hostileRequests({ origin, token: tokenIn(cookie), cookieName: 'torii' })
  await fc.assert(
    fc.asyncProperty(attack, async (request) => {
      const answer = await exchange(port, request)
      for (const status of answer.statuses) seen.set(status, (seen.get(status) ?? 0) + 1)
      assert.ok(
        answer.statuses.every((status) => status < 500),
        `status ${answer.statuses}`,
      )
      if (request.ending === 'whole') assert.ok(answer.statuses.length > 0, 'no answer')
      // An answer of Torii's own; node:http itself refuses what is no HTTP.
      const ours = answer.headers.get('cache-control') === 'no-store'
      const pathname = request.target.split('?', 1)[0] ?? ''
      const contentType = answer.headers.get('content-type') ?? null
      const [status = 0] = answer.statuses
      if (ours && request.method !== 'TRACE' && isPlain(request.target))
        assert.equal(
          validateResponse({
            method: request.method,
            pathname,
            status,
            contentType,
            text: answer.text,
          }),
          null,
        )
      assert.deepEqual(await allRows(), before)
      assert.deepEqual(unhandled, [])
    }),
    { seed, numRuns: runs },
  )
  void t.annotate(`statuses ${JSON.stringify(Object.fromEntries([...seen].sort()))}`)
  // Not everything may have been turned away at the door.
  for (const status of [400, 401, 403, 404, 405, 415]) assert.ok(seen.has(status), `no ${status}`)
  const health = await exchange(port, { ...post('/auth/health', {}), method: 'GET' })
  assert.deepEqual(health.statuses, [200])
  const faults = site.events.filter(({ level }) => level === 'error')
  assert.deepEqual(faults, [])
})
