import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import type { UserId } from '../ids.js'
import { newOAuthAccountId, newPasskeyId, newUserId } from '../ids.js'
import type {
  Ciphertext,
  OAuthAccount,
  OAuthIdentity,
  OAuthSignIn,
  OAuthSignInOutcome,
} from '../oauth-accounts.js'
import type { NewOAuthState } from '../oauth-states.js'
import type { NewPasskeyChallenge } from '../passkey-challenges.js'
import type { NewPasskey, Passkey, PasskeyCredential, PasskeyUse } from '../passkeys.js'
import type { AskingSession, SessionKey } from '../sessions.js'
import type { TransactionRepositories } from '../storage.js'
import type { User } from '../users.js'
import type { Person } from './people.js'
import { askingOf, keyOf, present, signUp, succeeded } from './people.js'
import { freshEmail, freshSecretHash, freshWord, newSession } from './samples.js'

/** Random bytes as a plain array, of no driver's class. */
export const freshBytes = (length: number): Uint8Array => new Uint8Array(randomBytes(length))

/** What torii-auth could have made of a provider's tokens. */
export const freshCiphertext = (length = 64): Ciphertext => freshBytes(length) as Ciphertext

/** Asserts that two lists of bytes are the same, whatever class a driver gives them. */
export const assertBytes = (found: Uint8Array, expected: Uint8Array): void =>
  assert.equal(Buffer.from(found).toString('hex'), Buffer.from(expected).toString('hex'))

/** An identity that no other case uses, without tokens, unless `given`. */
export const newIdentity = (given: Partial<OAuthIdentity> = {}): OAuthIdentity => ({
  provider: 'google',
  subject: freshWord(),
  label: 'somebody@example.com',
  tokens: null,
  ...given,
})

/** Somebody nobody knows, with an address that the provider vouches for, unless `given`. */
export const newOAuthSignIn = (given: Partial<OAuthSignIn> = {}): OAuthSignIn => ({
  ...newIdentity(),
  email: freshEmail(),
  emailVerified: true,
  newUserId: newUserId(),
  newAccountId: newOAuthAccountId(),
  name: null,
  picture: null,
  session: newSession({ methods: ['oauth'] }),
  ...given,
})

/** The same person who comes back: other ids, another session. */
export const again = (person: OAuthSignIn, given: Partial<OAuthSignIn> = {}): OAuthSignIn => ({
  ...person,
  newUserId: newUserId(),
  newAccountId: newOAuthAccountId(),
  session: newSession({ methods: ['oauth'] }),
  ...given,
})

/** A sign-in over a provider that succeeded. */
export interface OAuthVisit {
  readonly person: OAuthSignIn
  readonly user: User
  readonly key: SessionKey
  readonly how: Extract<OAuthSignInOutcome, { ok: true }>['how']
}

/** Signs in over a provider. */
export async function visit(
  storage: TransactionRepositories,
  person: OAuthSignIn = newOAuthSignIn(),
): Promise<OAuthVisit> {
  const { user, how } = succeeded(await storage.oauthAccounts.signIn(person))
  return { person, user, how, key: keyOf(user.id, person.session) }
}

/** The mailbox's owner comes with an identity of their own and takes an unverified account over. */
export async function takeOver(
  storage: TransactionRepositories,
  email: string,
): Promise<OAuthVisit> {
  const taken = await visit(storage, newOAuthSignIn({ email, provider: 'owner' }))
  assert.equal(taken.how, 'took_over')
  return taken
}

/** Links an identity, a fresh one unless `given`. */
export async function linkOne(
  storage: TransactionRepositories,
  asking: AskingSession,
  given: Partial<OAuthIdentity> = {},
): Promise<OAuthAccount> {
  const identity = { ...newIdentity(given), newAccountId: newOAuthAccountId() }
  return succeeded(await storage.oauthAccounts.link(asking, identity)).account
}

/** A credential that no other case uses, unless `given`. */
export const newPasskey = (given: Partial<NewPasskey> = {}): NewPasskey => ({
  id: newPasskeyId(),
  credentialId: freshBytes(32),
  publicKey: freshBytes(77),
  signCount: 0,
  userHandle: freshBytes(64),
  userVerified: true,
  backupEligible: false,
  backedUp: false,
  aaguid: randomUUID(),
  transports: ['internal', 'hybrid'],
  name: 'My telephone',
  ...given,
})

/** Adds a passkey, a fresh one unless `given`. */
export async function addOne(
  storage: TransactionRepositories,
  asking: AskingSession,
  given: Partial<NewPasskey> = {},
): Promise<{ made: NewPasskey; passkey: Passkey }> {
  const made = newPasskey(given)
  const { passkey } = succeeded(await storage.passkeys.add(asking, made, { max: 1000 }))
  return { made, passkey }
}

/** Someone with a password, a verified address, a session and a passkey. */
export interface PasskeyOwner extends Person {
  readonly asking: AskingSession
  readonly made: NewPasskey
  readonly passkey: Passkey
}

/** Registers someone and adds a passkey. */
export async function signUpWithPasskey(
  storage: TransactionRepositories,
  given: Partial<NewPasskey> = {},
  emailVerified = true,
): Promise<PasskeyOwner> {
  const person = await signUp(storage, { emailVerified })
  const asking = await askingOf(storage, person.key)
  return { ...person, asking, ...(await addOne(storage, asking, given)) }
}

/** The credential as a look-up for its user finds it. */
export async function storedCredential(
  storage: TransactionRepositories,
  userId: UserId,
  { id }: Pick<NewPasskey, 'id'>,
): Promise<PasskeyCredential> {
  const all = await storage.passkeys.credentials(userId)
  return present(all.find((credential) => credential.id === id))
}

/** What a verified assertion with this count says. */
export const useOf = (
  { user, asking, made }: Pick<PasskeyOwner, 'user' | 'asking' | 'made'>,
  signCount: number,
  given: Partial<PasskeyUse> = {},
): PasskeyUse => ({
  credentialId: made.credentialId,
  userId: user.id,
  signCount,
  backedUp: false,
  epochs: asking.epochs,
  ...given,
})

/** A sign-in flow that starts, charged to nobody, unless `given`. */
export const newState = (given: Partial<NewOAuthState> = {}): NewOAuthState => ({
  stateHash: freshSecretHash(),
  browserHash: freshSecretHash(),
  provider: 'google',
  flow: { kind: 'sign_in' },
  redirectTo: null,
  lifetimeSeconds: 600,
  network: null,
  ...given,
})

/** A challenge of a discoverable sign-in, charged to nobody, unless `given`. */
export const newChallenge = (given: Partial<NewPasskeyChallenge> = {}): NewPasskeyChallenge => ({
  challengeHash: freshSecretHash(),
  ceremony: 'authenticate',
  holder: { kind: 'anyone' },
  lifetimeSeconds: 300,
  network: null,
  ...given,
})
