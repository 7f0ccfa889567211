import { InvalidOptionsError, Secret } from 'torii-core'
import {
  readBoolean,
  readFunction,
  readSection,
  readText,
  readWholeNumber,
} from '../base/option-checks.js'
import { isAllowedUrl } from './bounded-fetch.js'

/** The client secret that the provider issued to the application. */
export class ClientSecret extends Secret {
  declare readonly kind: 'ClientSecret'
}

/** A user's profile at a provider. It is trusted only as far as the definition of the provider allows. */
export interface ProviderProfile {
  /**
   * The provider's id of the user, as the provider sends it: a string of 1 to 255 bytes, or a safe integer. It must never
   * change or be assigned to another user.
   */
  readonly subject: string | number
  /** The email address, or null. An invalid one counts as null. */
  readonly email: string | null
  /** True only if the provider's value is exactly `true`. */
  readonly emailVerified: boolean
  readonly name: string | null
  /** An https URL, or null. Any other value counts as null. */
  readonly picture: string | null
  /** A name of this account for the user's list of linked accounts. */
  readonly label: string | null
}

/**
 * The responses of a provider, from which {@link OAuthProvider.readProfile} reads the profile. A number that JavaScript
 * cannot represent exactly, such as an id above 2^53, is a string of its digits here.
 */
export interface ProviderAnswer {
  /** The claims of the verified ID token; null for a provider without ID tokens. */
  readonly claims: Readonly<Record<string, unknown>> | null
  /**
   * The response of the UserInfo endpoint, whose `sub` matches the ID token's. Null without such an endpoint, and with an
   * ID token also if the provider refuses the request.
   */
  userInfo(): Promise<Readonly<Record<string, unknown>> | null>
  /**
   * Requests JSON from the provider's API with the access token, and with `headers` that it needs. Follows no redirect;
   * size and time are limited. Any error fails the sign-in.
   */
  getJson(url: string, headers?: Readonly<Record<string, string>>): Promise<unknown>
  /**
   * Does the same for an optional part. Null if the provider refuses the request with a status of 400 to 499, as GitHub
   * Apps without the permission do. An unreachable or overloaded provider fails the sign-in: the user can repeat it, and
   * it would otherwise create an account without that part.
   */
  findJson(url: string, headers?: Readonly<Record<string, string>>): Promise<unknown>
}

/** What says in an ID token that two factors were proved. The provider's documentation has the values, which are compared exactly. */
export interface TrustedSecondFactor {
  /** Values of `acr` (default: none). Ask for them with `parameters: { acr_values }`, if the provider needs it. */
  readonly acr?: readonly string[]
  /** Values of which `amr` contains one, for example `mfa` (default: none). @see RFC 8176 */
  readonly amr?: readonly string[]
  /**
   * Seconds for which the authentication at the provider counts, 0 to 86,400 (default: 600). Sent as `max_age`, so that the
   * provider asks again after that.
   */
  readonly maxAgeSeconds?: number
}

/** The endpoints of a provider. */
export interface ProviderEndpoints {
  readonly authorization: string
  readonly token: string
  /** The keys of its ID tokens; required with the scope `openid`. */
  readonly jwks?: string
  readonly userInfo?: string
}

/**
 * The definition of a provider, as `google`, `github`, `microsoft` and `oidc` return it. Write one for any other
 * provider: copy a file of providers/; docs/oauth.md has an example. Every flow uses the authorization code with PKCE
 * (S256), unless `pkce` is false; with the scope `openid` an ID token and its nonce are required, unless `requireIdToken` says otherwise.
 */
export interface OAuthProvider {
  /**
   * Part of the callback's path and, with the subject, of the stored identity: 1 to 50 lower-case letters, digits and
   * hyphens. Another issuer needs another name.
   */
  readonly name: string
  /** The name on buttons, for example `Google`. */
  readonly displayName: string
  readonly clientId: string
  /** Absent for a public client. A function creates one for each request, as Apple needs. */
  readonly clientSecret?: string | (() => string | Promise<string>)
  /** How the secret is sent (default: by the provider's metadata, otherwise `basic`). */
  readonly clientAuthentication?: 'basic' | 'post'
  readonly scopes: readonly string[]
  /**
   * `form_post` if the provider posts its response to the callback, as Apple does for the scopes `name` and `email`
   * (default: `query`).
   */
  readonly responseMode?: 'query' | 'form_post'
  /**
   * Whether an ID token with our nonce is required (default: with the scope `openid`). False for a provider whose ID
   * tokens have no nonce; the profile then comes from UserInfo or the API.
   */
  readonly requireIdToken?: boolean
  /**
   * Whether the flow uses PKCE (default: true). False only for a provider that refuses it for clients with a secret, as
   * Slack and LinkedIn do. @see RFC 9700 section 2.1.1
   */
  readonly pkce?: boolean
  /**
   * The client ids whose ID tokens sign in without a redirect: those of native applications, and `clientId` for Google One
   * Tap (default: none).
   */
  readonly idTokenAudiences?: readonly string[]
  /** Additional parameters of the authorization request, for example `prompt`. */
  readonly parameters?: Readonly<Record<string, string>>
  /** Its issuer, compared byte by byte. Its metadata are read there if `endpoints` is absent. */
  readonly issuer: string
  /** For a provider with one issuer per tenant: whether this one belongs to it. The profile must then include it. */
  readonly isIssuer?: (issuer: string) => boolean
  readonly endpoints?: ProviderEndpoints
  /**
   * Whether an email address that this provider reports as verified counts as verified (default: false). Only for
   * providers that never assign a user the address of someone else.
   */
  readonly trustEmail?: boolean
  /**
   * Whether a sign-in at this provider counts as the first factor with `profile: 'aal2'`, which refuses the provider otherwise;
   * without that profile it changes nothing (default: false). Only for a provider that authenticates its users as you would.
   */
  readonly trustFirstFactor?: boolean
  /**
   * The values in an ID token by which this provider says that its user has proved two factors there (default: none). The session
   * then has level 2, if the identity was linked before, and counts as authenticated when the user was there. Needs ID tokens.
   */
  readonly trustSecondFactor?: TrustedSecondFactor
  /** Stores its tokens, encrypted; needs the option `keys` (default: false). */
  readonly keepTokens?: boolean
  /** False disables the provider and keeps the linked accounts (default: true). */
  readonly enabled?: boolean
  /** Allows http for localhost, 127.0.0.1 and [::1], for development (default: false). */
  readonly allowLoopback?: boolean
  readonly readProfile: (answer: ProviderAnswer) => ProviderProfile | Promise<ProviderProfile>
}

/** Creates the client secret of one request. */
export type ClientSecretFactory = () => string | Promise<string>

/** The definition after validation: complete and frozen. Its secret prints `[redacted]`. */
export interface ResolvedProvider
  extends Required<
    Omit<
      OAuthProvider,
      'clientSecret' | 'clientAuthentication' | 'endpoints' | 'isIssuer' | 'trustSecondFactor'
    >
  > {
  readonly clientSecret: ClientSecret | ClientSecretFactory | null
  readonly clientAuthentication: 'basic' | 'post' | null
  readonly endpoints: ProviderEndpoints | null
  readonly isIssuer: ((issuer: string) => boolean) | null
  readonly trustSecondFactor: Required<TrustedSecondFactor> | null
}

const members: readonly (keyof OAuthProvider)[] = [
  ...(['name', 'displayName', 'clientId', 'clientSecret', 'clientAuthentication'] as const),
  ...(['scopes', 'parameters', 'issuer', 'isIssuer', 'endpoints', 'trustEmail'] as const),
  ...([
    'trustFirstFactor',
    'trustSecondFactor',
    'keepTokens',
    'enabled',
    'allowLoopback',
    'readProfile',
  ] as const),
  ...(['responseMode', 'pkce', 'requireIdToken', 'idTokenAudiences'] as const),
]

/** The parameters that the flow itself sets; a definition cannot override them. */
const ownParameters: readonly string[] = [
  ...['response_type', 'response_mode', 'client_id', 'redirect_uri', 'scope', 'state', 'nonce'],
  ...['code_challenge', 'code_challenge_method', 'request', 'request_uri'],
]

const nameForm = /^[a-z0-9-]{1,50}$/
/** RFC 6749 section 3.3. */
const scopeForm = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** Returns whether a value is a valid provider name. */
export const isProviderName = (value: unknown): value is string =>
  typeof value === 'string' && nameForm.test(value)

/**
 * Reads the option `oauth.providers`. Error messages never repeat a secret.
 * @throws InvalidOptionsError naming the option, for example `oauth.providers[0].clientId`
 */
export function resolveProviders(value: unknown): readonly ResolvedProvider[] {
  if (value === undefined) return Object.freeze([])
  if (!Array.isArray(value)) throw new InvalidOptionsError('oauth.providers', 'must be an array')
  const providers = Array.from(value, (entry: unknown, index) =>
    readProvider(entry, `oauth.providers[${index}]`),
  )
  providers.forEach(({ name }, index) => {
    if (providers.findIndex((other) => other.name === name) < index)
      throw new InvalidOptionsError(`oauth.providers[${index}].name`, 'must not be used twice')
  })
  return Object.freeze(providers)
}

function readProvider(entry: unknown, option: string): ResolvedProvider {
  const given = readSection(entry ?? null, option, members)
  const flag = (
    name:
      | 'trustEmail'
      | 'trustFirstFactor'
      | 'keepTokens'
      | 'enabled'
      | 'allowLoopback'
      | 'pkce'
      | 'requireIdToken',
    otherwise = false,
  ) => readBoolean(given[name], `${option}.${name}`, otherwise)
  const allowLoopback = flag('allowLoopback')
  if (!isProviderName(given.name))
    throw new InvalidOptionsError(
      `${option}.name`,
      'must be 1 to 50 lower-case letters, digits and hyphens',
    )
  const scopes = readScopes(given.scopes, `${option}.scopes`)
  const requireIdToken = flag('requireIdToken', scopes.includes('openid'))
  const parameters = readParameters(given.parameters, `${option}.parameters`)
  const trustSecondFactor = readTrustedSecondFactor(given.trustSecondFactor, option, requireIdToken)
  if (trustSecondFactor !== null && 'max_age' in parameters)
    throw new InvalidOptionsError(
      `${option}.parameters.max_age`,
      'is set by trustSecondFactor.maxAgeSeconds',
    )
  return Object.freeze({
    name: given.name,
    displayName: readText(given.displayName, `${option}.displayName`),
    clientId: readText(given.clientId, `${option}.clientId`),
    clientSecret: readSecret(given.clientSecret, `${option}.clientSecret`),
    clientAuthentication: readAuthentication(given.clientAuthentication, option),
    scopes,
    responseMode: readResponseMode(given.responseMode, option),
    pkce: flag('pkce', true),
    requireIdToken,
    idTokenAudiences: readAudiences(given.idTokenAudiences, option, requireIdToken),
    parameters,
    issuer: readUrl(given.issuer, `${option}.issuer`, allowLoopback),
    isIssuer: readFunction<OAuthProvider['isIssuer']>(given.isIssuer, `${option}.isIssuer`) ?? null,
    endpoints: readEndpoints(given.endpoints, `${option}.endpoints`, allowLoopback, requireIdToken),
    trustEmail: flag('trustEmail'),
    trustFirstFactor: flag('trustFirstFactor'),
    trustSecondFactor,
    keepTokens: flag('keepTokens'),
    enabled: flag('enabled', true),
    allowLoopback,
    readProfile: readProfileReader(given.readProfile, `${option}.readProfile`),
  })
}

function readSecret(value: unknown, option: string): ClientSecret | ClientSecretFactory | null {
  if (value === undefined) return null
  return typeof value === 'function'
    ? (readFunction<ClientSecretFactory>(value, option) ?? null)
    : new ClientSecret(readText(value, option))
}

function readAuthentication(value: unknown, option: string): 'basic' | 'post' | null {
  if (value === undefined) return null
  if (value === 'basic' || value === 'post') return value
  throw new InvalidOptionsError(`${option}.clientAuthentication`, 'must be basic or post')
}

function readResponseMode(value: unknown, option: string): 'query' | 'form_post' {
  if (value === undefined) return 'query'
  if (value === 'query' || value === 'form_post') return value
  throw new InvalidOptionsError(`${option}.responseMode`, 'must be query or form_post')
}

function readAudiences(value: unknown, option: string, requireIdToken: boolean): readonly string[] {
  if (value === undefined) return Object.freeze([])
  const name = `${option}.idTokenAudiences`
  if (!Array.isArray(value)) throw new InvalidOptionsError(name, 'must be an array of client ids')
  if (!requireIdToken) throw new InvalidOptionsError(name, 'needs a provider with ID tokens')
  return Object.freeze(
    Array.from(value, (entry: unknown, index) => readText(entry, `${name}[${index}]`)),
  )
}

const maxAgeRule = { min: 0, max: 86_400, otherwise: 600 }

function readTrustedSecondFactor(
  value: unknown,
  option: string,
  requireIdToken: boolean,
): ResolvedProvider['trustSecondFactor'] {
  if (value === undefined) return null
  const name = `${option}.trustSecondFactor`
  const given = readSection(value, name, ['acr', 'amr', 'maxAgeSeconds'])
  if (!requireIdToken) throw new InvalidOptionsError(name, 'needs a provider with ID tokens')
  const texts = (member: 'acr' | 'amr'): readonly string[] => {
    const list = given[member] ?? []
    if (!Array.isArray(list))
      throw new InvalidOptionsError(`${name}.${member}`, 'must be an array of texts')
    return Object.freeze(
      Array.from(list, (entry: unknown, index) => readText(entry, `${name}.${member}[${index}]`)),
    )
  }
  const [acr, amr] = [texts('acr'), texts('amr')]
  if (acr.length + amr.length === 0)
    throw new InvalidOptionsError(name, 'must have a value in acr or in amr')
  const seconds = `${name}.maxAgeSeconds`
  const maxAgeSeconds = readWholeNumber(given.maxAgeSeconds, seconds, maxAgeRule)
  return Object.freeze({ acr, amr, maxAgeSeconds })
}

function readScopes(value: unknown, option: string): readonly string[] {
  const scopes: unknown[] = Array.isArray(value) ? Array.from(value) : [null]
  const isScope = (scope: unknown): scope is string =>
    typeof scope === 'string' && scopeForm.test(scope)
  if (!scopes.every(isScope)) throw new InvalidOptionsError(option, 'must be an array of scopes')
  return Object.freeze(scopes)
}

function readParameters(value: unknown, option: string): Readonly<Record<string, string>> {
  const given: Record<string, string> = {}
  for (const [name, text] of Object.entries(value ?? {})) {
    if (ownParameters.includes(name))
      throw new InvalidOptionsError(`${option}.${name}`, 'is set by the flow itself')
    given[name] = readText(text, `${option}.${name}`)
  }
  return Object.freeze(given)
}

function readUrl(value: unknown, option: string, allowLoopback: boolean): string {
  if (typeof value !== 'string' || value.includes('#') || !isAllowedUrl(value, allowLoopback))
    throw new InvalidOptionsError(
      option,
      'must be an https URL without a fragment; http is for localhost, 127.0.0.1 and [::1] with allowLoopback',
    )
  return value
}

function readEndpoints(
  value: unknown,
  option: string,
  allowLoopback: boolean,
  requireIdToken: boolean,
): ProviderEndpoints | null {
  if (value === undefined) return null
  const given = readSection(value, option, ['authorization', 'token', 'jwks', 'userInfo'])
  const url = (name: keyof ProviderEndpoints) =>
    readUrl(given[name], `${option}.${name}`, allowLoopback)
  if (requireIdToken && given.jwks === undefined)
    throw new InvalidOptionsError(`${option}.jwks`, 'is required with the scope openid')
  return Object.freeze({
    authorization: url('authorization'),
    token: url('token'),
    ...(given.jwks === undefined ? {} : { jwks: url('jwks') }),
    ...(given.userInfo === undefined ? {} : { userInfo: url('userInfo') }),
  })
}

function readProfileReader(value: unknown, option: string): OAuthProvider['readProfile'] {
  const reader = readFunction<OAuthProvider['readProfile']>(value, option)
  if (reader === undefined) throw new InvalidOptionsError(option, 'must be a function')
  return reader
}
