import { randomBytes } from 'node:crypto'
import type {
  EncryptedTotpSecret,
  NewSession,
  NewTrustedBrowser,
  PendingKey,
  TokenHash,
  TransactionRepositories,
} from 'torii-core'
import {
  encryptedTotpSecret,
  newSessionId,
  newTrustedBrowserId,
  recoveryCodeCount,
} from 'torii-core'
import type { Person } from './people.test.support.js'
import { actorOf, freshSecretHash, keyOf, newSession } from './people.test.support.js'

/** What an enrollment is confirmed with. */
export interface Confirmation {
  readonly secret: EncryptedTotpSecret
  readonly step: number
  readonly newSecretHash: TokenHash
  readonly recoveryCodes: readonly TokenHash[]
}

/** A user who enrolled an authenticator application in their first session; its epochs are 1 and 0. */
export interface FactorOwner extends Person, Confirmation {}

/** The epochs of a user whom only an enrollment has changed. */
export const enrolledEpochs = { session: 1, owner: 0 } as const

/** The session that enrolled the factor as one that asks. */
export const ownerOf = (owner: Person) => ({ ...actorOf(owner), epochs: enrolledEpochs })

export const newConfirmation = (step = 1): Confirmation => ({
  secret: encryptedTotpSecret(randomBytes(48)),
  step,
  newSecretHash: freshSecretHash(),
  recoveryCodes: Array.from({ length: recoveryCodeCount }, freshSecretHash),
})

/** Starts an enrollment in the person's first session. */
export async function startEnrollment(
  { secondFactors }: Pick<TransactionRepositories, 'secondFactors'>,
  person: Person,
): Promise<Confirmation> {
  const confirmation = newConfirmation()
  if (!(await secondFactors.startTotp(actorOf(person), confirmation.secret)))
    throw new Error('the session had ended')
  return confirmation
}

/** Enrolls a factor in the person's first session, which nothing has ended; `undo` is the hash of the link that undoes it. */
export async function enroll(
  storage: Pick<TransactionRepositories, 'secondFactors'>,
  person: Person,
  undo: TokenHash | null = null,
): Promise<FactorOwner> {
  const confirmation = await startEnrollment(storage, person)
  const outcome = await storage.secondFactors.confirmTotp(actorOf(person), {
    ...confirmation,
    undo: undo === null ? null : { secretHash: undo, lifetimeSeconds: 604_800 },
  })
  if (!outcome.ok) throw new Error(`not confirmed: ${outcome.reason}`)
  return {
    ...person,
    ...confirmation,
    key: { ...person.key, secretHash: confirmation.newSecretHash },
  }
}

/** Begins a sign-in that waits for the second factor. */
export async function beginSignIn(
  { sessions }: Pick<TransactionRepositories, 'sessions'>,
  { id }: Pick<Person, 'id'>,
  given: Partial<NewSession> = {},
): Promise<PendingKey> {
  const session = { ...newSession(), ...given }
  const outcome = await sessions.open(id, session)
  if (outcome.ok || outcome.reason !== 'second_factor_required')
    throw new Error('the sign-in does not wait for a second factor')
  return keyOf(id, session)
}

/** A session to open by a pending sign-in. */
export const sessionOfPending = () => ({ id: newSessionId(), secretHash: freshSecretHash() })

/** A browser to trust for a month, which had these secrets before. */
export const newTrust = (formerHashes: readonly TokenHash[] = []): NewTrustedBrowser => ({
  id: newTrustedBrowserId(),
  secretHash: freshSecretHash(),
  formerHashes,
  lifetimeSeconds: 2_592_000,
})

/** Signs in by the code of `step`, in a browser that is trusted from then on. */
export async function trustBrowser(
  storage: Pick<TransactionRepositories, 'secondFactors' | 'sessions'>,
  person: Pick<Person, 'id'>,
  step: number,
): Promise<NewTrustedBrowser> {
  const trust = newTrust()
  const answer = answerOf(await beginSignIn(storage, person), step)
  const outcome = await storage.secondFactors.signIn({ ...answer, trust })
  if (!outcome.ok) throw new Error(`not signed in: ${outcome.reason}`)
  return trust
}

/** A session to open in a browser with this secret. */
export const trustedSession = (secretHash: TokenHash): NewSession => ({
  ...newSession(),
  trust: { secretHashes: [secretHash], newSecretHash: freshSecretHash() },
})

/** An answer to a pending sign-in by the code of `step`. */
export const answerOf = (key: PendingKey, step: number) => ({
  key,
  step,
  session: sessionOfPending(),
  refund: { account: null, ipAddress: null },
})
