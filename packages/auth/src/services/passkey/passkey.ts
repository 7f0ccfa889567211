import type { Json, Passkey, ValidSession } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import type { OperationContext, ServiceContext } from '../context/context.js'
import type { StaleSession } from '../refusals.js'
import type { Remembering } from '../sessions/new-session.js'
import type {
  AuthenticateOptionsInput,
  AuthenticatePasskeyOutcome,
  AuthenticatePasskeyStart,
} from './authenticate.js'
import { authenticate, authenticateOptions } from './authenticate.js'
import type { PasskeyAnswerInput } from './input.js'
import type { DeletePasskeyOutcome, PasskeySignals, RenamePasskeyOutcome } from './manage.js'
import { deletePasskey, passkeySignals, renamePasskey } from './manage.js'
import type {
  ReauthenticatePasskeyStart,
  ReauthenticateWithPasskeyInput,
  ReauthenticateWithPasskeyOutcome,
} from './reauthenticate.js'
import { reauthenticate, reauthenticateOptions } from './reauthenticate.js'
import type {
  RegisterPasskeyInput,
  RegisterPasskeyOutcome,
  RegisterPasskeyStart,
  UpgradePasskeyStart,
} from './register.js'
import { register, registerOptions, upgradeOptions } from './register.js'

/** The passkey operations that also run in a transaction of the application. */
export interface TransactionalPasskey {
  /** Renames a passkey of the user; the name has 1 to 100 characters. @throws InvalidInputError */
  rename(
    valid: ValidSession<object>,
    id: string,
    name: string,
    requestInfo: RequestInfo,
  ): Promise<RenamePasskeyOutcome>
  /** Deletes a passkey of the user unless it is the last sign-in method. Needs a recent authentication. */
  delete(
    valid: ValidSession<object>,
    id: string,
    requestInfo: RequestInfo,
  ): Promise<DeletePasskeyOutcome>
}

/**
 * Sign-in with passkeys. A ceremony takes two calls: one creates the options for the page, the other verifies the
 * browser's response and uses the challenge, whether or not the response is valid. The user whose passkeys are managed
 * comes from a session that was validated in this request. All methods except `list`, `rename` and `delete` need the
 * option `keys`.
 * @see WebAuthn Level 3, section 7; docs/passkey.md lists each step
 */
export interface PasskeyService<Metadata extends object = Record<string, Json>>
  extends TransactionalPasskey {
  /**
   * Creates the options for a new passkey of the user. Existing passkeys are excluded, so that no device registers
   * twice. Needs a recent authentication. Two statements.
   */
  registerOptions(
    valid: ValidSession<Metadata>,
    requestInfo: RequestInfo,
  ): Promise<RegisterPasskeyStart>
  /**
   * Creates the options for a passkey that the browser creates in the background, without a prompt
   * (`navigator.credentials.create` with `mediation: 'conditional'`). Only for a session that was opened by a password within
   * `passkey.upgradeSeconds`, by two factors where the user has a second one; such a response may lack user presence and user
   * verification. Otherwise like `registerOptions`, and `register` completes it. Two statements, none if refused.
   * @see WebAuthn Level 3, section 5.1.3, and section 7.1 step 15
   */
  upgradeOptions(
    valid: ValidSession<Metadata>,
    requestInfo: RequestInfo,
  ): Promise<UpgradePasskeyStart>
  /**
   * Verifies the response, stores the passkey and notifies its owner by mail. Of several responses to one challenge,
   * one is verified.
   * @throws InvalidInputError for a malformed response, before any query
   */
  register(
    valid: ValidSession<Metadata>,
    input: RegisterPasskeyInput,
    requestInfo: RequestInfo,
  ): Promise<RegisterPasskeyOutcome>
  /**
   * Creates the options for a sign-in, with or without an email address. An address without passkeys gets constant
   * decoys, so the options do not reveal who has an account. One statement.
   * @throws InvalidInputError for an invalid email address, before any query
   */
  authenticateOptions(
    input: AuthenticateOptionsInput,
    requestInfo: RequestInfo,
  ): Promise<AuthenticatePasskeyStart>
  /**
   * Verifies the response and signs in. The error is the same for a wrong signature, a used challenge, a copied passkey and
   * a disabled account; only a passkey that is stored for no account has `credential`. Two statements, or one if the response is
   * not valid.
   * @throws InvalidInputError for a malformed response, before any query
   */
  authenticate(
    input: PasskeyAnswerInput & Remembering,
    requestInfo: RequestInfo,
  ): Promise<AuthenticatePasskeyOutcome<Metadata>>
  /** Creates the options for a re-authentication with the user's passkeys. Two statements. */
  reauthenticateOptions(
    valid: ValidSession<Metadata>,
    requestInfo: RequestInfo,
  ): Promise<ReauthenticatePasskeyStart>
  /**
   * Verifies the response and records the re-authentication on the session that requested it. Two statements.
   * @throws InvalidInputError for a malformed response, or for the token of another session
   */
  reauthenticate(
    valid: ValidSession<Metadata>,
    input: ReauthenticateWithPasskeyInput,
    requestInfo: RequestInfo,
  ): Promise<ReauthenticateWithPasskeyOutcome>
  /** Lists the passkeys of this user, the oldest first. */
  list(valid: ValidSession<Metadata>): Promise<readonly Passkey[]>
  /**
   * Returns what a page signals to the authenticators of its user, so that they show no passkey that was deleted, and the
   * present name: the arguments of `PublicKeyCredential.signalAllAcceptedCredentials()` and `signalCurrentUserDetails()`. One
   * statement.
   * @see WebAuthn Level 3, section 5.1.10
   */
  signals(valid: ValidSession<Metadata>): Promise<PasskeySignals | StaleSession>
}

export const createTransactionalPasskey = <Metadata extends object>(
  context: OperationContext<Metadata>,
): TransactionalPasskey => ({
  rename: renamePasskey(context),
  delete: deletePasskey(context),
})

export const createPasskeyService = <Metadata extends object>(
  context: ServiceContext<Metadata>,
): PasskeyService<Metadata> => ({
  ...createTransactionalPasskey(context),
  registerOptions: registerOptions(context),
  upgradeOptions: upgradeOptions(context),
  register: register(context),
  authenticateOptions: authenticateOptions(context),
  authenticate: authenticate(context),
  reauthenticateOptions: reauthenticateOptions(context),
  reauthenticate: reauthenticate(context),
  signals: passkeySignals(context),
  list: ({ user }) => context.storage.passkeys.list(user.id),
})
