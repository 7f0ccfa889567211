import type { User } from 'torii-core'
import { encodeBase64url } from '../base/base64url.js'
import type { PasskeyPolicy } from './verification.js'

/** A credential that the options exclude or allow. @see WebAuthn Level 3, section 5.8.3 */
export interface CredentialDescriptor {
  readonly id: Uint8Array
  readonly transports: readonly string[]
}

/** The same as JSON. */
export interface CredentialDescriptorJson {
  readonly type: 'public-key'
  readonly id: string
  readonly transports: readonly string[]
}

/**
 * Options for `navigator.credentials.create()`. A page passes them through `PublicKeyCredential.parseCreationOptionsFromJSON()` or
 * `startRegistration()` of `@simplewebauthn/browser`.
 * @see WebAuthn Level 3, section 5.1, PublicKeyCredentialCreationOptionsJSON
 */
export interface PasskeyCreationOptions {
  readonly challenge: string
  readonly rp: { readonly id: string; readonly name: string }
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string }
  readonly pubKeyCredParams: readonly { readonly type: 'public-key'; readonly alg: number }[]
  /** Milliseconds. */
  readonly timeout: number
  readonly attestation: 'none'
  readonly excludeCredentials: readonly CredentialDescriptorJson[]
  readonly authenticatorSelection: {
    readonly residentKey: 'preferred'
    readonly requireResidentKey: false
    readonly userVerification: PasskeyPolicy['userVerification']
  }
}

/**
 * Options for `navigator.credentials.get()`. A page passes them through `PublicKeyCredential.parseRequestOptionsFromJSON()` or
 * `startAuthentication()` of `@simplewebauthn/browser`.
 * @see WebAuthn Level 3, section 5.1, PublicKeyCredentialRequestOptionsJSON
 */
export interface PasskeyRequestOptions {
  readonly challenge: string
  readonly rpId: string
  /** Milliseconds. */
  readonly timeout: number
  readonly userVerification: PasskeyPolicy['userVerification']
  /** Empty for a discoverable sign-in: the authenticator then offers all its passkeys for this site. */
  readonly allowCredentials: readonly CredentialDescriptorJson[]
}

/** The settings that both kinds of options need. */
interface OptionsPolicy extends PasskeyPolicy {
  readonly rpName: string
  readonly challengeSeconds: number
}

/** Returns the options of a registration. @see WebAuthn Level 3, section 5.4 */
export function creationOptions(
  policy: OptionsPolicy,
  user: Pick<User<object>, 'email' | 'name'>,
  ceremony: {
    readonly challenge: string
    readonly userHandle: Uint8Array
    readonly exclude: readonly CredentialDescriptor[]
  },
): PasskeyCreationOptions {
  const name = user.email ?? user.name ?? policy.rpName
  return {
    challenge: ceremony.challenge,
    rp: { id: policy.rpId, name: policy.rpName },
    user: { id: encodeBase64url(ceremony.userHandle), name, displayName: user.name ?? name },
    pubKeyCredParams: policy.algorithms.map((alg) => ({ type: 'public-key', alg })),
    timeout: policy.challengeSeconds * 1000,
    attestation: 'none',
    excludeCredentials: ceremony.exclude.map(toJson),
    authenticatorSelection: {
      residentKey: 'preferred',
      requireResidentKey: false,
      userVerification: policy.userVerification,
    },
  }
}

/** Returns the options of an authentication. @see WebAuthn Level 3, section 5.5 */
export function requestOptions(
  policy: OptionsPolicy,
  challenge: string,
  allow: readonly CredentialDescriptor[],
): PasskeyRequestOptions {
  return {
    challenge,
    rpId: policy.rpId,
    timeout: policy.challengeSeconds * 1000,
    userVerification: policy.userVerification,
    allowCredentials: allow.map(toJson),
  }
}

const toJson = ({ id, transports }: CredentialDescriptor): CredentialDescriptorJson => ({
  type: 'public-key',
  id: encodeBase64url(id),
  transports,
})
