import type { TrustedBrowser, TrustedBrowserId, ValidSession } from 'torii-core'
import { parseTrustedBrowserId } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import type { ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import { trustSeconds } from '../options/second-factor.js'
import { actorOf, eventContextOf } from '../sessions/valid-session.js'

/** Lists the trusted browsers of the user. One statement; none where no browser is trusted. */
export const listTrustedBrowsers =
  <Metadata extends object>({ options, storage }: ServiceContext<Metadata>) =>
  async ({ user }: ValidSession<Metadata>): Promise<readonly TrustedBrowser[]> =>
    trustSeconds(options.secondFactor) === null
      ? []
      : storage.secondFactors.listTrustedBrowsers(user.id)

/** Removes one trusted browser. False if it is none of the user. One statement. */
export const removeTrustedBrowser =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (valid: ValidSession<Metadata>, id: string, requestInfo: RequestInfo): Promise<boolean> => {
    const browserId = parseTrustedBrowserId(id)
    return browserId !== null && (await remove(context, valid, browserId, requestInfo)) > 0
  }

/** Removes all trusted browsers of the user, and returns how many there were. One statement. */
export const removeTrustedBrowsers =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  (valid: ValidSession<Metadata>, requestInfo: RequestInfo): Promise<number> =>
    remove(context, valid, null, requestInfo)

function remove<Metadata extends object>(
  { runWithEffects }: ServiceContext<Metadata>,
  valid: ValidSession<Metadata>,
  id: TrustedBrowserId | null,
  requestInfo: RequestInfo,
): Promise<number> {
  const eventContext = eventContextOf(valid, readRequestInfo(requestInfo))
  return runWithEffects({
    run: ({ secondFactors }) => secondFactors.removeTrustedBrowsers(actorOf(valid), id),
    effects: (count) =>
      count === 0 ? {} : { events: [event('trusted_browsers_removed', eventContext, { count })] },
  })
}
