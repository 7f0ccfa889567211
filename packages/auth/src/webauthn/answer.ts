import { InvalidInputError } from 'torii-core'
import type { AuthenticatorData } from './authenticator-data.js'
import { isMap, readAuthenticatorData } from './authenticator-data.js'
import type { CborMap } from './cbor.js'
import { readCbor } from './cbor.js'
import type { ClientData } from './client-data.js'
import { readClientData } from './client-data.js'

/**
 * The most bytes each member may have. `none` attestations of an RSA key with the longest id are below
 * 2 KiB and client data is some 200 bytes; what is longer is no answer of a browser.
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

/** Client data as it came, which is what was signed, and what it says. */
interface SentClientData {
  readonly bytes: Buffer
  readonly says: ClientData
}

/** An answer to registration options, taken apart; nothing in it is believed yet. */
export interface RegistrationAnswer {
  readonly credentialId: Buffer
  readonly clientData: SentClientData
  readonly attestationObject: Buffer
  readonly format: string
  readonly statement: CborMap
  readonly authenticator: AuthenticatorData
  readonly transports: readonly string[]
}

/** An answer to authentication options, taken apart; nothing in it is believed yet. */
export interface AuthenticationAnswer {
  readonly credentialId: Buffer
  readonly clientData: SentClientData
  readonly authenticatorData: Buffer
  readonly authenticator: AuthenticatorData
  readonly signature: Buffer
  /** What the authenticator calls the user, where it says so. */
  readonly userHandle: Buffer | null
}

/**
 * Reads `RegistrationResponseJSON`, from the text of its members down to the CBOR inside, in time bounded by
 * its size. Members that nobody here needs are ignored.
 * @throws InvalidInputError naming the member; call it before any query
 * @see WebAuthn Level 3, section 5.1, RegistrationResponseJSON
 */
export function readRegistrationAnswer(value: unknown): RegistrationAnswer {
  const { credentialId, response } = readCredential(value)
  const { transports = [], ...members } = response
  const attestationObject = readBytes(members, 'attestationObject')
  const { format, statement, authenticator } = readAttestation(attestationObject)
  return {
    credentialId,
    clientData: readSentClientData(members),
    attestationObject,
    format,
    statement,
    authenticator,
    transports: readTransports(transports),
  }
}

/**
 * Reads `AuthenticationResponseJSON`, as {@link readRegistrationAnswer} does.
 * @throws InvalidInputError naming the member; call it before any query
 */
export function readAuthenticationAnswer(value: unknown): AuthenticationAnswer {
  const { credentialId, response } = readCredential(value)
  const authenticatorData = readBytes(response, 'authenticatorData')
  const authenticator = readAuthenticatorData(authenticatorData)
  if (authenticator === null) throw invalid('response.authenticatorData', 'must be well-formed')
  const { userHandle = null } = response
  return {
    credentialId,
    clientData: readSentClientData(response),
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

function readSentClientData(members: Members): SentClientData {
  const bytes = readBytes(members, 'clientDataJSON')
  const says = readClientData(bytes)
  if (says === null) throw invalid('response.clientDataJSON', 'must be the client data of WebAuthn')
  return { bytes, says }
}

/** @see WebAuthn Level 3, section 6.5.4 */
function readAttestation(
  bytes: Buffer,
): Pick<RegistrationAnswer, 'format' | 'statement' | 'authenticator'> {
  const read = readCbor(bytes)
  const object = read !== null && read.end === bytes.length && isMap(read.value) ? read.value : null
  const format = object?.get('fmt')
  const statement = object?.get('attStmt')
  const data = object?.get('authData')
  const authenticator = data instanceof Uint8Array ? readAuthenticatorData(data) : null
  if (typeof format !== 'string' || !isMap(statement) || authenticator === null)
    throw invalid('response.attestationObject', 'must be a well-formed attestation object')
  return { format, statement, authenticator }
}

function readTransports(value: unknown): readonly string[] {
  const isTransport = (one: unknown): one is string =>
    typeof one === 'string' && /^[a-z0-9-]{1,32}$/.test(one)
  if (!Array.isArray(value) || value.length > maxTransports || !value.every(isTransport))
    throw invalid('response.transports', `must be at most ${maxTransports} names of transports`)
  return Array.from(new Set(value))
}

/** The bytes of base64url in its one canonical spelling. */
function decode(value: unknown, member: string, most: number): Buffer {
  // Length first: nothing long is ever decoded.
  const fits =
    typeof value === 'string' && value.length > 0 && value.length <= Math.ceil((most * 4) / 3)
  const bytes = fits ? Buffer.from(value, 'base64url') : null
  if (bytes === null || bytes.toString('base64url') !== value)
    throw invalid(member, `must be 1 to ${most} bytes in base64url without padding`)
  return bytes
}

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const invalid = (member: string, problem: string): InvalidInputError =>
  new InvalidInputError(member === '' ? 'response' : `response.${member}`, problem)
