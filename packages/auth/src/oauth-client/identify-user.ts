import * as oauth from 'oauth4webapi'
import type { ExchangedCode } from './code-exchange.js'
import type { ProviderConnection } from './connection.js'
import { parseExactJson } from './exact-json.js'
import type { ProviderIdentity } from './profile.js'
import { readIdentity } from './profile.js'
import type { ProviderAnswer } from './provider.js'
import { ProviderFailure, toProviderFailure } from './provider-failure.js'

/** Reads the user's identity from the provider's responses. @throws ProviderFailure */
export async function identifyUser(
  connection: ProviderConnection,
  exchanged: ExchangedCode,
): Promise<ProviderIdentity> {
  const { provider } = connection
  try {
    const profile = await provider.readProfile(createAnswer(connection, exchanged))
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
  return {
    claims,
    async userInfo() {
      if (server.userinfo_endpoint === undefined) return null
      const subject = claims === null ? oauth.skipSubjectCheck : String(claims.sub)
      try {
        const response = await oauth.userInfoRequest(server, client, accessToken, options)
        const body = await response.clone().text()
        await oauth.processUserInfoResponse(server, client, subject, response)
        // Read again: the library rounds the numbers of a response that is a JWT.
        return Object(parseExactJson(isJwt(response) ? payloadOf(body) : body))
      } catch (error) {
        throw toProviderFailure(error)
      }
    },
    async getJson(url) {
      const headers = { authorization: `Bearer ${accessToken}`, accept: 'application/json' }
      // GitHub refuses a request without a User-Agent.
      const response = await ask(url, { headers: { ...headers, 'user-agent': 'torii-auth' } })
      if (!response.ok) throw new ProviderFailure('refused', `status_${response.status}`)
      return response.json().catch(() => {
        throw new ProviderFailure('malformed', 'json')
      })
    },
  }
}

const isJwt = ({ headers }: Response): boolean =>
  /^application\/jwt\b/i.test(headers.get('content-type') ?? '')

/** The payload of a JWT that the protocol library has accepted. */
const payloadOf = (jwt: string): string =>
  Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()
