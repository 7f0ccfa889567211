import type { InvalidInputError } from 'torii-core'
import { invalidValue } from 'torii-core'
import { decodeBase64url } from '../base/base64url.js'
import type { AuthenticatorData } from './authenticator-data.js'
import { readAuthenticatorData } from './authenticator-data.js'
import type { CborMap } from './cbor.js'
import { isMap, readCbor } from './cbor.js'
import type { ClientData } from './client-data.js'
import { readClientData } from './client-data.js'

/**
 * The maximum size of each member. A registration without attestation, with an RSA key and the longest credential
 * id is below 2 KiB, and client data is about 200 bytes; no browser sends more than these limits.
 * @see WebAuthn Level 3, section 7.1 step 24, for the credential id
 */
const maxBytes = {
  credentialId: 1023,
  clientDataJson: 4096,
  attestationObject: 16_384,
  authenticatorData: 4096,
  signature: 1024,
  userHandle: 64,
} as const

const maxTransports = 16

/** Client data as received, which is what the authenticator signed, and parsed. */
interface ReceivedClientData {
  readonly bytes: Buffer
  readonly parsed: ClientData
}

/** The parsed response to registration options. It is not verified yet. */
export interface RegistrationResponse {
  readonly credentialId: Buffer
  readonly clientData: ReceivedClientData
  /** The authenticator data as received. */
  readonly authenticatorData: Uint8Array
  readonly format: string
  readonly statement: CborMap
  readonly authenticator: AuthenticatorData
  readonly transports: readonly string[]
}

/** The parsed response to authentication options. It is not verified yet. */
export interface AuthenticationResponse {
  readonly credentialId: Buffer
  readonly clientData: ReceivedClientData
  /** The authenticator data as received, which is what the authenticator signed. */
  readonly authenticatorData: Buffer
  readonly authenticator: AuthenticatorData
  readonly signature: Buffer
  /** The user handle, where the authenticator sends one. */
  readonly userHandle: Buffer | null
}

/**
 * Parses `RegistrationResponseJSON`, from the members' text down to the CBOR inside, in time bounded by its
 * size. Ignores members that the verification does not need.
 * @throws InvalidInputError naming the member
 * @see WebAuthn Level 3, section 5.1, RegistrationResponseJSON
 */
export function parseRegistrationResponse(value: unknown): RegistrationResponse {
  const { credentialId, response } = readCredential(value)
  const { transports = [], ...members } = response
  const attestationObject = readBytes(members, 'attestationObject')
  const { format, statement, authenticatorData, authenticator } = readAttestation(attestationObject)
  return {
    credentialId,
    clientData: readReceivedClientData(members),
    authenticatorData,
    format,
    statement,
    authenticator,
    transports: readTransports(transports),
  }
}

/**
 * Parses `AuthenticationResponseJSON`, as {@link parseRegistrationResponse} does.
 * @throws InvalidInputError naming the member
 */
export function parseAuthenticationResponse(value: unknown): AuthenticationResponse {
  const { credentialId, response } = readCredential(value)
  const authenticatorData = readBytes(response, 'authenticatorData')
  const authenticator = readAuthenticatorData(authenticatorData)
  if (authenticator === null) throw invalid('response.authenticatorData', 'must be well-formed')
  const { userHandle = null } = response
  return {
    credentialId,
    clientData: readReceivedClientData(response),
    authenticatorData,
    authenticator,
    signature: readBytes(response, 'signature'),
    userHandle: userHandle === null ? null : readBytes(response, 'userHandle'),
  }
}

type Members = Readonly<Record<string, unknown>>

function readCredential(value: unknown): { credentialId: Buffer; response: Members } {
  if (!isObject(value)) throw invalid('', 'must be the JSON of a PublicKeyCredential')
  const { id, rawId, type, response } = value
  if (type !== 'public-key') throw invalid('type', 'must be public-key')
  if (id !== rawId) throw invalid('rawId', 'must be the same as id')
  if (!isObject(response)) throw invalid('response', 'must be an object')
  return { credentialId: decode(id, 'id', maxBytes.credentialId), response }
}

const byteMembers = {
  attestationObject: maxBytes.attestationObject,
  authenticatorData: maxBytes.authenticatorData,
  clientDataJSON: maxBytes.clientDataJson,
  signature: maxBytes.signature,
  userHandle: maxBytes.userHandle,
} as const

const readBytes = (members: Members, name: keyof typeof byteMembers): Buffer =>
  decode(members[name], `response.${name}`, byteMembers[name])

function readReceivedClientData(members: Members): ReceivedClientData {
  const bytes = readBytes(members, 'clientDataJSON')
  const parsed = readClientData(bytes)
  if (parsed === null)
    throw invalid('response.clientDataJSON', 'must be WebAuthn client data in JSON')
  return { bytes, parsed }
}

/** @see WebAuthn Level 3, section 6.5.4 */
function readAttestation(
  bytes: Buffer,
): Pick<RegistrationResponse, 'format' | 'statement' | 'authenticatorData' | 'authenticator'> {
  const read = readCbor(bytes)
  const object = read !== null && read.end === bytes.length && isMap(read.value) ? read.value : null
  const format = object?.get('fmt')
  const statement = object?.get('attStmt')
  const data = object?.get('authData')
  const authenticatorData = data instanceof Uint8Array ? data : null
  const authenticator = authenticatorData === null ? null : readAuthenticatorData(authenticatorData)
  if (
    typeof format !== 'string' ||
    !isMap(statement) ||
    authenticatorData === null ||
    authenticator === null
  )
    throw invalid('response.attestationObject', 'must be a well-formed attestation object')
  return { format, statement, authenticatorData, authenticator }
}

function readTransports(value: unknown): readonly string[] {
  const isTransport = (one: unknown): one is string =>
    typeof one === 'string' && /^[a-z0-9-]{1,32}$/.test(one)
  if (!Array.isArray(value) || value.length > maxTransports || !value.every(isTransport))
    throw invalid('response.transports', `must be at most ${maxTransports} transport names`)
  return Array.from(new Set(value))
}

/** Decodes a member of 1 to `most` bytes. */
function decode(value: unknown, member: string, most: number): Buffer {
  const bytes = decodeBase64url(value, most)
  if (bytes === null || bytes.length === 0)
    throw invalid(member, `must be 1 to ${most} bytes in base64url without padding`)
  return bytes
}

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const invalid = (member: string, problem: string): InvalidInputError =>
  invalidValue(member === '' ? 'response' : `response.${member}`, problem)
