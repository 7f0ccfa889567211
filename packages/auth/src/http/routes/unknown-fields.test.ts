import assert from 'node:assert/strict'
import { test } from 'vitest'
import { isOpen } from '../schema/schema.js'
import { parse } from '../test/client.test.support.js'
import { isRight, routeInputs, routeOf } from '../test/route-requests.test.support.js'
import { newInfo, newVisitor, options, site, torii } from '../test/route-site.test.support.js'
import { createSendRoute } from '../test/send-route.test.support.js'
import { describeApi } from './openapi.js'
import { routes } from './routes.js'

const takesJson = Object.entries(routeInputs).filter(([entry]) =>
  routes.some(
    ({ method, path, body, postedByProvider }) =>
      routeOf(entry) === `${method} ${path}` && body !== null && postedByProvider !== true,
  ),
)

test('every route with a JSON body is in the table', () => {
  assert.ok(takesJson.length > 20)
})

for (const [entry, input] of takesJson)
  test(`T10.150 ${entry}: an unknown field is refused by its name before any statement, and nothing is used`, async () => {
    const visitor = await (input.visitor ?? newVisitor)()
    const request = await input.valid(visitor)
    const send = createSendRoute(site.with(options), entry, input, { visitor, ip: newInfo().ip })
    for (const field of ['role', 'Email', '__proto__', 'constructor', 'x'.repeat(5000)]) {
      const body = Object.fromEntries([...Object.entries(request.body ?? {}), [field, 'admin']])
      const { result, statements } = await site.counted(() => send({ ...request, body }))
      const json = parse(await result.text())
      assert.deepEqual(
        [result.status, json.error, json.field],
        [400, 'invalid_input', field.slice(0, 100)],
      )
      assert.equal(json.message.length < 400, true)
      assert.equal(statements, 0)
    }
    const valid = await send(request)
    assert.ok(isRight(input, valid.status), `${valid.status} ${await valid.text()}`)
    await torii.settled()
  })

test('T10.150 the OpenAPI document closes every JSON body, and leaves every form open', () => {
  const site = { origin: 'https://app.example', basePath: '/auth', cookieName: 'torii' }
  const document = JSON.parse(JSON.stringify(describeApi(routes, site)))
  let bodies = 0
  for (const operations of Object.values<Record<string, Described>>(document.paths))
    for (const { requestBody } of Object.values(operations))
      for (const [type, { schema }] of Object.entries(requestBody?.content ?? {})) {
        bodies += 1
        assert.equal(isOpen(schema), type !== 'application/json')
      }
  assert.ok(bodies > 20)
})

interface Described {
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { schema: Record<string, unknown> }>>
  }
}
