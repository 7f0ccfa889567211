import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { SessionToken } from 'torii-core'
import { describe, test } from 'vitest'
import { Torii } from '../../index.js'
import { baseUrl, requestInfo } from '../../test/site.test.support.js'
import { laterStorage } from './later-storage.test.support.js'
import {
  db,
  definition,
  newPerson,
  newSecret,
  provider,
  secret,
  signIn,
  site,
  siteOptions,
  torii,
  validated,
  walk,
} from './oauth-site.test.support.js'
import type { ProviderPerson } from './real-provider.test.support.js'

// A start stores nothing; a state is used once, by the sign-in itself.

const invalidToken = { ok: false, reason: 'invalid_token' }
const newState = () => randomBytes(60).toString('base64url')
const tokenRequests = () => provider.requests.filter((line) => line === 'POST /token').length
const fails = async (
  input: Parameters<typeof torii.oauth.callback>[1],
  from = torii,
  name = 'work',
) => assert.deepEqual(await from.oauth.callback(name, input, requestInfo), invalidToken)

/** How many rows every table has but the counters'. */
async function rowCounts(): Promise<Record<string, unknown>> {
  const { rows } = await db.query(
    `select table_name as name from information_schema.tables
     where table_schema = 'torii' and table_name <> 'rate_limits' order by 1`,
  )
  const counts: Record<string, unknown> = {}
  for (const { name } of rows) {
    const counted = await db.query(`select count(*)::int as n from torii.${name}`)
    counts[String(name)] = counted.rows[0]?.n
  }
  assert.ok(Object.keys(counts).length >= 10)
  return counts
}

test('no number of starts and nonces stores a row', async () => {
  const native = { ...definition, name: 'native', idTokenAudiences: ['ios'] }
  const both = site.with({ oauth: { providers: [definition, native] } })
  const { token } = await signIn(newPerson())
  const valid = await validated(token)
  const before = await rowCounts()
  for (let start = 0; start < 50; start += 1) {
    const redirectTo = `/${'x'.repeat(start * 40)}`
    assert.ok((await both.oauth.start('work', { redirectTo }, requestInfo)).ok)
    assert.ok((await both.oauth.startLink(valid, 'work', { redirectTo }, requestInfo)).ok)
    assert.ok((await both.oauth.createIdTokenNonce('native', requestInfo)).ok)
  }
  assert.deepEqual(await rowCounts(), before)
})

test('the URL stays below 2,000 characters and the cookie below 4,096, with the longest redirectTo', async () => {
  const keys = [{ id: 'k'.repeat(32), secret }]
  const long = site.with({ ...siteOptions, keys })
  const { token } = await signIn(newPerson())
  const valid = await validated(token)
  const redirectTo = `/${'x'.repeat(2047)}`
  const started = await long.oauth.startLink(valid, 'play', { redirectTo }, requestInfo)
  assert.ok(started.ok)
  assert.ok(started.url.length < 1000, String(started.url.length))
  assert.ok(started.browser.reveal().length < 4000)
  const back = await provider.signIn(started.url, newPerson())
  const input = { query: back.searchParams, browser: started.browser, valid }
  const linked = await long.oauth.callback('play', input, requestInfo)
  assert.ok(linked.ok && linked.kind === 'linked')
  assert.equal(linked.redirectTo, redirectTo)
})

test('T6.74 T6.77 a state is valid in its browser, for its provider; any other answer leaves it valid', async () => {
  const input = await walk(newPerson())
  const before = tokenRequests()
  const other = await walk(newPerson())
  const codes = tokenRequests()
  assert.equal(codes, before)
  const state = input.query.get('state') ?? ''
  const tampered = `${state.slice(0, 40)}${state[40] === 'A' ? 'B' : 'A'}${state.slice(41)}`
  const withState = (given: string) => ({
    ...input,
    query: new URLSearchParams({ code: 'x', state: given }),
  })
  for (const wrong of [
    { ...input, browser: null },
    { ...input, browser: other.browser },
    { ...input, browser: randomBytes(32).toString('base64url') },
    { ...input, query: new URLSearchParams({ code: 'x' }) },
    ...[newState(), tampered, `${state}A`, state.slice(1)].map(withState),
    { ...other, browser: input.browser },
  ])
    await fails(wrong)
  await fails(input, torii, 'play')
  assert.equal(tokenRequests(), before, 'no code left for the provider')
  assert.ok((await torii.oauth.callback('work', input, requestInfo)).ok)
  await fails(input)
  assert.equal(tokenRequests(), before + 1)
})

test('T1.4 of sixty-four callbacks with one state, one signs in, and the provider is asked once', async () => {
  const person = newPerson()
  const input = await walk(person)
  const before = tokenRequests()
  const outcomes = await Promise.all(
    Array.from({ length: 64 }, () => torii.oauth.callback('work', input, requestInfo)),
  )
  assert.equal(outcomes.filter(({ ok }) => ok).length, 1)
  for (const outcome of outcomes) if (!outcome.ok) assert.deepEqual(outcome, invalidToken)
  assert.equal(tokenRequests(), before + 1)
  const { rows } = await db.query(
    `select s.id from torii.sessions s join torii.oauth_accounts a on a.user_id = s.user_id
     where a.subject = $1`,
    [person.sub],
  )
  assert.equal(rows.length, 1)
})

test('T1.4 of callbacks in many processes, at most one signs in', async () => {
  const processes = Array.from({ length: 8 }, () => site.with(siteOptions))
  for (let round = 0; round < 5; round += 1) {
    const input = await walk(newPerson())
    const outcomes = await Promise.all(
      processes.map((one) => one.oauth.callback('work', input, requestInfo)),
    )
    assert.ok(outcomes.filter(({ ok }) => ok).length <= 1)
    for (const one of processes) await fails(input, one)
  }
})

test('T1.8 a used state is refused at once, after ten minutes, an hour and a day, and after each sweep', async () => {
  const [used, failed] = [await walk(newPerson()), await walk(newPerson())]
  assert.ok((await torii.oauth.callback('work', used, requestInfo)).ok)
  failed.query.set('code', 'wrong')
  const outcome = await torii.oauth.callback('work', failed, requestInfo)
  assert.deepEqual(outcome, { ok: false, reason: 'provider_failed' })
  const before = tokenRequests()
  let passed = 0
  for (const seconds of [0, 595, 10, 2995, 600, 86_400]) {
    passed += seconds
    await db.query(
      'update torii.used_oauth_states set expires_at = expires_at - make_interval(secs => $1)',
      [seconds],
    )
    await site.storage.sweep()
    const later = new Torii(laterStorage(site.storage, passed), { baseUrl, ...siteOptions })
    for (const input of [used, failed]) await fails(input, later)
  }
  const { rows } = await db.query('select 1 from torii.used_oauth_states')
  assert.equal(rows.length, 0, 'the sweep deleted them')
  assert.equal(tokenRequests(), before)
})

test('T1.8 a state that was not used expires after flowSeconds, by the clock of the database', async () => {
  const [early, late] = [await walk(newPerson()), await walk(newPerson())]
  const after = (seconds: number) =>
    new Torii(laterStorage(site.storage, seconds), { baseUrl, ...siteOptions })
  assert.ok((await after(590).oauth.callback('work', early, requestInfo)).ok)
  await fails(late, after(601))
})

test('a state under a rotated key is valid, one under a removed key is not', async () => {
  const person = newPerson()
  const [rotated, removed] = [await walk(person), await walk(person)]
  const [k1, k2] = [
    { id: 'k1', secret },
    { id: 'k2', secret: newSecret },
  ]
  const outcome = await site
    .with({ ...siteOptions, keys: [k2, k1] })
    .oauth.callback('work', rotated, requestInfo)
  assert.ok(outcome.ok)
  await fails(removed, site.with({ ...siteOptions, keys: [k2] }))
})

test('a failure of the provider uses the state, and is logged once for any number of callbacks', async () => {
  const input = await walk(newPerson())
  input.query.set('code', 'wrong')
  site.events.length = 0
  const outcomes = []
  for (let call = 0; call < 5; call += 1)
    outcomes.push(await torii.oauth.callback('work', input, requestInfo))
  assert.deepEqual(outcomes[0], { ok: false, reason: 'provider_failed' })
  for (const outcome of outcomes.slice(1)) assert.deepEqual(outcome, invalidToken)
  assert.equal(site.events.filter(({ event }) => event === 'provider_failed').length, 1)
})

describe('a flow that links', () => {
  async function startedBy(token: SessionToken, person: ProviderPerson) {
    const valid = await validated(token)
    const started = await torii.oauth.startLink(valid, 'play', {}, requestInfo)
    assert.ok(started.ok)
    const back = await provider.signIn(started.url, person)
    const input = { query: back.searchParams, browser: started.browser, valid }
    return { valid, callback: () => torii.oauth.callback('play', input, requestInfo) }
  }
  const linkedTo = async (person: ProviderPerson) =>
    (
      await db.query(
        "select user_id from torii.oauth_accounts where provider = 'play' and subject = $1",
        [person.sub],
      )
    ).rows

  for (const [what, end] of [
    ['whose session was revoked', 'delete from torii.sessions where user_id = $1'],
    [
      'whose other sessions were revoked',
      'update torii.users set session_epoch = session_epoch + 1 where id = $1',
    ],
    [
      'whose credentials were removed',
      'update torii.users set owner_epoch = owner_epoch + 1 where id = $1',
    ],
    ['whose user was disabled', 'update torii.users set disabled_at = now() where id = $1'],
  ] as const)
    test(`${what} in the meantime is refused, and stays refused`, async () => {
      const { token, user } = await signIn(newPerson())
      const friend = newPerson()
      const { callback } = await startedBy(token, friend)
      await db.query(end, [user.id])
      // The callback was validated before the session ended.
      assert.deepEqual(await callback(), invalidToken)
      assert.deepEqual(await callback(), invalidToken)
      assert.deepEqual(await linkedTo(friend), [])
    })

  test('links once', async () => {
    const { token, user } = await signIn(newPerson())
    const friend = newPerson()
    const { callback } = await startedBy(token, friend)
    const outcomes = await Promise.all(Array.from({ length: 64 }, callback))
    assert.equal(outcomes.filter(({ ok }) => ok).length, 1)
    assert.deepEqual(await linkedTo(friend), [{ user_id: user.id }])
    assert.deepEqual(await callback(), invalidToken)
  })
})
