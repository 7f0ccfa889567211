import type { Json } from 'torii-core'
import { InvalidInputError } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import type { OperationContext, ServiceContext } from '../context/context.js'
import type { LinkToken } from '../links/link-token.js'
import type { Remembering } from '../sessions/new-session.js'
import type { MagicLinkOutcome, MagicLinkProof } from './authenticate.js'
import { authenticateByCode, authenticateByToken, beforeSignIn } from './authenticate.js'
import type { CreatedMagicLink, MagicLinkInput, MagicLinkRequest } from './request.js'
import { createMagicLink, requestMagicLink } from './request.js'

/** The magic-link operation that also runs in a transaction of the application. */
export interface TransactionalMagicLink<Metadata extends object = Record<string, Json>> {
  /** Uses the link and signs in. A rollback leaves the link valid. Codes are rate-limited, so they are not offered here. */
  authenticate(
    proof: { readonly token: string | LinkToken } & Remembering,
    requestInfo: RequestInfo,
  ): Promise<MagicLinkOutcome<Metadata>>
}

/**
 * Sign-in with a magic link, or with the code in the same mail. A mailbox is a single, weak factor: NIST does not
 * accept email for its second assurance level.
 */
export interface MagicLinkService<Metadata extends object = Record<string, Json>> {
  /**
   * Mails a magic link. The links that were mailed before stay valid; while four of them are, no further one is mailed. One statement, and the same work and answer for every email
   * address: whether an account has it, whether its limit is reached, and whether the mail can be delivered.
   * Refused only if the IP address makes too many requests.
   * @throws InvalidInputError for an invalid email address, before any query
   * @throws InvalidOptionsError without a mailer
   */
  request(input: MagicLinkInput, requestInfo: RequestInfo): Promise<MagicLinkRequest>
  /**
   * Creates a magic link for the application to deliver itself. Nothing is counted or mailed, so call it only for an
   * email address that the application trusts, never for one from a request.
   * @throws InvalidInputError for an invalid email address, before any query
   */
  create(input: MagicLinkInput): Promise<CreatedMagicLink>
  /**
   * Uses the link and signs in: one statement by token, two by code. Of several calls, one succeeds, and every other
   * link of the email address ends. A link that was mailed before the account's sessions were ended (by a password
   * change, for example) is invalid. The email address is verified by this. Without an account it gets one, unless `magicLink.signUp` is off. Ten wrong codes an hour lock
   * the codes of the email address, five invalidate its codes. If `magicLink.code` is off, every code is invalid.
   * @throws InvalidInputError for neither `{ token }` nor `{ email, code }`, before any query
   */
  authenticate(proof: MagicLinkProof, requestInfo: RequestInfo): Promise<MagicLinkOutcome<Metadata>>
}

export function createTransactionalMagicLink<Metadata extends object>(
  context: OperationContext<Metadata>,
): TransactionalMagicLink<Metadata> {
  const byToken = authenticateByToken(context)
  return {
    authenticate: async ({ token, remember }, requestInfo) =>
      byToken({ token, ...(remember === undefined ? {} : { remember }) }, requestInfo),
  }
}

export function createMagicLinkService<Metadata extends object>(
  context: ServiceContext<Metadata>,
): MagicLinkService<Metadata> {
  const byToken = authenticateByToken(context)
  const byCode = authenticateByCode(context)
  return {
    request: requestMagicLink(context),
    create: createMagicLink(context),
    async authenticate(proof, requestInfo) {
      if (typeof proof !== 'object' || proof === null)
        throw new InvalidInputError('proof', 'must be { token } or { email, code }')
      if (!('token' in proof)) return byCode(proof, requestInfo)
      const refused = await beforeSignIn(context, readRequestInfo(requestInfo))
      return refused ?? byToken(proof, requestInfo)
    },
  }
}
