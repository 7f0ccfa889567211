import assert from 'node:assert/strict'
import type { UserId } from '../ids.js'
import type { PasswordCredential } from '../passwords.js'
import type { PasswordHash } from '../secret.js'
import type { AskingSession, NewSession, SessionKey, ValidSession } from '../sessions.js'
import type { StorageTransaction, TransactionRepositories } from '../storage.js'
import type { NewUser, User } from '../users.js'
import type { ConformanceStorage } from './case.js'
import { freeCharges, freshPasswordHash, newSession, newUser } from './samples.js'

/** Someone with an account, a password and a first session. */
export interface Person {
  readonly user: User
  readonly email: string
  readonly hash: PasswordHash
  readonly key: SessionKey
}

/** How many callers a promise of one winner is fired by. */
export const crowd = 20

/** Runs `act` twenty times at once. */
export const twentyAtOnce = <Result>(act: (index: number) => Promise<Result>): Promise<Result[]> =>
  Promise.all(Array.from({ length: crowd }, (_, index) => act(index)))

/** The outcome, which must be a success. */
export function succeeded<Outcome extends { readonly ok: boolean }>(
  outcome: Outcome,
): Extract<Outcome, { readonly ok: true }> {
  assert.equal(outcome.ok, true, `refused: ${JSON.stringify(outcome)}`)
  return outcome as Extract<Outcome, { readonly ok: true }>
}

/** How many of the outcomes are successes. */
export const winners = <Outcome extends { readonly ok: boolean }>(outcomes: readonly Outcome[]) =>
  outcomes.filter((outcome) => outcome.ok)

/** The value, which must be there. */
export function present<Value>(value: Value | null | undefined): Value {
  assert.ok(value !== null && value !== undefined, 'expected a value, found none')
  return value
}

/** The only element. */
export function only<Value>(values: readonly Value[]): Value {
  assert.equal(values.length, 1, `expected one, found ${values.length}`)
  return present(values[0])
}

/** Registers someone with a password and a session. */
export async function signUp(
  storage: TransactionRepositories,
  given: Partial<Omit<NewUser, 'passwordHash' | 'session'>> = {},
  session: Partial<NewSession> = {},
): Promise<Person> {
  const hash = freshPasswordHash()
  const opened = newSession(session)
  const made = newUser({ ...given, passwordHash: hash, session: opened })
  const { user } = succeeded(await storage.users.register(made))
  return { user, email: made.email, hash, key: keyOf(user.id, opened) }
}

/** Registers someone without a password and without a session. */
export async function signUpBare(
  storage: TransactionRepositories,
  given: Partial<NewUser> = {},
): Promise<User> {
  return succeeded(await storage.users.register(newUser(given))).user
}

/** Someone without a password who has two sessions, and what the first one asks with. */
export async function signUpWithoutPassword(
  storage: TransactionRepositories,
  emailVerified = false,
) {
  const user = await signUpBare(storage, { emailVerified })
  const key = await openOne(storage, user.id)
  const keys = [key, await openOne(storage, user.id)]
  return { user, keys, asking: await askingOf(storage, key) }
}

/** What opens the session. */
export const keyOf = (userId: UserId, { id, secretHash }: NewSession): SessionKey => ({
  userId,
  id,
  secretHash,
})

/** Opens one more session of the user. */
export async function openOne(
  storage: TransactionRepositories,
  userId: UserId,
  given: Partial<NewSession> = {},
): Promise<SessionKey> {
  const session = newSession(given)
  succeeded(await storage.sessions.open(userId, session))
  return keyOf(userId, session)
}

/** What a validation of the key sees, or null. */
export const seenBy = (
  storage: TransactionRepositories,
  key: SessionKey,
): Promise<ValidSession | null> => storage.sessions.validate(key, { touchSeconds: 60 })

/** What a validation of the key sees, which must be a live session. */
export const liveSession = async (
  storage: TransactionRepositories,
  key: SessionKey,
): Promise<ValidSession> => present(await seenBy(storage, key))

/** Asserts that the key opens nothing. */
export async function assertEnded(
  storage: TransactionRepositories,
  key: SessionKey,
): Promise<void> {
  assert.equal(await seenBy(storage, key), null, 'a session is alive that must have ended')
}

/** Asserts that none of the keys opens anything. */
export async function assertAllEnded(
  storage: TransactionRepositories,
  keys: readonly SessionKey[],
): Promise<void> {
  for (const key of keys) await assertEnded(storage, key)
}

/** The session as one that asks for something, as a validation sees it now. */
export async function askingOf(
  storage: TransactionRepositories,
  key: SessionKey,
): Promise<AskingSession> {
  const { epochs } = await liveSession(storage, key)
  return { userId: key.userId, sessionId: key.id, epochs }
}

/** What a look-up before a sign-in would find, put together without charging an attempt. */
export async function credentialOf(
  storage: TransactionRepositories,
  person: Person,
): Promise<Pick<PasswordCredential, 'userId' | 'hash' | 'epochs'>> {
  const { epochs } = await liveSession(storage, person.key)
  return { userId: person.user.id, hash: person.hash, epochs }
}

/** What a look-up for this address finds; charged under a key of its own. */
export async function lookUp(
  storage: ConformanceStorage,
  email: string,
): Promise<PasswordCredential | null> {
  const found = await storage.passwords.findForSignIn({ email, charges: freeCharges() })
  return succeeded(found).credential
}

/** Whether this is the stored hash: replacing a hash by itself succeeds exactly then. */
export const isStoredHash = (
  storage: TransactionRepositories,
  userId: UserId,
  hash: PasswordHash,
): Promise<boolean> => storage.passwords.rehash(userId, { verified: hash, next: hash })

/** Lets callers outside the transaction come as far as they can, without waiting for them. */
export async function letOthersRun(tx: StorageTransaction): Promise<void> {
  for (let turn = 0; turn < crowd; turn += 1) await tx.query('select 1')
}

/** What the promise rejects with. */
export async function rejectionOf(promised: Promise<unknown>): Promise<unknown> {
  try {
    await promised
  } catch (error) {
    return error
  }
  return assert.fail('it must reject')
}

/** What ends a session and leaves its user. */
export const sessionEnds: readonly (readonly [
  name: string,
  end: (storage: TransactionRepositories, key: SessionKey) => Promise<unknown>,
])[] = [
  ['was revoked', ({ sessions }, { userId, id }) => sessions.revoke(userId, id)],
  ['signed out', ({ sessions }, key) => sessions.end(key)],
  ['went with all others', ({ sessions }, { userId }) => sessions.revokeAll(userId)],
]
