import { Auth, type AuthConfig } from '@auth/core'
import type { Session } from '@auth/core/types'
import { type ApplicationKey, createTokenEncryption } from 'torii-auth'
import { ToriiAdapter } from 'torii-authjs'
import type { PostgresStorage } from 'torii-storage-postgres'

export interface AppOptions {
  readonly storage: PostgresStorage
  /** Signs and encrypts the cookies of Auth.js. */
  readonly secret: string
  /** Encrypt the provider's tokens in the database. */
  readonly keys: readonly ApplicationKey[]
  readonly provider: {
    readonly issuer: string
    readonly clientId: string
    readonly clientSecret: string
  }
  readonly sendMail: (to: string, link: string) => Promise<void>
}

/** An application that signs in by Auth.js, with its users and sessions in Torii's tables. */
export function createApp({ storage, secret, keys, provider, sendMail }: AppOptions) {
  const config: AuthConfig = {
    adapter: ToriiAdapter(storage, {
      tokenEncryption: createTokenEncryption(keys),
      trustedProviders: ['work'],
    }),
    session: { strategy: 'database' },
    basePath: '/auth',
    trustHost: true,
    secret,
    providers: [
      { id: 'work', name: 'Work', type: 'oidc', ...provider },
      {
        id: 'email',
        name: 'Email',
        type: 'email',
        from: 'app@example.com',
        maxAge: 15 * 60,
        options: {},
        sendVerificationRequest: ({ identifier, url }) => sendMail(identifier, url),
      },
    ],
  }
  return {
    /** Answers the routes of Auth.js, all below `/auth`. */
    auth: (request: Request): Promise<Response> => Auth(request, config),
    /** Who is signed in, or null. */
    async session(request: Request): Promise<Session | null> {
      const headers = { cookie: request.headers.get('cookie') ?? '' }
      const response = await Auth(
        new Request(new URL('/auth/session', request.url), { headers }),
        config,
      )
      return (await response.json()) as Session | null
    },
  }
}
