import { verify } from '@node-rs/argon2'
import type { PasswordHash, UserId } from 'torii-core'
import { parseArgon2, withoutKeyId } from './argon2.js'
import { readForeignHash } from './formats/formats.js'
import { weakOutput } from './formats/weak.js'
import type { LegacyVerifier } from './legacy-verifier.js'
import type { Pepper } from './pepper.js'
import { parseWrapped } from './wrapped.js'

/** A stored hash and whose it is. */
export interface StoredPassword {
  readonly userId: UserId
  readonly hash: PasswordHash
}

/** Logged when a stored hash cannot be verified. Each counts as a wrong password. */
export type HashingLogEvent =
  /** The stored hash has a form or a cost that is never computed. */
  | { level: 'warn'; event: 'stored_hash_refused'; userId: UserId }
  /** The stored hash is peppered under a key that is not in `keys`. */
  | { level: 'error'; event: 'pepper_key_missing'; userId: UserId; keyId: string }
  /** A verifier of `legacyVerifiers` threw. */
  | { level: 'error'; event: 'legacy_verifier_failed'; userId: UserId; error: unknown }

/** Computes whether a text is the password. */
export type Computation = (password: string) => Promise<boolean>

/** What reading a stored hash depends on. */
interface ReaderSettings {
  readonly pepper: Pepper
  readonly verifiers: readonly LegacyVerifier[]
  readonly log: (event: HashingLogEvent) => void
}

/**
 * Returns a function that reads a stored hash: how to verify a password against it, or null if it must not or cannot be
 * computed, which is logged. It computes nothing itself.
 */
export function createStoredHashReader({ pepper, verifiers, log }: ReaderSettings) {
  /** Third-party code: if it throws, the password counts as wrong. */
  const byVerifier =
    (verifier: LegacyVerifier, userId: UserId, text: string): Computation =>
    async (password) => {
      try {
        return (await verifier.verify(password, text)) === true
      } catch (error) {
        log({ level: 'error', event: 'legacy_verifier_failed', userId, error })
        return false
      }
    }

  /** Our own form. Undefined for any other text, null for a missing key. */
  function readOwn(userId: UserId, text: string): Computation | null | undefined {
    const form = parseArgon2(text)
    if (form === null) return undefined
    const input = pepper.underKey(form.keyId)
    if (input !== null) return (password) => verify(withoutKeyId(text), input(password))
    log({ level: 'error', event: 'pepper_key_missing', userId, keyId: form.keyId ?? '' })
    return null
  }

  function readWrapped(userId: UserId, text: string): Computation | null | undefined {
    const wrapped = parseWrapped(text)
    const outer = wrapped === null ? undefined : readOwn(userId, wrapped.argon2)
    if (!wrapped || !outer) return outer
    return async (password) => outer(await weakOutput(wrapped.scheme, password))
  }

  function readLegacy(userId: UserId, text: string): Computation | undefined {
    const verifier = verifiers.find((each) => each.accepts(text))
    return verifier && byVerifier(verifier, userId, text)
  }

  return ({ userId, hash }: StoredPassword): Computation | null => {
    const text = hash.reveal()
    for (const read of [readOwn, readLegacy, readWrapped]) {
      const computation = read(userId, text)
      if (computation !== undefined) return computation
    }
    const foreign = readForeignHash(text)
    if (foreign === null) log({ level: 'warn', event: 'stored_hash_refused', userId })
    return foreign?.matches ?? null
  }
}
