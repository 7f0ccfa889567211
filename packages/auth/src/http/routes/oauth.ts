import type { OAuthAccount } from 'torii-core'
import type { OAuthCallbackOutcome } from '../../services/oauth/callback.js'
import { findCookie, sessionCookie } from '../request/cookie.js'
import { flowCookie, flowCookieName } from '../request/oauth-cookie.js'
import { readHeader } from '../request/request-token.js'
import { outcomeResponse } from '../response/outcome-response.js'
import { endFormerSession, noContent, seeOther } from '../response/respond.js'
import type { Call } from './route.js'
import { defineRoute } from './route.js'

/** A linked account as its owner may see it. */
const accountAnswer = ({ id, provider, label, createdAt, lastUsedAt }: OAuthAccount) => ({
  id,
  provider,
  label,
  createdAt: createdAt.toISOString(),
  lastUsedAt: lastUsedAt.toISOString(),
})

const browserOf = ({ torii, headers }: Call): string | null =>
  findCookie(readHeader(headers, 'cookie'), flowCookieName(torii.options.baseUrl))

/** Signing in at providers, and linking accounts there. */
export const oauthRoutes = [
  defineRoute({
    method: 'GET',
    path: 'oauth/providers',
    summary: 'The providers to show buttons for',
    access: 'anyone',
    body: null,
    answer: { status: 200, shape: 'providers' },
    errors: [],
    async handle({ torii }) {
      const providers = torii.oauth
        .providers()
        .map(({ name, displayName }) => ({ id: name, name: displayName }))
      return Response.json({ providers })
    },
  }),
  defineRoute({
    method: 'GET',
    path: 'oauth/:provider/start',
    summary: 'Sends the browser to the provider',
    access: 'anyone',
    body: null,
    query: ['redirectTo'],
    answer: { status: 303, shape: null },
    errors: ['not_found', 'provider_failed', 'too_many_attempts'],
    async handle(call) {
      const { torii, param, query, info } = call
      const input = { redirectTo: query.get('redirectTo'), browser: browserOf(call) }
      const started = await torii.oauth.start(param, input, info)
      if (!started.ok) return outcomeResponse(started)
      return seeOther(started.url, { 'set-cookie': cookieOf(call, started.browser) })
    },
  }),
  defineRoute({
    method: 'GET',
    path: 'oauth/:provider/callback',
    summary: 'Where the provider sends the browser back',
    access: 'anyone',
    body: null,
    query: ['code', 'error', 'iss', 'state'],
    answer: { status: 303, shape: null },
    errors: ['not_found'],
    async handle(call) {
      const { torii, param, query, info, credentials } = call
      const { cookie } = credentials
      // Only the browser's own session can end a flow that links: a bearer has no browser.
      const valid = cookie === null ? null : await torii.sessions.validate(cookie)
      const input = { query, browser: browserOf(call), valid }
      return callbackAnswer(call, await torii.oauth.callback(param, input, info))
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'oauth/:provider/link',
    summary: 'Begins linking an account of a provider; go to `url`',
    access: 'signed in',
    body: null,
    answer: { status: 200, shape: 'authorization' },
    errors: ['not_found', 'provider_failed', 'reauthentication_required', 'too_many_attempts'],
    async handle(call) {
      const { torii, valid, param, info, site } = call
      const input = { redirectTo: site.pages.account, browser: browserOf(call) }
      const started = await torii.oauth.startLink(valid, param, input, info)
      if (!started.ok) return outcomeResponse(started)
      const headers = { 'set-cookie': cookieOf(call, started.browser) }
      return Response.json({ url: started.url }, { headers })
    },
  }),
  defineRoute({
    method: 'GET',
    path: 'oauth/accounts',
    summary: 'The linked accounts of the person',
    access: 'signed in',
    body: null,
    answer: { status: 200, shape: 'oauth accounts' },
    errors: [],
    async handle({ torii, valid }) {
      const accounts = await torii.oauth.list(valid)
      return Response.json({ accounts: accounts.map(accountAnswer) })
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: 'oauth/accounts/:id',
    summary: 'Unlinks an account, unless it is the last way in',
    access: 'signed in',
    body: null,
    answer: { status: 204, shape: null },
    errors: ['last_method', 'reauthentication_required'],
    async handle({ torii, valid, info, param }) {
      const outcome = await torii.oauth.unlink(valid, param, info)
      return outcome.ok ? noContent() : outcomeResponse(outcome)
    },
  }),
]

const cookieOf = ({ torii }: Call, browser: Parameters<typeof flowCookie>[1]): string =>
  flowCookie(torii.options.baseUrl, browser, torii.options.oauth.flowSeconds)

/** A person looks at it, so every end is a page of the application: a refusal goes along as its code only. */
async function callbackAnswer(
  call: Call,
  outcome: OAuthCallbackOutcome<object>,
): Promise<Response> {
  const { pages } = call.site
  if (!outcome.ok) {
    if (outcome.reason === 'not_found') return outcomeResponse(outcome)
    const mark = pages.failed.includes('?') ? '&' : '?'
    return seeOther(`${pages.failed}${mark}error=${outcome.reason}`)
  }
  if (outcome.kind === 'linked') return seeOther(outcome.redirectTo ?? pages.account)
  const { session, token, redirectTo } = outcome
  await endFormerSession(call)
  const cookie = sessionCookie(call.torii.options.baseUrl, session, token)
  return seeOther(redirectTo ?? pages.signedIn, { 'set-cookie': cookie })
}
