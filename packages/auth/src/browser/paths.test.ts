import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { test } from 'vitest'
import { matchRoute } from '../http/routes/routes.js'

const source = new URL('../../src/browser/', import.meta.url)
const id = '0190f000-0000-7000-8000-000000000000'

/** The requests in a source of the client: `client.send('METHOD', path`, and the POST for a passkey challenge. */
function requestsIn(text: string): readonly (readonly [method: string, path: string])[] {
  const sent = text.matchAll(/client\.send(?:<\w+>)?\(\s*'([A-Z]+)',\s*(?:'([^']+)'|`([^`]+)`)/g)
  const challenges = text.matchAll(/'(passkeys\/[a-z]+\/options)'/g)
  return [
    ...[...sent].map(
      ([, method = '', plain, template = '']) =>
        [method, plain ?? template.replace(/\$\{[^}]*\}/g, id)] as const,
    ),
    ...[...challenges].map(([, path = '']) => ['POST', path] as const),
  ]
}

test('every request of the browser client has a route', async () => {
  const files = (await readdir(source)).filter((file) => !file.includes('.test.'))
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, source), 'utf8')))
  const requests = texts.flatMap(requestsIn)
  assert.ok(requests.length >= 30, `${requests.length} requests`)
  for (const [method, path] of requests)
    assert.ok(matchRoute('/auth', method, `/auth/${path}`).ok, `${method} ${path}`)
  assert.equal(matchRoute('/auth', 'POST', '/auth/no/such/route').ok, false)
})
