import * as oauth from 'oauth4webapi'
import type { ExchangedCode } from './code-exchange.js'
import type { ProviderConnection } from './connection.js'
import { parseExactJson } from './exact-json.js'
import type { IdTokenClaims } from './id-token.js'
import type { ProviderIdentity } from './profile.js'
import { readIdentity } from './profile.js'
import type { ProviderAnswer, ResolvedProvider } from './provider.js'
import { ProviderFailure, toProviderFailure } from './provider-failure.js'

/** Reads the user's identity from the provider's responses. @throws ProviderFailure */
export const identifyUser = (
  connection: ProviderConnection,
  exchanged: ExchangedCode,
): Promise<ProviderIdentity> =>
  readProfile(connection.provider, createAnswer(connection, exchanged))

/** Reads the user's identity from an ID token alone: there is no access token for the rest. @throws ProviderFailure */
export const identifyByClaims = (
  provider: ResolvedProvider,
  claims: IdTokenClaims,
): Promise<ProviderIdentity> =>
  readProfile(provider, {
    claims,
    userInfo: async () => null,
    getJson: async () => {
      throw new ProviderFailure('profile', 'no_access_token')
    },
    findJson: async () => null,
  })

async function readProfile(
  provider: ResolvedProvider,
  answer: ProviderAnswer,
): Promise<ProviderIdentity> {
  try {
    const profile = await provider.readProfile(answer)
    return readIdentity(provider, profile)
  } catch (error) {
    if (error instanceof ProviderFailure) throw error
    // The error of a reader may contain the response.
    throw new ProviderFailure('profile', error instanceof Error ? error.name : null)
  }
}

function createAnswer(
  { ask, client, options }: ProviderConnection,
  { server, tokens, claims }: ExchangedCode,
): ProviderAnswer {
  const accessToken = tokens.access_token
  const request = (url: string, headers: Readonly<Record<string, string>> = {}) =>
    // GitHub refuses a request without a User-Agent.
    ask(url, {
      headers: {
        ...{ accept: 'application/json', 'user-agent': 'torii-auth', ...headers },
        authorization: `Bearer ${accessToken}`,
      },
    })
  return {
    claims,
    async userInfo() {
      if (server.userinfo_endpoint === undefined) return null
      const subject = claims === null ? oauth.skipSubjectCheck : String(claims.sub)
      try {
        const response = await oauth.userInfoRequest(server, client, accessToken, options)
        // Without an ID token nothing else says who the user is, so a refusal is an error.
        if (claims !== null && isRefusal(response)) return null
        const body = await response.clone().text()
        await oauth.processUserInfoResponse(server, client, subject, response)
        // Read again: the library rounds the numbers of a response that is a JWT.
        return Object(parseExactJson(isJwt(response) ? payloadOf(body) : body))
      } catch (error) {
        throw toProviderFailure(error)
      }
    },
    getJson: async (url, headers) => readJson(await request(url, headers)),
    async findJson(url, headers) {
      const response = await request(url, headers)
      return isRefusal(response) ? null : readJson(response)
    },
  }
}

async function readJson(response: Response): Promise<unknown> {
  if (!response.ok) throw new ProviderFailure('refused', `status_${response.status}`)
  return response.json().catch(() => {
    throw new ProviderFailure('malformed', 'json')
  })
}

/** Request Timeout, Too Early and Too Many Requests: the same request may succeed later. @see RFC 9110 section 15.5 */
const temporary: readonly number[] = [408, 425, 429]

/** Whether the provider has refused the request for good. GitHub's rate limit is a 403 with one of these headers. */
function isRefusal({ status, headers }: Response): boolean {
  if (status < 400 || status > 499 || temporary.includes(status)) return false
  return headers.get('retry-after') === null && headers.get('x-ratelimit-remaining') !== '0'
}

const isJwt = ({ headers }: Response): boolean =>
  /^application\/jwt\b/i.test(headers.get('content-type') ?? '')

/** The payload of a JWT that the protocol library has accepted. */
const payloadOf = (jwt: string): string =>
  Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()
