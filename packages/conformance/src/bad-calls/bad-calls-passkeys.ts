import type { PasskeyUse } from 'torii-core'
import { newPasskeyId } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { newChallenge, newPasskey } from '../fixtures/credentials.js'
import {
  freshEmail,
  freshSecretHash,
  newSession,
  unknownSessionId,
  unknownUserId,
} from '../fixtures/samples.js'
import type { BadArgument } from './bad-arguments.js'
import { inActor, inKey, inRefund, inSession, one } from './bad-arguments.js'
import {
  badBytes,
  inIpAddress,
  inOptionalCharge,
  mustBeTrueOrFalse,
  someActor,
} from './bad-arguments-credentials.js'
import {
  badEmails,
  badIds,
  badMethod,
  badNames,
  badNumbers,
  notObjects,
  unsafe,
} from './bad-values.js'

const mailSignIn = { mailSignIn: true }

const transports: readonly unknown[] = [
  ...[null, undefined, 'usb', 7, {}, { length: 0 }, new Set(['usb']), Symbol('usb')],
  ...[[null], [undefined], [7], [['usb']], [''], ['x'.repeat(33)], ['nul\0'], ['\ud800']],
  // A hole, which many ways of walking an array leave out.
  Object.assign(['usb'], { length: 2 }),
  Array.from({ length: 17 }, () => 'usb'),
  Array.from({ length: 65_536 }, () => 'usb'),
]

/** Null: it is not known. */
const badHandles = () => badBytes(1, 64).filter((value) => value !== null)

export const someUse = (): PasskeyUse => ({
  credentialId: newPasskey().credentialId,
  userId: unknownUserId(),
  signCount: 1,
  backedUp: false,
  epochs: { session: 0, owner: 0 },
})

const somePending = () => ({
  userId: unknownUserId(),
  id: unknownSessionId(),
  secretHash: freshSecretHash(),
})

/** A use with this member, and a session's key of the same user. */
const someReauthentication = (use: PasskeyUse = someUse()) => ({
  use,
  options: {
    key: { userId: use.userId, id: unknownSessionId(), secretHash: freshSecretHash() },
    newSecretHash: freshSecretHash(),
  },
})

/** Members of a use, for the methods that take one. */
export const inUse = (
  method: string,
  call: (storage: ConformanceStorage, use: PasskeyUse) => Promise<unknown>,
): BadArgument[] => {
  const member = (field: string, values: readonly unknown[], name: string | null = field) =>
    one(method, name, values, (storage, value) => call(storage, { ...someUse(), [field]: value }))
  return [
    one(method, null, notObjects, (storage, value) => call(storage, unsafe(value))),
    member('credentialId', badBytes(1, 1023)),
    member('signCount', [...badNumbers(), 4_294_967_296]),
    member('backedUp', mustBeTrueOrFalse()),
    member(
      'userHandle',
      badHandles().filter((value) => value !== undefined),
    ),
    member('epochs', notObjects, null),
    one(method, 'session', [...badNumbers(), 2 ** 31], (storage, session) =>
      call(storage, { ...someUse(), epochs: { session: unsafe(session), owner: 0 } }),
    ),
    one(method, 'owner', [...badNumbers(), 2 ** 31], (storage, owner) =>
      call(storage, { ...someUse(), epochs: { session: 0, owner: unsafe(owner) } }),
    ),
  ]
}

const someAssertion = () => ({
  challengeHash: freshSecretHash(),
  ceremony: 'authenticate' as const,
  credentialId: newPasskey().credentialId,
})

const addWith = (field: string, values: readonly unknown[]): BadArgument =>
  one('passkeys.add', field, values, ({ passkeys }, value) =>
    passkeys.add(someActor(), { ...newPasskey(), [field]: value }, { max: 10 }),
  )

const passkeys: readonly BadArgument[] = [
  ...inActor('passkeys.add', ({ passkeys }, actor) =>
    passkeys.add(actor, newPasskey(), { max: 10 }),
  ),
  one('passkeys.add', null, notObjects, ({ passkeys }, value) =>
    passkeys.add(someActor(), unsafe(value), { max: 10 }),
  ),
  addWith('credentialId', badBytes(1, 1023)),
  addWith('publicKey', badBytes(1, 2048)),
  addWith('signCount', [...badNumbers(), 4_294_967_296]),
  addWith('userHandle', badHandles()),
  addWith('userVerified', mustBeTrueOrFalse()),
  addWith('backupEligible', mustBeTrueOrFalse()),
  addWith('backedUp', mustBeTrueOrFalse()),
  addWith('aaguid', badIds()),
  addWith('transports', transports),
  addWith('name', [...badNames(), 'n'.repeat(101), '𝒳'.repeat(101), null, undefined]),
  one('passkeys.add', null, notObjects, ({ passkeys }, value) =>
    passkeys.add(someActor(), newPasskey(), unsafe(value)),
  ),
  one('passkeys.add', 'max', [...badNumbers(), 0, 1001], ({ passkeys }, max) =>
    passkeys.add(someActor(), newPasskey(), { max: unsafe(max) }),
  ),
  ...inActor('passkeys.accepted', ({ passkeys }, actor) => passkeys.accepted(actor)),
  one('passkeys.isStored', 'credentialId', badBytes(1, 1023), ({ passkeys }, value) =>
    passkeys.isStored(unsafe(value)),
  ),
  one('passkeys.credentialsByEmail', 'email', badEmails(), ({ passkeys }, email) =>
    passkeys.credentialsByEmail(unsafe(email)),
  ),
  one('passkeys.findForSignIn', null, notObjects, ({ passkeys }, value) =>
    passkeys.findForSignIn(unsafe(value)),
  ),
  ...inOptionalCharge('passkeys.findForSignIn', ({ passkeys }, charge) =>
    passkeys.findForSignIn({ ...someAssertion(), charge: unsafe(charge) }),
  ),
  one('passkeys.findForSignIn', 'ceremony', [...badMethod(), 'register'], (storage, value) =>
    storage.passkeys.findForSignIn({ ...someAssertion(), ceremony: unsafe(value) }),
  ),
  one('passkeys.findForSignIn', 'credentialId', badBytes(1, 1023), ({ passkeys }, value) =>
    passkeys.findForSignIn({ ...someAssertion(), credentialId: unsafe(value) }),
  ),
  ...inUse('passkeys.signIn', ({ passkeys }, use) =>
    passkeys.signIn(use, { session: newSession() }),
  ),
  one('passkeys.signIn', null, notObjects, ({ passkeys }, value) =>
    passkeys.signIn(someUse(), unsafe(value)),
  ),
  ...inSession('passkeys.signIn', ({ passkeys }, session) =>
    passkeys.signIn(someUse(), { session }),
  ),
  one('passkeys.signIn', null, [null, undefined], ({ passkeys }, session) =>
    passkeys.signIn(someUse(), { session: unsafe(session) }),
  ),
  ...inRefund('passkeys.signIn', ({ passkeys }, refund) =>
    passkeys.signIn(someUse(), { session: newSession(), refund }),
  ),
  ...inUse('passkeys.reauthenticate', ({ passkeys }, use) =>
    passkeys.reauthenticate(use, someReauthentication().options),
  ),
  ...inKey('passkeys.reauthenticate', ({ passkeys }, key) =>
    passkeys.reauthenticate(someUse(), { ...someReauthentication().options, key }),
  ),
  one('passkeys.reauthenticate', null, notObjects, ({ passkeys }, value) =>
    passkeys.reauthenticate(someUse(), unsafe(value)),
  ),
  // Whether the use is of the same user or not.
  ...[someUse(), undefined].flatMap((use) => [
    ...inRefund('passkeys.reauthenticate', ({ passkeys }, refund) =>
      passkeys.reauthenticate(use ?? someUse(), { ...someReauthentication(use).options, refund }),
    ),
  ]),
  ...inActor('passkeys.rename', ({ passkeys }, actor) =>
    passkeys.rename(actor, newPasskeyId(), 'Name'),
  ),
  ...inOptionalCharge('passkeys.rename', ({ passkeys }, charge) =>
    passkeys.rename({ ...someActor(), charge: unsafe(charge) }, newPasskeyId(), 'Name'),
  ),
  one(
    'passkeys.rename',
    'name',
    [...badNames(), 'n'.repeat(101), '𝒳'.repeat(101), null, undefined],
    ({ passkeys }, name) => passkeys.rename(someActor(), newPasskeyId(), unsafe(name)),
  ),
  ...inActor('passkeys.delete', ({ passkeys }, actor) =>
    passkeys.delete(actor, newPasskeyId(), mailSignIn),
  ),
  one('passkeys.delete', null, notObjects, ({ passkeys }, value) =>
    passkeys.delete(someActor(), newPasskeyId(), unsafe(value)),
  ),
  one('passkeys.delete', 'mailSignIn', mustBeTrueOrFalse(), ({ passkeys }, value) =>
    passkeys.delete(someActor(), newPasskeyId(), { mailSignIn: unsafe(value) }),
  ),
]

const someAnswer = () => ({
  challengeHash: freshSecretHash(),
  ceremony: 'register' as const,
  actor: someActor(),
})

const passkeyChallenges: readonly BadArgument[] = [
  one('passkeyChallenges.store', null, notObjects, ({ passkeyChallenges }, value) =>
    passkeyChallenges.store(unsafe(value)),
  ),
  one('passkeyChallenges.store', 'ceremony', badMethod(), ({ passkeyChallenges }, value) =>
    passkeyChallenges.store({ ...newChallenge(), ceremony: unsafe(value) }),
  ),
  one('passkeyChallenges.store', null, notObjects, ({ passkeyChallenges }, holder) =>
    passkeyChallenges.store({ ...newChallenge(), holder: unsafe(holder) }),
  ),
  one('passkeyChallenges.store', 'kind', badMethod(), ({ passkeyChallenges }, kind) =>
    passkeyChallenges.store({ ...newChallenge(), holder: unsafe({ kind }) }),
  ),
  one('passkeyChallenges.store', 'userId', badIds(), ({ passkeyChallenges }, userId) =>
    passkeyChallenges.store(newChallenge({ holder: { kind: 'user', userId: unsafe(userId) } })),
  ),
  ...inActor('passkeyChallenges.store', ({ passkeyChallenges }, actor) =>
    passkeyChallenges.store(newChallenge({ holder: { kind: 'session', actor } })),
  ),
  one(
    'passkeyChallenges.store',
    'lifetimeSeconds',
    [...badNumbers(), 0],
    ({ passkeyChallenges }, value) =>
      passkeyChallenges.store({ ...newChallenge(), lifetimeSeconds: unsafe(value) }),
  ),
  ...inIpAddress('passkeyChallenges.store', ({ passkeyChallenges }, ipAddress) =>
    passkeyChallenges.store({ ...newChallenge(), ipAddress: unsafe(ipAddress) }),
  ),
  one('passkeyChallenges.storeForEmail', null, notObjects, ({ passkeyChallenges }, value) =>
    passkeyChallenges.storeForEmail(unsafe(value), freshEmail()),
  ),
  one(
    'passkeyChallenges.storeForEmail',
    'lifetimeSeconds',
    [...badNumbers(), 0],
    ({ passkeyChallenges }, value) =>
      passkeyChallenges.storeForEmail(
        { ...newChallenge(), lifetimeSeconds: unsafe(value) },
        freshEmail(),
      ),
  ),
  ...inIpAddress('passkeyChallenges.storeForEmail', ({ passkeyChallenges }, ipAddress) =>
    passkeyChallenges.storeForEmail(
      { ...newChallenge(), ipAddress: unsafe(ipAddress) },
      freshEmail(),
    ),
  ),
  one('passkeyChallenges.storeForEmail', 'email', badEmails(), ({ passkeyChallenges }, email) =>
    passkeyChallenges.storeForEmail(newChallenge(), unsafe(email)),
  ),
  one('passkeyChallenges.storeForPending', null, notObjects, ({ passkeyChallenges }, value) =>
    passkeyChallenges.storeForPending(unsafe(value), somePending()),
  ),
  one(
    'passkeyChallenges.storeForPending',
    'lifetimeSeconds',
    [...badNumbers(), 0],
    ({ passkeyChallenges }, value) =>
      passkeyChallenges.storeForPending(
        { ...newChallenge(), lifetimeSeconds: unsafe(value) },
        somePending(),
      ),
  ),
  ...inIpAddress('passkeyChallenges.storeForPending', ({ passkeyChallenges }, ipAddress) =>
    passkeyChallenges.storeForPending(
      { ...newChallenge(), ipAddress: unsafe(ipAddress) },
      somePending(),
    ),
  ),
  ...inKey('passkeyChallenges.storeForPending', ({ passkeyChallenges }, key) =>
    passkeyChallenges.storeForPending(newChallenge(), key),
  ),
  one('passkeyChallenges.consume', null, notObjects, ({ passkeyChallenges }, value) =>
    passkeyChallenges.consume(unsafe(value)),
  ),
  one(
    'passkeyChallenges.consume',
    'ceremony',
    [...badMethod(), 'authenticate'],
    ({ passkeyChallenges }, value) =>
      passkeyChallenges.consume({ ...someAnswer(), ceremony: unsafe(value) }),
  ),
  ...inActor('passkeyChallenges.consume', ({ passkeyChallenges }, actor) =>
    passkeyChallenges.consume({ ...someAnswer(), actor }),
  ),
]

/** Every argument of the methods of passkeys; see bad-calls.ts. */
export const badPasskeyCalls = { passkeys, passkeyChallenges }
