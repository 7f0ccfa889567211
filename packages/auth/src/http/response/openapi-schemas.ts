import type { AnswerShape } from './answer-shapes.js'
import { errorStatus } from './errors.js'

const text = { type: 'string' }
const textOrNone = { type: ['string', 'null'] }
const flag = { type: 'boolean' }
const uuid = { type: 'string', format: 'uuid' }
const time = { type: 'string', format: 'date-time' }
const count = { type: 'integer', minimum: 0 }

/** An object that has exactly these members. */
const exactly = (properties: Readonly<Record<string, object>>): object => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
})

const listOf = (name: string): object => ({ type: 'array', items: ref(name) })
const ref = (name: string): object => ({ $ref: `#/components/schemas/${name}` })

/** What is answered, by name. */
export const schemas = {
  Error: {
    type: 'object',
    properties: {
      error: { enum: Object.keys(errorStatus) },
      message: text,
      field: text,
      reason: text,
    },
    required: ['error', 'message'],
    additionalProperties: false,
  },
  User: exactly({
    id: uuid,
    email: textOrNone,
    emailVerified: flag,
    name: textOrNone,
    picture: textOrNone,
    createdAt: time,
  }),
  Session: exactly({
    id: uuid,
    current: flag,
    createdAt: time,
    lastActiveAt: time,
    expiresAt: time,
    absoluteExpiresAt: time,
    ip: textOrNone,
    userAgent: textOrNone,
    methods: { type: 'array', items: text },
  }),
  Provider: exactly({ id: text, name: text }),
  OAuthAccount: exactly({
    id: uuid,
    provider: text,
    label: textOrNone,
    createdAt: time,
    lastUsedAt: time,
  }),
  Passkey: exactly({
    id: uuid,
    name: text,
    createdAt: time,
    lastUsedAt: { type: ['string', 'null'], format: 'date-time' },
    backedUp: flag,
  }),
}

/** The schema of an answer's body. */
export function schemaOf(shape: Exclude<AnswerShape, null | 'page'>): object {
  switch (shape) {
    case 'accepted':
      return exactly({ status: { const: 'accepted' } })
    case 'registration':
    case 'user and session':
      return exactly({ user: ref('User'), session: ref('Session') })
    case 'user':
      return exactly({ user: ref('User') })
    case 'sessions':
      return exactly({ sessions: listOf('Session') })
    case 'revoked':
      return exactly({ revoked: count })
    case 'token':
      return exactly({ token: text, session: ref('Session') })
    case 'jwt':
      return exactly({ jwt: text, expiresAt: time })
    case 'jwks':
      return { type: 'object', properties: { keys: { type: 'array' } }, required: ['keys'] }
    case 'providers':
      return exactly({ providers: listOf('Provider') })
    case 'authorization':
      return exactly({ url: text })
    case 'oauth accounts':
      return exactly({ accounts: listOf('OAuthAccount') })
    case 'challenge':
      return exactly({ challengeId: text, options: { type: 'object' } })
    case 'passkey':
      return exactly({ passkey: ref('Passkey') })
    case 'passkeys':
      return exactly({ passkeys: listOf('Passkey') })
    case 'health':
      return exactly({
        status: { enum: ['ok', 'unavailable'] },
        schemaVersion: { type: ['integer', 'null'] },
        readOnly: { type: ['boolean', 'null'] },
      })
    case 'openapi':
    case 'user export':
      return { type: 'object' }
    default:
      return shape satisfies never
  }
}
