import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { hash, verify } from '@node-rs/argon2'
import type { UserId } from 'torii-core'
import { PasswordHash } from 'torii-core'
import type { KeyRing } from '../crypto/key-ring.js'
import type { NormalizedPassword } from '../password-policy/text.js'
import { noPassword } from '../password-policy/text.js'
import type { Argon2Form } from './argon2.js'
import { encodeBase64, parseArgon2, withKeyId, withoutKeyId } from './argon2.js'
import { createHashingQueue } from './hashing-queue.js'
import type { LegacyVerifier } from './legacy-verifier.js'
import { createPepper } from './pepper.js'

/** RFC 9106 section 3.1 recommends 16 bytes of salt; 32 bytes of output are SHA-256's worth. */
const saltBytes = 16
const outputBytes = 32
/** The number of Argon2id in the binding's ambient enum, which isolated modules cannot import. */
const argon2id = 2

/** What a password hash costs, and how many are made at once. */
export interface HashingOptions {
  /** Memory of one hash in KiB (default: 19,456). */
  readonly memoryKib: number
  /** Passes over that memory (default: 2). */
  readonly passes: number
  /** Lanes of one hash (default: 1). */
  readonly lanes: number
  /** Hashes made at the same time (default: the cores of the machine). Each takes `memoryKib`. */
  readonly concurrency: number
  /** Sign-ins and registrations that may wait for their turn; the next one is refused (default: 128). */
  readonly maxWaiting: number
  /**
   * Whether passwords are hashed with a secret from `keys` as well, which is not in the database (default:
   * false). Whoever loses that key loses every password made under it.
   */
  readonly pepper: boolean
}

/** Logged when a stored hash cannot be verified. Each counts as a wrong password. */
export type HashingLogEvent =
  /** The stored hash has a form or a cost that is never computed. */
  | { level: 'warn'; event: 'stored_hash_refused'; userId: UserId }
  /** The stored hash is peppered under a key that is not in `keys`. */
  | { level: 'error'; event: 'pepper_key_missing'; userId: UserId; keyId: string }
  /** A verifier of imported hashes threw. */
  | { level: 'error'; event: 'legacy_verifier_failed'; userId: UserId; error: unknown }

/** A stored hash and whose it is. */
export interface StoredPassword {
  readonly userId: UserId
  readonly hash: PasswordHash
}

/** What may be done with a place in the queue. */
export interface PasswordHasher {
  /** A PHC string of Argon2id under the current parameters, peppered where that is asked for. */
  hash(password: NormalizedPassword): Promise<PasswordHash>
  /**
   * Whether the password is the one that was stored. For null on either side (no account, no password,
   * not a possible password) and for a stored hash that is refused, the answer is false after the
   * same work under the current parameters.
   */
  verify(stored: StoredPassword | null, password: NormalizedPassword | null): Promise<boolean>
  /** True when the stored hash was made in another way than today's: form, parameters, pepper or its key. */
  needsRehash(stored: PasswordHash): boolean
}

/** Argon2id with bounded work: nothing is hashed without a place. */
export interface PasswordHashing {
  /**
   * Takes a place in the queue for a whole attempt, before it is charged: a flood that is refused here
   * neither computes nor counts against anybody.
   * @throws ToriiError ERR_BUSY when `concurrency + maxWaiting` attempts are under way
   */
  withSlot<Result>(work: (hasher: PasswordHasher) => Promise<Result>): Promise<Result>
}

/** The options that hashing reads. */
export interface HashingSettings {
  readonly keys: KeyRing
  readonly log: (event: HashingLogEvent) => void
  readonly password: {
    readonly hashing: HashingOptions
    readonly legacyVerifiers: readonly LegacyVerifier[]
  }
}

/** One verification, ready to run: true for the right password. */
type Computation = () => Promise<boolean>

/** @see OWASP Password Storage Cheat Sheet; OWASP ASVS 5.0, 11.4.2, 15.2.2 */
export function createPasswordHashing({ keys, log, password }: HashingSettings): PasswordHashing {
  const options = password.hashing
  const queue = createHashingQueue(options)
  const pepper = createPepper(keys, options.pepper)
  const dummy = dummyHash(options)
  const parameters = bindingParameters(options)
  const today = { ...formOf(options), keyId: pepper.keyId }

  /** The work of a verification, whose answer is no. */
  const inVain = (given: NormalizedPassword | null): Computation => {
    const input = pepper.applyToday(given ?? noPassword)
    return async () => (await verify(dummy, input)) && false
  }

  /** Somebody else's code: where it fails, the password is not right. */
  async function verifyLegacy(
    verifier: LegacyVerifier,
    userId: UserId,
    given: string,
    text: string,
  ) {
    try {
      return (await verifier.verify(given, text)) === true
    } catch (error) {
      log({ level: 'error', event: 'legacy_verifier_failed', userId, error })
      return false
    }
  }

  /** What a password is verified by, or null for a stored text that must not be or cannot be computed. */
  function computationFor(
    { userId, hash: stored }: StoredPassword,
    given: NormalizedPassword,
  ): Computation | null {
    const text = stored.reveal()
    const form = parseArgon2(text)
    if (form !== null) {
      const input = pepper.apply(given, form.keyId)
      if (input !== null) return () => verify(withoutKeyId(text), input)
      log({ level: 'error', event: 'pepper_key_missing', userId, keyId: form.keyId ?? '' })
      return null
    }
    const legacy = password.legacyVerifiers.find((verifier) => verifier.accepts(text))
    if (legacy !== undefined) return () => verifyLegacy(legacy, userId, given, text)
    log({ level: 'warn', event: 'stored_hash_refused', userId })
    return null
  }

  const hasher: PasswordHasher = {
    async hash(given) {
      const text = await queue.run(() => hash(pepper.applyToday(given), parameters))
      return new PasswordHash(pepper.keyId === null ? text : withKeyId(text, pepper.keyId))
    },
    verify(stored, given) {
      const computation = stored && given !== null ? computationFor(stored, given) : null
      return queue.run(computation ?? inVain(given))
    },
    needsRehash(stored) {
      const form = parseArgon2(stored.reveal())
      return form === null || !isDeepStrictEqual(form, today)
    },
  }
  return { withSlot: (work) => queue.withSlot(() => work(hasher)) }
}

const formOf = ({ memoryKib, passes, lanes }: HashingOptions): Omit<Argon2Form, 'keyId'> => ({
  memoryKib,
  passes,
  lanes,
  saltBytes,
  outputBytes,
})

const bindingParameters = ({ memoryKib, passes, lanes }: HashingOptions) => ({
  algorithm: argon2id,
  memoryCost: memoryKib,
  timeCost: passes,
  parallelism: lanes,
  outputLen: outputBytes,
})

/** A hash of no password at all: random output, so the work is that of any other and nothing matches. */
function dummyHash({ memoryKib, passes, lanes }: HashingOptions): string {
  const salt = encodeBase64(randomBytes(saltBytes))
  const output = encodeBase64(randomBytes(outputBytes))
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}$${salt}$${output}`
}
