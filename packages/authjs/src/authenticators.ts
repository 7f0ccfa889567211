import { randomBytes } from 'node:crypto'
import type { Adapter, AdapterAuthenticator } from '@auth/core/adapters'
import type { Passkey, PasskeyCredential, RepositoryProvider } from 'torii-core'
import { newPasskeyId, parseUserId, tokenHash } from 'torii-core'
import { AdapterRefusal, accountDisabled } from './adapter-refusal.js'
import { credentialIdOf, toStored, toText } from './authenticator-row.js'
import type { ResolvedOptions } from './options.js'
import { newSessionToken } from './session-token.js'
import { shortSession, withActor } from './short-session.js'

type AuthenticatorMethods = Required<
  Pick<
    Adapter,
    | 'getAuthenticator'
    | 'createAuthenticator'
    | 'listAuthenticatorsByUserId'
    | 'updateAuthenticatorCounter'
  >
>

/** As in torii-auth. */
const maxPerUser = 20

/** A stored passkey: what verifies it, and what its owner sees. */
export interface StoredAuthenticator {
  readonly credential: PasskeyCredential
  readonly passkey: Passkey
}

/** What Auth.js does not know of a passkey. */
const unknown = {
  /** Auth.js generates a user handle for each registration and does not hand it over: torii-auth learns it at the first use. */
  userHandle: null,
  /** The AAGUID of authenticators that do not name their model. @see WebAuthn Level 3, section 6.5.1 */
  aaguid: '00000000-0000-0000-0000-000000000000',
  userVerified: false,
  name: 'Passkey',
}

export function createAuthenticatorMethods(storage: RepositoryProvider): AuthenticatorMethods {
  return {
    async getAuthenticator(credentialID) {
      const found = await findAuthenticator(storage, credentialID)
      return found === null ? null : toAuthenticator(found)
    },
    async createAuthenticator(authenticator) {
      const userId = parseUserId(authenticator.userId)
      if (userId === null) throw accountDisabled()
      if (authenticator.providerAccountId !== authenticator.credentialID)
        throw new AdapterRefusal(
          'not_supported',
          'providerAccountId must be the credentialID, as Auth.js makes it',
        )
      const stored = toStored(authenticator)
      await withActor(storage, userId, async ({ tx, actor }) => {
        const passkey = { id: newPasskeyId(), ...unknown, ...stored }
        const added = await tx.passkeys.add(actor, passkey, { max: maxPerUser })
        if (added.ok) return
        if (added.reason === 'stale') throw accountDisabled()
        throw added.reason === 'too_many'
          ? new AdapterRefusal('too_many', `the user has ${maxPerUser} authenticators already`)
          : new AdapterRefusal('already_exists', 'this authenticator is registered already')
      })
      return { ...authenticator, userId }
    },
    async listAuthenticatorsByUserId(id) {
      const userId = parseUserId(id)
      if (userId === null) return []
      const credentials = await storage.passkeys.credentials(userId)
      if (credentials.length === 0) return []
      const passkeys = await storage.passkeys.list(userId)
      return credentials.flatMap((credential) => {
        const passkey = passkeys.find(({ id: passkeyId }) => passkeyId === credential.id)
        return passkey === undefined ? [] : [toAuthenticator({ credential, passkey })]
      })
    },
    async updateAuthenticatorCounter(credentialID, newCounter) {
      const found = await findAuthenticator(storage, credentialID)
      if (found === null) throw noSuchAuthenticator()
      const { credential, passkey } = found
      const { credentialId, userId, epochs } = credential
      const use = {
        credentialId,
        userId,
        epochs,
        signCount: newCounter,
        backedUp: passkey.backedUp,
      }
      await storage.transaction(async (tx) => {
        const { key } = newSessionToken(userId)
        const used = await tx.passkeys.signIn(use, { session: shortSession(key) })
        if (used.ok) return tx.sessions.revoke(userId, key.id)
        throw used.reason === 'counter_regression'
          ? new AdapterRefusal(
              'counter_regression',
              'the counter of the authenticator did not rise: it may have been copied',
            )
          : noSuchAuthenticator()
      })
      return { ...toAuthenticator(found), counter: newCounter }
    },
  }
}

/**
 * Finds an authenticator by its credential id; null if there is none. The contract hands a credential out for the answer to
 * a challenge, so one is made and used; an unknown id, which anyone can send, writes nothing.
 */
export async function findAuthenticator(
  storage: RepositoryProvider,
  credentialID: string,
): Promise<StoredAuthenticator | null> {
  const credentialId = credentialIdOf(credentialID)
  if (credentialId === null || !(await storage.passkeys.isStored(credentialId))) return null
  const challengeHash = tokenHash(randomBytes(32))
  await storage.passkeyChallenges.store({
    challengeHash,
    ceremony: 'authenticate',
    holder: { kind: 'anyone' },
    lifetimeSeconds: 60,
    ipAddress: null,
  })
  const credential = await storage.passkeys.findForSignIn({
    challengeHash,
    ceremony: 'authenticate',
    credentialId,
  })
  if (credential === null || 'ok' in credential) return null
  const passkeys = await storage.passkeys.list(credential.userId)
  const passkey = passkeys.find(({ id }) => id === credential.id)
  const isSame =
    passkey !== undefined && toAuthenticator({ credential, passkey }).credentialID === credentialID
  return isSame ? { credential, passkey } : null
}

/** Deletes the passkey of a webauthn account. */
export async function deletePasskey(
  storage: RepositoryProvider,
  { emailSignIn }: ResolvedOptions,
  credentialID: string,
): Promise<void> {
  const found = await findAuthenticator(storage, credentialID)
  if (found === null) return
  const { userId, id } = found.credential
  await withActor(storage, userId, async ({ tx, actor }) => {
    const removal = await tx.passkeys.delete(actor, id, { mailSignIn: emailSignIn })
    if (!removal.ok && removal.reason === 'last_method')
      throw new AdapterRefusal(
        'last_method',
        'this is the only sign-in method of the user: add another one before you remove it',
      )
  })
}

const toAuthenticator = ({ credential, passkey }: StoredAuthenticator): AdapterAuthenticator => {
  const { credentialID, ...text } = toText(credential, passkey)
  return {
    ...text,
    credentialID,
    providerAccountId: credentialID,
    userId: credential.userId,
    counter: credential.signCount,
    credentialBackedUp: passkey.backedUp,
  }
}

const noSuchAuthenticator = (): AdapterRefusal =>
  new AdapterRefusal('not_found', 'there is no such authenticator')
