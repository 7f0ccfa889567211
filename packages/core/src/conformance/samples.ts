import { randomBytes } from 'node:crypto'
import type { SessionId, UserId } from '../ids.js'
import { newSessionId, newUserId } from '../ids.js'
import type { AttemptCharges, AttemptPolicy, AttemptRefund } from '../login-attempts.js'
import type { Json } from '../profile.js'
import { PasswordHash } from '../secret.js'
import type { NewSession } from '../sessions.js'
import type { AttemptKey, TokenHash } from '../token-hash.js'
import { attemptKey, tokenHash } from '../token-hash.js'
import type { NewUser } from '../users.js'

/** A text that no other case uses: twelve lower-case hexadecimal digits after a letter. */
export const freshWord = (): string => `w${randomBytes(6).toString('hex')}`

/** An address that no other case uses. */
export const freshEmail = (): string => `${freshWord()}@example.com`

/** The hash of a secret that no other case uses. */
export const freshSecretHash = (): TokenHash => tokenHash(randomBytes(32))

/** A key for attempts that no other case uses. */
export const freshAttemptKey = (): AttemptKey => attemptKey(randomBytes(32))

/** What Argon2id gives for a password, with a salt of its own. */
export function freshPasswordHash(): PasswordHash {
  const [salt, tag] = [randomBytes(16), randomBytes(32)].map((bytes) =>
    bytes.toString('base64').replaceAll('=', ''),
  )
  return new PasswordHash(`$argon2id$v=19$m=19456,t=2,p=1$${salt}$${tag}`)
}

/** An account to make: nothing but an address, unless `given`. */
export const newUser = (given: Partial<NewUser> = {}): NewUser => ({
  id: newUserId(),
  email: freshEmail(),
  ...given,
})

/** A session to open: a thousand seconds idle, ten thousand in all, unless `given`. */
export const newSession = (given: Partial<NewSession> = {}): NewSession => ({
  id: newSessionId(),
  secretHash: freshSecretHash(),
  methods: ['password'],
  ip: '192.0.2.7',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64)',
  idleSeconds: 1000,
  absoluteSeconds: 10_000,
  ...given,
})

/** The id of a user who does not exist. */
export const unknownUserId = (): UserId => newUserId()

/** The id of a session that does not exist. */
export const unknownSessionId = (): SessionId => newSessionId()

/** A policy that no case reaches by accident, unless `given`. */
export const policy = (given: Partial<AttemptPolicy> = {}): AttemptPolicy => ({
  cap: 1000,
  windowSeconds: 10_000,
  lockSeconds: 1000,
  maxLockSeconds: 4000,
  limit: 100_000,
  forgetSeconds: 100_000,
  ...given,
})

/** Charges on an account alone. */
export const onAccount = (key: AttemptKey, given: Partial<AttemptPolicy> = {}): AttemptCharges => ({
  account: { key, policy: policy(given) },
  network: null,
})

/** Charges on a network alone. */
export const onNetwork = (key: AttemptKey, given: Partial<AttemptPolicy> = {}): AttemptCharges => ({
  account: null,
  network: { key, policy: policy(given) },
})

/** Charges under keys that nothing else is counted under. */
export const freeCharges = (): AttemptCharges => onAccount(freshAttemptKey())

/** Gives nothing back. */
export const noRefund: AttemptRefund = Object.freeze({ account: null, network: null })

/** Texts that a careless layer would change, cut or run. All are valid names. */
export const awkwardTexts: readonly string[] = [
  "Robert'); drop table users; --",
  "' or '1'='1' /*",
  '"double" \'single\' `back` “curly”',
  String.raw`C:\temp\new \\ \' \x41 \u0041 \0 \N`,
  '$1 $2 ${7*7} {{7*7}} :name ? %s %n %(x)s',
  '{"json": [1, null]}',
  'null',
  'E\'\\047\' U&"d\\0061t" $$body$$ $tag$x$tag$',
  ' leading and trailing ',
  'e\u0301 is not \u00e9',
  '🙂👩‍👩‍👧‍👦🏳️‍🌈',
  '\u{10ffff}\u{1d4b3}\ufeff\uffff',
  '\u202eright to left\u202c',
  '<script>alert(1)</script>&amp;',
]

/** The same with what only metadata may hold. */
export const awkwardJsonTexts: readonly string[] = [
  ...awkwardTexts,
  '',
  ' ',
  'tab\tnew\r\nline',
  '\u0001\u001f\u007f\u0085\u2028',
]

/** `count` code points of four bytes each. */
export const fourByteText = (count: number): string => '𝒳'.repeat(count)

/** Metadata whose compact JSON has exactly `bytes` bytes, nearly all of it the given filler. */
export function metadataOfSize(bytes: number, filler: string | number): Record<string, Json> {
  const fill = (count: number): Json =>
    typeof filler === 'string' ? filler.repeat(count) : Array.from({ length: count }, () => filler)
  const sizeOf = (count: number): number => jsonBytes({ a: fill(count), p: '' })
  const count = Math.floor((bytes - sizeOf(1)) / (sizeOf(2) - sizeOf(1))) + 1
  return { a: fill(count), p: 'x'.repeat(bytes - sizeOf(count)) }
}

const jsonBytes = (value: Json): number => Buffer.byteLength(JSON.stringify(value))
