import assert from 'node:assert/strict'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { test } from 'vitest'
import * as bodies from './response-bodies.js'
import type { Static } from './schema.js'
import {
  anyObject,
  isOptional,
  list,
  named,
  nameOf,
  object,
  oneOf,
  openObject,
  optional,
  orNull,
  text,
  time,
} from './schema.js'

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true })
formats.default(ajv)
const accepts = (schema: object, value: unknown): boolean => ajv.validate(schema, value)

test('a schema accepts the values of its type, and no others', () => {
  const person = object({ name: text, nickname: optional(orNull(text)), born: orNull(time) })
  const ada: Static<typeof person> = { name: 'Ada', born: '1815-12-10T00:00:00Z' }
  assert.ok(accepts(person, ada))
  assert.ok(accepts(person, { ...ada, nickname: null, born: null }))
  for (const wrong of [
    {},
    { ...ada, name: null },
    { ...ada, nickname: 1 },
    { ...ada, born: 'then' },
    { ...ada, more: 1 },
  ])
    assert.equal(accepts(person, wrong), false, JSON.stringify(wrong))
  assert.ok(accepts(openObject({ name: text }), { name: 'Ada', more: 1 }))
  assert.ok(accepts(list(oneOf(['a', 'b'])), ['b', 'a']))
  assert.equal(accepts(list(oneOf(['a', 'b'])), ['c']), false)
  const maybe = orNull(oneOf(['a', 'b']))
  assert.ok(accepts(maybe, null) && accepts(maybe, 'a'))
  assert.equal(accepts(maybe, 'c'), false)
  assert.equal(accepts(anyObject, []), false)
})

test('marks are never written into JSON', () => {
  const schema = named('Name', object({ name: optional(text) }))
  assert.equal(nameOf(schema), 'Name')
  assert.equal(nameOf(text), null)
  assert.ok(isOptional(optional(text)) && !isOptional(text))
  assert.deepEqual(JSON.parse(JSON.stringify(schema)), {
    type: 'object',
    properties: { name: { type: 'string' } },
    additionalProperties: false,
  })
})

test('every response body has a valid JSON Schema', () => {
  const schemas = Object.values(bodies)
  assert.ok(schemas.length > 10)
  for (const schema of schemas) assert.equal(typeof ajv.compile(schema), 'function')
})
