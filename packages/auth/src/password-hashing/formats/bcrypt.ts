import { createHash } from 'node:crypto'
import { verify } from '@node-rs/bcrypt'
import type { ForeignHash, HashFormat } from './format.js'
import { wholeHash } from './format.js'

/** Modular crypt format: version, cost, 22 characters of salt and 31 of output. */
const form = /^\$2[abxy]\$(\d{2})\$[./A-Za-z0-9]{53}$/

/** Each step doubles the work; 14 takes about a second, and exceeds all recommendations. */
const costs = Object.freeze({ min: 4, max: 14 })

/** bcrypt reads no more of a password. */
const maxBytes = 72

/**
 * bcrypt as Devise, Laravel, Supabase, Auth0 and most others store it. The four versions are one algorithm, except that `$2x$`
 * hashed letters outside ASCII wrongly: such a password does not match.
 *
 * A longer password matches by its first 72 bytes, as in the source. A password with NUL matches whole, as in Node.js and
 * Go, or up to the NUL, as in crypt(3). Neither proves the rest of the text, so the hash stays.
 * @see CVE-2025-22228
 */
export const bcrypt: HashFormat = (text) => {
  const cost = Number(form.exec(text)?.[1])
  if (!(cost >= costs.min && cost <= costs.max)) return null
  return {
    async matches(password) {
      const bytes = Buffer.from(password)
      const end = bytes.indexOf(0)
      const read = [bytes, ...(end === -1 ? [] : [bytes.subarray(0, end)])]
      for (const each of read) if (await verify(each.subarray(0, maxBytes), text)) return true
      return false
    },
    provesAllOf: (password) => Buffer.byteLength(password) <= maxBytes && !password.includes('\0'),
  }
}

/** bcrypt of the SHA-256 of the password in hexadecimal digits, which has always 64 bytes. */
export function bcryptOfSha256(text: string): ForeignHash | null {
  const inner = bcrypt(text)
  if (inner === null) return null
  return wholeHash((password) => inner.matches(createHash('sha256').update(password).digest('hex')))
}
