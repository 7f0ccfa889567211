import type { Json, RepositoryProvider } from 'torii-core'
import type { ServiceContext } from '../context.js'
import type { RequestInfo } from '../request-info.js'
import type { AuthenticateInput, AuthenticateOutcome } from './authenticate.js'
import { authenticate } from './authenticate.js'
import type { RegisterInput, RegisterOutcome } from './register.js'
import { completeRegistration, prepareRegistration } from './register.js'

/** Signing in with an address and a password. */
export interface PasswordService<Metadata extends object = Record<string, Json>> {
  /**
   * Makes an account and signs its owner in. Two statements: the network is charged, then, after
   * hashing, everything else in one commit. Of any number of callers with one address one succeeds.
   * @throws InvalidInputError for an address, name, picture or metadata of the wrong shape, before any query
   * @throws ToriiError ERR_BUSY when too many passwords are waiting to be hashed; nothing was counted
   */
  register(
    input: RegisterInput<Metadata>,
    requestInfo: RequestInfo,
  ): Promise<RegisterOutcome<Metadata>>
  /**
   * Signs in: two statements for the right password, one for everything else. Unknown, disabled and
   * passwordless accounts answer and cost the same as a wrong password; a locked one is not hashed for.
   * @throws InvalidInputError for what is not an address or not a string, before any query
   * @throws ToriiError ERR_BUSY when too many passwords are waiting to be hashed; nothing was counted
   */
  authenticate(
    input: AuthenticateInput,
    requestInfo: RequestInfo,
  ): Promise<AuthenticateOutcome<Metadata>>
}

export function createPasswordService<Metadata extends object>(
  context: ServiceContext,
  storage: Pick<RepositoryProvider<Metadata>, 'users' | 'passwords' | 'loginAttempts'>,
): PasswordService<Metadata> {
  return {
    async register(input, requestInfo) {
      const prepared = await prepareRegistration(context, storage.loginAttempts, input, requestInfo)
      return prepared.ok ? completeRegistration(storage.users, prepared) : prepared
    },
    authenticate: (input, requestInfo) =>
      authenticate(context, storage.passwords, input, requestInfo),
  }
}
