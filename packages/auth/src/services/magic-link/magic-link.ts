import type { Json } from 'torii-core'
import { InvalidInputError } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import type { ServiceContext } from '../context/context.js'
import type { MagicLinkOutcome, MagicLinkProof } from './authenticate.js'
import { authenticateByCode, authenticateByToken } from './authenticate.js'
import type { CreatedMagicLink, MagicLinkInput, MagicLinkRequest } from './request.js'
import { createMagicLink, requestMagicLink } from './request.js'

/**
 * Signing in with a mailed link, or with the code beside it. A mailbox is one factor and not a strong one: NIST
 * accepts none of it for its second level.
 */
export interface MagicLinkService<Metadata extends object = Record<string, Json>> {
  /**
   * Mails a link. One statement, and the same work and answer for every address, whether an account has it,
   * whether the address's allowance is spent and whether the mail can be delivered. It replaces the former
   * link of the address. Refused only when the network asks too often.
   * @throws InvalidInputError for what is not an address, before any query
   * @throws InvalidOptionsError without a mailer
   */
  request(input: MagicLinkInput, requestInfo: RequestInfo): Promise<MagicLinkRequest>
  /**
   * Makes a link and returns it, for the application to deliver. Nothing is charged and nothing mailed: call
   * it for whom you know, never for whoever asks.
   * @throws InvalidInputError for what is not an address, before any query
   */
  create(input: MagicLinkInput): Promise<CreatedMagicLink>
  /**
   * Uses the link up and signs in: one statement by token, two by code. Of any number of callers one
   * succeeds. The address counts as verified from then on; an address without an account gets one, unless
   * `magicLink.signUp` is off. Ten wrong codes an hour lock the codes of the address, five end the code; where
   * `magicLink.code` is off every code is invalid.
   * @throws InvalidInputError for neither `{ token }` nor `{ email, code }`, before any query
   */
  authenticate(proof: MagicLinkProof, requestInfo: RequestInfo): Promise<MagicLinkOutcome<Metadata>>
}

export function createMagicLinkService<Metadata extends object>(
  context: ServiceContext<Metadata>,
): MagicLinkService<Metadata> {
  return {
    request: (input, requestInfo) => requestMagicLink(context, input, requestInfo),
    create: (input) => createMagicLink(context, input),
    async authenticate(proof, requestInfo) {
      if (typeof proof !== 'object' || proof === null)
        throw new InvalidInputError('proof', 'must be { token } or { email, code }')
      return 'token' in proof
        ? authenticateByToken(context, proof.token, requestInfo)
        : authenticateByCode(context, proof, requestInfo)
    },
  }
}
