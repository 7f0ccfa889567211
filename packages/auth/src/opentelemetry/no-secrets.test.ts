import assert from 'node:assert/strict'
import { createSecretSearch, secretsOfThisFile } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { isRight, routeInputs } from '../http/test/route-requests.test.support.js'
import {
  newInfo,
  newVisitor,
  site,
  takeMails,
  torii,
} from '../http/test/route-site.test.support.js'
import { createSendRoute } from '../http/test/send-route.test.support.js'
import { Torii } from '../index.js'
import { baseUrl, goodPassword } from '../test/site.test.support.js'
import type { Telemetry } from './telemetry.test.support.js'
import { openTelemetry, writtenOf } from './telemetry.test.support.js'

// What every route publishes and exports, answered well and refused. Each holds names, numbers and codes only.

/** An email address, an IP address, a token by its prefix, an encoded hash, a UUID. */
const forbidden = [
  /@/,
  /\b\d{1,3}(?:\.\d{1,3}){3}\b/,
  /2001:db8/i,
  /torii_[a-z]_/,
  /\$argon2/,
  /[0-9a-f]{8}-[0-9a-f]{4}-/i,
  /[A-Za-z0-9_-]{43}/,
]

const offendersIn = (texts: readonly string[]): string[] => {
  const search = createSecretSearch(secretsOfThisFile())
  return texts.filter(
    (text) =>
      search.count(text) > 0 ||
      text.includes(goodPassword) ||
      forbidden.some((form) => form.test(text.replace('torii.storage.batched_call', ''))),
  )
}

let telemetry: Telemetry
let messages: string[] = []
let spans: string[] = []
let points: string[] = []

beforeAll(async () => {
  telemetry = openTelemetry()
  for (const [entry, input] of Object.entries(routeInputs)) {
    const visitor = await (input.visitor ?? newVisitor)()
    const send = createSendRoute(torii, entry, input, { visitor, ip: newInfo().ip })
    const { status } = await send(await input.valid(visitor))
    assert.ok(isRight(input, status), `${entry} ${status}`)
    if (input.madeUp !== undefined) await send(await input.madeUp(visitor))
    await takeMails()
  }
  const broken = new Torii(site.storage, {
    baseUrl,
    hooks: {
      beforeSignIn: async ({ email }) => {
        throw new Error(`${email} from 203.0.113.7 with ${goodPassword}`)
      },
    },
  })
  const person = { email: 'broken@example.com', password: goodPassword }
  await broken.password.authenticate(person, newInfo()).catch(() => undefined)
  messages = telemetry.takeMessages()
  spans = writtenOf(telemetry.takeSpans())
  points = (await telemetry.points()).map((point) => JSON.stringify(point))
})
afterAll(() => telemetry.close())

describe('telemetry of every route', () => {
  test('T9.190 no message of a channel holds a secret, an email address or an IP address', () => {
    assert.ok(messages.length > 2000, String(messages.length))
    assert.deepEqual(offendersIn(messages), [])
  })

  test('T9.190 no span does, in its name, attributes, events, links or status', () => {
    assert.ok(spans.length > 500, String(spans.length))
    const withoutIds = spans.map((text) => text.replace(/(?:traceId|spanId): '[0-9a-f]+'/g, ''))
    assert.deepEqual(offendersIn(withoutIds), [])
    assert.ok(spans.some((text) => text.includes('ERR_HOOK')))
  })

  test('T9.190 no metric does', () => {
    assert.ok(points.length > 100, String(points.length))
    assert.deepEqual(offendersIn(points), [])
  })

  test('every operation, request and statement has few names: none grows with what clients send', () => {
    const names = new Set(spans.map((text) => /name: '([^']*)'/.exec(text)?.[1]))
    assert.ok(names.size < 350, String(names.size))
  })

  test('each forbidden form would be found', () => {
    const secret = secretsOfThisFile()[0]?.toString('base64url') ?? ''
    const texts = [
      'ada@example.com',
      '203.0.113.7',
      '2001:db8:1::1',
      `torii_s_${secret}`,
      goodPassword,
    ]
    assert.deepEqual(offendersIn(texts.map((text) => `{ "x": "${text}" }`)).length, texts.length)
  })
})
