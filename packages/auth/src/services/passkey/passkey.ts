import type { Json, Passkey, ValidSession } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import type { ServiceContext } from '../context/context.js'
import type {
  AuthenticatePasskeyOutcome,
  AuthenticatePasskeyStart,
  PasskeyOptionsInput,
} from './authenticate.js'
import { authenticate, authenticateOptions } from './authenticate.js'
import type { TransactionalPasskey } from './in-transaction.js'
import { createTransactionalPasskey } from './in-transaction.js'
import type { PasskeyAnswerInput } from './input.js'
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
} from './register.js'
import { register, registerOptions } from './register.js'

/**
 * Signing in with passkeys. A ceremony is two calls: options for the page, then the answer of its browser, which
 * uses the challenge up whether it is right or wrong. Whose passkeys are managed comes from a session that
 * was validated in this request. Everything but `list`, `rename` and `delete` needs the option `keys`.
 * @see WebAuthn Level 3, section 7; docs/passkey.md has each step
 */
export interface PasskeyService<Metadata extends object = Record<string, Json>>
  extends TransactionalPasskey {
  /**
   * Options for a new passkey of this person, whose proof of identity is recent. The passkeys they have are
   * left out, so that a device is not registered twice. Two statements.
   */
  registerOptions(
    valid: ValidSession<Metadata>,
    requestInfo: RequestInfo,
  ): Promise<RegisterPasskeyStart>
  /**
   * Keeps the passkey that answers, and mails its owner. Of any number of answers to one challenge one is looked at.
   * @throws InvalidInputError for an answer that no browser gives, before any query
   */
  register(
    valid: ValidSession<Metadata>,
    input: RegisterPasskeyInput,
    requestInfo: RequestInfo,
  ): Promise<RegisterPasskeyOutcome>
  /**
   * Options for signing in, with an address or with whatever the authenticator has. One statement. An address
   * without passkeys gets made-up ones, always the same: nobody learns who has an account.
   * @throws InvalidInputError for what is not an address, before any query
   */
  authenticateOptions(
    input: PasskeyOptionsInput,
    requestInfo: RequestInfo,
  ): Promise<AuthenticatePasskeyStart>
  /**
   * Signs in: two statements, and one for every answer that proves nothing. Unknown passkey, wrong signature,
   * used challenge, copied passkey, disabled account: one answer.
   * @throws InvalidInputError for an answer that no browser gives, before any query
   */
  authenticate(
    input: PasskeyAnswerInput,
    requestInfo: RequestInfo,
  ): Promise<AuthenticatePasskeyOutcome<Metadata>>
  /** Options for proving again who this is, with the passkeys of this person. Two statements. */
  reauthenticateOptions(
    valid: ValidSession<Metadata>,
    requestInfo: RequestInfo,
  ): Promise<ReauthenticatePasskeyStart>
  /**
   * Notes the proof on this session, which asked for it, and gives it a new token where asked. Two statements.
   * @throws InvalidInputError for an answer that no browser gives, or the token of another session
   */
  reauthenticate(
    valid: ValidSession<Metadata>,
    input: ReauthenticateWithPasskeyInput,
    requestInfo: RequestInfo,
  ): Promise<ReauthenticateWithPasskeyOutcome>
  /** The passkeys of this person, the first made first. */
  list(valid: ValidSession<Metadata>): Promise<readonly Passkey[]>
}

export function createPasskeyService<Metadata extends object>(
  context: ServiceContext<Metadata>,
): PasskeyService<Metadata> {
  return {
    registerOptions: (valid, info) => registerOptions(context, valid, info),
    register: (valid, input, info) => register(context, valid, input, info),
    authenticateOptions: (input, info) => authenticateOptions(context, input, info),
    authenticate: (input, info) => authenticate(context, input, info),
    reauthenticateOptions: (valid, info) => reauthenticateOptions(context, valid, info),
    reauthenticate: (valid, input, info) => reauthenticate(context, valid, input, info),
    list: ({ user }) => context.storage.passkeys.list(user.id),
    ...createTransactionalPasskey(context),
  }
}
