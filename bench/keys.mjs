/**
 * Ids and secrets that Node and SQL derive from a number in the same way, so that the data is made in the
 * database and nothing has to be handed around. They are no secrets of anybody.
 */
import { hash } from 'node:crypto'

const hex = (n, width) => n.toString(16).padStart(width, '0')
const tail = '-0000-7000-8000-'

export const userIdOf = (n) => `${hex(n, 8)}${tail}000000000000`
export const sessionIdOf = (n) => `${hex(n, 8)}${tail}000000000001`
/** The text of a peer's token: 32 characters, as theirs have. */
export const peerTokenOf = (n) => `t${hex(n, 31)}`
export const emailOf = (n) => `person${n}@example.com`
export const secretOf = (n) => Buffer.from(hex(n, 64), 'hex')

const hashed = Buffer.concat([Buffer.from('torii:session:'), Buffer.alloc(32)])
/** What a server does with the secret of a token before it asks the database; as torii-auth does it. */
export function secretHashOf(secret) {
  secret.copy(hashed, hashed.length - secret.length)
  return Buffer.from(hash('sha256', hashed, 'binary'), 'binary')
}

/** A session token as torii-auth writes it: ids, then the secret. */
export const toriiTokenOf = (user, n) =>
  `torii_s_${Buffer.concat([
    Buffer.from((userIdOf(user) + sessionIdOf(n)).replaceAll('-', ''), 'hex'),
    secretOf(n),
  ]).toString('base64url')}`

/** The user that owns session `n`. */
export const ownerOf = (n, users) => 1 + (n % users)

/** The same in SQL; `n` is SQL for a whole number. No colon but of a cast: pgbench would read a variable. */
export const sql = {
  userId: (n) => `(lpad(to_hex(${n}), 8, '0') || '${tail}000000000000')::uuid`,
  sessionId: (n) => `(lpad(to_hex(${n}), 8, '0') || '${tail}000000000001')::uuid`,
  peerToken: (n) => `'t' || lpad(to_hex(${n}), 31, '0')`,
  email: (n) => `'person' || ${n} || '@example.com'`,
  secretHash: (n) =>
    `sha256('\\x746f7269693a73657373696f6e3a'::bytea || decode(lpad(to_hex(${n}), 64, '0'), 'hex'))`,
}

/** A whole number from 1 to `max`. */
export const pick = (max) => 1 + Math.floor(Math.random() * max)

export const password = 'a gate of two pillars'
