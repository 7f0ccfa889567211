import type { Json, ValidSession } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import type { OperationContext, ServiceContext } from '../context/context.js'
import type { AuthenticateInput, AuthenticateOutcome } from './authenticate.js'
import { authenticate } from './authenticate.js'
import type {
  ChangePasswordInput,
  ChangePasswordOutcome,
  RemovePasswordOutcome,
  SetPasswordOutcome,
} from './change.js'
import { changePassword, removePassword, setPassword } from './change.js'
import type {
  Preparation,
  PreparedRegistration,
  RegisterInput,
  RegisterOutcome,
} from './register.js'
import { completeRegistration, prepareRegistration } from './register.js'
import type { PasswordResetService } from './reset.js'
import { createPasswordReset } from './reset.js'

/** The password operation that also runs in a transaction of the application. */
export interface TransactionalPassword<Metadata extends object = Record<string, Json>> {
  /** Creates the account of a registration that `torii.password.prepare` has counted and hashed. */
  register(
    prepared: PreparedRegistration<Metadata>,
  ): Promise<Extract<RegisterOutcome<Metadata>, { ok: true } | { reason: 'email_taken' }>>
}

/** Sign-in with an email address and a password. */
export interface PasswordService<Metadata extends object = Record<string, Json>> {
  /**
   * Creates an account. If `requireVerifiedEmail` is off, its owner is signed in; otherwise a verification link is
   * mailed. Two statements: the rate limits, then, after hashing, everything else in one commit. Of several calls with
   * one email address, one succeeds. The application's own `fields` are validated before anything else.
   * @throws InvalidInputError for an invalid email address, name, picture or metadata, before any query
   * @throws ToriiError ERR_BUSY if too many passwords are waiting to be hashed; nothing was counted
   */
  register(
    input: RegisterInput<Metadata>,
    requestInfo: RequestInfo,
  ): Promise<RegisterOutcome<Metadata>>
  /**
   * Counts and hashes a {@link register}, outside any transaction. Pass the result to
   * `torii.with(tx).password.register`, once.
   */
  prepare(input: RegisterInput<Metadata>, requestInfo: RequestInfo): Promise<Preparation<Metadata>>
  /**
   * Signs in. Two statements for the right password, otherwise one. Unknown, disabled and passwordless accounts have
   * the answer and the cost of a wrong password; for a locked account nothing is hashed.
   * @throws InvalidInputError for an invalid email address or a password that is not a string, before any query
   * @throws ToriiError ERR_BUSY if too many passwords are waiting to be hashed; nothing was counted
   */
  authenticate(
    input: AuthenticateInput,
    requestInfo: RequestInfo,
  ): Promise<AuthenticateOutcome<Metadata>>
  /**
   * Changes the caller's password after verifying the current one. Two statements; the passwords that are sent in a
   * session are counted together. The other sessions end.
   * @throws ToriiError ERR_BUSY if too many passwords are waiting to be hashed; nothing was counted
   */
  change(
    valid: ValidSession<Metadata>,
    input: ChangePasswordInput,
    requestInfo: RequestInfo,
  ): Promise<ChangePasswordOutcome>
  /**
   * Sets the first password of an account that has another sign-in method. Needs a recent authentication. Two statements;
   * counted with the passwords of {@link change}.
   * @throws ToriiError ERR_BUSY if too many passwords are waiting to be hashed
   */
  set(
    valid: ValidSession<Metadata>,
    input: { newPassword: string },
    requestInfo: RequestInfo,
  ): Promise<SetPasswordOutcome>
  /** Removes the password unless it is the last sign-in method. Needs a recent authentication. */
  remove(valid: ValidSession<Metadata>, requestInfo: RequestInfo): Promise<RemovePasswordOutcome>
  /** Resets a password by a reset link. */
  readonly reset: PasswordResetService
}

export const createTransactionalPassword = <Metadata extends object>(
  context: OperationContext<Metadata>,
): TransactionalPassword<Metadata> => ({ register: completeRegistration(context) })

export function createPasswordService<Metadata extends object>(
  context: ServiceContext<Metadata>,
): PasswordService<Metadata> {
  const prepare = prepareRegistration(context)
  const complete = completeRegistration(context)
  return {
    async register(input, requestInfo) {
      const prepared = await prepare(input, requestInfo)
      return prepared.ok ? complete(prepared) : prepared
    },
    prepare,
    authenticate: authenticate(context),
    change: changePassword(context),
    set: setPassword(context),
    remove: removePassword(context),
    reset: createPasswordReset(context),
  }
}
