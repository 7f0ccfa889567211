import { encodeBase64 } from './argon2.js'
import { decodeBase64 } from './formats/format.js'
import type { WeakScheme } from './formats/weak.js'
import { isWeakDigest } from './formats/weak.js'

/** A weak hash of another system inside Argon2id. */
export interface WrappedHash {
  /** Computes what Argon2id takes as its password. */
  readonly scheme: WeakScheme
  /** The PHC string of Argon2id. */
  readonly argon2: string
}

const form =
  /^\$wrapped\$d=(md5|sha1|sha256|sha512|phpass),(?:o=(salt|password)|n=([1-9][0-9]{0,5}))\$([A-Za-z0-9+/]{0,172})(\$argon2id\$.*)$/

/**
 * Reads `$wrapped$d=sha1,o=salt$SALT$argon2id$…`. `d` is the digest, `o` what comes first in its input, `n` the rounds of phpass.
 * Returns null for any other text.
 */
export function parseWrapped(text: string): WrappedHash | null {
  const [, kind = '', first, rounds, salt = '', argon2 = ''] = form.exec(text) ?? []
  const bytes = decodeBase64(salt)
  if (bytes === null) return null
  if (isWeakDigest(kind) && first !== undefined)
    return { scheme: { kind, saltFirst: first === 'salt', salt: bytes }, argon2 }
  if (kind !== 'phpass' || rounds === undefined || Number(rounds) > 65_536) return null
  return { scheme: { kind, rounds: Number(rounds), salt: bytes }, argon2 }
}

/** Writes what {@link parseWrapped} reads. */
export function formatWrapped({ scheme, argon2 }: WrappedHash): string {
  const parameters =
    scheme.kind === 'phpass' ? `n=${scheme.rounds}` : `o=${scheme.saltFirst ? 'salt' : 'password'}`
  return `$wrapped$d=${scheme.kind},${parameters}$${encodeBase64(scheme.salt)}${argon2}`
}
