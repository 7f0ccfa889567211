import type { ResolvedOptions } from '../../services/options/options.js'

/** An optional part of Torii. Without the option that it needs, its routes answer `not_enabled`. */
export type Feature = 'mail' | 'magicLink' | 'passkey' | 'oauth' | 'jwt' | 'secondFactors'

/** The option without which a feature is off, and what to do. */
export interface FeatureOff {
  readonly option: string
  readonly message: string
}

/** Returns why a feature is off; null if it is on. A new feature does not compile until it has an option. */
export function findFeatureOff(feature: Feature, options: ResolvedOptions): FeatureOff | null {
  const { mailer, magicLink, keys, passkey, oauth, jwt } = options
  switch (feature) {
    case 'mail':
      return mailer === null ? off('Mail is', 'mailer') : null
    case 'magicLink':
      if (magicLink === null) return magicLinksOff
      return findFeatureOff('mail', options)
    case 'passkey':
      if (keys.isEmpty) return off('Passkeys are', 'keys')
      return passkey.origins.length > 0 ? null : passkeysOnIpAddress
    case 'oauth':
      return oauth.providers.length > 0 ? null : off('Sign-in with providers is', 'oauth.providers')
    case 'secondFactors':
      return keys.isEmpty ? off('Second factors are', 'keys') : null
    case 'jwt':
      return jwt === null ? off('JWTs are', 'jwt') : null
    default:
      return feature satisfies never
  }
}

const off = (what: string, option: string): FeatureOff => ({
  option,
  message: `${what} not enabled. The server must set the option ${option}.`,
})

const magicLinksOff: FeatureOff = {
  option: 'magicLink',
  message: 'Magic links are not enabled: the option magicLink of the server is false.',
}

const passkeysOnIpAddress: FeatureOff = {
  option: 'baseUrl',
  message:
    'Passkeys are not enabled: browsers allow none on an IP address. The server must set the option baseUrl to a domain or to localhost.',
}
