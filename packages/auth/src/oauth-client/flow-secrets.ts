import { createHmac, randomBytes } from 'node:crypto'
import type { OAuthStateKey, SessionActor, SessionId, TokenHash, UserId } from 'torii-core'
import { Secret, tokenHash } from 'torii-core'
import { decodeBase64urlExact, encodeBase64url } from '../base/base64url.js'
import { hash } from '../base/hash.js'
import { formatUuid } from '../base/uuid.js'
import { decryptState, encryptState } from '../crypto/encrypted-state.js'
import type { KeyRing } from '../crypto/key-ring.js'
import { lengthPrefixed } from '../crypto/key-ring.js'
import { addRedirect, findRedirect } from './flow-redirects.js'

/**
 * What the browser holds in a cookie during OAuth flows: a secret of 43 characters of base64url, and after a dot where
 * its flows redirect, encrypted; at most 4,000 characters.
 */
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

/** How long a state is valid, as the storage said at its start. */
export type StateLife = Pick<OAuthStateKey, 'expiresAt' | 'globalEpoch'>

/** What a flow is for. It is encrypted in the state, and nowhere else. */
export interface FlowContent extends StateLife {
  /** Whether the session of a sign-in outlives the browser. */
  readonly remember: boolean
  /** The session that links an account, with the epochs that end the flow; null for a sign-in. */
  readonly actor: SessionActor | null
}

/**
 * The secrets of one OAuth flow. The provider sees the state, but never the browser secret. Verifier and nonce are
 * derived from both, so neither is stored.
 */
export interface FlowSecrets {
  readonly state: string
  /** PKCE code verifier: 43 characters of 256 bits. @see RFC 7636 section 4.1 */
  readonly verifier: string
  readonly nonce: string
  /** The state for the storage. */
  readonly key: OAuthStateKey
}

/** A flow that a browser starts. */
export interface NewFlow extends FlowContent {
  /** The value of the browser's cookie, or anything else for none. */
  readonly browser: unknown
  /** Where the flow redirects afterwards, already validated, or null. */
  readonly redirectTo: string | null
}

/** 256 bits. @see OWASP ASVS 5.0, 7.2.3; RFC 9700 section 2.1 */
const secretBytes = 32

/**
 * Creates the secrets of a new flow, and the browser's new cookie. Keeps the browser's secret if it has one, so that two
 * tabs can run a flow each.
 */
export function newFlowSecrets(
  keys: KeyRing,
  binding: FlowBinding,
  { browser, redirectTo, ...content }: NewFlow,
): FlowSecrets & { readonly browser: BrowserSecret } {
  const former = readBrowser(browser)
  const secret = former?.secret ?? randomBytes(secretBytes)
  const state = encryptState(keys, 'oauth-states', encode(content), boundTo(secret, binding))
  const flow = derive(state, secret, content)
  const redirects =
    redirectTo === null
      ? (former?.redirects ?? '')
      : addRedirect(keys, former?.redirects ?? '', secret, { stateHash: flow.key.hash, redirectTo })
  const cookie = redirects === '' ? [] : [redirects]
  return {
    ...flow,
    browser: new BrowserSecret([encodeBase64url(secret), ...cookie].join(separator)),
  }
}

/** A flow that a callback belongs to. */
export type KnownFlow = FlowSecrets & FlowContent & { readonly redirectTo: string | null }

/**
 * Reads the flow that a callback belongs to. Null if the state is malformed, changed, under an unknown key, or of another
 * browser or binding. Whether it is still live, only the storage knows.
 */
export function readFlowSecrets(
  keys: KeyRing,
  binding: FlowBinding,
  state: unknown,
  browser: unknown,
): KnownFlow | null {
  const known = readBrowser(browser)
  if (known === null || typeof state !== 'string') return null
  const content = decryptState(keys, 'oauth-states', state, boundTo(known.secret, binding))
  if (content === null) return null
  const decoded = decode(content)
  const flow = derive(state, known.secret, decoded)
  const redirectTo = findRedirect(keys, known.redirects, known.secret, flow.key.hash)
  return { ...flow, ...decoded, redirectTo }
}

/** A nonce for one ID token that is requested without a redirect. */
export interface IdTokenNonce {
  /** The provider puts it into the ID token. */
  readonly nonce: string
  /** The nonce for the storage. */
  readonly key: OAuthStateKey
}

/** What such a nonce is bound to. There is no browser: an application of the user's device holds it. */
export interface IdTokenBinding extends Omit<FlowBinding, 'clientId' | 'redirectUri'> {
  readonly audiences: readonly string[]
}

/** Creates the nonce of a new ID token. */
export function newIdTokenNonce(
  keys: KeyRing,
  binding: IdTokenBinding,
  { expiresAt, globalEpoch }: StateLife,
): IdTokenNonce {
  const content = encode({ expiresAt, globalEpoch, remember: true, actor: null })
  const nonce = encryptState(keys, 'id-token-nonces', content, partsOf(binding))
  return { nonce, key: { hash: hashOf('id-token-nonce', nonce), expiresAt, globalEpoch } }
}

/** Reads a nonce; null if it is not genuine. Whether it is still live, only the storage knows. */
export function readIdTokenNonce(
  keys: KeyRing,
  binding: IdTokenBinding,
  nonce: unknown,
): IdTokenNonce | null {
  const content = decryptState(keys, 'id-token-nonces', nonce, partsOf(binding))
  if (content === null || typeof nonce !== 'string') return null
  const { expiresAt, globalEpoch } = decode(content)
  return { nonce, key: { hash: hashOf('id-token-nonce', nonce), expiresAt, globalEpoch } }
}

const partsOf = ({ provider, issuer, audiences }: IdTokenBinding) => [
  provider,
  issuer,
  ...audiences,
]

const boundTo = (secret: Buffer, { provider, issuer, clientId, redirectUri }: FlowBinding) => [
  secret,
  ...[provider, issuer, clientId, redirectUri],
]

function derive(state: string, secret: Buffer, { expiresAt, globalEpoch }: StateLife): FlowSecrets {
  const derived = (purpose: string) =>
    createHmac('sha256', secret)
      .update(lengthPrefixed([`torii:oauth-${purpose}:2`, state]))
      .digest('base64url')
  return {
    state,
    verifier: derived('verifier'),
    nonce: derived('nonce'),
    key: { hash: hashOf('state', state), expiresAt, globalEpoch },
  }
}

/** The purpose is part of the input, so no hash of Torii can replace another. */
const hashOf = (purpose: string, text: string): TokenHash =>
  tokenHash(hash('sha256', lengthPrefixed([`torii:oauth-${purpose}`, text]), 'buffer'))

const separator = '.'

/** Reads the value of the cookie; null without a valid secret. */
function readBrowser(
  value: unknown,
): { readonly secret: Buffer; readonly redirects: string } | null {
  const text = value instanceof Secret ? value.reveal() : value
  if (typeof text !== 'string') return null
  const [first, redirects = ''] = text.split(separator)
  const secret = decodeBase64urlExact(first, secretBytes)
  return secret === null ? null : { secret, redirects }
}

const timeBytes = 8
const idBytes = 16
const epochBytes = 4
const lifeBytes = timeBytes + epochBytes

/**
 * The content of a state: its expiry in milliseconds since 1970, the global epoch, of a sign-in that is not remembered
 * one byte more, and of a flow that links the session and its epochs.
 */
function encode({ expiresAt, globalEpoch, remember, actor }: FlowContent): Buffer {
  const life = Buffer.alloc(lifeBytes)
  life.writeDoubleBE(expiresAt.getTime())
  life.writeInt32BE(globalEpoch, timeBytes)
  if (actor === null) return remember ? life : Buffer.concat([life, Buffer.alloc(1)])
  const ids = Buffer.from((actor.userId + actor.sessionId).replaceAll('-', ''), 'hex')
  const epochs = Buffer.alloc(2 * epochBytes)
  epochs.writeInt32BE(actor.epochs.session)
  epochs.writeInt32BE(actor.epochs.owner, epochBytes)
  return Buffer.concat([life, ids, epochs])
}

/** Authentic content was written by {@link encode}. */
function decode(content: Buffer): FlowContent {
  const life = {
    expiresAt: new Date(content.readDoubleBE()),
    globalEpoch: content.readInt32BE(timeBytes),
  }
  if (content.length <= lifeBytes + 1)
    return { ...life, remember: content.length === lifeBytes, actor: null }
  const hex = content.toString('hex', lifeBytes, lifeBytes + 2 * idBytes)
  const epochsAt = lifeBytes + 2 * idBytes
  return {
    ...life,
    remember: true,
    actor: {
      // 16 bytes in lower-case hex with hyphens are the canonical text of a UUID.
      userId: formatUuid(hex, 0) as UserId,
      sessionId: formatUuid(hex, 2 * idBytes) as SessionId,
      epochs: {
        session: content.readInt32BE(epochsAt),
        owner: content.readInt32BE(epochsAt + epochBytes),
      },
    },
  }
}
