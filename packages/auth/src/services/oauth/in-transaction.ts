import type { MethodRemoval, ValidSession } from 'torii-core'
import { parseOAuthAccountId } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import type { OperationContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type { ReauthenticationRequired } from '../refusals.js'
import { actorOf, eventContextOf, requireRecent } from '../sessions/valid-session.js'

export type UnlinkOutcome = MethodRemoval | ReauthenticationRequired

/** Linked accounts in the application's own transaction. */
export interface TransactionalOAuth {
  /**
   * Unlinks an account of this person and forgets its tokens; never the last way in. Needs a recent proof of
   * identity.
   */
  unlink(valid: ValidSession<object>, id: string, requestInfo: RequestInfo): Promise<UnlinkOutcome>
}

export const createTransactionalOAuth = <Metadata extends object>(
  context: OperationContext<Metadata>,
): TransactionalOAuth => ({
  async unlink(valid, id, requestInfo) {
    const eventContext = eventContextOf(valid, readRequestInfo(requestInfo))
    const recent = requireRecent(valid)
    if (!recent.ok) return recent
    const accountId = parseOAuthAccountId(id)
    if (accountId === null) return { ok: false, reason: 'not_found' }
    const mailSignIn = context.options.mailer !== null
    return context.runWithEffects({
      run: ({ oauthAccounts }) => oauthAccounts.unlink(actorOf(valid), accountId, { mailSignIn }),
      effects: ({ ok }) =>
        ok ? { events: [event('oauth_unlinked', eventContext, { accountId })] } : {},
    })
  },
})
