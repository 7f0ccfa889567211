import type { UsableMethods } from 'torii-core'
import type { ResolvedOptions } from './options.js'

/** Returns the sign-in methods that these options offer: a user must keep one of them. */
export const usableMethods = ({
  keys,
  magicLink,
  mailer,
  oauth,
  passkey,
  requireVerifiedEmail,
}: Pick<
  ResolvedOptions,
  'keys' | 'magicLink' | 'mailer' | 'oauth' | 'passkey' | 'requireVerifiedEmail'
>): Required<UsableMethods> => ({
  mailSignIn: mailer !== null && magicLink !== null,
  unverifiedPasswordSignIn: !requireVerifiedEmail,
  passkeySignIn: !keys.isEmpty && passkey.origins.length > 0,
  providers: oauth.providers.map(({ name }) => name),
})
