import { newUserId } from '../ids.js'
import type { MailboxProof, MailCharges, NewMagicLink } from '../magic-links.js'
import type { AskingSession, NewSession, SessionKey } from '../sessions.js'
import type { TokenHash } from '../token-hash.js'
import type { NewVerification, VerificationKey } from '../verification-tokens.js'
import type { ConformanceStorage } from './case.js'
import type { Person } from './people.js'
import { askingOf, keyOf, only, openOne, present, signUp, succeeded } from './people.js'
import { freshAttemptKey, freshEmail, freshSecretHash, newSession, policy } from './samples.js'

/** Charges under keys that nothing else is counted under, unless `given`. */
export const mailCharges = (given: Partial<MailCharges> = {}): MailCharges => ({
  address: { key: freshAttemptKey(), policy: policy() },
  network: null,
  ...given,
})

/** A link with a code for an address that nobody has, unless `given`. */
export const newMagicLink = (given: Partial<NewMagicLink> = {}): NewMagicLink => ({
  email: freshEmail(),
  tokenHash: freshSecretHash(),
  codeHash: freshSecretHash(),
  lifetimeSeconds: 600,
  charges: mailCharges(),
  ...given,
})

/** A proof that makes the user of an unknown address, unless `given`. */
export const newProof = (given: Partial<MailboxProof> = {}): MailboxProof => ({
  session: newSession({ methods: ['magic_link'] }),
  newUserId: newUserId(),
  ...given,
})

/** Issues a link that must be mailed. */
export async function issueLink(
  { magicLinks }: ConformanceStorage,
  given: Partial<NewMagicLink> = {},
): Promise<NewMagicLink & { codeHash: TokenHash }> {
  const link = newMagicLink(given)
  present(succeeded(await magicLinks.issue(link)).to)
  return { ...link, codeHash: link.codeHash ?? freshSecretHash() }
}

/** What {@link ConformanceStorage.magicLinks} takes beside the proof, for the code of a link. */
export const codeOf = (link: { email: string; codeHash: TokenHash }, codeHash = link.codeHash) => ({
  email: link.email,
  codeHashes: [codeHash],
})

/** A token for the account of an address, unless `given`. */
export const newVerification = (
  email: string,
  given: Partial<NewVerification> = {},
): NewVerification => ({
  purpose: 'reset_password',
  email,
  secretHash: freshSecretHash(),
  lifetimeSeconds: 600,
  charges: mailCharges(),
  ...given,
})

/** Issues a token that must be mailed. */
export async function issueToken(
  { verificationTokens }: ConformanceStorage,
  purpose: NewVerification['purpose'],
  email: string,
): Promise<VerificationKey> {
  const wanted = newVerification(email, { purpose })
  const { userId } = succeeded(await verificationTokens.issue(wanted))
  return { userId: present(userId), secretHash: wanted.secretHash }
}

/** A change of address that this session asks for, unless `given`. */
export const newEmailChange = (asking: AskingSession, email = freshEmail()) => ({
  asking,
  email,
  secretHash: freshSecretHash(),
  lifetimeSeconds: 600,
  charges: mailCharges(),
})

/** Issues a token for a new address that must be mailed. */
export async function issueChange(
  { verificationTokens }: ConformanceStorage,
  asking: AskingSession,
  email = freshEmail(),
): Promise<TokenHash> {
  const change = newEmailChange(asking, email)
  present(succeeded(await verificationTokens.issueEmailChange(change)).to)
  return change.secretHash
}

/** Someone with an address, a password and two sessions, the first of which asks. */
export async function signUpAsking(storage: ConformanceStorage, emailVerified = true) {
  const person = await signUp(storage, { emailVerified })
  const other = await openOne(storage, person.user.id)
  return { ...person, other, asking: await askingOf(storage, person.key) }
}

/** The session that a proof opened. */
export const openedBy = (userId: Person['user']['id'], { session }: { session: NewSession }) =>
  keyOf(userId, session)

/** The sessions that the winners of a race opened, which must all be of one user. */
export function keysOfOneUser(
  outcomes: readonly ({ ok: true; user: { id: Person['user']['id'] } } | { ok: false })[],
  proofs: readonly MailboxProof[],
): SessionKey[] {
  const won = outcomes.flatMap((outcome, index) =>
    outcome.ok ? [{ id: outcome.user.id, proof: present(proofs[index]) }] : [],
  )
  const id = only([...new Set(won.map((winner) => winner.id))])
  return won.map(({ proof }) => openedBy(id, proof))
}
