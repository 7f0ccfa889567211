import type { KeyObject } from 'node:crypto'
import { createPrivateKey } from 'node:crypto'
import { SignJWT } from 'jose'
import { InvalidOptionsError } from 'torii-core'
import type { OAuthProvider, ProviderAnswer, ProviderProfile } from '../provider.js'
import type { ProviderCredentials } from './oidc.js'
import { toOidcProfile } from './oidc.js'

/** The registration at Apple. `clientId` is the Services ID. */
export interface AppleOptions extends Omit<ProviderCredentials, 'clientSecret'> {
  /** The Team ID, 10 characters. */
  readonly teamId: string
  /** The Key ID of the private key, 10 characters. */
  readonly keyId: string
  /** The private key for Sign in with Apple: the text of the `.p8` file. */
  readonly privateKey: string
}

const issuer = 'https://appleid.apple.com'
/** Apple allows six months. Each secret is used at once. */
const secretSeconds = 300
/** The domains whose addresses Apple assigns. */
const ownDomains = /@(?:icloud\.com|me\.com|mac\.com|privaterelay\.appleid\.com)$/i

/**
 * Defines Apple. It posts its response to the callback, with the user's name in the first response only. Its email
 * addresses are trusted only if Apple assigns them: iCloud and the private relay.
 *
 * Written from Apple's documentation as read on 2026-11-29, and not tried with Apple:
 * https://developer.apple.com/documentation/signinwithapplerestapi/generate_and_validate_tokens,
 * https://developer.apple.com/documentation/signinwithapple/authenticating-users-with-sign-in-with-apple
 * @throws InvalidOptionsError if the private key cannot be read
 */
export function apple({ teamId, keyId, privateKey, ...credentials }: AppleOptions): OAuthProvider {
  const key = readPrivateKey(privateKey)
  return {
    name: 'apple',
    displayName: 'Apple',
    issuer,
    clientSecret: () => createSecret(key, { teamId, keyId, clientId: credentials.clientId }),
    clientAuthentication: 'post',
    scopes: ['openid', 'name', 'email'],
    responseMode: 'form_post',
    trustEmail: true,
    ...credentials,
    readProfile: readAppleProfile,
  }
}

/** The error never repeats the key. */
function readPrivateKey(text: string): KeyObject {
  try {
    return createPrivateKey(text)
  } catch {
    throw new InvalidOptionsError('apple.privateKey', 'must be the text of the .p8 file from Apple')
  }
}

/** Apple's client secret is a JWT under the application's own key. */
const createSecret = (
  key: KeyObject,
  { teamId, keyId, clientId }: { teamId: string; keyId: string; clientId: string },
): Promise<string> =>
  new SignJWT()
    .setProtectedHeader({ alg: 'ES256', kid: keyId })
    .setIssuer(teamId)
    .setSubject(clientId)
    .setAudience(issuer)
    .setIssuedAt()
    .setExpirationTime(`${secretSeconds}s`)
    .sign(key)

/** Apple has no UserInfo endpoint, and writes `email_verified` as a boolean or as a text. */
function readAppleProfile({ claims }: ProviderAnswer): ProviderProfile {
  const profile = toOidcProfile(claims ?? {})
  const isVerified = claims?.email_verified === true || claims?.email_verified === 'true'
  return { ...profile, emailVerified: isVerified && ownDomains.test(profile.email ?? '') }
}
