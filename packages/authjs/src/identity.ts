import { randomBytes } from 'node:crypto'
import type {
  OAuthAccountId,
  RepositoryProvider,
  SessionKey,
  StorageTransaction,
  User,
} from 'torii-core'
import { newOAuthAccountId, newUserId } from 'torii-core'
import { accountDisabled } from './adapter-refusal.js'
import { newSessionToken } from './session-token.js'
import { shortSession } from './short-session.js'

/** A provider account of Auth.js, under the names of Torii. */
export interface Identity {
  readonly provider: string
  readonly subject: string
}

/** The user of a linked identity, inside the transaction that looked it up. */
export interface KnownIdentity {
  readonly tx: StorageTransaction
  readonly user: User
  /** A session of the user that exists in this transaction only. */
  readonly key: SessionKey
  /** Finds the linked account. One statement. */
  accountId(): Promise<OAuthAccountId>
}

/**
 * Looks up the user of an identity and runs `work` for them; returns null if the identity is not linked. The contract finds
 * an identity only by signing in, so this signs in inside a transaction, which is rolled back unless `work` asks to keep it.
 * Nothing that was done before is visible to anyone then. An identity that was removed as unverified is not linked.
 * @throws AdapterRefusal `account_disabled`
 */
export async function withIdentity<Result>(
  storage: RepositoryProvider,
  { provider, subject }: Identity,
  work: (known: KnownIdentity) => Promise<{ result: Result; keep: boolean }>,
): Promise<Result | null> {
  const undone = new Error('the look-up is rolled back')
  const found: { result: Result | null } = { result: null }
  // The label of the account becomes this mark in the transaction: the list of a user's accounts has no subjects.
  const mark = randomBytes(16).toString('base64url')
  const newUser = newUserId()
  try {
    await storage.transaction(async (tx) => {
      const { key } = newSessionToken(newUser)
      const outcome = await tx.oauthAccounts.signIn({
        provider,
        subject,
        label: mark,
        tokens: null,
        email: null,
        emailVerified: false,
        newUserId: newUser,
        newAccountId: newOAuthAccountId(),
        name: null,
        picture: null,
        session: shortSession(key),
      })
      if (!outcome.ok) throw accountDisabled()
      if (outcome.how !== 'known') throw undone
      const { user } = outcome
      const { result, keep } = await work({
        tx,
        user,
        key: { ...key, userId: user.id },
        async accountId() {
          const accounts = await tx.oauthAccounts.list(user.id)
          const account = accounts.find(({ label }) => label === mark)
          if (account === undefined) throw new Error('the account that signed in is not listed')
          return account.id
        },
      })
      found.result = result
      if (!keep) throw undone
    })
  } catch (error) {
    if (error !== undone) throw error
  }
  return found.result
}
