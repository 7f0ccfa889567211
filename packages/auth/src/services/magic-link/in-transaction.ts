import type { Json } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import type { OperationContext } from '../context/context.js'
import type { LinkToken } from '../links/link-token.js'
import type { InvalidToken } from '../refusals.js'
import type { MagicLinkSignIn } from './authenticate.js'
import { authenticateByToken } from './authenticate.js'

/** Magic links in the application's own transaction. */
export interface TransactionalMagicLink<Metadata extends object = Record<string, Json>> {
  /** Uses the link up and signs in; a rollback leaves it good. (A code is charged, so it is not offered here.) */
  authenticate(
    proof: { readonly token: string | LinkToken },
    requestInfo: RequestInfo,
  ): Promise<MagicLinkSignIn<Metadata> | InvalidToken>
}

export const createTransactionalMagicLink = <Metadata extends object>(
  context: OperationContext<Metadata>,
): TransactionalMagicLink<Metadata> => ({
  authenticate: ({ token }, requestInfo) => authenticateByToken(context, token, requestInfo),
})
