import type { AdapterAuthenticator } from '@auth/core/adapters'
import type { NewPasskey, Passkey, PasskeyCredential } from 'torii-core'
import { checkText, InvalidInputError } from 'torii-core'

// Auth.js writes ids and keys as base64. A text in another form, as test suites use it, is stored as its own bytes, and a
// mark among the transports says so; WebAuthn lets browsers ignore transports that they do not know.
const idIsText = 'authjs:id-text'
const keyIsText = 'authjs:key-text'
const deviceType = 'authjs:type='
const mark = 'authjs:'

/** The bytes of a credential id; null for what no stored one can be. */
export function credentialIdOf(text: unknown): Uint8Array | null {
  if (typeof text !== 'string' || text === '' || text.length > 1400) return null
  const { bytes } = toBytes(text)
  return bytes.length > 1023 ? null : bytes
}

/** What an authenticator becomes in the table. @throws InvalidInputError for what does not fit */
export function toStored(
  given: AdapterAuthenticator,
): Pick<
  NewPasskey,
  'credentialId' | 'publicKey' | 'signCount' | 'backupEligible' | 'backedUp' | 'transports'
> {
  const id = toBytes(checkText(given.credentialID, 'credentialID', { bytes: 1400 }))
  const key = toBytes(checkText(given.credentialPublicKey, 'credentialPublicKey', { bytes: 2800 }))
  if (id.bytes.length < 1 || id.bytes.length > 1023)
    throw new InvalidInputError('credentialID', 'must be 1 to 1,023 bytes in base64')
  if (key.bytes.length < 1 || key.bytes.length > 2048)
    throw new InvalidInputError('credentialPublicKey', 'must be 1 to 2,048 bytes in base64')
  if (!Number.isInteger(given.counter) || given.counter < 0 || given.counter > 0xffff_ffff)
    throw new InvalidInputError('counter', 'must be a whole number from 0 to 2^32 - 1')
  const backedUp = given.credentialBackedUp === true
  const backupEligible = given.credentialDeviceType === 'multiDevice' || backedUp
  const transports = (given.transports ?? '').split(',').filter((each) => each !== '')
  if (transports.some((each) => each.startsWith(mark)))
    throw new InvalidInputError('transports', `must not start with ${mark}`)
  return {
    credentialId: id.bytes,
    publicKey: key.bytes,
    signCount: given.counter,
    backupEligible,
    backedUp,
    transports: [
      ...transports,
      ...(id.isText ? [idIsText] : []),
      ...(key.isText ? [keyIsText] : []),
      ...(given.credentialDeviceType === typeOf(backupEligible)
        ? []
        : [
            deviceType +
              checkText(given.credentialDeviceType, 'credentialDeviceType', { bytes: 20 }),
          ]),
    ],
  }
}

/** The texts of an authenticator as Auth.js gave them. */
export function toText(
  { credentialId, publicKey, backupEligible }: PasskeyCredential,
  { transports }: Passkey,
): Pick<
  AdapterAuthenticator,
  'credentialID' | 'credentialPublicKey' | 'credentialDeviceType' | 'transports'
> {
  const own = transports.filter((each) => !each.startsWith(mark))
  const otherType = transports.find((each) => each.startsWith(deviceType))
  return {
    credentialID: fromBytes(credentialId, transports.includes(idIsText)),
    credentialPublicKey: fromBytes(publicKey, transports.includes(keyIsText)),
    credentialDeviceType: otherType?.slice(deviceType.length) ?? typeOf(backupEligible),
    transports: own.length === 0 ? null : own.join(','),
  }
}

const typeOf = (backupEligible: boolean): string =>
  backupEligible ? 'multiDevice' : 'singleDevice'

function toBytes(text: string): { bytes: Uint8Array; isText: boolean } {
  const bytes = Buffer.from(text, 'base64')
  const isText = bytes.toString('base64') !== text
  return { bytes: isText ? Buffer.from(text) : bytes, isText }
}

const fromBytes = (bytes: Uint8Array, isText: boolean): string =>
  Buffer.from(bytes).toString(isText ? 'utf8' : 'base64')
