import type { KeyKind, Knobs } from './authenticator.test.support.js'
import { SoftwareAuthenticator } from './authenticator.test.support.js'
import type { Encodable } from './cbor.test.support.js'
import type { ComparedResponse } from './compare-with-library.test.support.js'
import { coseAlgorithm, offeredAlgorithms } from './credential-key.js'
import type { GenuinePasskey, SentCeremony, SentResponse } from './genuine-passkeys.test.support.js'
import { authenticatorDataIn, withoutAttestation } from './genuine-passkeys.test.support.js'
import { parseRegistrationResponse } from './response.js'
import type { ByteMutation, Random } from './response-mutations.test.support.js'
import { mutateBytes, mutateClientData, mutateDer } from './response-mutations.test.support.js'
import type { PasskeyPolicy } from './verification.js'
import { signedData } from './verification.js'
import { verifyRegistration } from './verify-registration.js'

/** The responses of a passkey, unchanged. */
export function* genuineResponses(passkey: GenuinePasskey): Generator<ComparedResponse> {
  const { registration, authentications, stored } = passkey
  yield response(passkey, null, 'registration', registration)
  yield response(passkey, null, 'without attestation', withoutAttestation(registration))
  for (const authentication of authentications)
    yield response(passkey, null, 'authentication', authentication, stored)
}

/** The registration and the first authentication of a passkey, with one part changed; `stride` as in mutateBytes. */
export function* mutatedResponses(
  passkey: GenuinePasskey,
  random: Random,
  stride: number,
): Generator<ComparedResponse> {
  const { stored, acceptedRegistration: registration } = passkey
  const [authentication] = passkey.authentications
  if (authentication === undefined) throw new Error(`${passkey.name} has no authentication`)
  for (const member of ['clientDataJSON', 'attestationObject'])
    for (const { name, ceremony } of mutateMember(registration, member, random, stride))
      yield response(passkey, member, name, ceremony)
  for (const member of ['clientDataJSON', 'authenticatorData', 'signature'])
    for (const { name, ceremony } of mutateMember(authentication, member, random, stride))
      yield response(passkey, member, name, ceremony, stored)
  for (const { name, bytes } of mutateBytes(Buffer.from(stored.publicKey), random, stride))
    yield response(passkey, 'stored key', name, authentication, { ...stored, publicKey: bytes })
  for (const { name, sent } of mutateJson(registration.sent))
    yield response(passkey, 'JSON', name, { ...registration, sent })
  for (const { name, sent } of mutateJson(authentication.sent))
    yield response(passkey, 'JSON', name, { ...authentication, sent }, stored)
}

function response(
  { name, policy }: Pick<GenuinePasskey, 'name' | 'policy'>,
  part: string | null,
  change: string,
  { challenge, sent }: ChangedCeremony,
  stored: GenuinePasskey['stored'] | null = null,
): ComparedResponse {
  return {
    name: [name, part, change].filter((text) => text !== null).join(': '),
    part,
    sent,
    challenge,
    policy,
    stored,
  }
}

/** A ceremony whose JSON may be anything. */
interface ChangedCeremony {
  readonly challenge: string
  readonly sent: unknown
}

function* mutateMember(
  ceremony: SentCeremony,
  member: string,
  random: Random,
  stride: number,
): Generator<{ name: string; ceremony: SentCeremony }> {
  const bytes = Buffer.from(String(ceremony.sent.response[member]), 'base64url')
  const mutations = [...mutateBytes(bytes, random, stride), ...mutateContent(member, bytes)]
  for (const { name, bytes: changed } of mutations)
    yield {
      name,
      ceremony: { ...ceremony, sent: withMember(ceremony.sent, member, changed) },
    }
}

/** Mutations that know the format. */
function mutateContent(member: string, bytes: Buffer): Iterable<ByteMutation> {
  if (member === 'clientDataJSON') return mutateClientData(bytes)
  return member === 'signature' && isShortDer(bytes) ? mutateDer(bytes) : []
}

/** Whether this is a DER signature of P-256 or P-384; longer ones have another length form. */
const isShortDer = (bytes: Buffer): boolean => bytes[0] === 0x30 && bytes[1] === bytes.length - 2

const withMember = (sent: SentResponse, member: string, bytes: Buffer): SentResponse => ({
  ...sent,
  response: { ...sent.response, [member]: bytes.toString('base64url') },
})

/** Responses whose JSON is wrong: members missing, of other types, in other spellings of base64. */
function* mutateJson(sent: SentResponse): Generator<{ name: string; sent: unknown }> {
  const { response } = sent
  for (const member of ['id', 'rawId', 'type', 'response'])
    for (const value of [undefined, null, '', 7, 'AAAA', {}, []])
      yield { name: `${member} is ${JSON.stringify(value)}`, sent: { ...sent, [member]: value } }
  yield { name: 'another id', sent: { ...sent, id: 'AAAA', rawId: 'AAAA' } }
  for (const member of Object.keys(response)) {
    const text = String(response[member])
    for (const value of [
      undefined,
      null,
      7,
      {},
      [],
      '',
      `${text}=`,
      `${text} `,
      ` ${text}`,
      `${text}!`,
    ])
      yield {
        name: `${member} is ${JSON.stringify(value)?.slice(-10)}`,
        sent: { ...sent, response: { ...response, [member]: value } },
      }
  }
  for (const [name, value] of [
    ['another user handle', 'AAAA'],
    ['a user handle of 65 bytes', 'A'.repeat(87)],
  ])
    yield { name: String(name), sent: { ...sent, response: { ...response, userHandle: value } } }
}

const policy: PasskeyPolicy = {
  rpId: 'app.example',
  origins: ['https://app.example'],
  topOrigins: [],
  userVerification: 'required',
  algorithms: [...offeredAlgorithms, coseAlgorithm.es384],
}
const challenge = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8'
const userHandle = Buffer.alloc(64, 7)
const credentialId = Buffer.alloc(32, 9)

/**
 * Responses that were changed before a software authenticator signed them, so that only the changed part can be the
 * reason of a refusal. Its key is a new one in each run, and no change depends on it.
 */
export function* signedMutations(random: Random): Generator<ComparedResponse> {
  const authenticator = new SoftwareAuthenticator({ algorithm: 'EdDSA', credentialId })
  const created = create(authenticator)
  const result = verifyRegistration(parseRegistrationResponse(created), challenge, policy)
  if (!result.ok) throw new Error(`the software authenticator is refused: ${result.problem}`)
  const stored = { ...result.credential, userHandle }
  const used = authenticator.get({ challenge, rpId: policy.rpId })
  const data = Buffer.from(used.response.authenticatorData, 'base64url')
  const clientData = Buffer.from(used.response.clientDataJSON, 'base64url')
  const signed = (part: string, name: string, newData: Buffer, newClientData: Buffer) => {
    const signature = authenticator.sign(signedData(newData, newClientData))
    const members = {
      authenticatorData: newData.toString('base64url'),
      clientDataJSON: newClientData.toString('base64url'),
      signature: signature.toString('base64url'),
    }
    const sent = { ...used, response: { ...used.response, ...members } }
    return response({ name: 'software', policy }, part, name, { challenge, sent }, stored)
  }
  for (const { name, bytes } of mutateBytes(data, random))
    yield signed('signed authenticatorData', name, bytes, clientData)
  for (let flags = 0; flags < 256; flags += 1) {
    const changed = Buffer.from(data)
    changed.writeUInt8(flags, 32)
    yield signed('signed flags', `${flags}`, changed, clientData)
    const extended = Buffer.concat([changed, extensions])
    yield signed('signed flags', `${flags} and extensions`, extended, clientData)
  }
  for (const { name, bytes } of mutateBytes(clientData, random))
    yield signed('signed clientDataJSON', name, data, bytes)
  for (const { name, bytes } of mutateClientData(clientData))
    yield signed('signed clientDataJSON', name, data, bytes)
}

/** A map of one extension output, in CBOR. */
const extensions = Buffer.from('a16463726564f5', 'hex')

const create = (authenticator: SoftwareAuthenticator, knobs: Knobs = {}) =>
  authenticator.create(
    { challenge, rp: { id: policy.rpId }, user: { id: userHandle.toString('base64url') } },
    knobs,
  )

/** Registrations of weak, malformed and unusual keys. */
export function* registeredKeys(): Generator<ComparedResponse> {
  for (const algorithm of ['ES256', 'EdDSA', 'RS256'] as const) {
    const authenticator = new SoftwareAuthenticator({ algorithm, credentialId })
    for (const [name, key] of keyChanges(algorithm)) {
      const sent = create(authenticator, { key })
      yield response({ name: algorithm, policy }, 'key', name, { challenge, sent })
    }
  }
}

type KeyChange = NonNullable<Knobs['key']>

/** Sets members of a key; undefined removes one. */
const set =
  (...members: readonly (readonly [label: number, value: Encodable | undefined])[]): KeyChange =>
  (key) => {
    const changed = new Map(key)
    for (const [label, value] of members)
      if (value === undefined) changed.delete(label)
      else changed.set(label, value)
    return changed
  }

function* keyChanges(algorithm: KeyKind): Generator<readonly [name: string, change: KeyChange]> {
  yield ['unchanged', (key) => key]
  for (const label of [1, 3, -1, -2, -3]) {
    yield [`without ${label}`, set([label, undefined])]
    for (const value of [0, 1, 2, 3, 6, -7, -8, -35, -257, -65_535, 'text', null, true])
      yield [`${label} is ${value}`, set([label, value])]
    for (const size of [0, 1, 31, 32, 33, 255, 256, 512, 513])
      yield [`${label} is ${size} bytes`, set([label, Buffer.alloc(size, 0xa5)])]
  }
  yield ['with a further parameter', set([4, 1])]
  yield ['a list', (key) => Array.from(key.values())]
  yield ['empty', () => new Map()]
  if (algorithm === 'RS256')
    for (const exponent of [[0], [1], [2], [3], [0, 1, 0, 1], [1, 0, 0], [255, 255, 255, 255]])
      yield [`exponent ${exponent}`, set([-2, Buffer.from(exponent)])]
  if (algorithm === 'EdDSA')
    for (const y of [0, 1, 2]) yield [`y = ${y}`, set([-2, Buffer.of(y, ...Array(31).fill(0))])]
}

/** A registration with every value of the flags. */
export function* registeredFlags(passkey: GenuinePasskey): Generator<ComparedResponse> {
  const plain = withoutAttestation(passkey.registration)
  const text = String(plain.sent.response.attestationObject)
  const object = Buffer.from(text, 'base64url')
  const at = object.indexOf(authenticatorDataIn(text)) + 32
  for (let flags = 0; flags < 256; flags += 1) {
    const changed = Buffer.from(object)
    changed.writeUInt8(flags, at)
    const sent = withMember(plain.sent, 'attestationObject', changed)
    yield response(passkey, 'flags', `${flags}`, { ...plain, sent })
  }
}
