import type { Adapter, AdapterAccount } from '@auth/core/adapters'
import type { Ciphertext, RepositoryProvider, User, UserId } from 'torii-core'
import { checkText, InvalidInputError, newOAuthAccountId, newUserId, parseUserId } from 'torii-core'
import { AdapterRefusal, accountDisabled } from './adapter-refusal.js'
import { deletePasskey, findAuthenticator } from './authenticators.js'
import { idTokenVerifies } from './id-token.js'
import type { Identity } from './identity.js'
import { withIdentity } from './identity.js'
import type { ResolvedOptions } from './options.js'
import { newSessionToken } from './session-token.js'
import { shortSession, withActor } from './short-session.js'
import { fromTokenRecord, toTokenRecord } from './token-record.js'
import { toAdapterUser } from './users.js'

type AccountMethods = Required<
  Pick<Adapter, 'getUserByAccount' | 'linkAccount' | 'unlinkAccount' | 'getAccount'>
>

export function createAccountMethods(
  storage: RepositoryProvider,
  options: ResolvedOptions,
): AccountMethods {
  const isWebauthn = (provider: string) => options.webauthnProviders.has(provider)
  return {
    async getUserByAccount({ provider, providerAccountId }) {
      if (isWebauthn(provider)) {
        const found = await findAuthenticator(storage, providerAccountId)
        const user = found === null ? null : await storage.users.find(found.credential.userId)
        return user === null ? null : toAdapterUser(user)
      }
      const identity = identityOrNull(provider, providerAccountId)
      if (identity === null) return null
      return withIdentity(storage, identity, async ({ user }) => ({
        result: toAdapterUser(user),
        keep: false,
      }))
    },
    async linkAccount(account) {
      const userId = parseUserId(account.userId)
      if (userId === null) throw accountDisabled()
      // An address signs in by itself, and `createAuthenticator`, which follows, stores a passkey with its owner.
      if (account.type === 'email') return
      if ((account.type === 'webauthn') !== isWebauthn(account.provider))
        throw new AdapterRefusal(
          'not_supported',
          `the provider "${account.provider}" is of type ${account.type}: the option webauthnProviders must name the providers of type webauthn, and no other`,
        )
      if (account.type === 'webauthn') return
      await link(storage, options, userId, account)
    },
    async unlinkAccount({ provider, providerAccountId }) {
      if (isWebauthn(provider)) return deletePasskey(storage, options, providerAccountId)
      const identity = identityOrNull(provider, providerAccountId)
      if (identity === null) return
      await withIdentity(storage, identity, async ({ tx, user, key, accountId }) => {
        const valid = await tx.sessions.validate(key, { touchSeconds: 60 })
        if (valid === null) throw accountDisabled()
        const actor = { userId: user.id, sessionId: key.id, epochs: valid.epochs }
        const removal = await tx.oauthAccounts.unlink(actor, await accountId(), {
          mailSignIn: options.emailSignIn,
        })
        if (!removal.ok) throw onlyMethod()
        await tx.sessions.revoke(user.id, key.id)
        return { result: null, keep: true }
      })
    },
    async getAccount(providerAccountId, provider) {
      if (isWebauthn(provider)) {
        const found = await findAuthenticator(storage, providerAccountId)
        if (found === null) return null
        const { userId } = found.credential
        return { provider, providerAccountId, userId, type: 'webauthn' }
      }
      const identity = identityOrNull(provider, providerAccountId)
      if (identity === null) return null
      return withIdentity(storage, identity, async ({ tx, user, accountId }) => {
        const stored = await tx.oauthAccounts.findTokens(user.id, await accountId())
        const record =
          stored === null || options.tokenEncryption === null
            ? {}
            : options.tokenEncryption.decrypt(stored.tokens, identity)
        const account: AdapterAccount = {
          type: 'oauth',
          ...fromTokenRecord(record),
          provider,
          providerAccountId,
          userId: user.id,
        }
        return { result: account, keep: false }
      })
    },
  }
}

async function link(
  storage: RepositoryProvider,
  { tokenEncryption, trustedProviders }: ResolvedOptions,
  userId: UserId,
  account: AdapterAccount,
): Promise<void> {
  const identity = identityOf(account.provider, account.providerAccountId)
  const record = toTokenRecord(account)
  const tokens =
    tokenEncryption === null || record === null ? null : tokenEncryption.encrypt(record, identity)
  if (trustedProviders.has(identity.provider) && account.type === 'oidc') {
    const user = await storage.users.find(userId)
    if (user !== null && idTokenVerifies(account.id_token, user))
      return linkVerified(storage, user, identity, tokens)
  }
  await withActor(storage, userId, async ({ tx, actor }) => {
    const added = { ...identity, label: null, tokens, newAccountId: newOAuthAccountId() }
    const linked = await tx.oauthAccounts.link(actor, added)
    if (!linked.ok) throw alreadyLinked()
  })
}

/**
 * Links by the email address that the provider has verified. As with every trusted provider in Torii, this verifies the
 * address of the account, and removes what was added to the account while it was unverified.
 */
const linkVerified = (
  storage: RepositoryProvider,
  user: User,
  identity: Identity,
  tokens: Ciphertext | null,
): Promise<void> =>
  storage.transaction(async (tx) => {
    const { key } = newSessionToken(user.id)
    const outcome = await tx.oauthAccounts.signIn({
      ...identity,
      label: null,
      tokens,
      email: user.email,
      emailVerified: true,
      newUserId: newUserId(),
      newAccountId: newOAuthAccountId(),
      name: null,
      picture: null,
      session: shortSession(key),
    })
    if (!outcome.ok) throw accountDisabled()
    // The identity may be known, and the address may belong to another account by now: the throw undoes both.
    if (outcome.user.id !== user.id || outcome.how === 'known') throw alreadyLinked()
    await tx.sessions.revoke(user.id, key.id)
  })

/** @throws InvalidInputError before any query */
const identityOf = (provider: unknown, subject: unknown): Identity => ({
  provider: checkPart(provider, 'provider', 64),
  subject: checkPart(subject, 'providerAccountId', 255),
})

function checkPart(value: unknown, field: string, bytes: number): string {
  if (value === '') throw new InvalidInputError(field, 'must not be empty')
  return checkText(value, field, { bytes })
}

/** Null for what no linked account can have. */
function identityOrNull(provider: unknown, subject: unknown): Identity | null {
  try {
    return identityOf(provider, subject)
  } catch {
    return null
  }
}

const alreadyLinked = (): AdapterRefusal =>
  new AdapterRefusal('already_exists', 'this provider account is linked to a user already')

const onlyMethod = (): AdapterRefusal =>
  new AdapterRefusal(
    'last_method',
    'this is the only sign-in method of the user: add another one before you remove it',
  )
