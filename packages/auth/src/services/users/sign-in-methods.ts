import type { OAuthAccount, Passkey, RepositoryProvider, SecondFactors, UserId } from 'torii-core'

/** The sign-in methods of a user, besides the mailbox, and the second factors. Contains no secret. */
export interface SignInMethods {
  /** Whether the account has a password. */
  readonly password: boolean
  readonly oauthAccounts: readonly OAuthAccount[]
  readonly passkeys: readonly Passkey[]
  readonly secondFactors: SecondFactors
}

/** Reads the sign-in methods of a user; none for an unknown id. */
export async function readSignInMethods<Metadata extends object>(
  { passwords, oauthAccounts, passkeys, secondFactors }: RepositoryProvider<Metadata>,
  userId: UserId,
): Promise<SignInMethods> {
  const [password, accounts, keys, factors] = await Promise.all([
    passwords.exists(userId),
    oauthAccounts.list(userId),
    passkeys.list(userId),
    secondFactors.find(userId),
  ])
  return { password, oauthAccounts: accounts, passkeys: keys, secondFactors: factors }
}
