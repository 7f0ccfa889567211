import type { User } from 'torii-core'
import type { PasskeyPolicy } from './verification.js'
import { base64url } from './verification.js'

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
 * What a page gives to `navigator.credentials.create()`, by `PublicKeyCredential.parseCreationOptionsFromJSON()` or
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
 * What a page gives to `navigator.credentials.get()`, by `PublicKeyCredential.parseRequestOptionsFromJSON()` or
 * `startAuthentication()` of `@simplewebauthn/browser`.
 * @see WebAuthn Level 3, section 5.1, PublicKeyCredentialRequestOptionsJSON
 */
export interface PasskeyRequestOptions {
  readonly challenge: string
  readonly rpId: string
  /** Milliseconds. */
  readonly timeout: number
  readonly userVerification: PasskeyPolicy['userVerification']
  /** Empty for a discoverable sign-in: the authenticator shows what it has. */
  readonly allowCredentials: readonly CredentialDescriptorJson[]
}

/** What options are made from, besides what each ceremony adds. */
interface OptionsPolicy extends PasskeyPolicy {
  readonly rpName: string
  readonly challengeSeconds: number
}

/** @see WebAuthn Level 3, section 5.4 */
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
    user: { id: base64url(ceremony.userHandle), name, displayName: user.name ?? name },
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

/** @see WebAuthn Level 3, section 5.5 */
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
  id: base64url(id),
  transports,
})
