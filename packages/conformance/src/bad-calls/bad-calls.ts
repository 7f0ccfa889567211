import type { SessionActor, SessionKey } from 'torii-core'
import {
  freshEmail,
  freshPasswordHash,
  freshRateLimitKey,
  freshSecretHash,
  newSession,
  newUser,
  noRefund,
  onAccount,
  unknownSessionId,
  unknownUserId,
} from '../fixtures/samples.js'
import type { BadArgument } from './bad-arguments.js'
import {
  inActor,
  inCharges,
  inKey,
  inProfile,
  inRefund,
  inSession,
  inWho,
  one,
} from './bad-arguments.js'
import { inOptionalCharge } from './bad-arguments-credentials.js'
import { badAuditCalls } from './bad-calls-audit.js'
import { badImportedSessionCalls } from './bad-calls-imported.js'
import { badMagicLinkCalls, badVerificationCalls, inMailCharges } from './bad-calls-mail.js'
import {
  badBooleans,
  badCursors,
  badDigests,
  badEmails,
  badMethod,
  badNumbers,
  badPrefixes,
  badTimes,
  notObjects,
  unsafe,
} from './bad-values.js'

const users: readonly BadArgument[] = [
  one('users.register', null, notObjects, ({ users }, value) => users.register(unsafe(value))),
  one('users.register', 'email', badEmails(), ({ users }, email) =>
    users.register({ ...newUser(), email: unsafe(email) }),
  ),
  one('users.register', 'emailVerified', badBooleans(), ({ users }, value) =>
    users.register({ ...newUser(), emailVerified: unsafe(value) }),
  ),
  ...inProfile('users.register', ({ users }, profile) => users.register(newUser(profile))),
  one(
    'users.register',
    null,
    notObjects.filter((value) => value !== undefined),
    ({ users }, verification) => users.register(newUser({ verification: unsafe(verification) })),
  ),
  one('users.register', 'lifetimeSeconds', [...badNumbers(), 0], ({ users }, seconds) =>
    users.register(
      newUser({
        verification: { secretHash: freshSecretHash(), lifetimeSeconds: unsafe(seconds) },
      }),
    ),
  ),
  ...inSession('users.register', ({ users }, session) => users.register(newUser({ session }))),
  one('users.findByEmail', 'email', badEmails(), ({ users }, email) =>
    users.findByEmail(unsafe(email)),
  ),
  ...inWho('users.updateProfile', ({ users }, who) => users.updateProfile(who, { name: 'Name' })),
  one('users.updateProfile', null, notObjects, ({ users }, value) =>
    users.updateProfile(unknownUserId(), unsafe(value)),
  ),
  ...inProfile('users.updateProfile', ({ users }, changes) =>
    users.updateProfile(unknownUserId(), changes),
  ),
  one('users.update', null, notObjects, ({ users }, value) =>
    users.update(unknownUserId(), unsafe(value), new Date()),
  ),
  ...inProfile('users.update', ({ users }, changes) =>
    users.update(unknownUserId(), changes, new Date()),
  ),
  one('users.update', 'seen', badTimes(), ({ users }, seen) =>
    users.update(unknownUserId(), { name: 'Name' }, unsafe(seen)),
  ),
  one('users.verifyEmail', 'email', badEmails(), ({ users }, email) =>
    users.verifyEmail(unknownUserId(), unsafe(email)),
  ),
  ...inOptionalCharge('users.updateProfile', ({ users }, charge) =>
    users.updateProfile({ ...someActor(), charge: unsafe(charge) }, { name: 'Name' }),
  ),
  ...inWho('users.delete', ({ users }, who) => users.delete(who)),
  one(
    'users.list',
    null,
    notObjects.filter((value) => value !== undefined),
    ({ users }, value) => users.list(unsafe(value)),
  ),
  one(
    'users.list',
    'limit',
    [...badNumbers(), 0, 201].filter((value) => value !== undefined && value !== null),
    ({ users }, limit) => users.list({ limit: unsafe(limit) }),
  ),
  one('users.list', 'after', badCursors(), ({ users }, after) =>
    users.list({ after: unsafe(after) }),
  ),
  one('users.list', 'emailPrefix', badPrefixes(), ({ users }, emailPrefix) =>
    users.list({ emailPrefix: unsafe(emailPrefix) }),
  ),
]

const touchOptions = { idleSeconds: 1000, touchSeconds: 60 }

const sessions: readonly BadArgument[] = [
  one(
    'sessions.listPage',
    null,
    notObjects.filter((value) => value !== undefined),
    ({ sessions }, value) => sessions.listPage(unknownUserId(), unsafe(value)),
  ),
  one(
    'sessions.listPage',
    'limit',
    [...badNumbers(), 0, 201].filter((value) => value !== undefined && value !== null),
    ({ sessions }, limit) => sessions.listPage(unknownUserId(), { limit: unsafe(limit) }),
  ),
  one(
    'sessions.listPage',
    'after',
    [...badCursors(), unknownUserId(), `1_${'x'.repeat(36)}`],
    ({ sessions }, after) => sessions.listPage(unknownUserId(), { after: unsafe(after) }),
  ),
  ...inOptionalCharge('sessions.derive', ({ sessions }, charge) =>
    sessions.derive({ ...someActor(), charge: unsafe(charge) }, newSession()),
  ),
  ...inOptionalCharge('sessions.revokeOthers', ({ sessions }, charge) =>
    sessions.revokeOthers({ ...someActor(), charge: unsafe(charge) }),
  ),
  ...inSession('sessions.open', ({ sessions }, session) => sessions.open(unknownUserId(), session)),
  one('sessions.open', null, [null, undefined], ({ sessions }, value) =>
    sessions.open(unknownUserId(), unsafe(value)),
  ),
  ...inActor('sessions.derive', ({ sessions }, actor) => sessions.derive(actor, newSession())),
  ...inSession('sessions.derive', ({ sessions }, session) =>
    sessions.derive(someActor(), session),
  ).filter(({ field }) => isDerived(field)),
  one('sessions.derive', 'idleSeconds', [...badNumbers(), 0], ({ sessions }, idleSeconds) =>
    sessions.derive(someActor(), { ...newSession(), idleSeconds: unsafe(idleSeconds) }),
  ),
  one('sessions.derive', null, [null, undefined], ({ sessions }, session) =>
    sessions.derive(someActor(), unsafe(session)),
  ),
  ...inKey('sessions.validate', ({ sessions }, key) => sessions.validate(key, touchOptions)),
  one('sessions.validate', null, notObjects, ({ sessions }, value) =>
    sessions.validate(someKey(), unsafe(value)),
  ),
  one('sessions.validate', 'touchSeconds', badNumbers(), ({ sessions }, value) =>
    sessions.validate(someKey(), { touchSeconds: unsafe(value) }),
  ),
  ...inKey('sessions.touch', ({ sessions }, key) => sessions.touch(key, touchOptions)),
  one('sessions.touch', null, notObjects, ({ sessions }, value) =>
    sessions.touch(someKey(), unsafe(value)),
  ),
  one('sessions.touch', 'idleSeconds', [...badNumbers(), 0], ({ sessions }, value) =>
    sessions.touch(someKey(), { ...touchOptions, idleSeconds: unsafe(value) }),
  ),
  one('sessions.touch', 'touchSeconds', badNumbers(), ({ sessions }, value) =>
    sessions.touch(someKey(), { ...touchOptions, touchSeconds: unsafe(value) }),
  ),
  ...inWho('sessions.revoke', ({ sessions }, who) => sessions.revoke(who, unknownSessionId())),
  ...inKey('sessions.end', ({ sessions }, key) => sessions.end(key)),
  ...inActor('sessions.revokeOthers', ({ sessions }, actor) => sessions.revokeOthers(actor)),
  ...inWho('sessions.revokeAll', ({ sessions }, who) => sessions.revokeAll(who)),
  ...inKey('sessions.rotate', ({ sessions }, key) => sessions.rotate(key, freshSecretHash())),
  ...inKey('sessions.reauthenticate', ({ sessions }, key) =>
    sessions.reauthenticate(key, someProof()),
  ),
  one('sessions.reauthenticate', null, notObjects, ({ sessions }, value) =>
    sessions.reauthenticate(someKey(), unsafe(value)),
  ),
  one('sessions.reauthenticate', 'method', badMethod(), ({ sessions }, value) =>
    sessions.reauthenticate(someKey(), { ...someProof(), method: unsafe(value) }),
  ),
  ...inRefund('sessions.reauthenticate', ({ sessions }, refund) =>
    sessions.reauthenticate(someKey(), { ...someProof(), refund }),
  ),
  ...badImportedSessionCalls,
]

const passwords: readonly BadArgument[] = [
  one('passwords.findForSignIn', null, notObjects, ({ passwords }, value) =>
    passwords.findForSignIn(unsafe(value)),
  ),
  one('passwords.findForSignIn', 'email', badEmails(), ({ passwords }, email) =>
    passwords.findForSignIn({ email: unsafe(email), charges: onAccount(freshRateLimitKey()) }),
  ),
  ...inCharges('passwords.findForSignIn', ({ passwords }, charges) =>
    passwords.findForSignIn({ email: freshEmail(), charges }),
  ),
  one('passwords.findForUser', null, notObjects, ({ passwords }, value) =>
    passwords.findForUser(unsafe(value)),
  ),
  ...inCharges('passwords.findForUser', ({ passwords }, charges) =>
    passwords.findForUser({ userId: unknownUserId(), charges }),
  ),
  one('passwords.signIn', null, notObjects, ({ passwords }, value) =>
    passwords.signIn(unsafe(value)),
  ),
  ...inActor('passwords.signIn', ({ passwords }, actor) =>
    // The credential carries the same members, but for the session, which only the asking has.
    passwords.signIn({ ...someSignIn(), credential: credentialWith(actor) }),
  ).filter(({ field }) => field === 'session' || field === 'owner'),
  ...inSession('passwords.signIn', ({ passwords }, session) =>
    passwords.signIn({ ...someSignIn(), session }),
  ),
  one('passwords.signIn', null, [null, undefined], ({ passwords }, session) =>
    passwords.signIn({ ...someSignIn(), session: unsafe(session) }),
  ),
  ...inRefund('passwords.signIn', ({ passwords }, refund) =>
    passwords.signIn({ ...someSignIn(), refund }),
  ),
  ...inActor('passwords.set', ({ passwords }, actor) => passwords.set(actor, freshPasswordHash())),
  ...inActor('passwords.change', ({ passwords }, actor) => passwords.change(actor, someHashes())),
  one('passwords.change', null, notObjects, ({ passwords }, value) =>
    passwords.change(someActor(), unsafe(value)),
  ),
  ...inRefund('passwords.change', ({ passwords }, refund) =>
    passwords.change(someActor(), { ...someHashes(), refund }),
  ),
  one('passwords.rehash', null, notObjects, ({ passwords }, value) =>
    passwords.rehash(unknownUserId(), unsafe(value)),
  ),
  ...inActor('passwords.remove', ({ passwords }, actor) =>
    passwords.remove(actor, { mailSignIn: true }),
  ),
  one('passwords.remove', null, notObjects, ({ passwords }, value) =>
    passwords.remove(someActor(), unsafe(value)),
  ),
  one(
    'passwords.remove',
    'mailSignIn',
    [...badBooleans(), null, undefined],
    ({ passwords }, value) => passwords.remove(someActor(), { mailSignIn: unsafe(value) }),
  ),
]

const rateLimits: readonly BadArgument[] = [
  ...inCharges('rateLimits.charge', ({ rateLimits }, charges) => rateLimits.charge(charges)),
  ...inMailCharges('rateLimits.chargeMail', ({ rateLimits }, charges) =>
    rateLimits.chargeMail(charges),
  ),
  one('rateLimits.chargeMail', null, [null], ({ rateLimits }, charges) =>
    rateLimits.chargeMail(unsafe(charges)),
  ),
  ...inRefund('rateLimits.refund', ({ rateLimits }, refund) => rateLimits.refund(refund)),
  one(
    'rateLimits.giveBack',
    'keys',
    [...notObjects.filter((value) => !Array.isArray(value)), {}],
    ({ rateLimits }, value) => rateLimits.giveBack(unsafe(value)),
  ),
  one('rateLimits.giveBack', 'key', badDigests(), ({ rateLimits }, value) =>
    rateLimits.giveBack([unsafe(value)]),
  ),
  one('rateLimits.refund', null, [undefined], ({ rateLimits }, value) =>
    rateLimits.refund(unsafe(value)),
  ),
]

/** Every argument of every method, with the values it must refuse, by repository. */
export const badCalls = {
  magicLinks: badMagicLinkCalls,
  verificationTokens: badVerificationCalls,
  users,
  sessions,
  passwords,
  rateLimits,
  auditEvents: badAuditCalls,
}

/** What a session to derive says by itself; the rest is inherited. */
function isDerived(field: string | null): boolean {
  return field === null || ['ip', 'userAgent'].includes(field)
}

const someKey = (): SessionKey => ({
  userId: unknownUserId(),
  id: unknownSessionId(),
  secretHash: freshSecretHash(),
})
const someActor = (): SessionActor => ({
  userId: unknownUserId(),
  sessionId: unknownSessionId(),
  epochs: { session: 0, owner: 0 },
})
const someProof = () => ({ newSecretHash: freshSecretHash(), method: 'password' as const })
const someHashes = () => ({ verified: freshPasswordHash(), next: freshPasswordHash() })
const someSignIn = () => ({
  credential: {
    userId: unknownUserId(),
    hash: freshPasswordHash(),
    epochs: { session: 0, owner: 0 },
  },
  session: newSession(),
  refund: noRefund,
})

/** A credential with the members of `asking`; what is no object stays what it is. */
const credentialWith = (actor: unknown): ReturnType<typeof someSignIn>['credential'] =>
  typeof actor === 'object' && actor !== null && !Array.isArray(actor)
    ? { ...someSignIn().credential, ...actor }
    : unsafe(actor)
