import assert from 'node:assert/strict'
import type { CallerInput, Fixture, Kind } from './fixture.test.support.js'
import { newCallerInputs, newFixtures } from './fixture.test.support.js'
import type { Begun, ConnectionSet } from './held-lock.test.support.js'
import { begin } from './held-lock.test.support.js'
import type { OperationName, PlayedName } from './user-operations.test.support.js'
import { mayAlsoBe, perform } from './user-operations.test.support.js'
import { describeState, readState } from './user-state.test.support.js'

/** Two operations on one user, the first begun before the second. */
export interface Pair {
  readonly names: readonly [OperationName, OperationName]
  readonly kind: Kind
}

/** Each lock that is held in turn: the rows of the user in one table. */
export const locks: Readonly<
  Record<string, [select: string, values: (fixture: Fixture) => unknown[]]>
> = {
  magic_links: [
    'select 1 from torii.magic_links where email_key = any ($1::text[]) for update',
    ({ email, newEmail }) => [[email, newEmail]],
  ],
  ...Object.fromEntries(
    [
      'verification_tokens',
      'user_emails',
      'oauth_accounts',
      'passkeys',
      'passwords',
      'sessions',
      'imported_sessions',
      'pending_sign_ins',
      'trusted_browsers',
      'totp_enrollments',
      'totp_factors',
      'recovery_codes',
    ].map((table) => [
      table,
      [
        `select 1 from torii.${table} where user_id = $1 for update`,
        ({ id }: Fixture): unknown[] => [id],
      ],
    ]),
  ),
  users: ['select 1 from torii.users where id = $1 for update', ({ id }) => [id]],
  rate_limits: [
    'select 1 from torii.rate_limits where key in ($1, $2) for update',
    ({ refund }) => [refund.account, refund.ipAddress],
  ],
}

const stocks = new WeakMap<ConnectionSet, Map<Kind, Fixture[]>>()
const stockSize = 25

/** A user that no other round uses. */
async function takeFixture(connections: ConnectionSet, kind: Kind): Promise<Fixture> {
  const stock = stocks.get(connections) ?? new Map<Kind, Fixture[]>()
  stocks.set(connections, stock)
  const left = stock.get(kind)?.length ? stock.get(kind) : undefined
  const fixtures = left ?? (await newFixtures(connections, kind, stockSize))
  stock.set(kind, fixtures)
  return fixtures.pop() ?? assert.fail()
}

/** What a round ended in: both answers and everything that can be noticed of the user. */
const ending = (answers: readonly string[], state: string) => `${answers.join(' + ')} -> ${state}`

type Names = readonly [PlayedName | null, PlayedName | null]

/** One ending in the words of both pairs it belongs to: the first call came first, or the second did. */
interface OrderedEnding {
  readonly firstFirst: string
  readonly secondFirst: string
}

/** Runs both calls, one after the other; what is null is not run and answers null. */
async function oneAfterTheOther(
  connections: ConnectionSet,
  kind: Kind,
  names: Names,
): Promise<OrderedEnding> {
  const fixture = await takeFixture(connections, kind)
  const owns = newCallerInputs(kind)
  const answers: string[] = []
  for (const place of [0, 1] as const) {
    const name = names[place]
    answers.push(
      name === null ? 'null' : await perform(name, connections.observer, fixture, owns[place]),
    )
  }
  const state = await readState(connections, fixture, owns)
  const swapped = owns.map(
    (own): CallerInput => ({ ...own, label: own.label === 'first' ? 'second' : 'first' }),
  )
  return {
    firstFirst: ending(answers, describeState(state, fixture, owns)),
    secondFirst: ending(answers.reverse(), describeState(state, fixture, swapped)),
  }
}

export type AllowedEndings = (connections: ConnectionSet, pair: Pair) => Promise<Set<string>>

/** What may come of a pair: exactly what comes of one call after the other. Each order is played once. */
export function createAllowedEndings(): AllowedEndings {
  const played = new Map<string, Promise<OrderedEnding>>()
  const endingOf = (connections: ConnectionSet, kind: Kind, names: Names) => {
    const title = `${kind} ${names.join(' ')}`
    const ended = played.get(title) ?? oneAfterTheOther(connections, kind, names)
    played.set(title, ended)
    return ended
  }
  return async (connections, { names, kind }) => {
    const allowed = new Set<string>()
    for (const first of formsOf(names[0]))
      for (const second of formsOf(names[1])) {
        allowed.add((await endingOf(connections, kind, [first, second])).firstFirst)
        allowed.add((await endingOf(connections, kind, [second, first])).secondFirst)
      }
    return allowed
  }
}

const formsOf = (name: OperationName): (PlayedName | null)[] => [name, ...(mayAlsoBe[name] ?? [])]

/** What a round came to: who waited, what they answered, what is left. */
export interface Played {
  readonly waits: readonly boolean[]
  readonly answers: readonly string[]
  readonly state: string
  readonly ending: string
}

/** Holds a lock, begins the calls one after the other, lets go and looks. */
export async function playRound(
  connections: ConnectionSet,
  names: readonly OperationName[],
  kind: Kind,
  lock: string,
): Promise<Played> {
  const fixture = await takeFixture(connections, kind)
  const owns = newCallerInputs(kind)
  const [select, values] = locks[lock] ?? ['select 1', () => []]
  const begun: Begun[] = []
  await connections.whileHeld(select, values(fixture), async () => {
    for (const [place, name] of names.entries()) {
      const own = owns[place] ?? owns[0]
      const caller = place === 0 ? connections.first : connections.second
      begun.push(
        await begin(connections, caller, (storage) => perform(name, storage, fixture, own)),
      )
    }
  })
  const answers = await Promise.all(begun.map(({ answer }) => answer))
  const state = describeState(await readState(connections, fixture, owns), fixture, owns)
  return { waits: begun.map(({ waits }) => waits), answers, state, ending: ending(answers, state) }
}
