import { createHmac, hash, randomBytes } from 'node:crypto'
import type { TokenHash } from 'torii-core'
import { Secret, tokenHash } from 'torii-core'
import { decodeBase64urlExact, encodeBase64url } from '../base/base64url.js'
import { lengthPrefixed } from '../crypto/key-ring.js'

/** The secret that the browser holds in a cookie during an OAuth flow: 43 characters of base64url. */
export class BrowserSecret extends Secret {
  declare readonly kind: 'BrowserSecret'
}

/** The values that a flow is bound to, besides its browser. A response with another value belongs to another flow. */
export interface FlowBinding {
  readonly provider: string
  readonly issuer: string
  readonly clientId: string
  readonly redirectUri: string
}

/**
 * The secrets of one OAuth flow. The provider sees the state, but never the browser secret. Verifier and nonce are
 * derived from both, so neither is stored.
 */
export interface FlowSecrets {
  readonly state: string
  readonly browser: BrowserSecret
  /** PKCE code verifier: 43 characters of 256 bits. @see RFC 7636 section 4.1 */
  readonly verifier: string
  readonly nonce: string
  readonly stateHash: TokenHash
  readonly browserHash: TokenHash
}

/** 256 bits. @see OWASP ASVS 5.0, 7.2.3; RFC 9700 section 2.1 */
const secretBytes = 32

/** Generates the secrets of a new flow. Keeps the browser's secret if it has one, so that two tabs can run a flow each. */
export function newFlowSecrets(binding: FlowBinding, browser: unknown): FlowSecrets {
  return derive(randomBytes(secretBytes), decode(browser) ?? randomBytes(secretBytes), binding)
}

/**
 * Derives the secrets of the flow that a callback belongs to; returns null for a malformed state. Without a valid
 * browser secret the result matches no browser: the state is consumed, and the flow fails.
 */
export function readFlowSecrets(
  binding: FlowBinding,
  state: unknown,
  browser: unknown,
): FlowSecrets | null {
  const stateBytes = decode(state)
  if (stateBytes === null) return null
  return derive(stateBytes, decode(browser) ?? randomBytes(secretBytes), binding)
}

/** A nonce for one ID token that is requested without a redirect, with its hashes for the storage. */
export interface IdTokenNonce {
  /** 43 characters of 256 bits. The provider puts it into the ID token. */
  readonly nonce: string
  readonly stateHash: TokenHash
  readonly browserHash: TokenHash
}

/** What such a nonce is bound to. There is no browser: an application of the user's device holds it. */
export interface IdTokenBinding extends Omit<FlowBinding, 'clientId' | 'redirectUri'> {
  readonly audiences: readonly string[]
}

/** Generates the nonce of a new ID token. */
export const newIdTokenNonce = (binding: IdTokenBinding): IdTokenNonce =>
  nonceOf(randomBytes(secretBytes), binding)

/** Reads a nonce; returns null for a malformed one. Only the storage knows whether it is live. */
export function readIdTokenNonce(binding: IdTokenBinding, nonce: unknown): IdTokenNonce | null {
  const bytes = decode(nonce)
  return bytes === null ? null : nonceOf(bytes, binding)
}

const nonceOf = (bytes: Buffer, { provider, issuer, audiences }: IdTokenBinding): IdTokenNonce => ({
  nonce: encodeBase64url(bytes),
  stateHash: hashOf('id-token-nonce', [bytes]),
  browserHash: hashOf('id-token-binding', [provider, issuer, ...audiences]),
})

function derive(state: Buffer, browser: Buffer, binding: FlowBinding): FlowSecrets {
  const derived = (purpose: string) =>
    createHmac('sha256', browser)
      .update(lengthPrefixed([`torii:oauth-${purpose}:1`, state]))
      .digest('base64url')
  const { provider, issuer, clientId, redirectUri } = binding
  const bound = [browser, provider, issuer, clientId, redirectUri]
  return {
    state: encodeBase64url(state),
    browser: new BrowserSecret(encodeBase64url(browser)),
    verifier: derived('verifier'),
    nonce: derived('nonce'),
    stateHash: hashOf('state', [state]),
    browserHash: hashOf('browser', bound),
  }
}

/** The purpose is part of the input, so no hash of Torii can replace another. */
const hashOf = (purpose: string, parts: readonly (string | Uint8Array)[]): TokenHash =>
  tokenHash(hash('sha256', lengthPrefixed([`torii:oauth-${purpose}`, ...parts]), 'buffer'))

/** Decodes a secret of this flow; returns null for any other value. */
const decode = (value: unknown): Buffer | null =>
  decodeBase64urlExact(value instanceof Secret ? value.reveal() : value, secretBytes)
