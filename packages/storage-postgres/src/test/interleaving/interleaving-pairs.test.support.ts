import assert from 'node:assert/strict'
import { type TestDatabase, testDatabase } from 'torii-testing'
import { beforeAll, describe, test } from 'vitest'
import { createRetryLog } from '../retry-log.test.support.js'
import type { Kind } from './fixture.test.support.js'
import type { ConnectionSet } from './held-lock.test.support.js'
import { openConnections } from './held-lock.test.support.js'
import type { AllowedEndings, Pair, Played } from './interleaving.test.support.js'
import { createAllowedEndings, locks, playRound } from './interleaving.test.support.js'
import type { OperationName } from './user-operations.test.support.js'
import { needsEnrollment, needsFactor, operationNames } from './user-operations.test.support.js'

/** Operations that do something else on a user in another state. */
const alsoOn: Partial<Record<OperationName, Kind>> = {
  set: 'without password',
  verifyEmail: 'unverified',
  enable: 'disabled',
  issueVerification: 'unverified',
  consumeLink: 'unverified',
  consumeCode: 'unverified',
  proveMailbox: 'unverified',
  proveWithPassword: 'unverified',
  resetPassword: 'unverified',
  registerByMail: 'unverified',
  oauthSignInByEmail: 'unverified',
}

/** Operations that do nothing at all on any other user. */
const onlyThere = new Set<OperationName>(['issueVerification', 'proveMailbox', 'proveWithPassword'])

const allPairs: readonly Pair[] = operationNames.flatMap((first) =>
  operationNames.flatMap((second) => {
    const names = [first, second] as const
    if (names.some(needsEnrollment))
      return [{ names, kind: 'who must enroll a second factor' as const }]
    if (names.some(needsFactor)) return [{ names, kind: 'with a second factor' as const }]
    const kinds = new Set(names.flatMap((name) => alsoOn[name] ?? []))
    if (!names.some((name) => onlyThere.has(name))) kinds.add('usual')
    return [...kinds].map((kind) => ({ names, kind }))
  }),
)

/** A caller that looked the password or the passkey up before one of these must not be signed in after it. */
const endsSessions = new Set<OperationName>([
  'change',
  'changeEmail',
  'remove',
  'resetPassword',
  'revokeOthers',
  'revokeAll',
  'disable',
  'delete',
])
/** These leave the session that asks for them. */
const keepsActor = new Set<OperationName>([
  ...(['change', 'changeEmail', 'remove', 'revokeOthers'] as const),
  ...(['confirmTotp', 'removeTotp'] as const),
])
/** These end the session that asks, too. */
const endsActor = new Set<OperationName>([
  'end',
  'revokeAll',
  'resetPassword',
  'disable',
  'delete',
  'consumeLink',
  'consumeCode',
  'proveMailbox',
  'oauthSignInByEmail',
  'resetFactor',
  'resetWithPasskeys',
  'confirmAtSignIn',
  'addPasskeyAtSignIn',
  'requireFactor',
  'undoFactor',
])

/** What an ending breaks, whatever the calls do one after the other. */
function brokenPromise({ names }: Pair, { answers, state }: Played): string | null {
  const succeeded = (place: number) => ['done', 'true', 'counted'].includes(answers[place] ?? '')
  const anyOf = (set: ReadonlySet<OperationName>) =>
    names.some((name, place) => set.has(name) && succeeded(place))
  if (
    names.some((name) => name.startsWith('signIn')) &&
    anyOf(endsSessions) &&
    state.includes('new of')
  )
    return 'a sign-in outlives what ended it'
  if (
    anyOf(keepsActor) &&
    !names.some((name) => endsActor.has(name)) &&
    !state.includes('actor by')
  )
    return 'the acting session has ended'
  return null
}

interface Round {
  readonly title: string
  readonly waits: readonly boolean[]
  /** Null when the round ended as one of the two orders would, and no promise was broken. */
  readonly problem: string | null
}

/** A lock that the first call does not wait for leaves one call after the other: nothing to see. */
async function locksWaitedFor(
  connections: ConnectionSet,
  name: OperationName,
  kind: Kind,
): Promise<string[]> {
  const waitedFor: string[] = []
  for (const lock of Object.keys(locks)) {
    const { waits } = await playRound(connections, [name], kind, lock)
    if (waits[0]) waitedFor.push(lock)
  }
  return waitedFor
}

async function playPair(
  connections: ConnectionSet,
  pair: Pair,
  held: readonly string[],
  allowedEndings: AllowedEndings,
): Promise<Round[]> {
  const rounds: Round[] = []
  for (const lock of held) {
    const played = await playRound(connections, pair.names, pair.kind, lock)
    const allowed = await allowedEndings(connections, pair)
    const title = `${pair.names.join(' then ')} on a user ${pair.kind} while ${lock} is held`
    const problem = allowed.has(played.ending)
      ? brokenPromise(pair, played)
      : `${played.ending}\nis not one of\n${[...allowed].join('\n')}`
    const message = problem === null ? null : `${title}: ${problem}`
    rounds.push({ title, waits: played.waits, problem: message })
  }
  return rounds
}

/**
 * Plays the pairs of one part, users of some kinds. The parts run side by side and share no round, because the ordered
 * outcomes of a pair are played once for each kind. `least` is how many rounds must see both calls wait.
 */
export function describeInterleaving(
  part: string,
  belongs: (kind: Kind) => boolean,
  least: number,
): void {
  const pairs = allPairs.filter(({ kind }) => belongs(kind))
  describe(`R1.3 two operations on a user ${part}, the second entering while the first waits`, () => {
    definePairs(pairs, least)
  })
}

function definePairs(pairs: readonly Pair[], least: number): void {
  let database: TestDatabase
  const rounds: Round[] = []
  const { retried, log } = createRetryLog()
  let expected = 0

  beforeAll(async () => {
    database = await testDatabase()
    const left = [...pairs]
    const allowedEndings = createAllowedEndings()
    const waitedFor = new Map<string, Promise<string[]>>()
    const work = async () => {
      const connections = await openConnections(database.url, log)
      for (let pair = left.pop(); pair !== undefined; pair = left.pop()) {
        const title = `${pair.names[0]} ${pair.kind}`
        const held = waitedFor.get(title) ?? locksWaitedFor(connections, pair.names[0], pair.kind)
        waitedFor.set(title, held)
        const names = await held
        expected += names.length
        rounds.push(...(await playPair(connections, pair, names, allowedEndings)))
      }
      await connections.close()
    }
    await Promise.all([work(), work(), work(), work()])
  })

  test('every pair was played against every lock that its first call waits for', (t) => {
    const both = rounds.filter(({ waits }) => waits.every(Boolean)).length
    const counts = `${rounds.length} rounds of ${pairs.length} pairs: in ${both} both waited`
    void t.annotate(counts)
    assert.equal(rounds.filter(({ waits }) => waits[0] !== true).length, 0)
    assert.equal(new Set(rounds.map(({ title }) => title)).size, expected)
    assert.ok(both > least, counts)
  })

  test('each ends as one call after the other would', () => {
    const problems = rounds.flatMap(({ problem }) => problem ?? [])
    assert.equal(
      problems.length,
      0,
      `${problems.length} rounds:\n${problems.slice(0, 60).join('\n')}`,
    )
  })

  test('none is ended by a deadlock', () => {
    assert.deepEqual(retried, [])
  })

  test('T1.14 nothing is left without its user, and both tables name the same address', async () => {
    const { rows } = await database.query(
      `select
         (select count(*) from torii.sessions s where not exists (select 1 from torii.users u where u.id = s.user_id))::int as sessions,
         (select count(*) from torii.passwords p where not exists (select 1 from torii.users u where u.id = p.user_id))::int as passwords,
         (select count(*) from torii.users u full join torii.user_emails e on e.user_id = u.id
          where u.email_key is distinct from e.email_key)::int as addresses`,
    )
    assert.deepEqual(rows, [{ sessions: 0, passwords: 0, addresses: 0 }])
  })
}
