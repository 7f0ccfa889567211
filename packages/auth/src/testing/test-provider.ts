import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import { InvalidInputError, ToriiError } from 'torii-core'
import type { OAuthProvider } from '../oauth-client/provider.js'
import { oidc } from '../oauth-client/providers/oidc.js'
import { refuseProduction } from './not-in-production.js'
import { createProviderHandler, personParameter } from './provider-handler.js'
import type { TestPerson } from './test-people.js'
import { newTestPerson } from './test-people.js'

/** What a test provider knows of its one client. Everything has a default. */
export interface TestProviderOptions {
  /** The name in `definition`: lower-case letters, digits and hyphens (default: `test`). */
  readonly name?: string
  /** Default: `torii`. */
  readonly clientId?: string
  /** Default: random. */
  readonly clientSecret?: string
  /** The exact redirect URIs of the client (default: any). */
  readonly redirectUris?: readonly string[]
}

/** An OpenID provider on loopback, for tests. It checks of its client what RFC 6749, RFC 7636 and OpenID Connect demand. */
export interface TestProvider {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /**
   * For the option `oauth.providers`: discovery at this provider, whose verified email addresses are trusted. For the provider
   * of your application write `{ ...google(credentials), ...provider.registration, allowLoopback: true }`.
   */
  readonly definition: OAuthProvider
  /** The members of a definition that lead to this provider. */
  readonly registration: Readonly<Record<'issuer' | 'clientId' | 'clientSecret', string>>
  /**
   * The person who is signed in at the provider, in every browser that a test operates; null declines (default: a new
   * person). The page asks nothing: it redirects back at once.
   */
  person: TestPerson | null
  /**
   * Goes to an authorization URL as the browser of this person, and returns the callback URL that the provider redirects
   * to. Null declines (default: `person`).
   * @throws ToriiError `ERR_MISUSE` if the provider refuses the request, with its reason
   */
  authorize(url: string | URL, person?: TestPerson | null): Promise<URL>
  /** Ends the server. One that is not stopped keeps no process alive. */
  stop(): Promise<void>
}

/**
 * Starts a provider on 127.0.0.1: discovery, authorization with PKCE, token, UserInfo and JWKS endpoints.
 *
 * ```ts
 * const provider = await startTestProvider()
 * const torii = new Torii(storage, { baseUrl, keys, oauth: { providers: [provider.definition] } })
 * ```
 * @throws ToriiError `ERR_MISUSE` if `NODE_ENV` is `production`
 */
export async function startTestProvider({
  name = 'test',
  clientId = 'torii',
  clientSecret = randomBytes(24).toString('base64url'),
  redirectUris,
}: TestProviderOptions = {}): Promise<TestProvider> {
  refuseProduction()
  const server = createServer()
  const issuer = await listen(server)
  const registration = Object.freeze({ issuer, clientId, clientSecret })
  const people = new Map<string, TestPerson | null>()
  const provider: TestProvider = {
    ...registration,
    registration,
    definition: oidc({ name, ...registration, trustEmail: true, allowLoopback: true }),
    person: newTestPerson(),
    async authorize(url, person = provider.person) {
      const authorizationUrl = new URL(url)
      if (authorizationUrl.origin !== issuer)
        throw new InvalidInputError('url', 'must be an authorization URL of this provider')
      const key = randomBytes(8).toString('hex')
      people.set(key, person)
      authorizationUrl.searchParams.set(personParameter, key)
      const response = await fetch(authorizationUrl, { redirect: 'manual' })
      const location = response.headers.get('location')
      if (location === null)
        throw new ToriiError('ERR_MISUSE', `the provider refused: ${await response.text()}`)
      return new URL(location)
    },
    async stop() {
      server.close()
      server.closeAllConnections()
      if (server.listening) await once(server, 'close')
    },
  }
  const personOf = (key: string | null) =>
    key === null ? provider.person : (people.get(key) ?? null)
  server.on(
    'request',
    await createProviderHandler({ ...registration, redirectUris: redirectUris ?? null, personOf }),
  )
  return provider
}

/** Returns the origin. A test that forgets the server must end all the same. */
async function listen(server: Server): Promise<string> {
  server.on('connection', (socket) => socket.unref())
  server.listen(0, '127.0.0.1').unref()
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string')
    throw new ToriiError('ERR_UNAVAILABLE', 'the test provider has no port')
  return `http://127.0.0.1:${address.port}`
}
