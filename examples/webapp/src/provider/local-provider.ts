import { createHash, createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Configuration, Provider } from 'oidc-provider'
import { defaults } from 'torii-auth'
import type { Listener } from '../listener.js'
import { listen } from '../listener.js'
import { isLoopbackName } from '../loopback.js'
import type { OidcSettings } from '../settings.js'
import { answerSignInForm, readSignInForm } from './sign-in-form.js'

/** An OpenID provider on this computer, to try OAuth sign-in without registering at a real one. */
export interface LocalProvider {
  readonly settings: OidcSettings
  stop(): Promise<void>
}

export const localProviderName = 'local'

/** The entered identities, by the ID that the provider gave them. */
type People = Map<string, Person>

interface Person {
  readonly email: string
  readonly name: string
}

const maxPeople = 1000

/**
 * Starts a certified OpenID provider for a site on localhost. It accepts any identity, so it listens on loopback
 * only. It stores nothing permanently, and gives the same email address the same ID again.
 */
export async function startLocalProvider(baseUrl: string): Promise<LocalProvider> {
  const listener = await listen('127.0.0.1', 0)
  try {
    // Cookies ignore ports: with a different host name, neither server sees the other's cookies.
    const host = new URL(baseUrl).hostname === '127.0.0.1' ? 'localhost' : '127.0.0.1'
    const issuer = `http://${host}:${listener.port}`
    const clientSecret = randomBytes(32).toString('base64url')
    await serveProvider(listener, issuer, { baseUrl, clientSecret })
    const settings = { name: localProviderName, issuer, clientId: 'torii', clientSecret }
    return { settings, stop: () => listener.stop() }
  } catch (error) {
    await listener.stop()
    throw error
  }
}

interface Client {
  readonly baseUrl: string
  readonly clientSecret: string
}

async function serveProvider(listener: Listener, issuer: string, client: Client): Promise<void> {
  const people: People = new Map()
  const provider = await quietly(() => createProvider(issuer, client, people))
  const answer = provider.callback()
  listener.serve((request, response) => {
    const isForm = request.url?.startsWith('/interaction/') === true
    const done = isForm
      ? interact(provider, people, client, request, response)
      : answer(request, response)
    void Promise.resolve(done).catch(() => {
      if (!response.headersSent) response.writeHead(400, { 'content-type': 'text/plain' })
      response.end('Sign-in failed. Go back to the site and start again.\n')
    })
  })
}

async function createProvider(issuer: string, client: Client, people: People): Promise<Provider> {
  const { Provider } = await import('oidc-provider')
  const provider: Provider = new Provider(issuer, {
    ...configuration(client, people),
    async loadExistingGrant({ oidc }) {
      const grant = new provider.Grant({
        clientId: oidc.client?.clientId ?? '',
        accountId: oidc.session?.accountId ?? '',
      })
      grant.addOIDCScope(String(oidc.params?.scope))
      await grant.save()
      return grant
    },
  })
  return provider
}

const configuration = ({ baseUrl, clientSecret }: Client, people: People): Configuration => ({
  clients: [
    {
      client_id: 'torii',
      client_secret: clientSecret,
      redirect_uris: [`${baseUrl}${defaults.basePath}/oauth/${localProviderName}/callback`],
    },
  ],
  jwks: { keys: [newSigningKey()] },
  cookies: { keys: [randomBytes(32).toString('base64url')] },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
  findAccount: (_context, accountId) => ({
    accountId,
    claims: async () => ({ ...people.get(accountId), email_verified: true, sub: accountId }),
  }),
})

function newSigningKey() {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  // Imported again: on Node 20 the export of a key as a JWK can hang beside the job that generated the key.
  return { ...createPrivateKey(privateKey).export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }
}

/** The sign-in page of the provider. */
async function interact(
  provider: Provider,
  people: People,
  { baseUrl }: Client,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { uid } = await provider.interactionDetails(request, response)
  if (request.method !== 'POST') return answerSignInForm(response, { uid, baseUrl, problem: null })
  const form = await readSignInForm(request)
  if (form.kind === 'declined')
    return provider.interactionFinished(request, response, { error: 'access_denied' })
  if (form.kind === 'invalid')
    return answerSignInForm(response, { uid, baseUrl, problem: form.problem })
  const accountId = createHash('sha256').update(form.email).digest('hex').slice(0, 32)
  remember(people, accountId, { email: form.email, name: form.name })
  return provider.interactionFinished(request, response, { login: { accountId }, consent: {} })
}

/** Forgets the oldest identity when there are too many. */
function remember(people: People, id: string, person: Person): void {
  people.set(id, person)
  const [first] = people.keys()
  if (people.size > maxPeople && first !== undefined) people.delete(first)
}

/** Suppresses the module's warnings about in-memory storage and Node.js before 22, which are intended here. */
async function quietly<Result>(work: () => Promise<Result>): Promise<Result> {
  const { warn } = console
  console.warn = () => undefined
  try {
    return await work()
  } finally {
    console.warn = warn
  }
}

/** Whether a site may have a local provider: only browsers of this computer can reach it. */
export const mayHaveLocalProvider = (baseUrl: string): boolean =>
  isLoopbackName(new URL(baseUrl).hostname)
