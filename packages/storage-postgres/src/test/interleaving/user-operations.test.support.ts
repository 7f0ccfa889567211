import type { PostgresStorage } from '../../index.js'
import { actorOf, firstEpochs, freshRateLimitKey } from '../races/people.test.support.js'
import type { Operation } from './entry-row-operations.test.support.js'
import { countedActorOf, entryRowOperations } from './entry-row-operations.test.support.js'
import type { CallerInput, Fixture } from './fixture.test.support.js'
import { lastChange } from './fixture.test.support.js'
import {
  requiredFactorOperations,
  secondFactorOperations,
} from './second-factor-operations.test.support.js'

const entryAccountOperations = {
  register: ({ users }, { email }, { userId, session, hash }) =>
    users.register({ id: userId, email: email.toUpperCase(), passwordHash: hash, session }),
  open: ({ sessions }, { id }, { session }) => sessions.open(id, session),
  touch: ({ sessions }, { key }) => sessions.touch(key, { idleSeconds: 1000, touchSeconds: 60 }),
  derive: ({ sessions }, fixture, { session }) => sessions.derive(countedActorOf(fixture), session),
  revoke: ({ sessions }, { id, other }) => sessions.revoke(id, other.id),
  end: ({ sessions }, { key }) => sessions.end(key),
  openImported: ({ sessions }, { link }, { session }) =>
    sessions.openImported(link.tokenHash, session),
  endImported: ({ sessions }, { link }) => sessions.endImported(link.tokenHash),
  revokeOthers: ({ sessions }, fixture) => sessions.revokeOthers(countedActorOf(fixture)),
  revokeAll: ({ sessions }, { id }) => sessions.revokeAll(id),
  rotate: ({ sessions }, { key }, { secretHash }) => sessions.rotate(key, secretHash),
  reauthenticate: ({ sessions }, { key, refund }, { secretHash }) =>
    sessions.reauthenticate(key, { newSecretHash: secretHash, method: 'passkey', refund }),
  signIn: ({ passwords }, { id, hash, refund }, { session }) =>
    passwords.signIn({ credential: { userId: id, hash, epochs: firstEpochs }, session, refund }),
  signInRehashing: ({ passwords }, { id, hash, refund }, own) =>
    passwords.signIn({
      credential: { userId: id, hash, epochs: firstEpochs },
      session: own.session,
      rehash: own.hash,
      refund,
    }),
  set: ({ passwords }, fixture, { hash }) => passwords.set(actorOf(fixture), hash),
  change: ({ passwords }, fixture, { hash }) =>
    passwords.change(actorOf(fixture), {
      verified: fixture.hash,
      next: hash,
      refund: fixture.refund,
    }),
  rehash: ({ passwords }, { id, hash }, own) =>
    passwords.rehash(id, { verified: hash, next: own.hash }),
  remove: ({ passwords }, fixture) => passwords.remove(actorOf(fixture), { mailSignIn: true }),
  updateProfile: ({ users }, { id }, { name }) => users.updateProfile(id, { name }),
  update: ({ users }, { id }, { name }) => users.update(id, { name }, lastChange),
  verifyEmail: ({ users }, { id, email }) => users.verifyEmail(id, email),
  disable: ({ users }, { id }) => users.disable(id),
  enable: ({ users }, { id }) => users.enable(id),
  delete: ({ users }, { id }) => users.delete(id),
} satisfies Record<string, Operation>

const operations = {
  ...entryAccountOperations,
  ...entryRowOperations,
  ...secondFactorOperations,
  ...requiredFactorOperations,
}

export type OperationName = keyof typeof operations

/** Whether the user of the operation must have a second factor. */
export const needsFactor = (name: OperationName): boolean =>
  Object.hasOwn(secondFactorOperations, name)

/** Whether the user of the operation must have to enroll one. */
export const needsEnrollment = (name: OperationName): boolean =>
  Object.hasOwn(requiredFactorOperations, name)

/** Every operation that writes to one user. */
export const operationNames = Object.keys(operations) as OperationName[]

/** What an operation can come to only when it meets another one. */
const metOperations = {
  /** A request whose slot another one has taken: it is counted, and nothing is sent. */
  chargeUnsentMail: async ({ rateLimits }, { charges }) => {
    const charged = await rateLimits.chargeMail(charges)
    return charged.ok ? { ok: true, to: null } : charged
  },
  /** A link that is requested while another one is used: it survives, and its charge is given back. */
  issueUncountedLink: ({ magicLinks }, { email, charges }, { secretHash }) =>
    magicLinks.issue({
      email,
      tokenHash: secretHash,
      codeHash: null,
      lifetimeSeconds: 600,
      charges: { ...charges, address: { ...charges.address, key: freshRateLimitKey() } },
    }),
  /** A code that is sent while its pending sign-in ends: it is counted against the account, and looked at no more. */
  chargeAccount: ({ rateLimits }, { charges }) =>
    rateLimits.charge({ account: charges.address, ipAddress: null }),
  /** A request with the token of an imported session that is just being ended: its user is named, and nothing is opened. */
  findOpenedBefore: () => Promise.resolve({ ok: false, reason: 'opened_before' }),
  /** A registration of a taken address whose slot another one has taken: nothing is mailed. */
  registerUnsent: () => Promise.resolve({ ok: false, reason: 'email_taken', notice: null }),
} satisfies Record<string, Operation>

export type PlayedName = OperationName | keyof typeof metOperations
const playable: Readonly<Record<PlayedName, Operation>> = { ...operations, ...metOperations }

/** What an operation that meets another one may also come to: the work of one of these, or nothing (null). */
export const mayAlsoBe: Partial<Record<PlayedName, readonly (PlayedName | null)[]>> = {
  // A touch never waits: where its row is locked, someone else is using the session just now.
  touch: [null],
  // A rehash is dropped where the hash is just being changed; the session is dead by its epoch.
  signInRehashing: ['signIn'],
  registerByMail: ['registerUnsent'],
  openImported: ['findOpenedBefore'],
  findPendingFactor: ['chargeAccount'],
  findPendingPassword: ['chargeAccount'],
  // What ends the trust while its sign-in waits for it: the sign-in waits for the factor, and is dead by its epoch.
  openTrusted: ['open'],
  signInTrusted: ['signIn'],
  // A link or token that is issued while everything is being ended may be dead on arrival.
  issueLink: ['chargeMail', 'chargeUnsentMail', 'issueUncountedLink'],
  issueVerification: ['chargeMail', 'chargeUnsentMail'],
  issueReset: ['chargeMail', 'chargeUnsentMail'],
  issueEmailChange: ['chargeMail', 'chargeUnsentMail'],
}

/** Runs the operation and says in one word what it answered. */
export async function perform(
  name: PlayedName,
  storage: PostgresStorage,
  fixture: Fixture,
  own: CallerInput,
): Promise<string> {
  return wordFor(await playable[name](storage, fixture, own))
}

/** Counts are left out: how many of the ended sessions a statement could see depends on its snapshot. */
function wordFor(answer: unknown): string {
  if (typeof answer === 'number') return 'counted'
  if (typeof answer !== 'object' || answer === null) return String(answer)
  const { reason, how, created, tookOver, to, notice } = answer as Readonly<Record<string, unknown>>
  if (typeof reason === 'string') return `${reason}${notice ? ' with notice' : ''}`
  if (typeof how === 'string') return how
  if (tookOver === true) return 'took over'
  if (created === true) return 'created'
  return to === null ? 'nothing to send' : 'done'
}
