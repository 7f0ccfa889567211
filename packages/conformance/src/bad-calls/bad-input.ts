import assert from 'node:assert/strict'
import { InvalidInputError } from 'torii-core'
import type { ConformanceCase, ConformanceNeed, ConformanceStorage } from '../fixtures/case.js'
import { signUpBare } from '../fixtures/people.js'
import type { BadArgument, Call } from './bad-arguments.js'
import { inProfile, one } from './bad-arguments.js'
import { badCalls } from './bad-calls.js'
import { badOAuthCalls } from './bad-calls-oauth.js'
import { badPasskeyCalls } from './bad-calls-passkeys.js'
import { badSecondFactorCalls } from './bad-calls-second-factors.js'
import { marker, Pretender } from './bad-values.js'

/** Methods that no transaction offers, since they charge. */
const charging = /\.(findFor(SignIn|User|Session)|issue(EmailChange)?)$/

/** Arguments of the wrong shape, by method. */
export const badInputCases: readonly ConformanceCase[] = [
  ...casesPerMethod('users', badCalls.users, []),
  ...casesPerMethod('sessions', badCalls.sessions, []),
  ...casesPerMethod('passwords', badCalls.passwords, []),
  ...casesPerMethod('magicLinks', badCalls.magicLinks, []),
  ...casesPerMethod('verificationTokens', badCalls.verificationTokens, []),
  ...casesPerMethod('auditEvents', badCalls.auditEvents, []),
  ...casesPerMethod('rateLimits', badCalls.rateLimits, ['charging']),
  ...casesPerMethod('oauthAccounts', badOAuthCalls.oauthAccounts, []),
  ...casesPerMethod('oauthStates', badOAuthCalls.oauthStates, ['charging']),
  ...casesPerMethod('passkeys', badPasskeyCalls.passkeys, []),
  ...casesPerMethod('passkeyChallenges', badPasskeyCalls.passkeyChallenges, ['charging']),
  ...casesPerMethod('secondFactors', badSecondFactorCalls.secondFactors, []),
  {
    name: 'users: a refused argument changes nothing',
    repository: 'users',
    needs: [],
    async run(storage) {
      const user = await signUpBare(storage, { name: 'Before', metadata: { before: true } })
      const bads = inProfile('users.updateProfile', ({ users }, changes) =>
        users.updateProfile(user.id, changes),
      )
      await assertAllRefused(storage, bads)
      assert.deepEqual(await storage.users.find(user.id), user)
    },
  },
  {
    name: 'transaction: refuses what is no function',
    repository: 'transaction',
    needs: ['transaction'],
    async run(storage) {
      const call: Call = ({ transaction }, work) => Reflect.apply(transaction, storage, [work])
      const bad = one(
        'transaction',
        'work',
        [null, undefined, 'select 1', {}, Promise.resolve()],
        call,
      )
      await assertAllRefused(storage, [bad])
    },
  },
]

function casesPerMethod(
  repository: string,
  all: readonly BadArgument[],
  needs: readonly ConformanceNeed[],
): ConformanceCase[] {
  const methods = [...new Set(all.map(({ method }) => method))]
  return methods.map((method) => ({
    name: `${method}: refuses arguments of the wrong shape, by name and before any query`,
    repository,
    needs: charging.test(method) ? ['charging'] : needs,
    async run(storage) {
      await assertAllRefused(
        storage,
        all.filter((argument) => argument.method === method),
      )
    },
  }))
}

/** Tries every value before it fails, so that one report names them all. */
async function assertAllRefused(
  storage: ConformanceStorage,
  bads: readonly BadArgument[],
): Promise<void> {
  const broken: string[] = []
  for (const bad of bads)
    for (const value of bad.values)
      await assertRefused(storage, bad, value).catch((error: unknown) =>
        broken.push(describe(error)),
      )
  assert.deepEqual(broken, [])
}

/** Asserts a rejection (never a throw) with InvalidInputError that names the field and repeats nothing. */
async function assertRefused(
  storage: ConformanceStorage,
  bad: BadArgument,
  value: unknown,
): Promise<void> {
  const what = `${bad.method}, ${bad.field ?? 'whole'} = ${describe(value)}`
  const error = await rejection(() => bad.call(storage, value), what)
  assert.ok(error instanceof InvalidInputError, `${what}: rejected with ${describe(error)}`)
  assert.equal(error.code, 'ERR_INVALID_INPUT')
  assert.ok(
    error.field !== '' && error.message.length < 300 && !error.message.includes(marker),
    what,
  )
  if (bad.field !== null) assert.equal(error.field.split('.').at(-1), bad.field, what)
  if (value instanceof Pretender) assert.equal(value.conversions, 0, `${what}: was converted`)
}

async function rejection(call: () => Promise<unknown>, what: string): Promise<unknown> {
  let promised: Promise<unknown>
  try {
    promised = call()
  } catch {
    return assert.fail(`${what}: thrown, not rejected`)
  }
  return promised.then(
    () => assert.fail(`${what}: accepted`),
    (error: unknown) => error,
  )
}

/** Says what a value is without asking it. */
function describe(value: unknown): string {
  if (typeof value === 'string')
    return value.length > 60 ? `a text of ${value.length}` : JSON.stringify(value)
  if (value instanceof Error) return `${value.name}: ${value.message.slice(0, 200)}`
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'symbol') return 'a symbol'
  return typeof value === 'object' && value !== null
    ? 'an object'
    : `${typeof value} ${String(value)}`
}
