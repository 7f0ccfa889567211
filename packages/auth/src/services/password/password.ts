import type { Json, ValidSession } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import type { ServiceContext } from '../context/context.js'
import type { AuthenticateInput, AuthenticateOutcome } from './authenticate.js'
import { authenticate } from './authenticate.js'
import type {
  ChangePasswordInput,
  ChangePasswordOutcome,
  RemovePasswordOutcome,
  SetPasswordOutcome,
} from './change.js'
import { changePassword, removePassword, setPassword } from './change.js'
import type { Preparation, RegisterInput, RegisterOutcome } from './register.js'
import { completeRegistration, prepareRegistration } from './register.js'
import type { PasswordResetService } from './reset.js'
import { createPasswordReset } from './reset.js'

/** Signing in with an address and a password. */
export interface PasswordService<Metadata extends object = Record<string, Json>> {
  /**
   * Makes an account. Where addresses need not be verified its owner is signed in; where they do, nobody is,
   * and a link is mailed. Two statements: network and mail are charged, then, after hashing, everything
   * else in one commit. Of any number of callers with one address one succeeds.
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
  /**
   * Replaces the password of whoever asks, who proves the current one. Two statements; a wrong one counts like a
   * wrong sign-in. Other sessions end.
   * @throws ToriiError ERR_BUSY when too many passwords are waiting to be hashed; nothing was counted
   */
  change(
    valid: ValidSession<Metadata>,
    input: ChangePasswordInput,
    requestInfo: RequestInfo,
  ): Promise<ChangePasswordOutcome>
  /** Sets the first password of an account that signs in otherwise. Needs a recent proof of identity. */
  set(
    valid: ValidSession<Metadata>,
    input: { newPassword: string },
    requestInfo: RequestInfo,
  ): Promise<SetPasswordOutcome>
  /** Removes the password, unless it is the last way in. Needs a recent proof of identity. */
  remove(valid: ValidSession<Metadata>, requestInfo: RequestInfo): Promise<RemovePasswordOutcome>
  /** Setting a new password by a mailed link. */
  readonly reset: PasswordResetService
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
    change: (valid, input, requestInfo) => changePassword(context, valid, input, requestInfo),
    set: (valid, input, requestInfo) => setPassword(context, valid, input, requestInfo),
    remove: (valid, requestInfo) => removePassword(context, valid, requestInfo),
    reset: createPasswordReset(context),
  }
}
