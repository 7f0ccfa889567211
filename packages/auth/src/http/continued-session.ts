import type { RequestInfo } from '../base/request-info.js'
import type { ContinueImportedOutcome } from '../services/sessions/imported.js'
import type { OpenedSession } from '../services/sessions/opening.js'
import type { Torii } from '../torii.js'
import type { CookieToSet } from './request/cookie.js'
import { newSessionCookie } from './request/cookie.js'
import { findImportedCookie, isOwnRequest } from './request/imported-cookie.js'
import { isPrefetch } from './request/navigation.js'
import { newPendingCookie } from './request/pending-cookie.js'
import type { HeaderSource } from './request/request-token.js'
import { readRequestTokens } from './request/request-token.js'

/** A request that has a session of another system, and none of ours, opened its session, or a sign-in that waits for a second factor. */
export interface Continuation {
  readonly outcome: Exclude<ContinueImportedOutcome, { reason: 'invalid_token' }>
  /** To set. */
  readonly cookies: readonly CookieToSet[]
}

/**
 * Continues the imported session of a request; null where it has none, or has a token of ours. The Origin rule was applied before.
 * @throws ToriiError when the database cannot be reached
 */
export async function continueSession(
  { options, sessions }: Pick<Torii<object>, 'options' | 'sessions'>,
  headers: HeaderSource,
  info: RequestInfo,
): Promise<Continuation | null> {
  const { cookie: site, importedSessions } = options
  const cookie = findImportedCookie(headers, importedSessions)
  if (cookie === null) return null
  const { token, cookies } = readRequestTokens(headers, site)
  if (token !== null || cookies.length > 0) return null
  const origins = [...options.baseUrl.origins, ...options.trustedOrigins]
  if (!isOwnRequest(headers, { origins }) || isPrefetch(headers)) return null
  const outcome = await sessions.continueImported(cookie, info)
  if (outcome.ok)
    return { outcome, cookies: [newSessionCookie(options, outcome.session, outcome.token)] }
  if (outcome.reason === 'invalid_token') return null
  if (outcome.reason === 'second_factor_required')
    return { outcome, cookies: [newPendingCookie(site, outcome.pending.token)] }
  return { outcome, cookies: [] }
}

/** The tokens of a request whose session was continued. */
export const continuedTokens = ({ token }: OpenedSession) => ({
  token: token.reveal(),
  cookie: token.reveal(),
  cookies: [],
})
