import { argon2 } from './argon2.js'
import { bcrypt, bcryptOfSha256 } from './bcrypt.js'
import type { ForeignHash, HashFormat } from './format.js'
import { decodeBase64, equalBytes, wholeHash, wholeNumber } from './format.js'
import type { Pbkdf2Digest } from './pbkdf2.js'
import { pbkdf2Hash } from './pbkdf2.js'
import { isScryptCost, scrypt } from './scrypt.js'

const salt = '([^$\\n]{1,128})'
const base64 = '([A-Za-z0-9+/]+={0,2})'
const pbkdf2Form = new RegExp(`^pbkdf2_(sha1|sha256)\\$${wholeNumber}\\$${salt}\\$${base64}$`)
const scryptForm = new RegExp(
  `^scrypt\\$${wholeNumber}\\$${salt}\\$${wholeNumber}\\$${wholeNumber}\\$${base64}$`,
)

/** Every hasher of Django that is not weak: PBKDF2, scrypt, Argon2, bcrypt and bcrypt of SHA-256. */
export const django: HashFormat = (text) => {
  if (text.startsWith('argon2$')) return argon2(text.slice('argon2'.length))
  if (text.startsWith('bcrypt$$')) return bcrypt(text.slice('bcrypt$'.length))
  if (text.startsWith('bcrypt_sha256$$')) return bcryptOfSha256(text.slice('bcrypt_sha256$'.length))
  return readPbkdf2(text) ?? readScrypt(text)
}

function readPbkdf2(text: string): ForeignHash | null {
  const [, digest, iterations, salt = '', output = ''] = pbkdf2Form.exec(text) ?? []
  if (digest === undefined) return null
  const bytes = Buffer.from(salt)
  return pbkdf2Hash(digest as Pbkdf2Digest, Number(iterations), bytes, decodeBase64(output))
}

function readScrypt(text: string): ForeignHash | null {
  const [, n, salt = '', r, p, output = ''] = scryptForm.exec(text) ?? []
  const expected = decodeBase64(output)
  const cost = { cost: Number(n), blockSize: Number(r), lanes: Number(p) }
  if (expected === null || expected.length < 16 || expected.length > 64) return null
  if (!isScryptCost(cost)) return null
  return wholeHash(async (password) =>
    equalBytes(await scrypt(password, salt, expected.length, cost), expected),
  )
}
