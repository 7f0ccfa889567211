import { randomBytes } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'
import type { UserId } from 'torii-core'
import { PasswordHash } from 'torii-core'
import type { LogEvent } from '../log.js'
import type { HashingOptions } from '../options/password.js'
import { encodeBase64, parseArgon2 } from './argon2.js'
import { createHashingQueue } from './hashing-queue.js'
import type { NormalizedPassword } from './text.js'

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
  /** A PHC string of Argon2id under the current parameters. */
  hash(password: NormalizedPassword): Promise<PasswordHash>
  /**
   * Whether the password is the one that was stored. For null on either side (no account, no password,
   * not a possible password) and for a stored hash that is refused, the answer is false after the
   * same work under the current parameters.
   */
  verify(stored: StoredPassword | null, password: NormalizedPassword | null): Promise<boolean>
  /** True when the stored hash was made under other parameters than today's. */
  needsRehash(stored: PasswordHash): boolean
}

/** Argon2id with bounded work: nothing is hashed without a place. */
export interface PasswordHashing {
  /**
   * Takes a place in the queue for a whole attempt, before it is charged: a flood that is refused here
   * neither computes nor counts against anybody.
   * @throws ToriiError ERR_BUSY when `concurrency + maxWaiting` attempts are under way
   */
  admit<Result>(work: (hasher: PasswordHasher) => Promise<Result>): Promise<Result>
}

/** @see OWASP Password Storage Cheat Sheet; OWASP ASVS 5.0, 11.4.2, 15.2.2 */
export function createPasswordHashing(
  options: HashingOptions,
  log: (event: LogEvent) => void,
): PasswordHashing {
  const queue = createHashingQueue(options)
  const dummy = dummyHash(options)
  const parameters = {
    algorithm: argon2id,
    memoryCost: options.memoryKib,
    timeCost: options.passes,
    parallelism: options.lanes,
    outputLen: outputBytes,
  }

  /** The text to compute against, the dummy for a stored one that must not be computed. */
  function computable({ userId, hash: stored }: StoredPassword): string {
    const text = stored.reveal()
    if (parseArgon2(text) !== null) return text
    log({ level: 'warn', event: 'stored_hash_refused', userId })
    return dummy
  }

  const hasher: PasswordHasher = {
    async hash(password) {
      return new PasswordHash(await queue.run(() => hash(password, parameters)))
    },
    async verify(stored, password) {
      const text = stored === null || password === null ? dummy : computable(stored)
      const matches = await queue.run(() => verify(text, password ?? ''))
      return matches && text !== dummy
    },
    needsRehash(stored) {
      const form = parseArgon2(stored.reveal())
      return (
        form === null ||
        form.memoryKib !== options.memoryKib ||
        form.passes !== options.passes ||
        form.lanes !== options.lanes ||
        form.saltBytes !== saltBytes ||
        form.outputBytes !== outputBytes
      )
    },
  }
  return { admit: (work) => queue.admit(() => work(hasher)) }
}

/** A hash of no password at all: random output, so the work is that of any other and nothing matches. */
function dummyHash({ memoryKib, passes, lanes }: HashingOptions): string {
  const salt = encodeBase64(randomBytes(saltBytes))
  const output = encodeBase64(randomBytes(outputBytes))
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}$${salt}$${output}`
}
