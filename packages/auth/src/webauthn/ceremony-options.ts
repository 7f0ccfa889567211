import type { User } from 'torii-core'
import { encodeBase64url } from '../base/base64url.js'
import type { PasskeyHint } from './hints.js'
import type { Mediation, PasskeyPolicy } from './verification.js'

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
    readonly residentKey: 'preferred' | 'required'
    readonly requireResidentKey: boolean
    readonly userVerification: PasskeyPolicy['userVerification']
    /** Says to older browsers what `hints` says, where that is one kind. */
    readonly authenticatorAttachment?: 'platform' | 'cross-platform'
  }
  /** The kinds of authenticator that the browser offers first. @see WebAuthn Level 3, section 5.8.7 */
  readonly hints: readonly PasskeyHint[]
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
  /** The kinds of authenticator that the browser offers first. @see WebAuthn Level 3, section 5.8.7 */
  readonly hints: readonly PasskeyHint[]
}

/** The settings that both kinds of options need. */
interface OptionsPolicy extends PasskeyPolicy {
  readonly rpName: string
  readonly challengeSeconds: number
  readonly hints: readonly PasskeyHint[]
}

/** The names that an authenticator shows for the passkeys of a user. @see WebAuthn Level 3, section 5.4.3 */
export function userNames(
  { rpName }: Pick<OptionsPolicy, 'rpName'>,
  user: Pick<User<object>, 'email' | 'name'>,
): { readonly name: string; readonly displayName: string } {
  const name = user.email ?? user.name ?? rpName
  return { name, displayName: user.name ?? name }
}

/**
 * Returns the options of a registration. One in the background needs a discoverable passkey, and cannot ask for a PIN or a
 * biometric.
 * @see WebAuthn Level 3, section 5.4, and section 5.1.3 for conditional mediation
 */
export function creationOptions(
  policy: OptionsPolicy,
  user: Pick<User<object>, 'email' | 'name'>,
  ceremony: {
    readonly challenge: string
    readonly userHandle: Uint8Array
    readonly exclude: readonly CredentialDescriptor[]
    readonly mediation: Mediation
  },
): PasskeyCreationOptions {
  const isConditional = ceremony.mediation === 'conditional'
  return {
    challenge: ceremony.challenge,
    rp: { id: policy.rpId, name: policy.rpName },
    user: { id: encodeBase64url(ceremony.userHandle), ...userNames(policy, user) },
    pubKeyCredParams: policy.algorithms.map((alg) => ({ type: 'public-key', alg })),
    timeout: policy.challengeSeconds * 1000,
    attestation: 'none',
    excludeCredentials: ceremony.exclude.map(toJson),
    authenticatorSelection: {
      residentKey: isConditional ? 'required' : 'preferred',
      requireResidentKey: isConditional,
      userVerification: isConditional ? 'preferred' : policy.userVerification,
      ...attachmentOf(policy.hints),
    },
    hints: policy.hints,
  }
}

/**
 * The attachment by which browsers without hints choose, if all hints are for the same one.
 * @see WebAuthn Level 3, section 5.8.7, for compatibility with older user agents
 */
function attachmentOf(hints: readonly PasskeyHint[]) {
  const platform = hints.filter((hint) => hint === 'client-device').length
  if (hints.length === 0 || (platform > 0 && platform < hints.length)) return {}
  return { authenticatorAttachment: platform > 0 ? 'platform' : 'cross-platform' } as const
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
    hints: policy.hints,
  }
}

const toJson = ({ id, transports }: CredentialDescriptor): CredentialDescriptorJson => ({
  type: 'public-key',
  id: encodeBase64url(id),
  transports,
})
