import type { UsableMethods } from 'torii-core'
import type { ResolvedOptions } from './options.js'

/** Returns the sign-in methods that these options offer: a user must keep one of them. */
export const usableMethods = ({
  keys,
  mailer,
  oauth,
  requireVerifiedEmail,
}: Pick<
  ResolvedOptions,
  'keys' | 'mailer' | 'oauth' | 'requireVerifiedEmail'
>): Required<UsableMethods> => ({
  mailSignIn: mailer !== null,
  unverifiedPasswordSignIn: !requireVerifiedEmail,
  passkeySignIn: !keys.isEmpty,
  providers: oauth.providers.map(({ name }) => name),
})
