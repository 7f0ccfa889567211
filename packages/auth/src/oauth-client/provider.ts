import { InvalidOptionsError, Secret } from 'torii-core'
import { readSection } from '../base/option-checks.js'
import { isAllowedUrl } from './bounded-fetch.js'

/** The secret that a provider gave the application. */
export class ClientSecret extends Secret {
  declare readonly kind: 'ClientSecret'
}

/** What a provider says of a person. Nothing of it is trusted beyond what the definition allows. */
export interface ProviderProfile {
  /** The provider's own id of the person, 1 to 255 bytes, which never changes and is never given to another. */
  readonly subject: string
  /** The address, or null. What is not an address counts as none. */
  readonly email: string | null
  /** True only when the provider says so with exactly `true`. */
  readonly emailVerified: boolean
  readonly name: string | null
  /** An https URL, or null. What is none counts as null. */
  readonly picture: string | null
  /** What the person calls this account: shown in the list of linked accounts. */
  readonly label: string | null
}

/** What a provider answered, for {@link OAuthProvider.readProfile} to make a profile of. */
export interface ProviderAnswer {
  /** The claims of the ID token, all checks passed; null for a provider without ID tokens. */
  readonly claims: Readonly<Record<string, unknown>> | null
  /** What the UserInfo endpoint says, its `sub` compared with the ID token's; null without such an endpoint. */
  userInfo(): Promise<Readonly<Record<string, unknown>> | null>
  /** JSON of the provider's API, asked with the access token; no redirect is followed, size and time are bounded. */
  getJson(url: string): Promise<unknown>
}

/** Where a provider is asked. */
export interface ProviderEndpoints {
  readonly authorization: string
  readonly token: string
  /** Keys of its ID tokens; needed when the scopes hold `openid`. */
  readonly jwks?: string
  readonly userInfo?: string
}

/**
 * A provider, as data: what `google`, `github`, `microsoft` and `oidc` return, and what you write for any
 * other. Every flow uses the authorization code with PKCE (S256); with the scope `openid` an ID
 * token and its nonce are required. docs/oauth.md has an example.
 */
export interface OAuthProvider {
  /**
   * Part of the callback's path and, with the subject, the identity that is stored: 1 to 50 lower-case letters,
   * digits and hyphens. Another issuer needs another name.
   */
  readonly name: string
  /** What a button says, for example `Google`. */
  readonly displayName: string
  readonly clientId: string
  /** Absent for a public client. */
  readonly clientSecret?: string
  /** How the secret is sent (default: as the provider's metadata say, otherwise `basic`). */
  readonly clientAuthentication?: 'basic' | 'post'
  readonly scopes: readonly string[]
  /** More parameters of the authorization request, for example `prompt`. */
  readonly parameters?: Readonly<Record<string, string>>
  /** Its issuer, compared byte by byte; where its metadata are read when `endpoints` is absent. */
  readonly issuer: string
  /** For a provider with one issuer per tenant: whether this one belongs to it. The profile then has to name it. */
  readonly isIssuer?: (issuer: string) => boolean
  readonly endpoints?: ProviderEndpoints
  /**
   * Whether an address that this provider calls verified proves the mailbox (default: false). Only for
   * providers that let nobody have another person's address.
   */
  readonly trustEmail?: boolean
  /** Keep its tokens, encrypted; needs the option `keys` (default: false). */
  readonly keepTokens?: boolean
  /** False refuses it everywhere, without forgetting the linked accounts (default: true). */
  readonly enabled?: boolean
  /** Lets it be asked over http on localhost, 127.0.0.1 and [::1], for development (default: false). */
  readonly allowLoopback?: boolean
  readonly readProfile: (answer: ProviderAnswer) => ProviderProfile | Promise<ProviderProfile>
}

/** A provider as the service takes it: complete, checked, frozen; its secret prints `[redacted]`. */
export interface ResolvedProvider
  extends Required<
    Omit<OAuthProvider, 'clientSecret' | 'clientAuthentication' | 'endpoints' | 'isIssuer'>
  > {
  readonly clientSecret: ClientSecret | null
  readonly clientAuthentication: 'basic' | 'post' | null
  readonly endpoints: ProviderEndpoints | null
  readonly isIssuer: ((issuer: string) => boolean) | null
}

const members: readonly (keyof OAuthProvider)[] = [
  ...(['name', 'displayName', 'clientId', 'clientSecret', 'clientAuthentication'] as const),
  ...(['scopes', 'parameters', 'issuer', 'isIssuer', 'endpoints', 'trustEmail'] as const),
  ...(['keepTokens', 'enabled', 'allowLoopback', 'readProfile'] as const),
]

/** What the flow itself says; a definition cannot say otherwise. */
const ownParameters: readonly string[] = [
  ...['response_type', 'response_mode', 'client_id', 'redirect_uri', 'scope', 'state', 'nonce'],
  ...['code_challenge', 'code_challenge_method', 'request', 'request_uri'],
]

const nameForm = /^[a-z0-9-]{1,50}$/
/** RFC 6749 section 3.3. */
const scopeForm = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** Whether a text can name a provider. */
export const isProviderName = (value: unknown): value is string =>
  typeof value === 'string' && nameForm.test(value)

/**
 * Reads the option `oauth.providers`. No refusal repeats a secret.
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
      throw new InvalidOptionsError(`oauth.providers[${index}].name`, `must not be used twice`)
  })
  return Object.freeze(providers)
}

function readProvider(entry: unknown, option: string): ResolvedProvider {
  const given = readSection(entry ?? null, option, members)
  const flag = (
    name: 'trustEmail' | 'keepTokens' | 'enabled' | 'allowLoopback',
    otherwise = false,
  ) => readBoolean(given[name], `${option}.${name}`, otherwise)
  const allowLoopback = flag('allowLoopback')
  if (!isProviderName(given.name))
    throw new InvalidOptionsError(
      `${option}.name`,
      'must be 1 to 50 lower-case letters, digits and hyphens',
    )
  const scopes = readScopes(given.scopes, `${option}.scopes`)
  return Object.freeze({
    name: given.name,
    displayName: readText(given.displayName, `${option}.displayName`),
    clientId: readText(given.clientId, `${option}.clientId`),
    clientSecret: readSecret(given.clientSecret, `${option}.clientSecret`),
    clientAuthentication: readAuthentication(given.clientAuthentication, option),
    scopes,
    parameters: readParameters(given.parameters, `${option}.parameters`),
    issuer: readUrl(given.issuer, `${option}.issuer`, allowLoopback),
    isIssuer: readFunction<OAuthProvider['isIssuer']>(given.isIssuer, `${option}.isIssuer`) ?? null,
    endpoints: readEndpoints(given.endpoints, `${option}.endpoints`, allowLoopback, scopes),
    trustEmail: flag('trustEmail'),
    keepTokens: flag('keepTokens'),
    enabled: flag('enabled', true),
    allowLoopback,
    readProfile: readProfileReader(given.readProfile, `${option}.readProfile`),
  })
}

function readText(value: unknown, option: string): string {
  if (typeof value !== 'string' || value.trim() === '' || /\p{Cc}/u.test(value))
    throw new InvalidOptionsError(option, 'must be a text that is not empty')
  return value
}

const readSecret = (value: unknown, option: string): ClientSecret | null =>
  value === undefined ? null : new ClientSecret(readText(value, option))

function readBoolean(value: unknown, option: string, otherwise: boolean): boolean {
  if (value === undefined) return otherwise
  if (typeof value !== 'boolean') throw new InvalidOptionsError(option, 'must be true or false')
  return value
}

function readAuthentication(value: unknown, option: string): 'basic' | 'post' | null {
  if (value === undefined) return null
  if (value === 'basic' || value === 'post') return value
  throw new InvalidOptionsError(`${option}.clientAuthentication`, 'must be basic or post')
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
  scopes: readonly string[],
): ProviderEndpoints | null {
  if (value === undefined) return null
  const given = readSection(value, option, ['authorization', 'token', 'jwks', 'userInfo'])
  const url = (name: keyof ProviderEndpoints) =>
    readUrl(given[name], `${option}.${name}`, allowLoopback)
  if (scopes.includes('openid') && given.jwks === undefined)
    throw new InvalidOptionsError(`${option}.jwks`, 'is needed: the scopes ask for an ID token')
  return Object.freeze({
    authorization: url('authorization'),
    token: url('token'),
    ...(given.jwks === undefined ? {} : { jwks: url('jwks') }),
    ...(given.userInfo === undefined ? {} : { userInfo: url('userInfo') }),
  })
}

function readFunction<Type>(value: unknown, option: string): Type | undefined {
  if (value !== undefined && typeof value !== 'function')
    throw new InvalidOptionsError(option, 'must be a function')
  // What it takes and returns is its author's promise; what it returns is checked where it is called.
  return value as Type | undefined
}

function readProfileReader(value: unknown, option: string): OAuthProvider['readProfile'] {
  const reader = readFunction<OAuthProvider['readProfile']>(value, option)
  if (reader === undefined) throw new InvalidOptionsError(option, 'must be a function')
  return reader
}
