import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { text as readText } from 'node:stream/consumers'
import type { Grants, TokenAnswer } from './provider-grants.js'
import { createGrants } from './provider-grants.js'
import { providerKey } from './provider-keys.js'
import type { TestPerson } from './test-people.js'

/** What the endpoints know. */
export interface ProviderSettings {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** Null allows any. */
  readonly redirectUris: readonly string[] | null
  /** The person behind an authorization request, by its parameter {@link personParameter}; null declines. */
  personOf(key: string | null): TestPerson | null
}

/** The parameter by which a test says who is at the browser. */
export const personParameter = 'torii_test_person'

type Respond = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void

/** Serves a provider. Every other path is not found. */
export async function createProviderHandler(settings: ProviderSettings): Promise<RequestListener> {
  const { issuer, clientId } = settings
  const key = await providerKey()
  const grants = createGrants(issuer, clientId, key)
  const endpoints = new Map<string, Respond>([
    [
      'GET /.well-known/openid-configuration',
      (_request, response) => sendJson(response, 200, metadataOf(issuer)),
    ],
    ['GET /jwks', (_request, response) => sendJson(response, 200, { keys: [key.jwk] })],
    [
      'GET /authorize',
      (request, response) => {
        const { searchParams } = new URL(request.url ?? '', issuer)
        const answer = authorize(searchParams, settings, grants)
        if (typeof answer === 'string') response.writeHead(400).end(answer)
        else response.writeHead(302, { location: answer.href }).end()
      },
    ],
    [
      'POST /token',
      async (request, response) => {
        const form = new URLSearchParams(await readText(request))
        const { status, body } = isClient(request, form, settings)
          ? grants.exchange(form)
          : unknownClient
        sendJson(response, status, body)
      },
    ],
    ['GET /userinfo', (request, response) => sendUserInfo(request, response, grants)],
    ['POST /userinfo', (request, response) => sendUserInfo(request, response, grants)],
  ])
  return (request, response) => {
    const path = request.url?.split('?')[0]
    const respond = endpoints.get(`${request.method} ${path}`)
    if (respond === undefined) response.writeHead(404).end()
    // A connection that breaks while the body is read.
    else Promise.resolve(respond(request, response)).catch(() => response.destroy())
  }
}

/** @see OpenID Connect Discovery 1.0 section 3 */
const metadataOf = (issuer: string) => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  userinfo_endpoint: `${issuer}/userinfo`,
  jwks_uri: `${issuer}/jwks`,
  response_types_supported: ['code'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
  scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
  grant_types_supported: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
  code_challenge_methods_supported: ['S256'],
  authorization_response_iss_parameter_supported: true,
})

/**
 * Answers an authorization request: where to redirect, or why not. As in RFC 6749 section 4.1.2.1, nothing is redirected to a
 * client that may be another.
 */
function authorize(
  query: URLSearchParams,
  { issuer, clientId, redirectUris, personOf }: ProviderSettings,
  grants: Grants,
): URL | string {
  const redirectUri = query.get('redirect_uri') ?? ''
  if (query.get('client_id') !== clientId) return `client_id must be ${clientId}`
  if (!URL.canParse(redirectUri)) return 'redirect_uri must be a URL'
  if (redirectUris !== null && !redirectUris.includes(redirectUri))
    return `redirect_uri is not registered: ${redirectUri}`
  const redirect = new URL(redirectUri)
  const answer = (values: Record<string, string>) => {
    const state = query.get('state')
    const all = { ...values, ...(state === null ? {} : { state }), iss: issuer }
    for (const [name, value] of Object.entries(all)) redirect.searchParams.set(name, value)
    return redirect
  }
  const problem = problemOf(query)
  if (problem !== null) return answer({ error: 'invalid_request', error_description: problem })
  const person = personOf(query.get(personParameter))
  if (person === null) return answer({ error: 'access_denied' })
  return answer({
    code: grants.newCode({
      person,
      redirectUri,
      scope: query.get('scope') ?? '',
      nonce: query.get('nonce'),
      challenge: query.get('code_challenge'),
    }),
  })
}

function problemOf(query: URLSearchParams): string | null {
  if (query.get('response_type') !== 'code') return 'response_type must be code'
  const method = query.get('code_challenge_method')
  if (query.has('code_challenge') && method !== 'S256') return 'code_challenge_method must be S256'
  return null
}

const unknownClient: TokenAnswer = { status: 401, body: { error: 'invalid_client' } }

/** The client's id and secret are in the header Authorization or in the form. @see RFC 6749 section 2.3.1 */
function isClient(
  { headers }: IncomingMessage,
  form: URLSearchParams,
  { clientId, clientSecret }: ProviderSettings,
): boolean {
  const [scheme, credentials = ''] = (headers.authorization ?? '').split(' ')
  const [id, secret] =
    scheme === 'Basic'
      ? Buffer.from(credentials, 'base64').toString().split(':').map(decodeForm)
      : [form.get('client_id'), form.get('client_secret')]
  return id === clientId && secret === clientSecret
}

/** `+` is a blank there. */
const decodeForm = (text: string): string => new URLSearchParams(`value=${text}`).get('value') ?? ''

/** @see OpenID Connect Core 1.0 section 5.3 */
function sendUserInfo(
  { headers }: IncomingMessage,
  response: ServerResponse,
  grants: Grants,
): void {
  const [scheme, token = ''] = (headers.authorization ?? '').split(' ')
  const person = scheme === 'Bearer' ? grants.personOf(token) : null
  if (person === null) response.setHeader('www-authenticate', 'Bearer error="invalid_token"')
  sendJson(response, person === null ? 401 : 200, person ?? { error: 'invalid_token' })
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }
  response.writeHead(status, headers).end(JSON.stringify(body))
}
