import { PasswordHash } from 'torii-core'
import type { NormalizedPassword } from '../password-policy/text.js'
import { parseArgon2 } from './argon2.js'
import { readForeignHash } from './formats/formats.js'
import { readWeakHash } from './formats/weak.js'
import type { PasswordHasher } from './hashing.js'
import { importedEmail } from './imported-password.js'
import { formatWrapped, parseWrapped } from './wrapped.js'

/**
 * Returns whether a text that an import brings signs in as it is (`accepted`), only inside Argon2id (`weak`), or not at all, by the
 * same rules as the sign-in, including the limits of cost.
 */
export function readPasswordHash(text: string): 'accepted' | 'weak' | 'unsupported' {
  const argon2 = parseWrapped(text)?.argon2 ?? text
  if (parseArgon2(argon2) !== null || readForeignHash(text) !== null) return 'accepted'
  if (importedEmail(new PasswordHash(text))) return 'accepted'
  return readWeakHash(text) === null ? 'unsupported' : 'weak'
}

/** Returns a weak hash inside Argon2id. @throws Error for any other text */
export async function wrapWeakHash(
  hasher: Pick<PasswordHasher, 'hash'>,
  text: string,
): Promise<string> {
  const weak = readWeakHash(text)
  if (weak === null) throw new Error('not a weak hash')
  const argon2 = await hasher.hash(weak.output as NormalizedPassword)
  return formatWrapped({ scheme: weak.scheme, argon2: argon2.reveal() })
}
