import { newOAuthAccountId } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { freshCiphertext, newIdentity, newOAuthSignIn } from '../fixtures/credentials.js'
import { freshSecretHash, unknownUserId } from '../fixtures/samples.js'
import type { BadArgument } from './bad-arguments.js'
import { inActor, inSession, one } from './bad-arguments.js'
import {
  badBytes,
  inIpAddress,
  inOptionalCharge,
  mustBeTrueOrFalse,
  someActor,
} from './bad-arguments-credentials.js'
import {
  badDigests,
  badEmails,
  badNames,
  badNumbers,
  badPictures,
  badTexts,
  badTimes,
  notObjects,
  unsafe,
} from './bad-values.js'

const mustBeText = (bytes: number): unknown[] => [...badTexts(bytes), '', null, undefined]
const textOrNull = (bytes: number): unknown[] => [...badTexts(bytes), undefined]

/** Members of an identity, for the methods that take one. */
const inIdentity = (
  method: string,
  call: (storage: ConformanceStorage, given: object) => Promise<unknown>,
): BadArgument[] => [
  one(method, 'provider', mustBeText(64), (storage, provider) => call(storage, { provider })),
  one(method, 'subject', mustBeText(255), (storage, subject) => call(storage, { subject })),
  one(method, 'label', textOrNull(254), (storage, label) => call(storage, { label })),
]

const someIdentity = () => ({ ...newIdentity(), newAccountId: newOAuthAccountId() })
const listWith = ({ oauthAccounts }: ConformanceStorage, given: object) =>
  oauthAccounts.listTokens({ notStartingWith: freshCiphertext(8), limit: 10, ...given })

const someChange = () => ({ version: 0, tokens: freshCiphertext() })
const someLease = () => ({ version: 0, leaseSeconds: 60 })
const mailSignIn = { mailSignIn: true }

const someFlow = () => ({ lifetimeSeconds: 600, ipAddress: null })
const someState = () => ({
  hash: freshSecretHash(),
  expiresAt: new Date(Date.now() + 600_000),
  globalEpoch: 0,
})

/** Members of a state, for the methods that take one. These values stand for none. */
const inState = (
  method: string,
  none: readonly unknown[],
  call: (storage: ConformanceStorage, state: unknown) => Promise<unknown>,
): BadArgument[] => [
  one(
    method,
    null,
    notObjects.filter((value) => !none.includes(value)),
    call,
  ),
  one(method, 'expiresAt', badTimes(), (storage, expiresAt) =>
    call(storage, { ...someState(), expiresAt }),
  ),
  one(method, 'hash', badDigests(), (storage, hash) => call(storage, { ...someState(), hash })),
  one(method, 'globalEpoch', [...badNumbers(), -1], (storage, globalEpoch) =>
    call(storage, { ...someState(), globalEpoch }),
  ),
]

const oauthAccounts: readonly BadArgument[] = [
  ...inState('oauthAccounts.signIn', [null, undefined], ({ oauthAccounts }, state) =>
    oauthAccounts.signIn({ ...newOAuthSignIn(), state: unsafe(state) }),
  ),
  ...inState('oauthAccounts.link', [null, undefined], ({ oauthAccounts }, state) =>
    oauthAccounts.link(someActor(), { ...someIdentity(), state: unsafe(state) }),
  ),
  one('oauthAccounts.signIn', null, notObjects, ({ oauthAccounts }, value) =>
    oauthAccounts.signIn(unsafe(value)),
  ),
  ...inIdentity('oauthAccounts.signIn', ({ oauthAccounts }, given) =>
    oauthAccounts.signIn(newOAuthSignIn(given)),
  ),
  one(
    'oauthAccounts.signIn',
    'email',
    badEmails().filter((value) => value !== null),
    ({ oauthAccounts }, email) => oauthAccounts.signIn(newOAuthSignIn({ email: unsafe(email) })),
  ),
  one('oauthAccounts.signIn', 'emailVerified', mustBeTrueOrFalse(), ({ oauthAccounts }, value) =>
    oauthAccounts.signIn(newOAuthSignIn({ emailVerified: unsafe(value) })),
  ),
  one('oauthAccounts.signIn', 'name', [...badNames(), undefined], ({ oauthAccounts }, name) =>
    oauthAccounts.signIn({ ...newOAuthSignIn(), name: unsafe(name) }),
  ),
  one(
    'oauthAccounts.signIn',
    'picture',
    [...badPictures(), undefined],
    ({ oauthAccounts }, value) =>
      oauthAccounts.signIn({ ...newOAuthSignIn(), picture: unsafe(value) }),
  ),
  ...inSession('oauthAccounts.signIn', ({ oauthAccounts }, session) =>
    oauthAccounts.signIn(newOAuthSignIn({ session })),
  ),
  one('oauthAccounts.signIn', null, [null, undefined], ({ oauthAccounts }, session) =>
    oauthAccounts.signIn({ ...newOAuthSignIn(), session: unsafe(session) }),
  ),
  ...inActor('oauthAccounts.link', ({ oauthAccounts }, actor) =>
    oauthAccounts.link(actor, someIdentity()),
  ),
  one('oauthAccounts.link', null, notObjects, ({ oauthAccounts }, value) =>
    oauthAccounts.link(someActor(), unsafe(value)),
  ),
  ...inIdentity('oauthAccounts.link', ({ oauthAccounts }, given) =>
    oauthAccounts.link(someActor(), { ...someIdentity(), ...given }),
  ),
  ...inActor('oauthAccounts.unlink', ({ oauthAccounts }, actor) =>
    oauthAccounts.unlink(actor, newOAuthAccountId(), mailSignIn),
  ),
  one('oauthAccounts.unlink', null, notObjects, ({ oauthAccounts }, value) =>
    oauthAccounts.unlink(someActor(), newOAuthAccountId(), unsafe(value)),
  ),
  one('oauthAccounts.unlink', 'mailSignIn', mustBeTrueOrFalse(), ({ oauthAccounts }, value) =>
    oauthAccounts.unlink(someActor(), newOAuthAccountId(), { mailSignIn: unsafe(value) }),
  ),
  one('oauthAccounts.listTokens', null, notObjects, ({ oauthAccounts }, query) =>
    oauthAccounts.listTokens(unsafe(query)),
  ),
  one('oauthAccounts.listTokens', 'notStartingWith', badBytes(1, 1024), (storage, value) =>
    listWith(storage, { notStartingWith: value }),
  ),
  one('oauthAccounts.listTokens', 'limit', [...badNumbers(), 0, 1001], (storage, limit) =>
    listWith(storage, { limit }),
  ),
  one(
    'oauthAccounts.listTokens',
    null,
    notObjects.filter((value) => value !== undefined),
    (storage, after) => listWith(storage, { after }),
  ),
  ...(['subject', 'provider'] as const).map((field) =>
    one('oauthAccounts.listTokens', field, [...badTexts(255), null, ''], (storage, value) =>
      listWith(storage, { after: { subject: 'a', provider: 'b', [field]: value } }),
    ),
  ),
  one('oauthAccounts.replaceTokens', null, notObjects, ({ oauthAccounts }, value) =>
    oauthAccounts.replaceTokens(unknownUserId(), newOAuthAccountId(), unsafe(value)),
  ),
  one('oauthAccounts.replaceTokens', 'version', badNumbers(), ({ oauthAccounts }, value) =>
    oauthAccounts.replaceTokens(unknownUserId(), newOAuthAccountId(), {
      ...someChange(),
      version: unsafe(value),
    }),
  ),
  one('oauthAccounts.leaseRefresh', null, notObjects, ({ oauthAccounts }, value) =>
    oauthAccounts.leaseRefresh(unknownUserId(), newOAuthAccountId(), unsafe(value)),
  ),
  one('oauthAccounts.leaseRefresh', 'version', badNumbers(), ({ oauthAccounts }, value) =>
    oauthAccounts.leaseRefresh(unknownUserId(), newOAuthAccountId(), {
      ...someLease(),
      version: unsafe(value),
    }),
  ),
  one('oauthAccounts.leaseRefresh', 'leaseSeconds', [...badNumbers(), 0], (storage, value) =>
    storage.oauthAccounts.leaseRefresh(unknownUserId(), newOAuthAccountId(), {
      ...someLease(),
      leaseSeconds: unsafe(value),
    }),
  ),
]

const oauthStates: readonly BadArgument[] = [
  one('oauthStates.start', null, notObjects, ({ oauthStates }, value) =>
    oauthStates.start(unsafe(value)),
  ),
  one('oauthStates.start', 'lifetimeSeconds', [...badNumbers(), 0], ({ oauthStates }, value) =>
    oauthStates.start({ ...someFlow(), lifetimeSeconds: unsafe(value) }),
  ),
  ...inIpAddress('oauthStates.start', ({ oauthStates }, ipAddress) =>
    oauthStates.start({ ...someFlow(), ipAddress: unsafe(ipAddress) }),
  ),
  one('oauthStates.check', null, notObjects, ({ oauthStates }, value) =>
    oauthStates.check(unsafe(value)),
  ),
  ...inState('oauthStates.check', [null], ({ oauthStates }, state) =>
    oauthStates.check({ state: unsafe(state) }),
  ),
  ...inOptionalCharge('oauthStates.check', ({ oauthStates }, ipAddress) =>
    oauthStates.check({ state: someState(), ipAddress: unsafe(ipAddress) }),
  ),
  ...inState('oauthStates.use', [], ({ oauthStates }, state) => oauthStates.use(unsafe(state))),
]

/** Every argument of the methods of accounts at providers; see bad-calls.ts. */
export const badOAuthCalls = { oauthAccounts, oauthStates }
