import type { MethodRemoval, ValidSession } from 'torii-core'
import { parseOAuthAccountId } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import type { ActContext } from '../context.js'
import { event } from '../effects/story.js'
import type { ReauthenticationRequired } from '../sessions/valid-session.js'
import { askingOf, requireRecent, sceneOf } from '../sessions/valid-session.js'

export type UnlinkOutcome = MethodRemoval | ReauthenticationRequired

/** Linked accounts in the application's own transaction. */
export interface JoinedOAuth {
  /**
   * Unlinks an account of this person and forgets its tokens; never the last way in. Needs a recent proof of
   * identity.
   */
  unlink(valid: ValidSession<object>, id: string, requestInfo: RequestInfo): Promise<UnlinkOutcome>
}

export const joinOAuth = <Metadata extends object>(context: ActContext<Metadata>): JoinedOAuth => ({
  async unlink(valid, id, requestInfo) {
    const scene = sceneOf(valid, readRequestInfo(requestInfo))
    const recent = requireRecent(valid)
    if (!recent.ok) return recent
    const accountId = parseOAuthAccountId(id)
    if (accountId === null) return { ok: false, reason: 'not_found' }
    const mailSignIn = context.options.mailer !== null
    return context.commit(
      ({ oauthAccounts }) => oauthAccounts.unlink(askingOf(valid), accountId, { mailSignIn }),
      ({ ok }) => (ok ? { events: [event('oauth_unlinked', scene, { accountId })] } : {}),
    )
  },
})
