import { hash, randomBytes, sign } from 'node:crypto'
import type { KeyPair } from '../test/key-pair.test.support.js'
import { newKeyPair } from '../test/key-pair.test.support.js'
import type { Encodable } from './cbor.test.support.js'
import { encodeCbor } from './cbor.test.support.js'

/** The members of the creation options that an authenticator needs. */
export interface CreationOptions {
  readonly challenge: string
  readonly rp: { readonly id?: string }
  readonly user: { readonly id: string }
}

/** The members of the request options that an authenticator needs. */
export interface RequestOptions {
  readonly challenge: string
  readonly rpId?: string
}

/** Changes to a response, each of which breaks one property of a genuine one. */
export interface Knobs {
  readonly clientData?: Readonly<Record<string, unknown>>
  /** Replaces the whole text of the client data. */
  readonly clientDataText?: string
  readonly origin?: string
  readonly rpId?: string
  readonly userPresent?: boolean
  readonly userVerified?: boolean
  readonly backupEligible?: boolean
  readonly backedUp?: boolean
  readonly signCount?: number
  readonly extensions?: Encodable
  readonly credentialId?: Uint8Array
  /** Changes the COSE key before it is encoded. */
  readonly key?: (key: Map<number, Encodable>) => Encodable
  readonly format?: string
  readonly statement?: (signed: Uint8Array) => ReadonlyMap<string, Encodable>
  readonly attestationObject?: (parts: Map<string, Encodable>) => Encodable
  /** Changes the authenticator data before it is signed. */
  readonly authenticatorData?: (bytes: Buffer) => Buffer
  /** Changes the signature. */
  readonly signature?: (bytes: Buffer) => Buffer
  readonly userHandle?: string | null
  readonly transports?: unknown
}

export type KeyKind = 'ES256' | 'EdDSA' | 'RS256'

/** Properties of an authenticator; the defaults are those of a synced passkey with ES256. */
export interface AuthenticatorModel {
  readonly algorithm?: KeyKind
  readonly aaguid?: Uint8Array
  readonly credentialId?: Uint8Array
  readonly origin?: string
  readonly userVerified?: boolean
  readonly backupEligible?: boolean
  readonly backedUp?: boolean
  /** The counter's increment per use; 0: the authenticator has no counter. */
  readonly countStep?: number
}

/**
 * A browser and an authenticator with one passkey, in software: real keys, real signatures and the JSON that a
 * browser sends. Responses are genuine unless a knob changes them.
 */
export class SoftwareAuthenticator {
  readonly credentialId: Buffer
  readonly keys: KeyPair
  count = 0
  userHandle: string | null = null
  readonly #model: Required<AuthenticatorModel>

  constructor(model: AuthenticatorModel = {}) {
    this.#model = {
      algorithm: 'ES256',
      aaguid: Buffer.alloc(16),
      credentialId: randomBytes(32),
      origin: 'https://app.example',
      userVerified: true,
      backupEligible: true,
      backedUp: true,
      countStep: 0,
      ...model,
    }
    this.credentialId = Buffer.from(this.#model.credentialId)
    this.keys = newKeyPair(keyPairKinds[this.#model.algorithm])
  }

  /** `navigator.credentials.create()` and `toJSON()`. */
  create(options: CreationOptions, knobs: Knobs = {}) {
    this.userHandle = options.user.id
    const clientData = this.#clientData('webauthn.create', options.challenge, knobs)
    const attested = this.#attested(knobs)
    const authData = this.#authenticatorData(options.rp.id ?? '', 0x40, attested, knobs)
    const signed = Buffer.concat([authData, hash('sha256', clientData, 'buffer')])
    const parts = new Map<string, Encodable>([
      ['fmt', knobs.format ?? 'none'],
      ['attStmt', knobs.statement?.(signed) ?? new Map()],
      ['authData', authData],
    ])
    const object = encodeCbor(knobs.attestationObject?.(parts) ?? parts)
    return {
      ...this.#credential(knobs),
      response: {
        clientDataJSON: clientData.toString('base64url'),
        attestationObject: object.toString('base64url'),
        transports: knobs.transports === undefined ? ['internal', 'hybrid'] : knobs.transports,
      },
    }
  }

  /** `navigator.credentials.get()` and `toJSON()`. */
  get(options: RequestOptions, knobs: Knobs = {}) {
    this.count += this.#model.countStep
    const clientData = this.#clientData('webauthn.get', options.challenge, knobs)
    const authData = this.#authenticatorData(options.rpId ?? '', 0, Buffer.alloc(0), knobs)
    const signature = this.sign(Buffer.concat([authData, hash('sha256', clientData, 'buffer')]))
    const userHandle = knobs.userHandle === undefined ? this.userHandle : knobs.userHandle
    return {
      ...this.#credential(knobs),
      response: {
        clientDataJSON: clientData.toString('base64url'),
        authenticatorData: authData.toString('base64url'),
        signature: (knobs.signature?.(signature) ?? signature).toString('base64url'),
        ...(userHandle === null ? {} : { userHandle }),
      },
    }
  }

  sign(data: Uint8Array): Buffer {
    return sign(this.#model.algorithm === 'EdDSA' ? null : 'sha256', data, this.keys.privateKey)
  }

  /** The public key as COSE. @see RFC 9053 section 7; RFC 8230 section 4 */
  coseKey(): Map<number, Encodable> {
    const { x = '', y = '', n = '', e = '' } = this.keys.publicKey.export({ format: 'jwk' })
    const bytes = (text: string) => Buffer.from(text, 'base64url')
    switch (this.#model.algorithm) {
      case 'ES256':
        return new Map<number, Encodable>([
          [1, 2],
          [3, -7],
          [-1, 1],
          [-2, bytes(x)],
          [-3, bytes(y)],
        ])
      case 'EdDSA':
        return new Map<number, Encodable>([
          [1, 1],
          [3, -8],
          [-1, 6],
          [-2, bytes(x)],
        ])
      default:
        return new Map<number, Encodable>([
          [1, 3],
          [3, -257],
          [-1, bytes(n)],
          [-2, bytes(e)],
        ])
    }
  }

  #credential(knobs: Knobs) {
    const id = Buffer.from(knobs.credentialId ?? this.credentialId).toString('base64url')
    return {
      id,
      rawId: id,
      type: 'public-key',
      authenticatorAttachment: 'platform',
      clientExtensionResults: {},
    }
  }

  #clientData(type: string, challenge: string, knobs: Knobs): Buffer {
    const origin = knobs.origin ?? this.#model.origin
    const members = { type, challenge, origin, crossOrigin: false, ...knobs.clientData }
    return Buffer.from(knobs.clientDataText ?? JSON.stringify(members))
  }

  #attested(knobs: Knobs): Buffer {
    const id = knobs.credentialId ?? this.credentialId
    const length = Buffer.alloc(2)
    length.writeUInt16BE(id.length)
    const key = this.coseKey()
    return Buffer.concat([this.#model.aaguid, length, id, encodeCbor(knobs.key?.(key) ?? key)])
  }

  #authenticatorData(rpId: string, flags: number, attested: Buffer, knobs: Knobs): Buffer {
    const { userVerified, backupEligible, backedUp } = { ...this.#model, ...knobs }
    const bits =
      flags |
      (knobs.userPresent === false ? 0 : 0x01) |
      (userVerified ? 0x04 : 0) |
      (backupEligible ? 0x08 : 0) |
      (backedUp ? 0x10 : 0) |
      (knobs.extensions === undefined ? 0 : 0x80)
    const count = Buffer.alloc(4)
    count.writeUInt32BE(knobs.signCount ?? this.count)
    const data = Buffer.concat([
      hash('sha256', knobs.rpId ?? rpId, 'buffer'),
      Buffer.of(bits),
      count,
      attested,
      knobs.extensions === undefined ? Buffer.alloc(0) : encodeCbor(knobs.extensions),
    ])
    return knobs.authenticatorData?.(data) ?? data
  }
}

const keyPairKinds = { ES256: 'P-256', EdDSA: 'Ed25519', RS256: 'RSA' } as const
