import type { MethodRemoval, ValidSession } from 'torii-core'
import { parseOAuthAccountId } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import type { OperationContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import { usableMethods } from '../options/usable-methods.js'
import type { ReauthenticationRequired } from '../refusals.js'
import { notFound } from '../refusals.js'
import { actorOf, eventContextOf, requireRecent } from '../sessions/valid-session.js'

export type UnlinkOutcome = MethodRemoval | ReauthenticationRequired

/** Unlinks a provider account of the user and deletes its tokens. Refuses to remove the last sign-in method. */
export const unlinkAccount =
  <Metadata extends object>({ options, runWithEffects }: OperationContext<Metadata>) =>
  async (
    valid: ValidSession<object>,
    id: string,
    requestInfo: RequestInfo,
  ): Promise<UnlinkOutcome> => {
    const eventContext = eventContextOf(valid, readRequestInfo(requestInfo))
    const recent = requireRecent(valid)
    if (!recent.ok) return recent
    const accountId = parseOAuthAccountId(id)
    if (accountId === null) return notFound
    const usable = usableMethods(options)
    return runWithEffects({
      run: ({ oauthAccounts }) => oauthAccounts.unlink(actorOf(valid), accountId, usable),
      effects: ({ ok }) =>
        ok ? { events: [event('oauth_unlinked', eventContext, { accountId })] } : {},
    })
  }
