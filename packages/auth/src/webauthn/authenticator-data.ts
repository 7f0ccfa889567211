import { formatUuid } from '../base/uuid.js'
import type { CborMap } from './cbor.js'
import { isMap, readCbor } from './cbor.js'

/** The authenticator's signed statement about a ceremony. @see WebAuthn Level 3, section 6.1 */
export interface AuthenticatorData {
  readonly rpIdHash: Uint8Array
  /** UP: a person touched or confirmed. */
  readonly userPresent: boolean
  /** UV: a biometric or a PIN identified the person. */
  readonly userVerified: boolean
  /** BE: the credential may leave its device. */
  readonly backupEligible: boolean
  /** BS: the credential is backed up now. */
  readonly backedUp: boolean
  /** 0 to 2^32 - 1. */
  readonly signCount: number
  /** The new credential, in a registration. */
  readonly attested: AttestedCredential | null
}

/** @see WebAuthn Level 3, section 6.5.2 */
export interface AttestedCredential {
  /** The authenticator's model, as the text of a UUID. */
  readonly aaguid: string
  readonly credentialId: Uint8Array
  /** The COSE key as the authenticator encoded it. */
  readonly publicKey: Uint8Array
  /** The same COSE key, decoded. */
  readonly key: CborMap
}

/** RP id hash, flags, counter. */
const fixedBytes = 32 + 1 + 4
/** AAGUID, length of the credential id. */
const attestedBytes = 16 + 2

const flag = {
  userPresent: 0x01,
  userVerified: 0x04,
  backupEligible: 0x08,
  backedUp: 0x10,
  attested: 0x40,
  extensions: 0x80,
} as const

/**
 * Reads authenticator data. Returns null when a part is missing or malformed, or when bytes remain after the
 * last part. Extension outputs must be a CBOR map and are otherwise ignored, because Torii requests none.
 */
export function readAuthenticatorData(bytes: Uint8Array): AuthenticatorData | null {
  if (bytes.length < fixedBytes) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const flags = view.getUint8(32)
  const has = (mask: number) => (flags & mask) !== 0
  const attested = has(flag.attested) ? readAttested(bytes, view) : { value: null, end: fixedBytes }
  if (attested === null) return null
  const end = has(flag.extensions) ? skipExtensions(bytes, attested.end) : attested.end
  if (end !== bytes.length) return null
  return {
    rpIdHash: bytes.subarray(0, 32),
    userPresent: has(flag.userPresent),
    userVerified: has(flag.userVerified),
    backupEligible: has(flag.backupEligible),
    backedUp: has(flag.backedUp),
    signCount: view.getUint32(33),
    attested: attested.value,
  }
}

function readAttested(
  bytes: Uint8Array,
  view: DataView,
): { value: AttestedCredential; end: number } | null {
  const idStart = fixedBytes + attestedBytes
  if (bytes.length < idStart) return null
  const keyStart = idStart + view.getUint16(idStart - 2)
  const key = readCbor(bytes.subarray(keyStart))
  if (key === null || !isMap(key.value)) return null
  const end = keyStart + key.end
  const value = {
    aaguid: formatUuid(Buffer.from(bytes.subarray(fixedBytes, fixedBytes + 16)).toString('hex')),
    credentialId: bytes.subarray(idStart, keyStart),
    publicKey: bytes.subarray(keyStart, end),
    key: key.value,
  }
  return { value, end }
}

/** The offset after the map of extension outputs, or null when there is no map. */
function skipExtensions(bytes: Uint8Array, start: number): number | null {
  const outputs = readCbor(bytes.subarray(start))
  return outputs !== null && isMap(outputs.value) ? start + outputs.end : null
}
