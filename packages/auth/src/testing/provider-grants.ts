import { createHash, randomBytes } from 'node:crypto'
import type { ProviderKey } from './provider-keys.js'
import type { TestPerson } from './test-people.js'

/** An authorization that a person gave to the client. */
export interface Authorization {
  readonly person: TestPerson
  readonly redirectUri: string
  readonly scope: string
  /** Null where the client sent none. */
  readonly nonce: string | null
  /** The S256 challenge; null where the client sent none. */
  readonly challenge: string | null
}

/** The response of the token endpoint. @see RFC 6749 sections 5.1 and 5.2 */
export interface TokenAnswer {
  readonly status: number
  readonly body: object
}

/** What the provider has issued. */
export interface Grants {
  /** Issues a code, which is valid once and for a minute. */
  newCode(authorization: Authorization): string
  /** Answers a request of the token endpoint whose client is authenticated. */
  exchange(form: URLSearchParams): TokenAnswer
  /** The person of an access token; null for any other text. */
  personOf(accessToken: string): TestPerson | null
}

const codeMs = 60_000
const tokenSeconds = 3600
const newSecret = () => randomBytes(24).toString('base64url')

/** Creates the memory of a provider, which lives as long as its server. */
export function createGrants(issuer: string, clientId: string, key: ProviderKey): Grants {
  const codes = new Map<string, { authorization: Authorization; expiresAt: number }>()
  const accessTokens = new Map<string, TestPerson>()
  const refreshTokens = new Map<string, Authorization>()

  function idToken({ person, nonce }: Authorization): string {
    const now = Math.floor(Date.now() / 1000)
    const { sub, acr, amr, auth_time = now } = person
    const times = { iat: now, exp: now + tokenSeconds, auth_time }
    // JSON leaves out what is undefined.
    const own = { iss: issuer, aud: clientId, sub, acr, amr, ...times }
    return key.sign(nonce === null ? own : { ...own, nonce })
  }

  function issue(authorization: Authorization): TokenAnswer {
    const [accessToken, refreshToken] = [newSecret(), newSecret()]
    accessTokens.set(accessToken, authorization.person)
    refreshTokens.set(refreshToken, authorization)
    const { scope } = authorization
    return {
      status: 200,
      body: {
        access_token: accessToken,
        token_type: 'Bearer',
        expires_in: tokenSeconds,
        refresh_token: refreshToken,
        scope,
        ...(scope.split(' ').includes('openid') ? { id_token: idToken(authorization) } : {}),
      },
    }
  }

  /** A code is used by the first request with it, whatever comes of that. */
  function useCode(form: URLSearchParams): TokenAnswer {
    const code = form.get('code') ?? ''
    const found = codes.get(code)
    codes.delete(code)
    if (found === undefined || Date.now() > found.expiresAt) return invalidGrant('code')
    const { authorization } = found
    if (form.get('redirect_uri') !== authorization.redirectUri) return invalidGrant('redirect_uri')
    const { challenge } = authorization
    if (challenge !== null && challengeOf(form.get('code_verifier')) !== challenge)
      return invalidGrant('code_verifier')
    return issue(authorization)
  }

  /** The nonce belongs to the first ID token only. */
  function refresh(form: URLSearchParams): TokenAnswer {
    const token = form.get('refresh_token') ?? ''
    const authorization = refreshTokens.get(token)
    if (authorization === undefined) return invalidGrant('refresh_token')
    refreshTokens.delete(token)
    return issue({ ...authorization, nonce: null })
  }

  return {
    newCode(authorization) {
      const code = newSecret()
      codes.set(code, { authorization, expiresAt: Date.now() + codeMs })
      return code
    },
    exchange(form) {
      const grant = form.get('grant_type')
      if (grant === 'authorization_code') return useCode(form)
      if (grant === 'refresh_token') return refresh(form)
      return { status: 400, body: { error: 'unsupported_grant_type' } }
    },
    personOf: (accessToken) => accessTokens.get(accessToken) ?? null,
  }
}

/** @see RFC 7636 section 4.6 */
const challengeOf = (verifier: string | null): string =>
  createHash('sha256')
    .update(verifier ?? '')
    .digest('base64url')

const invalidGrant = (parameter: string): TokenAnswer => ({
  status: 400,
  body: { error: 'invalid_grant', error_description: `${parameter} is not valid` },
})
