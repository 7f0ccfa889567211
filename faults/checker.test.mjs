/** The checker reports each violation in a history made by hand, and nothing in the same history without it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check } from './checker.mjs'

const user = 'u1'
const email = 'u1@example.com'
const hash = (digit) => digit.repeat(64)
const session = { id: 's1', hash: hash('a') }

/** A history: each call begins a second after the one before and takes half a second, or has its own `[start, end]`. */
function history(...calls) {
  return calls.map(([operation, input, answer = {}, times], place) => {
    const [start, end] = times ?? [place + 1, place + 1.5]
    const { outcome = 'ok', ...rest } = answer
    const name = { process: answer.process ?? 'w1', call: place + 1, operation, input }
    return { ...name, start: start * 1e6, end: end === null ? null : end * 1e6, outcome, ...rest }
  })
}

const registered = ['users.register', { user, email, password: 'first' }]
const opened = ['sessions.open', { user, session }]
const validated = (found) => [
  'sessions.validate',
  { user, session },
  found ? { result: { name: null } } : { outcome: 'refused' },
]
const refused = { outcome: 'refused' }
const failed = { outcome: 'failed', code: 'ERR_UNAVAILABLE' }
const unknown = { outcome: 'unknown', code: 'ERR_OUTCOME_UNKNOWN' }

const account = (changes) => ({
  name: null,
  disabled: false,
  ownsEmail: true,
  password: 'first',
  ...changes,
})
function tables({
  users = { u1: {} },
  sessions = {},
  tokens = [],
  ownerless = [],
  usedStates = [],
  events = [],
} = {}) {
  const rows = Object.entries(users).map(([id, changes]) => [id, account(changes)])
  return {
    users: new Map(rows),
    sessions: new Map(Object.entries(sessions)),
    tokens: new Set(tokens),
    ownerless: new Set(ownerless),
    usedStates: new Set(usedStates),
    events: new Set(events),
  }
}
const live = { sessions: { [session.id]: session.hash } }

const kindsOf = (calls, left, more = {}) =>
  check({ calls, tables: left, ...more }).map(({ kind }) => kind)

const lost = 'acknowledged effect lost'
const backAlive = 'revoked session is alive'
const notDone = 'effect of a call that said nothing was done'

test('a history that the tables confirm has no violation', () => {
  const calls = history(registered, opened, validated(true), [
    'users.find',
    { user },
    { result: { disabled: 'no', name: null } },
  ])
  assert.deepEqual(kindsOf(calls, tables(live)), [])
})

test('an acknowledged account, session, link, name or event that is not in the tables is lost', () => {
  assert.deepEqual(kindsOf(history(registered), tables({ users: {} })), [lost])
  assert.deepEqual(kindsOf(history(registered, opened), tables()), [lost])
  const issued = ['magicLinks.issue', { user, email, hash: hash('b') }]
  assert.deepEqual(kindsOf(history(registered, issued), tables()), [lost])
  const renamed = ['users.updateProfile', { user, name: 'new' }]
  assert.deepEqual(kindsOf(history(registered, renamed), tables()), [lost])
  const recorded = ['auditEvents.record', { user, event: 'e1' }]
  assert.deepEqual(kindsOf(history(registered, recorded), tables()), [lost])
})

test('a session that a validation does not find before anything ended it is lost', () => {
  assert.deepEqual(kindsOf(history(registered, opened, validated(false)), tables()), [lost])
})

test('a link, reset, state or challenge that was used twice is reported, also when the uses overlap', () => {
  const uses = [
    ['magicLinks.issue', 'magicLinks.consume', { email, user, hash: hash('b'), session }],
    ['resets.issue', 'resets.use', { email, user, hash: hash('b'), password: 'first' }],
    [null, 'oauthStates.use', { hash: hash('b') }],
    ['passkeyChallenges.store', 'passkeyChallenges.consume', { hash: hash('b') }],
  ]
  for (const [issue, use, input] of uses) {
    // A start stores nothing: it is no operation of the history.
    const before = issue === null ? [registered] : [registered, [issue, input]]
    const once = history(...before, [use, input, {}, [5, 7]])
    const twice = history(...before, [use, input, {}, [5, 7]], [use, input, {}, [6, 8]])
    const left = tables({
      ...(use === 'magicLinks.consume' ? live : {}),
      usedStates: use === 'oauthStates.use' ? [hash('b')] : [],
    })
    assert.deepEqual(kindsOf(once, left), [], use)
    assert.deepEqual(kindsOf(twice, left), ['used twice'], use)
  }
})

test('a token that is in the tables after its use is alive', () => {
  const calls = history(
    ['passkeyChallenges.store', { hash: hash('b') }],
    ['passkeyChallenges.consume', { hash: hash('b') }],
  )
  assert.deepEqual(kindsOf(calls, tables({ tokens: [hash('b')] })), [
    'used or replaced token is alive',
  ])
})

test('a state whose use is not in the tables is alive, and one whose use is there is not', () => {
  const used = ['oauthStates.use', { hash: hash('b') }]
  const refusedLater = ['oauthStates.use', { hash: hash('b') }, refused]
  assert.deepEqual(kindsOf(history(used, refusedLater), tables({ usedStates: [hash('b')] })), [])
  assert.equal(kindsOf(history(used), tables()).length, 1)
  assert.deepEqual(kindsOf(history(refusedLater), tables()).length, 1)
})

test('a request may end the oldest link and ends no other; a link that outlives a use or the sessions is alive', () => {
  const issue = (digit) => ['magicLinks.issue', { user, email, hash: hash(digit) }]
  const calls = history(issue('b'), issue('c'))
  for (const tokens of [[hash('b'), hash('c')], [hash('c')]])
    assert.deepEqual(kindsOf(calls, tables({ tokens })), [])
  assert.deepEqual(kindsOf(calls, tables({ tokens: [hash('b')] })), [lost])
  const used = ['magicLinks.consume', { user, hash: hash('c'), session }]
  const alive = ['used or replaced token is alive']
  const { sessions } = live
  assert.deepEqual(kindsOf(history(issue('b'), issue('c'), used), tables({ sessions })), [])
  const left = tables({ sessions, tokens: [hash('b')] })
  assert.deepEqual(kindsOf(history(issue('b'), issue('c'), used), left), alive)
  const ended = history(issue('b'), ['sessions.revokeAll', { user }])
  assert.deepEqual(kindsOf(ended, tables()), [])
  assert.deepEqual(kindsOf(ended, tables({ tokens: [hash('b')] })), alive)
})

test('a link of an email that no user has ends with no operation on a user', () => {
  const issued = ['magicLinks.issue', { user, email, hash: hash('b') }]
  const calls = history(issued, ['sessions.revokeAll', { user }])
  assert.deepEqual(kindsOf(calls, tables({ ownerless: [hash('b')] })), [])
  const left = tables({ tokens: [hash('b')] })
  assert.deepEqual(kindsOf(calls, left), ['used or replaced token is alive'])
})

test('a session that is valid after its end was acknowledged is alive, whatever ended it', () => {
  const ends = [
    ['sessions.end', { user, session }],
    ['sessions.revoke', { user, session }],
    ['sessions.revokeAll', { user }],
    ['sessions.rotate', { user, session, next: { id: session.id, hash: hash('d') } }],
  ]
  for (const end of ends) {
    const next = end[1].next?.hash
    const left = next === undefined ? tables() : tables({ sessions: { [session.id]: next } })
    assert.deepEqual(kindsOf(history(registered, opened, end, validated(false)), left), [], end[0])
    assert.deepEqual(
      kindsOf(history(registered, opened, end, validated(true)), left),
      [backAlive],
      end[0],
    )
  }
})

test('a session of a user who was disabled or deleted is alive when the tables say so', () => {
  const disabled = history(registered, opened, ['users.disable', { user }])
  assert.deepEqual(kindsOf(disabled, tables({ users: { u1: { disabled: true } } })), [])
  assert.deepEqual(kindsOf(disabled, tables({ ...live, users: { u1: { disabled: true } } })), [
    backAlive,
  ])
})

test('a session that was seen dead and then alive is alive again, even if its opening is unknown', () => {
  const calls = history(
    registered,
    ['sessions.revoke', { user, session }],
    opened,
    ['sessions.revoke', { user, session }, refused],
    validated(true),
  )
  assert.ok(kindsOf(calls, tables(live)).includes(backAlive))
})

test('a deleted account that is found again, or is in the tables, is back', () => {
  const calls = history(registered, ['users.delete', { user, email }])
  assert.deepEqual(kindsOf(calls, tables({ users: {} })), [])
  assert.deepEqual(kindsOf(calls, tables()), ['deleted account is back'])
  const found = ['users.find', { user }, { result: { disabled: 'no', name: null } }]
  const again = history(registered, ['users.delete', { user, email }], found)
  assert.deepEqual(kindsOf(again, tables({ users: {} })), ['deleted account is back'])
})

test('a disabled user who is enabled again by an older write is reported', () => {
  const calls = history(
    registered,
    ['users.disable', { user }],
    ['users.enable', { user }],
    ['users.disable', { user }],
  )
  assert.deepEqual(kindsOf(calls, tables({ users: { u1: { disabled: true } } })), [])
  assert.deepEqual(kindsOf(calls, tables()), ['disabled user is enabled again'])
})

test('an older name over a newer one is reported, and two that overlap may come in any order', () => {
  const rename = (name, times) => ['users.updateProfile', { user, name }, {}, times]
  const left = tables({ users: { u1: { name: 'older' } } })
  const overlapping = history(registered, rename('older', [2, 4]), rename('newer', [3, 5]))
  assert.deepEqual(kindsOf(overlapping, left), [])
  const after = history(registered, rename('older', [2, 3]), rename('newer', [4, 5]))
  assert.deepEqual(kindsOf(after, left), ['older value over a newer one'])
})

test('a call with an unknown outcome may have been done or not', () => {
  const calls = history(registered, ['sessions.open', { user, session }, unknown])
  assert.deepEqual(kindsOf(calls, tables()), [])
  assert.deepEqual(kindsOf(calls, tables(live)), [])
})

test('a call that said that nothing was done, and was, is reported', () => {
  const calls = history(registered, ['sessions.open', { user, session }, failed])
  assert.deepEqual(kindsOf(calls, tables()), [])
  assert.deepEqual(kindsOf(calls, tables(live)), [notDone])
})

test('half of an account or of a transaction is reported, also when the outcome is unknown', () => {
  const half = 'half done'
  assert.deepEqual(kindsOf(history(registered), tables({ users: { u1: { ownsEmail: false } } })), [
    half,
  ])
  const both = history([
    'transaction.register',
    { user, email, password: 'first', event: 'e1' },
    unknown,
  ])
  assert.deepEqual(kindsOf(both, tables({ users: {} })), [])
  assert.deepEqual(kindsOf(both, tables({ events: ['e1'] })), [])
  assert.deepEqual(kindsOf(both, tables()), [half])
  assert.deepEqual(kindsOf(both, tables({ users: {}, events: ['e1'] })), [half])
})

test('a call over its deadline is late, and one that never returned, unless its process was killed', () => {
  const slow = (seconds) => history([...registered, {}, [1, 1 + seconds]])
  assert.deepEqual(kindsOf(slow(10.5), tables()), [])
  assert.deepEqual(kindsOf(slow(11.5), tables()), ['late call'])
  assert.deepEqual(kindsOf(slow(2), tables(), { limits: { 'users.register': 1 } }), ['late call'])
  const unfinished = history([...registered, { outcome: 'unfinished' }, [1, null]])
  assert.deepEqual(kindsOf(unfinished, tables()), ['late call'])
  assert.deepEqual(kindsOf(unfinished, tables(), { killed: ['w1'] }), [])
})

test('an error that says nothing of the outcome is unexpected', () => {
  const calls = history([
    ...registered,
    { outcome: 'unexpected', code: 'ERR_STORAGE', message: 'x' },
  ])
  assert.deepEqual(kindsOf(calls, tables()), ['unexpected error'])
  assert.deepEqual(kindsOf(calls, tables({ users: {} })), ['unexpected error'])
})

test('a pool that is not full five seconds after the last fault is reported', () => {
  const recoveries = [
    { process: 'w1', seconds: 1 },
    { process: 'w2', seconds: 6 },
    { process: 'w3', seconds: null },
  ]
  assert.deepEqual(kindsOf([], tables({ users: {} }), { recoveries }), [
    'pool not full',
    'pool not full',
  ])
})
