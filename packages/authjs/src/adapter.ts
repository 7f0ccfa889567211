import type { Adapter } from '@auth/core/adapters'
import type { RepositoryProvider } from 'torii-core'
import { InvalidOptionsError } from 'torii-core'
import { createAccountMethods } from './accounts.js'
import { createAuthenticatorMethods } from './authenticators.js'
import type { ToriiAdapterOptions } from './options.js'
import { resolveOptions } from './options.js'
import { createSessionMethods } from './sessions.js'
import { createUserMethods } from './users.js'
import { createVerificationTokenMethods } from './verification-tokens.js'

/**
 * Creates an adapter that lets Auth.js keep its users, sessions, accounts, magic links and passkeys in a storage of Torii.
 * Session tokens and magic links are stored as hashes, provider tokens encrypted or not at all.
 *
 * A refused call throws {@link AdapterRefusal}, an invalid argument `InvalidInputError` before any query, an unavailable
 * database `ToriiError`.
 * @param storage `PostgresStorage` of torii-storage-postgres, or another implementation of the contract of torii-core
 * @throws InvalidOptionsError for an invalid option
 */
export function ToriiAdapter(
  storage: RepositoryProvider,
  options: ToriiAdapterOptions = {},
): Required<Adapter> {
  if (typeof storage?.sessions?.validate !== 'function')
    throw new InvalidOptionsError('storage', 'must be a storage, for example a PostgresStorage')
  const resolved = resolveOptions(options)
  return {
    ...createUserMethods(storage),
    ...createSessionMethods(storage, resolved),
    ...createAccountMethods(storage, resolved),
    ...createVerificationTokenMethods(storage),
    ...createAuthenticatorMethods(storage),
  }
}
