import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'

const client = { clientId: 'app', clientSecret: 'a secret of the client, long enough' }

/** Starts an OpenID provider that signs in one person and consents to everything. */
export async function startProvider(
  redirectUri: string,
  person: { sub: string; email: string; email_verified: boolean; name: string },
) {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider: Provider = new Provider(issuer, {
    clients: [
      {
        client_id: client.clientId,
        client_secret: client.clientSecret,
        redirect_uris: [redirectUri],
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    // The address belongs into the ID token, in which torii-authjs looks for it.
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    cookies: { keys: ['cookies of the provider'] },
    findAccount: (_context, accountId) => ({ accountId, claims: async () => person }),
    async loadExistingGrant(context) {
      const { client: application, session, params } = context.oidc
      const grant = new provider.Grant({
        clientId: application?.clientId ?? '',
        accountId: session?.accountId ?? '',
      })
      grant.addOIDCScope(String(params?.scope))
      await grant.save()
      return grant
    },
  })
  const respond = provider.callback()
  server.on('request', (request, response) => {
    if (request.url?.startsWith('/interaction/') !== true) return void respond(request, response)
    const result = { login: { accountId: person.sub }, consent: {} }
    void provider.interactionFinished(request, response, result)
  })
  return {
    settings: { issuer, ...client },
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
