import type {
  Json,
  PendingToken,
  SecondFactors,
  SessionToken,
  TrustedBrowser,
  ValidSession,
} from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import type { ServiceContext } from '../context/context.js'
import type { PendingSignInFactors } from '../pending-sign-in.js'
import type {
  ConfirmTotpInput,
  ConfirmTotpOutcome,
  RemoveTotpOutcome,
  ReplaceRecoveryCodesOutcome,
  StartTotpOutcome,
} from './enroll.js'
import { confirmTotp, removeTotp, replaceRecoveryCodes, startTotp } from './enroll.js'
import type {
  ConfirmTotpAtSignInInput,
  ConfirmTotpAtSignInOutcome,
  StartTotpAtSignInInput,
  StartTotpAtSignInOutcome,
} from './enroll-at-sign-in.js'
import { confirmTotpAtSignIn, startTotpAtSignIn } from './enroll-at-sign-in.js'
import type {
  RegisterPasskeyAtSignInInput,
  RegisterPasskeyAtSignInOutcome,
  StartPasskeyAtSignInOutcome,
} from './enroll-passkey-at-sign-in.js'
import { registerPasskeyAtSignIn, startPasskeyAtSignIn } from './enroll-passkey-at-sign-in.js'
import type { PasskeyFactorStart } from './passkey.js'
import { passkeyFactorOptions } from './passkey.js'
import type { SecretsReencrypted } from './reencrypt-secrets.js'
import { reencryptSecrets } from './reencrypt-secrets.js'
import type { ReauthenticateByFactorInput, ReauthenticateByFactorOutcome } from './step-up.js'
import { reauthenticateByFactor } from './step-up.js'
import {
  listTrustedBrowsers,
  removeTrustedBrowser,
  removeTrustedBrowsers,
} from './trusted-browsers.js'
import type { UndoSecondFactorInput, UndoSecondFactorOutcome } from './undo.js'
import { undoSecondFactor } from './undo.js'
import type { VerifySecondFactorInput, VerifySecondFactorOutcome } from './verify.js'
import { cancelPending, findPending, verifySecondFactor } from './verify.js'

/**
 * Second factors: an authenticator application (TOTP) with recovery codes. Once a user has one, every sign-in method opens a
 * pending sign-in instead of a session, in the same statement; only `verify` turns it into one. A passkey with user
 * verification is two factors by itself. Every method that handles a secret needs the option `keys`.
 * @see RFC 6238; OWASP ASVS 5.0, 6.3.3; docs/second-factors.md
 */
export interface SecondFactorService<Metadata extends object = Record<string, Json>> {
  /** Returns the second factors of the user, without secrets, and whether the application asks one of them. One statement. */
  find(valid: ValidSession<Metadata>): Promise<FoundSecondFactors>
  /**
   * Creates the secret of an authenticator application, valid for ten minutes. It is no factor before `confirmTotp`. Needs a
   * recent authentication; a recent proof of two factors where the user has a factor already.
   */
  startTotp(valid: ValidSession<Metadata>): Promise<StartTotpOutcome>
  /**
   * Makes it the factor by its first code: replaces a former one, creates ten recovery codes, ends every other session and
   * mails the owner. This session gets level 2 and a new token.
   * @throws InvalidInputError for a token of another session
   */
  confirmTotp(
    valid: ValidSession<Metadata>,
    input: ConfirmTotpInput,
    requestInfo: RequestInfo,
  ): Promise<ConfirmTotpOutcome>
  /** Removes it with the recovery codes, ends every other session and mails the owner. This session gets a new token. */
  removeTotp(
    valid: ValidSession<Metadata>,
    input: { token: string | SessionToken },
    requestInfo: RequestInfo,
  ): Promise<RemoveTotpOutcome>
  /** Creates ten recovery codes in place of the former ones. */
  replaceRecoveryCodes(
    valid: ValidSession<Metadata>,
    requestInfo: RequestInfo,
  ): Promise<ReplaceRecoveryCodesOutcome>
  /**
   * Proves the second factor of a pending sign-in and opens its session. A code is right in its time step of 30 s and in the
   * next one, and at most once. Five tries per pending sign-in, ten an hour per account. A passkey needs options of
   * `passkeyOptions`, and counts for the same pending sign-in alone.
   * @throws InvalidInputError unless exactly one proof is given
   */
  verify(
    input: VerifySecondFactorInput,
    requestInfo: RequestInfo,
  ): Promise<VerifySecondFactorOutcome<Metadata>>
  /**
   * Creates the secret of an authenticator application for a user who must enroll one to complete a sign-in, as the option
   * `secondFactor.required` says. Unless the sign-in has proved the mailbox, the first call mails a code, which the next one brings.
   */
  startTotpAtSignIn(
    input: StartTotpAtSignInInput,
    requestInfo: RequestInfo,
  ): Promise<StartTotpAtSignInOutcome>
  /**
   * Makes it the factor by its first code, creates ten recovery codes and opens the session of the pending sign-in at level 2. Ends
   * every other session of the user and mails the owner.
   */
  confirmTotpAtSignIn(
    input: ConfirmTotpAtSignInInput,
    requestInfo: RequestInfo,
  ): Promise<ConfirmTotpAtSignInOutcome<Metadata>>
  /** Creates the options for a passkey in its place. The mailbox is proved as for `startTotpAtSignIn`; one code serves for both. */
  startPasskeyAtSignIn(
    input: StartTotpAtSignInInput,
    requestInfo: RequestInfo,
  ): Promise<StartPasskeyAtSignInOutcome>
  /**
   * Adds that passkey and opens the session of the pending sign-in at level 2. Ends every other session of the user and mails the
   * owner. There are no recovery codes: those belong to an authenticator application.
   */
  registerPasskeyAtSignIn(
    input: RegisterPasskeyAtSignInInput,
    requestInfo: RequestInfo,
  ): Promise<RegisterPasskeyAtSignInOutcome<Metadata>>
  /**
   * Creates the options for a passkey of the user as the second factor of a pending sign-in; `verify` takes the response. The
   * challenge counts in no other ceremony, and no user verification is required. One statement.
   */
  passkeyOptions(
    token: string | PendingToken,
    requestInfo: RequestInfo,
  ): Promise<PasskeyFactorStart>
  /** Returns a live pending sign-in with what may be proved, or null. One statement. */
  findPending(token: string | PendingToken): Promise<PendingSignInFactors | null>
  /** Ends a pending sign-in. False if there was none. */
  cancelPending(token: string | PendingToken): Promise<boolean>
  /**
   * Undoes a second factor with the token of the link that its owner was mailed when the first one was turned on, within seven
   * days: removes it, and every passkey and provider account that was added since, and the password, ends every session, and
   * mails a reset link. What was there before stays.
   */
  undo(input: UndoSecondFactorInput, requestInfo: RequestInfo): Promise<UndoSecondFactorOutcome>
  /** Proves the second factor in a live session, for operations that need level 2. The session gets a new token. */
  reauthenticate(
    valid: ValidSession<Metadata>,
    input: ReauthenticateByFactorInput,
    requestInfo: RequestInfo,
  ): Promise<ReauthenticateByFactorOutcome>
  /** Returns the browsers in which the user signs in without a code. One statement. */
  listTrustedBrowsers(valid: ValidSession<Metadata>): Promise<readonly TrustedBrowser[]>
  /** Removes one of them. False if the user has no such browser. */
  removeTrustedBrowser(
    valid: ValidSession<Metadata>,
    id: string,
    requestInfo: RequestInfo,
  ): Promise<boolean>
  /** Removes all of them, and returns how many there were. */
  removeTrustedBrowsers(valid: ValidSession<Metadata>, requestInfo: RequestInfo): Promise<number>
  /** Encrypts every secret again that is under an older key; `keys rotate` of the command does it too. */
  reencryptSecrets(): Promise<SecretsReencrypted>
}

/** The second factors of a user, and whether they need one. */
export interface FoundSecondFactors extends SecondFactors {
  /** Null if the application asks none of the user. `graceEndsAt` is null where there is no grace, or none any more. */
  readonly required: { readonly graceEndsAt: Date | null } | null
}

const findSecondFactors =
  <Metadata extends object>({ options, storage }: ServiceContext<Metadata>) =>
  async ({ user, validatedAt }: ValidSession<Metadata>): Promise<FoundSecondFactors> => {
    const found = await storage.secondFactors.find(user.id)
    const { required } = options.secondFactor
    if (required === 'always') return { ...found, required: { graceEndsAt: null } }
    if (required === 'optional' || found.requiredAt === null) return { ...found, required: null }
    const graceEndsAt = found.requiredAt > validatedAt ? found.requiredAt : null
    return { ...found, required: { graceEndsAt } }
  }

export const createSecondFactorService = <Metadata extends object>(
  context: ServiceContext<Metadata>,
): SecondFactorService<Metadata> => ({
  find: findSecondFactors(context),
  startTotp: startTotp(context),
  confirmTotp: confirmTotp(context),
  removeTotp: removeTotp(context),
  replaceRecoveryCodes: replaceRecoveryCodes(context),
  verify: verifySecondFactor(context),
  startTotpAtSignIn: startTotpAtSignIn(context),
  confirmTotpAtSignIn: confirmTotpAtSignIn(context),
  startPasskeyAtSignIn: startPasskeyAtSignIn(context),
  registerPasskeyAtSignIn: registerPasskeyAtSignIn(context),
  passkeyOptions: passkeyFactorOptions(context),
  findPending: findPending(context),
  cancelPending: cancelPending(context),
  undo: undoSecondFactor(context),
  reauthenticate: reauthenticateByFactor(context),
  listTrustedBrowsers: listTrustedBrowsers(context),
  removeTrustedBrowser: removeTrustedBrowser(context),
  removeTrustedBrowsers: removeTrustedBrowsers(context),
  reencryptSecrets: reencryptSecrets(context),
})
