import { oauthCallbackPath } from '../../base/paths.js'
import type { BrowserSecret } from '../../oauth-client/flow-secrets.js'
import type { OAuthCallbackOutcome } from '../../services/oauth/callback.js'
import { findCookie } from '../request/cookie.js'
import {
  clearedNameCookie,
  flowCookie,
  flowCookieName,
  nameCookie,
  nameCookieName,
} from '../request/oauth-cookie.js'
import { readHeader } from '../request/request-token.js'
import { serializeOAuthAccount } from '../response/serializers.js'
import { idTokenBody, oauthFormPostBody } from '../schema/request-bodies.js'
import {
  authorizationSchema,
  nonceSchema,
  oauthAccountsSchema,
  oauthProvidersSchema,
  signInSchema,
} from '../schema/response-bodies.js'
import { noContent, refused, seeOther, success } from './results.js'
import type { Call } from './route.js'
import { defineRoute } from './route.js'
import { secondFactorPagePath } from './second-factor-page.js'
import { pendingCookies, signedIn, signInCookies, signInRefused } from './sign-in-result.js'

/** The secret in the flow cookie, or null. */
const flowSecretOf = ({ torii, headers }: Call): string | null =>
  findCookie(readHeader(headers, 'cookie'), flowCookieName(torii.options.cookie))

/** The name in its cookie, or null. */
const displayNameOf = ({ torii, headers }: Call): string | null =>
  findCookie(readHeader(headers, 'cookie'), nameCookieName(torii.options.cookie))

/** Sign-in at OAuth providers, and linked accounts. */
export const oauthRoutes = [
  defineRoute({
    method: 'GET',
    path: 'oauth/providers',
    summary: 'Lists the enabled providers',
    access: 'anyone',
    body: null,
    responses: { 200: oauthProvidersSchema },
    errors: [],
    async handle({ torii }) {
      return success(200, { providers: torii.oauth.providers() })
    },
  }),
  defineRoute({
    method: 'GET',
    path: 'oauth/:provider/start',
    summary: 'Redirects the browser to the provider',
    access: 'anyone',
    body: null,
    query: ['redirectTo', 'remember'],
    responses: { 303: 'redirect' },
    errors: ['not_found', 'provider_failed', 'refused_by_application', 'too_many_attempts'],
    feature: 'oauth',
    navigation: true,
    async handle(call) {
      const { torii, param, query, info } = call
      const input = {
        redirectTo: query.get('redirectTo'),
        browser: flowSecretOf(call),
        remember: query.get('remember') !== 'false',
      }
      const started = await torii.oauth.start(param, input, info)
      if (!started.ok) return refused(started)
      return seeOther(started.url, { setCookies: [cookieOf(call, started.browser)] })
    },
  }),
  defineRoute({
    method: 'GET',
    path: oauthCallbackPath(':provider'),
    summary: 'Completes an OAuth flow and redirects the browser to the application',
    access: 'anyone',
    body: null,
    query: ['code', 'error', 'iss', 'state'],
    responses: { 303: 'redirect' },
    errors: ['not_found', 'too_many_attempts'],
    feature: 'oauth',
    navigation: true,
    async handle(call) {
      const { torii, param, query, info, tokens } = call
      const { cookie } = tokens
      // Only the browser's own session can complete a flow that links an account: a bearer has no browser.
      const valid = cookie === null ? null : await torii.sessions.validate(cookie)
      const displayName = displayNameOf(call)
      const input = { query, browser: flowSecretOf(call), valid, displayName }
      return callbackResult(call, await torii.oauth.callback(param, input, info))
    },
  }),
  defineRoute({
    method: 'POST',
    path: oauthCallbackPath(':provider'),
    summary:
      'Receives the response that a provider posts, and redirects the browser to the callback',
    access: 'anyone',
    body: oauthFormPostBody,
    responses: { 303: 'redirect' },
    errors: ['not_found'],
    feature: 'oauth',
    navigation: true,
    postedByProvider: true,
    async handle({ torii, param }, post) {
      const received = torii.oauth.receiveFormPost(param, post)
      if (!received.ok) return refused(received)
      const { query, displayName } = received
      const { cookie: site, basePath } = torii.options
      const setCookies = displayName === null ? [] : [nameCookie(site, displayName)]
      return seeOther(`${basePath}/${oauthCallbackPath(param)}?${query}`, { setCookies })
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'oauth/:provider/id-token/nonce',
    summary: 'Creates the nonce for an ID token of a native application or of Google One Tap',
    access: 'anyone',
    body: null,
    responses: { 201: nonceSchema },
    errors: ['not_found', 'refused_by_application', 'too_many_attempts'],
    feature: 'oauth',
    async handle({ torii, param, info }) {
      const created = await torii.oauth.createIdTokenNonce(param, info)
      return created.ok ? success(201, { nonce: created.nonce }) : refused(created)
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'oauth/:provider/id-token',
    summary: 'Signs in with an ID token of a native application or of Google One Tap',
    access: 'anyone',
    body: idTokenBody,
    responses: { 200: signInSchema },
    errors: [
      'account_disabled',
      'invalid_token',
      'not_found',
      'provider_failed',
      'refused_by_application',
      'second_factor_required',
      'too_many_attempts',
    ],
    feature: 'oauth',
    async handle(call, input) {
      const outcome = await call.torii.oauth.signInWithIdToken(call.param, input, call.info)
      if (outcome.ok) return signedIn(call, 200, outcome)
      return signInRefused(call, outcome, { texts: { invalid_token: 'sign_in_failed' } })
    },
  }),
  defineRoute({
    method: 'POST',
    path: 'oauth/:provider/link',
    summary: 'Starts linking an account of a provider; the browser must go to `url`',
    access: 'signed in',
    body: null,
    responses: { 200: authorizationSchema },
    errors: ['not_found', 'provider_failed', 'reauthentication_required', 'too_many_attempts'],
    feature: 'oauth',
    async handle(call) {
      const { torii, valid, param, info, pages } = call
      const input = { redirectTo: pages.account, browser: flowSecretOf(call) }
      const started = await torii.oauth.startLink(valid, param, input, info)
      if (!started.ok) return refused(started)
      return success(200, { url: started.url }, { setCookies: [cookieOf(call, started.browser)] })
    },
  }),
  defineRoute({
    method: 'GET',
    path: 'oauth/accounts',
    summary: 'Lists the linked accounts of the user',
    access: 'signed in',
    body: null,
    responses: { 200: oauthAccountsSchema },
    errors: [],
    async handle({ torii, valid }) {
      const accounts = await torii.oauth.list(valid)
      return success(200, { accounts: accounts.map(serializeOAuthAccount) })
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: 'oauth/accounts/:id',
    summary: 'Unlinks an account, unless it is the only sign-in method',
    access: 'signed in',
    body: null,
    responses: { 204: null },
    errors: ['last_method', 'reauthentication_required'],
    async handle({ torii, valid, info, param }) {
      const outcome = await torii.oauth.unlink(valid, param, info)
      return outcome.ok ? noContent() : refused(outcome)
    },
  }),
]

const cookieOf = ({ torii }: Call, browser: BrowserSecret): string =>
  flowCookie(torii.options.cookie, browser, torii.options.oauth.flowSeconds)

/**
 * Redirects to a page of the application, since a person looks at the result. A refusal goes along as its code, that of a
 * hook as the `reason`.
 */
async function callbackResult(call: Call, outcome: OAuthCallbackOutcome<object>) {
  const { pages } = call
  if (!outcome.ok) {
    if (outcome.reason === 'not_found' || outcome.reason === 'too_many_attempts')
      return refused(outcome)
    if (outcome.reason === 'second_factor_required')
      return seeOther(secondFactorPagePath(call, outcome.redirectTo), {
        setCookies: pendingCookies(call, outcome),
      })
    const separator = pages.failed.includes('?') ? '&' : '?'
    const own = outcome.reason === 'refused_by_application' ? `&reason=${outcome.code}` : ''
    return seeOther(`${pages.failed}${separator}error=${outcome.reason}${own}`)
  }
  if (outcome.kind === 'linked') return seeOther(outcome.redirectTo ?? pages.account)
  const setCookies = await signInCookies(call, outcome)
  if (displayNameOf(call) !== null) setCookies.push(clearedNameCookie(call.torii.options.cookie))
  return seeOther(outcome.redirectTo ?? pages.signedIn, { setCookies })
}
