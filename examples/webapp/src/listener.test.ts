import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { test } from 'node:test'
import { listen } from './listener.js'

test('a request that comes before there is anything to answer it waits', async () => {
  const listener = await listen('127.0.0.1', 0)
  const early = request({
    host: '127.0.0.1',
    port: listener.port,
    headers: { expect: '100-continue' },
  })
  early.flushHeaders()
  // The server says "continue" when it has read the request.
  await once(early, 'continue')
  listener.serve((_request, response) => response.writeHead(201).end())
  early.end()
  const [response] = await once(early, 'response')
  response.resume()
  assert.equal(response.statusCode, 201)
  await listener.stop()
  await assert.rejects(fetch(`http://127.0.0.1:${listener.port}`))
})

test('a port that is taken is refused by the system, and stopping twice is stopping once', async () => {
  const listener = await listen('127.0.0.1', 0)
  await assert.rejects(listen('127.0.0.1', listener.port), { code: 'EADDRINUSE' })
  await listener.stop()
  await listener.stop()
})
