import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { totpStepSeconds } from 'torii-core'
import { encodeBase32 } from './base32.js'

/**
 * 160 bits, the length of the hash, as RFC 4226 section 4 recommends (R6). SHA-1 and six digits are what every
 * authenticator application supports; HMAC does not need collision resistance.
 */
const secretBytes = 20
/** The digits of a code. */
export const totpDigits = 6

/** Steps before the present one whose code is accepted: the time to type it. @see RFC 6238, 5.2 */
const stepsBack = 1

/** Generates the secret of an authenticator application. */
export const newTotpSecret = (): Buffer => randomBytes(secretBytes)

/** Returns the code of a time step. @see RFC 4226, 5.3; RFC 6238, 4.2 */
export function totpCode(secret: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', secret).update(counter).digest()
  const offset = mac.readUInt8(mac.length - 1) & 15
  const number = (mac.readUInt32BE(offset) & 0x7fff_ffff) % 10 ** totpDigits
  return String(number).padStart(totpDigits, '0')
}

/**
 * Reads a typed code; spaces and hyphens between the digits are ignored. Null for any other text, which matches nothing.
 */
export function readTotpCode(typed: string): string | null {
  const code = typed.length > 64 ? '' : typed.replace(/[\s-]/g, '')
  return /^[0-9]{6}$/.test(code) ? code : null
}

/** The steps at which a code counts. */
export interface TotpWindow {
  /** The present step, by the database's clock. */
  readonly step: number
  /** The step of the last accepted code. */
  readonly lastStep: number
}

/**
 * Returns the step of a code: the present one or the one before, if it is later than the last accepted one. Null for any
 * other code. Every step is compared, in constant time.
 */
export function matchingStep(
  secret: Uint8Array,
  code: string | null,
  { step, lastStep }: TotpWindow,
): number | null {
  const given = Buffer.from(code ?? 'x'.repeat(totpDigits))
  let found: number | null = null
  for (let back = 0; back <= stepsBack; back += 1) {
    const candidate = step - back
    const matches = timingSafeEqual(given, Buffer.from(totpCode(secret, candidate)))
    if (matches && candidate > lastStep && found === null) found = candidate
  }
  return found
}

/**
 * Returns the URI that an authenticator application reads from a QR code.
 * @see Google Authenticator, Key Uri Format
 */
export function totpUri(secret: Uint8Array, names: { issuer: string; account: string }): string {
  // A colon separates the two names, so neither may have one.
  const part = (text: string) => encodeURIComponent(text.replaceAll(':', ' '))
  const [issuer, account] = [part(names.issuer), part(names.account)]
  const parameters = `secret=${encodeBase32(secret)}&issuer=${issuer}&algorithm=SHA1&digits=${totpDigits}&period=${totpStepSeconds}`
  return `otpauth://totp/${issuer}:${account}?${parameters}`
}
