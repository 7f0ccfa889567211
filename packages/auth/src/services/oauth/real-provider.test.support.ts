import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider, { type Configuration } from 'oidc-provider'
import { afterAll } from 'vitest'

/** A person at the provider: the claims it has of them. */
export type ProviderPerson = Readonly<Record<string, unknown>> & {
  readonly sub: string
  /** How they authenticate. */
  readonly authentication?: { readonly acr?: string; readonly amr?: string[] }
}

/** A certified OpenID provider in this process, which signs in whom the test says and consents to everything. */
export interface RealProvider {
  readonly issuer: string
  readonly client: { readonly clientId: string; readonly clientSecret: string }
  /** Paths asked for since the start, for example `POST /token`. */
  readonly requests: string[]
  /**
   * Goes to an authorization URL as this person's browser would, and returns where the provider sends it
   * in the end: the application's callback.
   */
  signIn(authorizationUrl: string, person: ProviderPerson): Promise<URL>
  /** The same, for a person who declines. */
  decline(authorizationUrl: string): Promise<URL>
}

const client = { clientId: 'torii', clientSecret: 'a secret of the client, long enough' }

/** Starts a provider that knows one client with these redirect URIs; it stops with the test file. */
export async function startRealProvider(
  redirectUris: readonly string[],
  more: Configuration = {},
): Promise<RealProvider> {
  const requests: string[] = []
  const people = new Map<string, ProviderPerson>()
  let chosen: ProviderPerson | null = null
  let answer = (_request: IncomingMessage, response: ServerResponse) => void response.end()
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url?.split('?')[0]}`)
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterAll(() => {
    server.close()
    server.closeAllConnections()
  })
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider: Provider = new Provider(issuer, {
    clients: [
      {
        client_id: client.clientId,
        client_secret: client.clientSecret,
        redirect_uris: [...redirectUris],
        grant_types: ['authorization_code', 'refresh_token'],
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'picture'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    cookies: { keys: ['cookies of the provider under test'] },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: async () => ({ ...people.get(id), sub: id }),
    }),
    async loadExistingGrant(context) {
      const { client: actor, session, params } = context.oidc
      const grant = new provider.Grant({
        clientId: actor?.clientId ?? '',
        accountId: session?.accountId ?? '',
      })
      grant.addOIDCScope(String(params?.scope))
      await grant.save()
      return grant
    },
    ...more,
  })
  // Loopback over http is what this test is about; the provider would say so on the console at each start.
  const respond = provider.callback()
  answer = (request, response) => {
    if (request.url?.startsWith('/interaction/') !== true) return void respond(request, response)
    const result =
      chosen === null
        ? { error: 'access_denied' }
        : { login: { accountId: chosen.sub, ...chosen.authentication }, consent: {} }
    void provider.interactionFinished(request, response, result)
  }

  async function walk(start: string): Promise<URL> {
    const cookies = new Map<string, string>()
    let url = new URL(start)
    for (let step = 0; step < 10; step += 1) {
      const cookie = [...cookies].map((pair) => pair.join('=')).join('; ')
      const response = await fetch(url, { redirect: 'manual', headers: { cookie } })
      await response.arrayBuffer()
      for (const line of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        cookies.set(name, value)
      }
      const location = response.headers.get('location')
      if (location === null) throw new Error(`the provider stopped with ${response.status}`)
      url = new URL(location, url)
      if (url.origin !== issuer) return url
    }
    throw new Error('the provider sends its people in circles')
  }

  return {
    issuer,
    client,
    requests,
    async signIn(authorizationUrl, person) {
      people.set(person.sub, person)
      chosen = person
      return walk(authorizationUrl)
    },
    async decline(authorizationUrl) {
      chosen = null
      return walk(authorizationUrl)
    },
  }
}
