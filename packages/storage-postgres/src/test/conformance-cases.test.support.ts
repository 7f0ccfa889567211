import assert from 'node:assert/strict'
import type { ConformanceCase } from 'torii-conformance'
import { conformance } from 'torii-conformance'
import { isMatrixRun } from 'torii-testing'

/*
 * Which cases of the conformance suite run where. All of them run on a pool of our own, on every major of the matrix,
 * and on PGlite. Everywhere else run those that the variant can break.
 */

/** What is promised of one method, by the start of its name. */
const methodOf = ({ name }: ConformanceCase): string => name.split(':')[0] ?? ''

const firstOfEachMethod = conformance.filter(
  (promise) => conformance.find((other) => methodOf(other) === methodOf(promise)) === promise,
)

/** These send the statements that the first case of no method sends. */
const furtherStatements = [
  'users.list: by prefix every user exactly once while others are made', // users.listByEmail
  'users.disable: of twenty openings at once no session lives, also after enable', // sessions.openMany
  'sessions.end: of sixteen calls at once each ends its own session, and of those with one key one does', // sessions.endMany
  'sessions.validate: writes nothing', // sessions.validateMany
  'auditEvents.list: an event is gone after its retention', // sweep
  'oauthAccounts.signIn: T1.4 uses the state once, with a known identity: one winner among twenty', // oauth_accounts.signInKnownMany
  'oauthAccounts.signIn: of sign-ins with one state by two identities, one succeeds', // oauth_accounts.signInNewMany
  'secondFactors.reset: with `passkeys` it removes them too, and otherwise none', // second_factors.lockForReset
  'secondFactors.signInByPasskey: refuses a count that does not rise and a deleted passkey, and changes nothing', // second_factors.findRegression
  'oauthStates.start: counts the IP address, and beyond the limit starts nothing', // oauth_states.start
]

function named(name: string): ConformanceCase {
  const found = conformance.find((promise) => promise.name === name)
  assert.ok(found, `the conformance suite has no case "${name}"`)
  return found
}

/**
 * Together they send every statement that the whole suite sends (conformance.test.ts counts). Enough where PostgreSQL
 * refuses a statement when it starts, whatever the values and rows are: another schema's name in its text, a role
 * without a right, a search path with traps, a connection that forgets what was prepared.
 */
export const oneForEachStatement: readonly ConformanceCase[] = [
  ...new Set([...firstOfEachMethod, ...furtherStatements.map(named)]),
]

/**
 * Through PgBouncer: the transactions are among those, so its connections are handed on after each kind of use. The
 * matrix runs the whole suite.
 */
export const throughPooler = isMatrixRun() ? conformance : oneForEachStatement

const isBadInput = ({ name }: ConformanceCase) => name.includes('wrong shape')
/** A deletion that comes between is another matter: it may fail the statement that refers to the user. */
const isCrowd = ({ name }: ConformanceCase) =>
  /\bat once\b|\btwenty\b/.test(name) && !/delet/.test(name)

/**
 * Every call in a transaction of the application's own: what it can break is that a refusal comes as an error, which
 * aborts the transaction, so every way to refuse or to answer runs. Not here: arguments that are refused before any
 * statement; what begins transactions itself; methods that `offers` denies, which run outside of it as everywhere;
 * and crowds, for a call that is alone in its transaction holds its locks as long as it does without one.
 */
export const insideTransaction = (
  offers: (repository: string, method: string) => boolean,
): ConformanceCase[] =>
  conformance.filter((promise) => {
    const [, repository = '', methods = ''] = /^(\w+)\.([^:]+):/.exec(promise.name) ?? []
    return (
      !promise.needs.includes('transaction') &&
      !isBadInput(promise) &&
      !isCrowd(promise) &&
      methods.split(/, | and /).some((method) => offers(repository, method))
    )
  })
