import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { hash, verify } from '@node-rs/argon2'
import type { UserId } from 'torii-core'
import { PasswordHash } from 'torii-core'
import type { NormalizedPassword } from '../password-policy/text.js'
import { noPassword } from '../password-policy/text.js'
import type { ResolvedOptions } from '../services/options/options.js'
import type { HashingOptions } from '../services/options/password.js'
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

/** What the hashing is made from. */
export type HashingSettings = Pick<ResolvedOptions, 'keys' | 'log'> & {
  readonly password: Pick<ResolvedOptions['password'], 'hashing' | 'legacyVerifiers'>
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
