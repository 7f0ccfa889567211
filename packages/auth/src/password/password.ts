import type { Json } from 'torii-core'
import type { ServiceContext } from '../context.js'
import type { RequestInfo } from '../request-info.js'
import type { AuthenticateInput, AuthenticateOutcome } from './authenticate.js'
import { authenticate } from './authenticate.js'
import type { Preparation, RegisterInput, RegisterOutcome } from './register.js'
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
   * The part of {@link register} that charges and hashes, outside any transaction; what it answers goes to
   * `torii.with(tx).password.register`. Use it once.
   */
  prepare(input: RegisterInput<Metadata>, requestInfo: RequestInfo): Promise<Preparation<Metadata>>
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
  context: ServiceContext<Metadata>,
): PasswordService<Metadata> {
  return {
    async register(input, requestInfo) {
      const prepared = await prepareRegistration(context, input, requestInfo)
      return prepared.ok ? completeRegistration(context, prepared) : prepared
    },
    prepare: (input, requestInfo) => prepareRegistration(context, input, requestInfo),
    authenticate: (input, requestInfo) => authenticate(context, input, requestInfo),
  }
}
