import type { Json, ValidSession } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import type { ServiceContext } from '../context/context.js'
import type { CreatedLink } from '../links/created-link.js'
import { createLink } from '../links/created-link.js'
import type { LinkToken } from '../links/link-token.js'
import type { RequestOutcome } from '../links/request-link.js'
import { requestLink } from '../links/request-link.js'
import type { CompleteChangeOutcome, RequestChangeOutcome } from './change.js'
import { completeEmailChange, requestEmailChange } from './change.js'
import type { VerifyInput, VerifyOutcome } from './verify.js'
import { verifyEmail } from './verify.js'

/** Proving the address of an account, and moving the account to another one. */
export interface EmailService<Metadata extends object = Record<string, Json>> {
  /**
   * Mails a link where there is an account with this address, still unverified: one statement and one answer
   * for every address.
   * @throws InvalidInputError for what is not an address, before any query
   */
  requestVerification(email: string, requestInfo: RequestInfo): Promise<RequestOutcome>
  /**
   * Uses a link of {@link requestVerification} or of registering up. With the account's password the person is
   * signed in and everything stays; with another one everything from before ends and it becomes the
   * password; without one nobody is signed in, and everything from before ends unless a live session of the
   * account asks. One statement, with a password two.
   * @throws ToriiError ERR_BUSY when too many passwords are waiting to be hashed
   */
  verify(input: VerifyInput<Metadata>, requestInfo: RequestInfo): Promise<VerifyOutcome<Metadata>>
  /** Makes the link of a verification for the server to hand over by itself. Null where there is nothing to verify. */
  createVerification(email: string): Promise<CreatedLink | null>
  /** Mails a link to the new address. Needs a recent proof of identity. */
  requestChange(
    valid: ValidSession<Metadata>,
    email: string,
    requestInfo: RequestInfo,
  ): Promise<RequestChangeOutcome>
  /** Moves the account to the address that the link was mailed to. */
  completeChange(
    valid: ValidSession<Metadata>,
    token: string | LinkToken,
    requestInfo: RequestInfo,
  ): Promise<CompleteChangeOutcome<Metadata>>
}

export const createEmailService = <Metadata extends object>(
  context: ServiceContext<Metadata>,
): EmailService<Metadata> => ({
  requestVerification: (email, requestInfo) =>
    requestLink(context, 'verify_email', email, requestInfo),
  verify: (input, requestInfo) => verifyEmail(context, input, requestInfo),
  createVerification: (email) => createLink(context, 'verify_email', email),
  requestChange: (valid, email, requestInfo) =>
    requestEmailChange(context, valid, email, requestInfo),
  completeChange: (valid, token, requestInfo) =>
    completeEmailChange(context, valid, token, requestInfo),
})
