import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { diag, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import pg from 'pg'
import { diagnosticsChannels, newUserId, ToriiError } from 'torii-core'
import { PostgresStorage } from 'torii-storage-postgres'
import type { TestDatabase } from 'torii-testing'
import { testDatabase } from 'torii-testing'
import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest'
import { createHandler } from '../http/index.js'
import { browser } from '../http/test/client.test.support.js'
import { Torii } from '../index.js'
import { baseUrl, goodPassword, newEmail, requestInfo, signUp } from '../test/site.test.support.js'
import { ToriiInstrumentation } from './opentelemetry.js'
import type { Telemetry } from './telemetry.test.support.js'
import { openTelemetry } from './telemetry.test.support.js'

let database: TestDatabase
let storage: PostgresStorage
let torii: Torii
let telemetry: Telemetry

beforeAll(async () => {
  database = await testDatabase()
  telemetry = openTelemetry()
  storage = await PostgresStorage.connect(database.url, { maxConnections: 4 })
  torii = new Torii(storage, { baseUrl })
})
afterAll(async () => {
  await storage.close()
  await telemetry.close()
})
beforeEach(() => {
  telemetry.takeSpans()
})

const idOf = (span: ReadableSpan | undefined) => span?.spanContext().spanId
const named = (spans: readonly ReadableSpan[], name: string): ReadableSpan[] =>
  spans.filter((span) => span.name === name)
const oneNamed = (spans: readonly ReadableSpan[], name: string): ReadableSpan => {
  const [span, ...others] = named(spans, name)
  assert.ok(
    span !== undefined && others.length === 0,
    `${name} in ${spans.map((each) => each.name)}`,
  )
  return span
}

/** The names from a span up to its root. */
const pathOf = (spans: readonly ReadableSpan[], span: ReadableSpan): string[] => {
  const parent = spans.find((each) => idOf(each) === span.parentSpanContext?.spanId)
  return [span.name, ...(parent === undefined ? [] : pathOf(spans, parent))]
}

describe('spans', () => {
  test('a request, its operation, that of the storage and the statement are one inside the other', async () => {
    const email = newEmail()
    await signUp(torii, email)
    telemetry.takeSpans()
    const send = browser(createHandler(torii))
    const body = { email, password: goodPassword }
    const { status } = await send('POST', '/auth/password/authenticate', { body })
    assert.equal(status, 200)
    const spans = telemetry.takeSpans()
    const signIn = oneNamed(spans, 'passwords.signIn')
    assert.deepEqual(pathOf(spans, signIn), [
      'passwords.signIn',
      'torii.storage.passwords.signIn',
      'torii.auth.password.authenticate',
      'POST /auth/password/authenticate',
    ])
    assert.equal(signIn.kind, SpanKind.CLIENT)
    assert.deepEqual(signIn.attributes, {
      'db.system.name': 'postgresql',
      'db.operation.name': 'passwords.signIn',
      'db.query.summary': 'passwords.signIn',
    })
    const request = oneNamed(spans, 'POST /auth/password/authenticate')
    assert.equal(request.kind, SpanKind.INTERNAL)
    assert.deepEqual(request.attributes, {
      'http.request.method': 'POST',
      'http.route': '/auth/password/authenticate',
      'http.response.status_code': 200,
    })
  })

  test('a path with an id has the name of its route, and an unknown method or path none of what was sent', async () => {
    const send = browser(createHandler(torii))
    const id = newUserId()
    await send('DELETE', `/auth/sessions/${id}`)
    const handler = createHandler(torii)
    await handler(new Request(`${baseUrl}/auth/${id}`, { method: 'SECRET' }))
    const [revoke, unknown] = telemetry.takeSpans().filter(({ name }) => !name.includes('torii.'))
    assert.equal(revoke?.name, 'DELETE /auth/sessions/:id')
    assert.equal(unknown?.name, '_OTHER')
    assert.deepEqual(unknown?.attributes, {
      'http.request.method': '_OTHER',
      'http.response.status_code': 404,
    })
  })

  test('an error result is a reason and no error', async () => {
    const input = { email: newEmail(), password: goodPassword }
    await torii.password.authenticate(input, requestInfo)
    const span = oneNamed(telemetry.takeSpans(), 'torii.auth.password.authenticate')
    assert.equal(span.attributes['torii.reason'], 'invalid_credentials')
    assert.equal(span.status.code, SpanStatusCode.UNSET)
  })

  test('a statement that the server refuses has its code and SQLSTATE, and no message', async () => {
    const other = new PostgresStorage(new pg.Pool({ connectionString: database.url }), {
      schema: 'absent',
    })
    await assert.rejects(other.users.find(newUserId()), ToriiError)
    const span = oneNamed(telemetry.takeSpans(), 'users.find')
    assert.equal(span.attributes['error.type'], 'ERR_SCHEMA_OUTDATED')
    assert.equal(span.attributes['db.response.status_code'], '42P01')
    assert.deepEqual(span.status, { code: SpanStatusCode.ERROR })
    assert.deepEqual(span.events, [])
  })

  test('a span of the application inside of a hook is inside of the operation that called it', async () => {
    const hooked = new Torii(storage, {
      baseUrl,
      hooks: {
        onUserCreated: async (tx) => {
          const span = trace.getActiveSpan()
          assert.ok(span !== undefined)
          seen = span.spanContext().spanId
          await tx.query('select 1')
        },
      },
    })
    let seen = ''
    await signUp(hooked)
    const spans = telemetry.takeSpans()
    assert.equal(seen, idOf(oneNamed(spans, 'torii.storage.transaction')))
    const statement = oneNamed(spans, 'users.register')
    assert.deepEqual(pathOf(spans, statement).slice(1), [
      'torii.storage.users.register',
      'torii.storage.transaction',
      'torii.auth.password.register',
    ])
  })
})

describe('batches', () => {
  test('a batch links to the callers it answers, and is a child of none', async () => {
    const { token } = await signUp(torii)
    assert.ok(token !== null)
    telemetry.takeSpans()
    const callers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        telemetry.inSpan(`caller ${n}`, () => torii.sessions.validate(token)),
      ),
    )
    const spans = telemetry.takeSpans()
    const operations = named(spans, 'torii.storage.sessions.validate')
    assert.equal(operations.length, callers.length)
    for (const operation of operations)
      assert.match(pathOf(spans, operation).join(' in '), /in caller \d+$/)
    const batches = named(spans, 'BATCH sessions.validate')
    const alone = named(spans, 'sessions.validate')
    assert.ok(batches.length > 0)
    const linked = batches.flatMap(({ links }) => links.map(({ context }) => context.spanId))
    const parents = alone.map(({ parentSpanContext }) => parentSpanContext?.spanId)
    assert.deepEqual([...linked, ...parents].sort(), operations.map(idOf).sort())
    for (const batch of batches) {
      assert.equal(batch.parentSpanContext, undefined)
      assert.equal(batch.attributes['db.operation.name'], 'BATCH sessions.validate')
      assert.equal(batch.attributes['db.operation.batch.size'], batch.links.length)
    }
  })

  test('a call that waited and is sent alone, when another one is done, is a child of its own caller', async () => {
    const { token } = await signUp(torii)
    assert.ok(token !== null)
    let open = (): void => undefined
    const opened = new Promise<void>((resolve) => {
      open = resolve
    })
    const pool = new pg.Pool({ connectionString: database.url })
    const gated = new PostgresStorage({
      connect: () => opened.then(() => pool.connect()),
      on: (event, listener) => pool.on(event, listener),
    })
    const waiting = new Torii(gated, { baseUrl })
    telemetry.takeSpans()
    const turns = async () => {
      for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    }
    const callers: Promise<unknown>[] = []
    // Two statements are in flight at most, so the third call is sent when the first is answered.
    for (const name of ['first', 'second', 'third']) {
      callers.push(telemetry.inSpan(name, () => waiting.sessions.validate(token)))
      await turns()
    }
    open()
    await Promise.all(callers)
    const spans = telemetry.takeSpans()
    const paths = named(spans, 'sessions.validate').map((span) => pathOf(spans, span).at(-1))
    assert.deepEqual(paths.sort(), ['first', 'second', 'third'])
    await pool.end()
  })
})

describe('metrics', () => {
  const readValue = async (metric: string, attributes: Readonly<Record<string, unknown>>) => {
    const points = (await telemetry.points()).filter((point) => point.metric === metric)
    const found = points.filter((point) =>
      Object.entries(attributes).every(([name, value]) => point.attributes[name] === value),
    )
    assert.equal(found.length, 1, JSON.stringify(points))
    return found[0]?.value
  }
  const readCount = async (metric: string, attributes: Readonly<Record<string, unknown>>) =>
    Reflect.get(Object(await readValue(metric, attributes)), 'count')

  test('the pool tells its connections by state, its limit and who waits', async () => {
    const pool = new pg.Pool({ connectionString: database.url, max: 2 })
    const own = new PostgresStorage(pool, { schema: 'pool_of_metrics' })
    const held = await pool.connect()
    await assert.rejects(own.users.find(newUserId()), ToriiError)
    const name = { 'db.client.connection.pool.name': 'pool_of_metrics' }
    const state = (value: string) => ({ ...name, 'db.client.connection.state': value })
    assert.equal(await readValue('db.client.connection.max', name), 2)
    assert.equal(await readValue('db.client.connection.count', state('used')), 1)
    assert.equal(await readValue('db.client.connection.count', state('idle')), 1)
    assert.equal(await readValue('db.client.connection.pending_requests', name), 0)
    const second = await pool.connect()
    const waiting = own.users.find(newUserId()).catch(() => null)
    assert.equal(await readValue('db.client.connection.pending_requests', name), 1)
    held.release()
    second.release()
    await waiting
    assert.equal(await readCount('db.client.connection.wait_time', name), 2)
    await pool.end()
  })

  test('writes that wait for their share of the pool count as waiting, and their wait is timed', async () => {
    const pool = new pg.Pool({ connectionString: database.url, max: 4 })
    const own = new PostgresStorage(pool, { schema: 'writes_of_metrics' })
    const name = { 'db.client.connection.pool.name': 'writes_of_metrics' }
    let letGo = (): void => undefined
    let begin = (): void => undefined
    const hold = new Promise<void>((resolve) => {
      letGo = resolve
    })
    // Two of four connections are left to reads.
    let running = 0
    const begun = new Promise<void>((resolve) => {
      begin = () => {
        running += 1
        if (running === 2) resolve()
      }
    })
    const two = [1, 2].map(() =>
      own.transaction(() => {
        begin()
        return hold
      }),
    )
    await begun
    const third = own.transaction(async () => undefined)
    assert.equal(await readValue('db.client.connection.pending_requests', name), 1)
    letGo()
    await Promise.all([...two, third])
    assert.equal(await readValue('db.client.connection.pending_requests', name), 0)
    assert.equal(await readCount('db.client.connection.wait_time', name), 4)
    await pool.end()
  })

  test('statements are timed by name, batches counted by size', async () => {
    const summary = { 'db.query.summary': 'sessions.validate' }
    const { token } = await signUp(torii)
    await torii.sessions.validate(token ?? '')
    const before = Number(await readCount('db.client.operation.duration', summary))
    await torii.sessions.validate(token ?? '')
    assert.equal(await readCount('db.client.operation.duration', summary), before + 1)
    const sizes = await readValue('torii.storage.batch.size', summary)
    assert.ok(Number(Reflect.get(Object(sizes), 'max')) >= 2, JSON.stringify(sizes))
  })

  test('rate limits count what they refuse', async () => {
    const strict = new Torii(storage, { baseUrl, bruteForce: { account: { cap: 1, limit: 1 } } })
    const input = { email: newEmail(), password: goodPassword }
    for (let attempt = 0; attempt < 3; attempt += 1)
      await strict.password.authenticate(input, requestInfo)
    const refused = await readValue('torii.auth.rate_limit.refusals', {
      'torii.attempt': 'password',
    })
    assert.ok(Number(refused) >= 1)
    const attributes = { 'torii.operation': 'password.authenticate' }
    const limited = { ...attributes, 'torii.reason': 'too_many_attempts' }
    assert.equal(await readCount('torii.auth.operation.duration', limited), refused)
  })

  test('mail is counted at each state that it reaches', async () => {
    const failing = { send: () => Promise.reject(Object.assign(new Error(), { permanent: true })) }
    const sending = { send: async () => undefined }
    for (const mailer of [sending, failing]) {
      const mailing = new Torii(storage, { baseUrl, mailer })
      await mailing.magicLink.request({ email: newEmail() }, requestInfo)
      await mailing.settled()
    }
    const counted = async (state: string) =>
      readValue('torii.auth.mail', { 'torii.mail.kind': 'magic_link', 'torii.mail.state': state })
    assert.deepEqual(
      [await counted('queued'), await counted('sent'), await counted('failed')],
      [2, 1, 1],
    )
  })
})

describe('the instrumentation', () => {
  test('records nothing once it is disabled, and then no one listens; enabled again, it does once', async () => {
    const own = [
      diagnosticsChannels.storageOperation,
      diagnosticsChannels.storageStatement,
      diagnosticsChannels.storageConnection,
      diagnosticsChannels.authOperation,
      diagnosticsChannels.authRequest,
    ]
    telemetry.takeMessages()
    await telemetry.close()
    assert.ok(own.every(({ hasSubscribers }) => !hasSubscribers))
    assert.ok(!diagnosticsChannels.storageBatchedCall.hasSubscribers)
    assert.ok(!diagnosticsChannels.authMail.hasSubscribers)
    await signUp(torii)
    assert.deepEqual([telemetry.takeSpans(), telemetry.takeMessages()], [[], []])
    telemetry = openTelemetry()
    telemetry.instrumentation.enable()
    await signUp(torii)
    assert.equal(named(telemetry.takeSpans(), 'torii.auth.password.register').length, 1)
  })

  test('a tracer that throws breaks no operation, and OpenTelemetry hears of it', async () => {
    const heard: unknown[][] = []
    const ignore = () => undefined
    diag.setLogger({
      ...{ warn: ignore, info: ignore, debug: ignore, verbose: ignore },
      error: (...given) => heard.push(given),
    })
    const broken = new ToriiInstrumentation()
    const error = new Error('a sampler')
    const startSpan = () => {
      throw error
    }
    broken.setTracerProvider({ getTracer: () => ({ startSpan, startActiveSpan: startSpan }) })
    const made = await signUp(torii)
    broken.disable()
    diag.disable()
    assert.ok(made.ok)
    assert.ok(heard.some((given) => given.includes(error)))
  })

  test('is loaded by its own entry only: torii-auth, its handler and the storage load nothing of OpenTelemetry', async () => {
    const code = `
      import { createRequire } from 'node:module'
      const { cache } = createRequire(import.meta.url)
      const loaded = () => Object.keys(cache).filter((file) => file.includes('@opentelemetry')).length
      for (const entry of ['torii-auth', 'torii-auth/http', 'torii-storage-postgres']) await import(entry)
      const before = loaded()
      await import('torii-auth/opentelemetry')
      console.log(before, loaded() > 0)`
    const cwd = fileURLToPath(new URL('../..', import.meta.url))
    const run = promisify(execFile)
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code], { cwd })
    assert.equal(stdout.trim(), '0 true')
  })

  test('has the version of the package', async () => {
    const file = new URL('../../package.json', import.meta.url)
    const { version } = JSON.parse(await readFile(file, 'utf8'))
    assert.equal(telemetry.instrumentation.instrumentationVersion, version)
  })
})
