import type { Json, ValidSession } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import type { ServiceContext } from '../context/context.js'
import type { CreatedLink } from '../links/create-link.js'
import { createLink } from '../links/create-link.js'
import type { LinkToken } from '../links/link-token.js'
import type { RequestOutcome } from '../links/request-link.js'
import { requestLink } from '../links/request-link.js'
import type { CompleteChangeOutcome, RequestChangeOutcome } from './change.js'
import { completeEmailChange, requestEmailChange } from './change.js'
import type { VerifyInput, VerifyOutcome } from './verify.js'
import { verifyEmail } from './verify.js'

/** Verifies and changes the email address of an account. */
export interface EmailService<Metadata extends object = Record<string, Json>> {
  /**
   * Mails a verification link if an account has this email address and it is unverified. One statement; the result is
   * the same for every email address.
   * @throws InvalidInputError for an invalid email address, before any query
   */
  requestVerification(email: string, requestInfo: RequestInfo): Promise<RequestOutcome>
  /**
   * Verifies the email address by the token of a link. With the account's `password` the user is signed in, and all
   * credentials stay; a wrong one is counted and changes nothing. With a `newPassword` that password is set, the
   * credentials that were created before are removed, and the user is signed in. Without a password the user is not
   * signed in, and the credentials are removed unless a live session of the account makes the request. One statement,
   * with a password three.
   * @throws ToriiError ERR_BUSY if too many passwords are waiting to be hashed
   */
  verify(input: VerifyInput<Metadata>, requestInfo: RequestInfo): Promise<VerifyOutcome<Metadata>>
  /** Creates a verification link for the application to deliver itself. Null if there is nothing to verify. */
  createVerification(email: string): Promise<CreatedLink | null>
  /** Mails a link to the new email address. Needs a recent authentication. */
  requestChange(
    valid: ValidSession<Metadata>,
    email: string,
    requestInfo: RequestInfo,
  ): Promise<RequestChangeOutcome>
  /** Changes the account's email address to the one that the link was mailed to. `nonce` is as in `verify`. */
  completeChange(
    valid: ValidSession<Metadata>,
    token: string | LinkToken,
    requestInfo: RequestInfo,
    nonce?: string | null,
  ): Promise<CompleteChangeOutcome<Metadata>>
}

export const createEmailService = <Metadata extends object>(
  context: ServiceContext<Metadata>,
): EmailService<Metadata> => ({
  requestVerification: requestLink(context, 'verify_email'),
  verify: verifyEmail(context),
  createVerification: createLink(context, 'verify_email'),
  requestChange: requestEmailChange(context),
  completeChange: completeEmailChange(context),
})
