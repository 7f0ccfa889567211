import { createHmac, hash, randomBytes } from 'node:crypto'
import type { TokenHash } from 'torii-core'
import { Secret, tokenHash } from 'torii-core'
import { lengthPrefixed } from '../crypto/key-ring.js'

/** What the starting browser alone holds, in a cookie: 43 characters of base64url. */
export class BrowserSecret extends Secret {
  declare readonly kind: 'BrowserSecret'
}

/** What a flow is bound to besides its browser: another value of any of these is another flow. */
export interface FlowBinding {
  readonly provider: string
  readonly issuer: string
  readonly clientId: string
  readonly redirectUri: string
}

/**
 * The secrets of one flow. The state travels through the provider, the browser secret never leaves the
 * browser and us; verifier and nonce are computed of both, so nothing of them is ever stored.
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

/** A flow that starts. A browser that holds a secret keeps it, so that two tabs do not end each other's flow. */
export function newFlowSecrets(binding: FlowBinding, browser: unknown): FlowSecrets {
  return derive(randomBytes(secretBytes), decode(browser) ?? randomBytes(secretBytes), binding)
}

/**
 * The flow that an answer belongs to, or null when the state has not the form of one. Without a usable
 * browser secret it is a flow of no browser: its state is used up, and nothing else comes of it.
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

function derive(state: Buffer, browser: Buffer, binding: FlowBinding): FlowSecrets {
  const derived = (purpose: string) =>
    createHmac('sha256', browser)
      .update(lengthPrefixed([`torii:oauth-${purpose}:1`, state]))
      .digest('base64url')
  const { provider, issuer, clientId, redirectUri } = binding
  const bound = [browser, provider, issuer, clientId, redirectUri]
  return {
    state: state.toString('base64url'),
    browser: new BrowserSecret(browser.toString('base64url')),
    verifier: derived('verifier'),
    nonce: derived('nonce'),
    stateHash: hashOf('state', [state]),
    browserHash: hashOf('browser', bound),
  }
}

/** The purpose is part of what is hashed, so no hash of Torii stands in for another. */
const hashOf = (purpose: string, parts: readonly (string | Uint8Array)[]): TokenHash =>
  tokenHash(hash('sha256', lengthPrefixed([`torii:oauth-${purpose}`, ...parts]), 'buffer'))

/** The 32 bytes of a text in its one canonical spelling, otherwise null. Takes any value. */
function decode(value: unknown): Buffer | null {
  const text = value instanceof Secret ? value.reveal() : value
  if (typeof text !== 'string' || text.length !== 43) return null
  const bytes = Buffer.from(text, 'base64url')
  return bytes.length === secretBytes && bytes.toString('base64url') === text ? bytes : null
}
