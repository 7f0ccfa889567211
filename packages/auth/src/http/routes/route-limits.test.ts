import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'vitest'
import type { ToriiOptions } from '../../index.js'
import type { BruteForcePolicies } from '../../rate-limits/rate-limits.js'
import { watchServices } from '../../rate-limits/watched-services.test.support.js'
import { defaults } from '../../services/options/defaults.js'
import type { RouteInput, RouteRequest } from '../test/route-requests.test.support.js'
import { routeInputs, routeOf } from '../test/route-requests.test.support.js'
import { newInfo, newVisitor, options, site, takeMails } from '../test/route-site.test.support.js'
import { createSendRoute } from '../test/send-route.test.support.js'
import { routes } from './routes.js'

// The table "Rate limits per route" of docs/brute-force.md, compared with what the routes do.

type Policy = keyof BruteForcePolicies
const policies = Object.keys(defaults.bruteForce) as Policy[]
const isPolicy = (name: string): name is Policy => policies.some((policy) => policy === name)

interface TableRow {
  readonly entry: string
  /** Those whose limit is answered with 429. */
  readonly refusing: readonly Policy[]
  /** Those whose limit is answered like any other request, but sends nothing. */
  readonly silent: readonly Policy[]
  readonly counted: string
}

const page = await readFile(new URL('../../../../../docs/brute-force.md', import.meta.url), 'utf8')
const rows = page
  .slice(page.indexOf('## Rate limits per route'))
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map(readRow)

function readRow(line: string): TableRow {
  const [route = '', email = '', ip = '', session = '', counted = ''] = line
    .slice(1, -1)
    .split(' | ')
    .map((cell) => cell.trim())
  const named = (cell: string) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name)
  const [byEmail, others] = [named(email), [...named(ip), ...named(session)]]
  const all = [...byEmail, ...others]
  assert.ok(all.every(isPolicy), line)
  return {
    entry: route.replaceAll('`', ''),
    refusing: [...byEmail.filter((name) => name !== 'mailbox'), ...others].filter(isPolicy),
    // Where the session has the same limit, it is refused before that.
    silent: others.includes('mailbox') ? [] : byEmail.filter((name) => name === 'mailbox'),
    counted,
  }
}

test('the table has every route of the route table; a route without a limit says why', () => {
  const known = routes.map(({ method, path }) => `${method} ${path}`)
  assert.deepEqual([...new Set(rows.map(({ entry }) => routeOf(entry)))], known)
  assert.deepEqual(
    rows.map(({ entry }) => entry),
    [...Object.keys(routeInputs)].sort((a, b) => placeOf(a) - placeOf(b)),
  )
  for (const { entry, refusing, counted } of rows)
    refusing.length > 0
      ? assert.match(counted, /^(every request|failures)$/, entry)
      : assert.match(counted, /^Not counted: .{10,}\.$/, entry)
})

const placeOf = (entry: string) => rows.findIndex((row) => row.entry === entry)

const limit = 2

/** A Torii with a low limit for these counters alone, whose hashing is noted among the statements. */
function limitedTorii(names: readonly Policy[], more: Partial<ToriiOptions>) {
  const bruteForce = Object.fromEntries(
    names.map((name) => [name, name === 'mailbox' ? { burst: limit } : { cap: limit }]),
  )
  const torii = site.with({ ...options, bruteForce, ...more })
  return Object.assign(torii, watchServices(site, torii.options))
}

/** How many rows every table has; counters are the only ones that a refused request may change. */
async function rowCounts(): Promise<object> {
  const { rows: tables } = await site.db.query(
    `select table_name as name from information_schema.tables
     where table_schema = 'torii' and table_name <> 'rate_limits' order by 1`,
  )
  const counts: Record<string, unknown> = {}
  for (const { name } of tables) {
    const { rows: counted } = await site.db.query(`select count(*)::int as n from torii.${name}`)
    counts[String(name)] = counted[0]?.n
  }
  assert.ok(Object.keys(counts).length >= 10)
  return counts
}

async function prepare(
  entry: string,
  names: readonly Policy[],
  requests: number,
  more: Partial<ToriiOptions> = {},
) {
  const input: RouteInput = routeInputs[entry] ?? assert.fail(entry)
  const torii = limitedTorii(names, more)
  const visitor = await (input.visitor ?? newVisitor)()
  const valid: RouteRequest[] = []
  for (let count = 0; count < requests && input.oneAtATime !== true; count += 1)
    valid.push(await input.valid(visitor))
  await takeMails()
  // What was counted to make the requests ready is not the route's.
  await site.db.query('delete from torii.rate_limits')
  const send = createSendRoute(torii, entry, input, { visitor, ip: newInfo().ip })
  const madeUp = async () =>
    send((await input.madeUp?.(visitor)) ?? assert.fail(`${entry} has no made-up input`))
  const ready = async () => {
    if (valid.length > 0) return
    valid.push(await input.valid(visitor))
    await settled()
  }
  const next = async () => {
    await ready()
    return send(valid.shift() ?? assert.fail('no valid request is left'))
  }
  const settled = async () => {
    await torii.settled()
    return takeMails()
  }
  return { hasMadeUp: input.madeUp !== undefined, madeUp, next, ready, settled }
}

/** Runs a request that must do nothing but say that it is refused. */
async function assertRefused(send: () => Promise<Response>, settled: () => Promise<object[]>) {
  await settled()
  const before = await rowCounts()
  site.statements.length = 0
  const response = await send()
  const work = [...site.statements]
  assert.equal(response.status, 429, await response.text())
  assert.ok(Number(response.headers.get('retry-after')) > 0)
  assert.deepEqual(await settled(), [], 'no mail')
  assert.deepEqual(
    work.filter((step) => step === 'hash' || step === 'verify'),
    [],
    'no hash',
  )
  assert.deepEqual(await rowCounts(), before, 'no insert')
}

for (const { entry, refusing, silent, counted } of rows) {
  for (const name of refusing)
    test(`${entry}: beyond the limit of ${name} it is refused without a hash, an insert or a mail`, async () => {
      const { hasMadeUp, madeUp, next, ready, settled } = await prepare(entry, [name], limit + 2)
      const within = async (send: () => Promise<Response>, most: number) => {
        for (let count = 0; count < most; count += 1) {
          const { status } = await send()
          await settled()
          assert.ok(status < 500 && status !== 429, `request ${count + 1}: ${status}`)
        }
      }
      if (counted === 'every request') await within(next, limit)
      else {
        await within(next, limit + 1)
        await within(madeUp, 1)
        for (let count = 1; count < limit; count += 1) await madeUp()
      }
      if (hasMadeUp) await assertRefused(madeUp, settled)
      await ready()
      await assertRefused(next, settled)
    })

  for (const name of silent)
    test(`${entry}: beyond the limit of ${name} it answers the same and sends no mail`, async () => {
      // An email address that is taken gets a mail again, so that every mail goes to the same mailbox.
      const registers = entry === 'POST password/register'
      const more = { requireVerifiedEmail: registers }
      const { next, madeUp, settled } = await prepare(
        entry,
        [name],
        registers ? 0 : limit + 1,
        more,
      )
      const send = registers ? madeUp : next
      const statuses = []
      for (let count = 0; count < limit; count += 1) statuses.push((await send()).status)
      assert.equal((await settled()).length, limit)
      statuses.push((await send()).status)
      assert.deepEqual(statuses, Array(limit + 1).fill(202))
      assert.deepEqual(await settled(), [])
    })

  test(`${entry}: no other counter refuses it`, async () => {
    const own: readonly Policy[] = [...refusing, ...silent]
    const others = policies.filter((name) => !own.includes(name))
    const repeatable = refusing.length > 0
    const { hasMadeUp, madeUp, next, settled } = await prepare(
      entry,
      others,
      repeatable ? limit + 1 : 1,
    )
    const before = await rowCounts()
    site.statements.length = 0
    for (let count = 0; hasMadeUp && count <= limit; count += 1)
      assert.notEqual((await madeUp()).status, 429)
    if (!repeatable) {
      assert.deepEqual(await settled(), [], 'made-up input sends no mail')
      assert.ok(!site.statements.includes('hash') && !site.statements.includes('verify'))
      assert.deepEqual(await rowCounts(), before, 'made-up input inserts nothing')
    }
    for (let count = 0; count < (repeatable ? limit + 1 : 1); count += 1) {
      const { status } = await next()
      assert.ok(status < 400 || (repeatable && status < 500 && status !== 429), String(status))
    }
  })
}
