import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'vitest'
import type { ToriiOptions } from '../../index.js'
import { Torii } from '../../index.js'
import { watchServices } from '../../rate-limits/watched-services.test.support.js'
import { baseUrl } from '../../test/site.test.support.js'
import { isRight, routeInputs, routeOf } from '../test/route-requests.test.support.js'
import { newInfo, newVisitor, options, provider, site } from '../test/route-site.test.support.js'
import { createSendRoute } from '../test/send-route.test.support.js'
import { countInSequence } from '../test/sequence.test.support.js'
import { routes } from './routes.js'

// The table "The longest time of a route" of docs/reliability.md, compared with what the routes do.

/** What a request waits for, one after the other. */
interface Waits {
  readonly calls: number
  readonly hashes: number
  readonly requests: number
}

const page = await readFile(new URL('../../../../../docs/reliability.md', import.meta.url), 'utf8')
const rows = page
  .slice(page.indexOf('## The longest time of a route'))
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map(readRow)

function readRow(line: string): Waits & { readonly entry: string } {
  const [entry = '', calls, hashes, requests] = line
    .slice(1, -1)
    .split(' | ')
    .map((cell) => cell.trim().replaceAll('`', ''))
  const number = (cell = '') => (cell === '–' ? 0 : Number(cell))
  return { entry, calls: number(calls), hashes: number(hashes), requests: number(requests) }
}

test('the table has every route of the route table', () => {
  const known = routes.map(({ method, path }) => `${method} ${path}`)
  assert.deepEqual([...new Set(rows.map(({ entry }) => routeOf(entry)))], known)
  assert.deepEqual(rows.map(({ entry }) => entry).sort(), Object.keys(routeInputs).sort())
})

/** Sends one valid request in the longest way: what is cached is read, what is due is written. */
async function waitsOf(entry: string, more: Partial<ToriiOptions>): Promise<Waits> {
  const input = routeInputs[entry] ?? assert.fail(entry)
  const [visitor, former] = [await (input.visitor ?? newVisitor)(), await newVisitor()]
  const request = await input.valid(visitor)
  await site.torii.settled()
  await site.db.query('delete from torii.rate_limits')
  await site.db.query(
    `update torii.sessions set last_active_at = last_active_at - interval '2 minutes'`,
  )
  const storage = countInSequence(site.storage)
  // Passwords were stored under other parameters, so a sign-in hashes once more.
  const password = { hashing: { passes: 3 } }
  const torii = new Torii(storage.value, { baseUrl, ...options, password, ...more })
  Object.assign(torii, watchServices({ ...site, storage: storage.value }, torii.options))
  const cookies = input.usesFormerSession === true ? [`__Host-torii=${former.token}`] : []
  const send = createSendRoute(torii, entry, input, { visitor, ip: newInfo().ip, cookies })
  site.statements.length = 0
  provider.requests.length = 0
  const { status } = await send(request)
  const waits = {
    calls: storage.longest(),
    hashes: site.statements.filter((step) => step === 'hash' || step === 'verify').length,
    requests: provider.requests.length,
  }
  assert.ok(isRight(input, status), String(status))
  await torii.settled()
  return waits
}

for (const { entry, ...waits } of rows)
  test(`${entry}: ${waits.calls} storage calls, ${waits.hashes} hashes, ${waits.requests} requests to the provider`, async () => {
    assert.deepEqual(await waitsOf(entry, { audit: false }), waits)
  })

test('with the audit trail a write is a transaction: three calls more', async () => {
  for (const entry of ['POST token', 'PATCH user', 'POST password/change']) {
    const without = await waitsOf(entry, { audit: false })
    const recorded = await waitsOf(entry, { audit: true })
    assert.deepEqual(recorded, { ...without, calls: without.calls + 3 }, entry)
  }
})
