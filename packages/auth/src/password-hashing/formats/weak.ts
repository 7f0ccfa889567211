import { hash } from 'node:crypto'
import { decodeBase64 } from './format.js'
import { crypt64, phpass } from './phpass.js'

/**
 * A hash that a stolen database gives away in seconds to hours: MD5, SHA-1, SHA-256 and SHA-512 of one round, with or without a
 * salt, and phpass. It is stored only inside Argon2id.
 */
export interface WeakHash {
  readonly scheme: WeakScheme
  /** The output as text, which Argon2id takes as its password. */
  readonly output: string
}

/** How a weak hash is computed from a password. */
export type WeakScheme =
  | { readonly kind: WeakDigest; readonly saltFirst: boolean; readonly salt: Buffer }
  | { readonly kind: 'phpass'; readonly rounds: number; readonly salt: Buffer }

const digestBytes = Object.freeze({ md5: 16, sha1: 20, sha256: 32, sha512: 64 })
export type WeakDigest = keyof typeof digestBytes
export const isWeakDigest = (name: string): name is WeakDigest => Object.hasOwn(digestBytes, name)

/** Longer salts than any source writes. */
const maxSaltBytes = 128

/**
 * Reads a weak hash: `{SSHA}…` and the others of LDAP, `sha1$salt$digits` of Django, phpass of WordPress and phpBB, and the digits
 * of an unsalted digest. Returns null for any other text.
 */
export const readWeakHash = (text: string): WeakHash | null =>
  readLdap(text) ?? readDjango(text) ?? readDigits(text) ?? readPhpass(text)

/** Computes the output of a scheme. Of many rounds, it lets others run in between. */
export async function weakOutput(scheme: WeakScheme, password: string): Promise<string> {
  const { salt } = scheme
  const bytes = Buffer.from(password)
  if (scheme.kind === 'phpass') return phpass(bytes, salt, scheme.rounds)
  return hash(scheme.kind, Buffer.concat(scheme.saltFirst ? [salt, bytes] : [bytes, salt]), 'hex')
}

/** RFC 2307: base64 of the output and the salt after it. */
function readLdap(text: string): WeakHash | null {
  const [, salted, name = '', encoded = ''] =
    /^\{(S?)(MD5|SHA|SHA1|SHA256|SHA512)\}([A-Za-z0-9+/=]+)$/.exec(text) ?? []
  const kind = name === 'SHA' ? 'sha1' : name.toLowerCase()
  const bytes = decodeBase64(encoded)
  if (!isWeakDigest(kind) || bytes === null) return null
  const length = digestBytes[kind]
  const salt = bytes.subarray(length)
  if (bytes.length < length || salt.length > maxSaltBytes) return null
  if ((salted === 'S') !== salt.length > 0) return null
  return {
    scheme: { kind, saltFirst: false, salt },
    output: bytes.subarray(0, length).toString('hex'),
  }
}

function readDjango(text: string): WeakHash | null {
  const [, kind = '', salt = '', digits = ''] =
    /^(md5|sha1)\$([^$\n]{0,128})\$([0-9a-f]{32,40})$/.exec(text) ?? []
  if (!isWeakDigest(kind) || digits.length !== 2 * digestBytes[kind]) return null
  return { scheme: { kind, saltFirst: true, salt: Buffer.from(salt) }, output: digits }
}

function readDigits(text: string): WeakHash | null {
  if (!/^[0-9a-fA-F]{32,128}$/.test(text)) return null
  for (const [kind, length] of Object.entries(digestBytes))
    if (isWeakDigest(kind) && text.length === 2 * length)
      return {
        scheme: { kind, saltFirst: true, salt: Buffer.alloc(0) },
        output: text.toLowerCase(),
      }
  return null
}

/** WordPress has 13. More would take too much time of the server for a hash that is weak all the same. */
const maxRoundsLog = 16

function readPhpass(text: string): WeakHash | null {
  const [, rounds = '', salt = '', output = ''] =
    /^\$[PH]\$([./0-9A-Za-z])([./0-9A-Za-z]{8})([./0-9A-Za-z]{22})$/.exec(text) ?? []
  const log = crypt64.indexOf(rounds)
  if (rounds === '' || log < 7 || log > maxRoundsLog) return null
  return { scheme: { kind: 'phpass', rounds: 2 ** log, salt: Buffer.from(salt) }, output }
}
