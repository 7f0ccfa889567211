import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { type TestDatabase, testDatabase } from 'torii-testing'
import type { Lane } from './held-lock.test.support.js'
import { begin, openLane } from './held-lock.test.support.js'
import type { OperationName } from './user-operations.test.support.js'
import { mayAlsoBe, newOwn, operationNames, perform } from './user-operations.test.support.js'
import type { Kind, Subject } from './user-state.test.support.js'
import { newSubject, stateOf } from './user-state.test.support.js'

/** Two operations on one user, the first begun before the second. */
interface Pair {
  readonly names: readonly [OperationName, OperationName]
  readonly kind: Kind
}

/** Each lock held in turn: the rows, and what of the user names them. */
const locks: Record<string, [select: string, values: (subject: Subject) => unknown[]]> = {
  users: ['select 1 from torii.users where id = $1 for update', ({ id }) => [id]],
  user_emails: ['select 1 from torii.user_emails where user_id = $1 for update', ({ id }) => [id]],
  passwords: ['select 1 from torii.passwords where user_id = $1 for update', ({ id }) => [id]],
  sessions: ['select 1 from torii.sessions where user_id = $1 for update', ({ id }) => [id]],
  login_attempts: [
    'select 1 from torii.login_attempts where key in ($1, $2) for update',
    ({ refund }) => [refund.account, refund.network],
  ],
}

/** Operations that do something else on a user in another state. */
const alsoOn: Partial<Record<OperationName, Kind>> = {
  set: 'without password',
  verifyEmail: 'unverified',
  enable: 'disabled',
}

const pairs: readonly Pair[] = operationNames.flatMap((first) =>
  operationNames.flatMap((second) => {
    const kinds = new Set<Kind | undefined>(['usual', alsoOn[first], alsoOn[second]])
    kinds.delete(undefined)
    return [...kinds].map((kind = 'usual') => ({ names: [first, second] as const, kind }))
  }),
)

/** What a round ended in: both answers and everything that can be noticed of the user. */
const ending = (answers: readonly string[], state: string) => `${answers.join(' + ')} -> ${state}`

type Names = readonly [OperationName | null, OperationName | null]

/** Runs both calls, one after the other; what is null is not run and answers null. */
async function oneAfterTheOther(
  lane: Lane,
  kind: Kind,
  names: Names,
  order: readonly (0 | 1)[],
): Promise<string> {
  const subject = await newSubject(lane, kind)
  const owns = [newOwn('first'), newOwn('second')] as const
  const answers = ['null', 'null']
  for (const place of order) {
    const name = names[place]
    if (name !== null) answers[place] = await perform(name, lane.aside, subject, owns[place])
  }
  return ending(answers, await stateOf(lane, subject, owns))
}

/** What may come of a pair: exactly what comes of one call after the other. */
async function allowedEndings(
  lane: Lane,
  { names, kind }: Pair,
): Promise<{ inOrder: Set<string>; anyOrder: Set<string> }> {
  const inOrder = new Set<string>()
  const anyOrder = new Set<string>()
  for (const first of formsOf(names[0]))
    for (const second of formsOf(names[1])) {
      inOrder.add(await oneAfterTheOther(lane, kind, [first, second], [0, 1]))
      anyOrder.add(await oneAfterTheOther(lane, kind, [first, second], [1, 0]))
    }
  return { inOrder, anyOrder: new Set([...inOrder, ...anyOrder]) }
}

const formsOf = (name: OperationName): (OperationName | null)[] => {
  const other = mayAlsoBe[name]
  return other === undefined ? [name] : [name, other]
}

/** Whoever looked the password up before one of these must not be signed in after it. */
const endsSessions = new Set<OperationName>([
  'change',
  'remove',
  'revokeOthers',
  'revokeAll',
  'disable',
  'delete',
])
/** These leave the session that asks for them. */
const keepsAsking = new Set<OperationName>(['change', 'remove', 'revokeOthers'])
/** These end the session that asks, too. */
const endsAsking = new Set<OperationName>(['end', 'revokeAll', 'disable', 'delete'])

/** What an ending breaks, whatever the calls do one after the other. */
function brokenPromise({ names }: Pair, answers: readonly string[], state: string): string | null {
  const succeeded = (name: OperationName | undefined, place: number) =>
    name !== undefined && ['done', 'true', 'counted'].includes(answers[place] ?? '')
  const anyOf = (set: ReadonlySet<OperationName>) =>
    names.some((name, place) => set.has(name) && succeeded(name, place))
  if (
    names.some((name) => name.startsWith('signIn')) &&
    anyOf(endsSessions) &&
    state.includes('new of')
  )
    return 'a sign-in outlives what ended it'
  if (
    anyOf(keepsAsking) &&
    !names.some((name) => endsAsking.has(name)) &&
    !state.includes('asking by')
  )
    return 'the session that asked has ended'
  return null
}

interface Round {
  readonly title: string
  readonly waiting: 0 | 1 | 2
  /** Null when the round ended as one of the two orders would, and no promise was broken. */
  readonly problem: string | null
}

async function playPair(lane: Lane, pair: Pair): Promise<Round[]> {
  const { inOrder, anyOrder } = await allowedEndings(lane, pair)
  const rounds: Round[] = []
  for (const lock of Object.keys(locks)) {
    const { waits, answers, state } = await playRound(lane, pair, lock)
    const [first = false, second = false] = waits
    const title = `${pair.names.join(' then ')} on a user ${pair.kind} while ${lock} is held`
    const end = ending(answers, state)
    const allowed = first ? anyOrder : inOrder
    const problem = allowed.has(end)
      ? brokenPromise(pair, answers, state)
      : `${end}\nis not one of\n${[...allowed].join('\n')}`
    rounds.push({
      title,
      waiting: first && second ? 2 : first || second ? 1 : 0,
      problem: problem === null ? null : `${title}: ${problem}`,
    })
  }
  return rounds
}

async function playRound(lane: Lane, { names, kind }: Pair, lock: string) {
  const subject = await newSubject(lane, kind)
  const owns = [newOwn('first'), newOwn('second')] as const
  const [select, values] = locks[lock] ?? ['select 1', () => []]
  const begun: Awaited<ReturnType<typeof begin>>[] = []
  await lane.whileHeld(select, values(subject), async () => {
    for (const place of [0, 1] as const) {
      const call = (storage: Lane['aside']) => perform(names[place], storage, subject, owns[place])
      begun.push(await begin(lane, place === 0 ? lane.first : lane.second, call))
    }
  })
  const answers = await Promise.all(begun.map(({ answer }) => answer))
  const state = await stateOf(lane, subject, owns)
  return { waits: begun.map(({ waits }) => waits), answers, state }
}

describe('two operations on one user, the second entering while the first waits', () => {
  let database: TestDatabase
  const rounds: Round[] = []
  const retried: string[] = []

  before(async () => {
    database = await testDatabase()
    const left = [...pairs]
    const work = async () => {
      const lane = await openLane(database.url, (code) => retried.push(code))
      for (let pair = left.pop(); pair !== undefined; pair = left.pop())
        rounds.push(...(await playPair(lane, pair)))
      await lane.close()
    }
    await Promise.all([work(), work(), work(), work()])
  })

  test('every pair was played against every lock, and many really waited', (t) => {
    const waiting = (count: number) => rounds.filter((round) => round.waiting === count).length
    const counts = `${rounds.length} rounds: in ${waiting(2)} both waited, in ${waiting(1)} one`
    t.diagnostic(counts)
    const titles = new Set(rounds.map(({ title }) => title))
    assert.equal(titles.size, pairs.length * Object.keys(locks).length)
    assert.ok(waiting(2) > 200 && waiting(2) + waiting(1) > 600, counts)
  })

  test('each ends as one call after the other would', () => {
    const problems = rounds.flatMap(({ problem }) => problem ?? [])
    assert.equal(
      problems.length,
      0,
      `${problems.length} rounds:\n${problems.slice(0, 20).join('\n')}`,
    )
  })

  test('none is ended by a deadlock', () => {
    assert.deepEqual(retried, [])
  })

  test('nothing is left without its user, and both tables name the same address', async () => {
    const { rows } = await database.query(
      `select
         (select count(*) from torii.sessions s where not exists (select 1 from torii.users u where u.id = s.user_id))::int as sessions,
         (select count(*) from torii.passwords p where not exists (select 1 from torii.users u where u.id = p.user_id))::int as passwords,
         (select count(*) from torii.users u full join torii.user_emails e on e.user_id = u.id
          where u.email_key is distinct from e.email_key)::int as addresses`,
    )
    assert.deepEqual(rows, [{ sessions: 0, passwords: 0, addresses: 0 }])
  })
})
