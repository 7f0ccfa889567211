import type { HashFormat } from './format.js'
import { equalBytes, wholeHash } from './format.js'
import { scrypt } from './scrypt.js'

const form = /^([0-9a-f]{32}):([0-9a-f]{128})$/
const cost = Object.freeze({ cost: 16_384, blockSize: 16, lanes: 1 })

/**
 * scrypt as Better Auth and Lucia 3 store it, `salt:key` in hexadecimal digits, without its cost. The digits themselves are the
 * salt, and the password is in NFKC.
 */
export const betterAuth: HashFormat = (text) => {
  const [, salt, key] = form.exec(text) ?? []
  if (salt === undefined || key === undefined) return null
  const expected = Buffer.from(key, 'hex')
  return wholeHash(async (password) =>
    equalBytes(await scrypt(password.normalize('NFKC'), salt, expected.length, cost), expected),
  )
}
