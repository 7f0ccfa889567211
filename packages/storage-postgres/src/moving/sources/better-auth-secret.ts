import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'

/** Returns a text that Better Auth encrypted, or null if the secrets do not open it. */
export type Decrypt = (text: string) => string | null

/**
 * Decrypts with `BETTER_AUTH_SECRET`, and with `BETTER_AUTH_SECRETS` (`2:new,1:old`) if the application has replaced its secret.
 * A text is XChaCha20-Poly1305 in hexadecimal digits, nonce first, its key the SHA-256 of the secret; `$ba$VERSION$` before it names
 * one of several secrets.
 */
export function createDecrypt(env: Readonly<Record<string, string | undefined>>): Decrypt {
  const versions = new Map(
    (env.BETTER_AUTH_SECRETS ?? '').split(',').flatMap((entry) => {
      const [, version, secret] = /^\s*(\d+):(.+?)\s*$/s.exec(entry) ?? []
      return version === undefined || secret === undefined
        ? []
        : [[Number(version), secret] as const]
    }),
  )
  return (text) => {
    const [, version, digits = text] = /^\$ba\$(\d+)\$(.*)$/s.exec(text) ?? []
    const secret = version === undefined ? env.BETTER_AUTH_SECRET : versions.get(Number(version))
    if (!secret || !isEncrypted(text)) return null
    return open(createHash('sha256').update(secret).digest(), Buffer.from(digits, 'hex'))
  }
}

/** Whether a text has the form of an encrypted one. */
export const isEncrypted = (text: string): boolean =>
  /^(?:\$ba\$\d+\$)?(?:[0-9a-f]{2}){40,}$/i.test(text)

const nonceBytes = 24
const tagBytes = 16

/** @see draft-irtf-cfrg-xchacha-03, section 2.3 */
function open(key: Buffer, encrypted: Buffer): string | null {
  const nonce = encrypted.subarray(0, nonceBytes)
  const subkey = hchacha20(key, nonce.subarray(0, 16))
  const rest = Buffer.concat([Buffer.alloc(4), nonce.subarray(16)])
  try {
    const cipher = createDecipheriv('chacha20-poly1305', subkey, rest, { authTagLength: tagBytes })
    cipher.setAuthTag(encrypted.subarray(-tagBytes))
    const text = cipher.update(encrypted.subarray(nonceBytes, -tagBytes))
    return Buffer.concat([text, cipher.final()]).toString()
  } catch {
    return null
  }
}

const constants = Buffer.from('expand 32-byte k')

/** The key of a nonce: a block of ChaCha20 without its last step, which adds the input, so the input is subtracted again. */
function hchacha20(key: Buffer, nonce: Buffer): Buffer {
  const block = createCipheriv('chacha20', key, nonce).update(Buffer.alloc(64))
  const subkey = Buffer.alloc(32)
  for (let at = 0; at < 16; at += 4) {
    subkey.writeUInt32LE((block.readUInt32LE(at) - constants.readUInt32LE(at)) >>> 0, at)
    subkey.writeUInt32LE((block.readUInt32LE(48 + at) - nonce.readUInt32LE(at)) >>> 0, 16 + at)
  }
  return subkey
}
