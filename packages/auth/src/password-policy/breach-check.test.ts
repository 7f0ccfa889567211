import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, test } from 'vitest'
import { createBreachCheck } from './breach-check.js'

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex').toUpperCase()

/** A range service on loopback that answers as it is told and keeps what it was asked. */
async function serve(answer: (response: ServerResponse) => void) {
  const asked: { url: string; headers: IncomingMessage['headers']; body: string }[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    asked.push({ url: request.url ?? '', headers: request.headers, body })
    answer(response)
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { asked, rangeUrl: `http://127.0.0.1:${port}/range/` }
}

const leaked = 'correct horse battery staple'
const lines = [
  `${'0'.repeat(35)}:17`,
  `${sha1(leaked).slice(5)}:3`,
  `${sha1('padding').slice(5)}:0`,
  `${'F'.repeat(35)}:1`,
].join('\r\n')

test('finds a password by five characters of its hash, and asks nothing else', async () => {
  const { asked, rangeUrl } = await serve((response) => response.end(lines))
  const check = createBreachCheck({ rangeUrl })
  assert.equal(await check(leaked), true)
  assert.equal(await check('another password'), false)
  assert.equal(await check('padding'), false, 'padding has the count 0')
  assert.deepEqual(
    asked.map(({ url }) => url),
    [leaked, 'another password', 'padding'].map((text) => `/range/${sha1(text).slice(0, 5)}`),
  )
  for (const { headers, body } of asked) {
    assert.equal(headers['add-padding'], 'true')
    assert.equal(body, '')
  }
  const everything = JSON.stringify(asked)
  assert.ok(!everything.toUpperCase().includes(sha1(leaked).slice(5)))
  assert.ok(!everything.includes('horse'))
})

test('counts from the number that was asked for; lower case is the same', async () => {
  const { rangeUrl } = await serve((response) => response.end(lines.toLowerCase()))
  assert.equal(await createBreachCheck({ rangeUrl, minCount: 3 })(leaked), true)
  assert.equal(await createBreachCheck({ rangeUrl, minCount: 4 })(leaked), false)
})

test('asks by the fetch that it is given', async () => {
  const urls: string[] = []
  const check = createBreachCheck({
    rangeUrl: 'https://ranges.example/',
    async fetch(url) {
      urls.push(url)
      return new Response(lines)
    },
  })
  assert.equal(await check(leaked), true)
  assert.deepEqual(urls, [`https://ranges.example/${sha1(leaked).slice(0, 5)}`])
})

test('an outage, a redirect and an endless answer are failures, not answers', async () => {
  const failing: ((response: ServerResponse) => void)[] = [
    (response) => response.writeHead(503).end(lines),
    (response) => response.writeHead(404).end(),
    (response) => response.writeHead(302, { location: '/elsewhere' }).end(),
    (response) => response.end(`${lines}\r\n${'x'.repeat(1_100_000)}`),
    (response) => response.destroy(),
  ]
  for (const answer of failing) {
    const { rangeUrl, asked } = await serve(answer)
    await assert.rejects(createBreachCheck({ rangeUrl })(leaked))
    assert.equal(asked.length, 1)
  }
})
