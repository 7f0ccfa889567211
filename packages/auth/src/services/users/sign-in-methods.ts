import type { OAuthAccount, Passkey, RepositoryProvider, UserId } from 'torii-core'

/** What lets a person in, beside their mailbox. Holds nothing that opens the door. */
export interface SignInMethods {
  /** Whether there is a password. */
  readonly password: boolean
  readonly oauthAccounts: readonly OAuthAccount[]
  readonly passkeys: readonly Passkey[]
}

/** Reads the ways in of a user; none for an id that nobody has. */
export async function readSignInMethods<Metadata extends object>(
  { passwords, oauthAccounts, passkeys }: RepositoryProvider<Metadata>,
  userId: UserId,
): Promise<SignInMethods> {
  const [password, accounts, keys] = await Promise.all([
    passwords.exists(userId),
    oauthAccounts.list(userId),
    passkeys.list(userId),
  ])
  return { password, oauthAccounts: accounts, passkeys: keys }
}
