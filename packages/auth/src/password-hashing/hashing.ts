import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { hash, verify } from '@node-rs/argon2'
import type { RateLimitKey } from 'torii-core'
import { PasswordHash } from 'torii-core'
import type { KeyRing } from '../crypto/key-ring.js'
import type { GivenPassword, NormalizedPassword } from '../password-policy/text.js'
import { noPassword } from '../password-policy/text.js'
import { createAccountTurns } from './account-turns.js'
import type { Argon2Form } from './argon2.js'
import { encodeBase64, parseArgon2, withKeyId } from './argon2.js'
import { readForeignHash } from './formats/formats.js'
import type { HashingShare } from './hashing-queue.js'
import { createHashingQueue } from './hashing-queue.js'
import type { ImportedPasswordHook, ImportedPasswordLogEvent } from './imported-password.js'
import { createImportedPasswords, importedEmail } from './imported-password.js'
import type { LegacyVerifier } from './legacy-verifier.js'
import { createPepper } from './pepper.js'
import type { Computation, HashingLogEvent, StoredPassword } from './stored-hash.js'
import { createStoredHashReader } from './stored-hash.js'

/** RFC 9106 section 3.1 recommends 16 bytes of salt; 32 bytes of output are SHA-256's worth. */
const saltBytes = 16
const outputBytes = 32
/** The number of Argon2id in the binding's ambient enum, which isolated modules cannot import. */
const argon2id = 2

/** The cost of a password hash, and how many are computed at once. */
export interface HashingOptions {
  /** Memory of one hash in KiB (default: 19,456). */
  readonly memoryKib: number
  /** Passes over that memory (default: 2). */
  readonly passes: number
  /** Lanes of one hash (default: 1). */
  readonly lanes: number
  /** Hashes computed at the same time (default: the number of cores). Each takes `memoryKib`. */
  readonly concurrency: number
  /** Passwords that may wait to be hashed, a quarter of them of users (default: 128). Beyond that, the caller with the most is refused. */
  readonly maxWaiting: number
  /**
   * Whether passwords are also hashed with a secret from `keys`, which is not in the database (default: false). If the
   * key is lost, every password hashed under it is lost.
   */
  readonly pepper: boolean
}

/** Hashes and verifies passwords for one caller. Each call waits for its turn in the hashing queue. */
export interface PasswordHasher {
  /**
   * Hashes a password: a PHC string of Argon2id under the current parameters, peppered if that is configured.
   * @throws ToriiError ERR_BUSY
   */
  hash(password: NormalizedPassword): Promise<PasswordHash>
  /**
   * Verifies a password, in NFC and also as it was typed, since other systems hash it so. If either side is null (no account,
   * no password, an impossible password), or the stored hash is refused, it returns false after the same work under the
   * current parameters. A hash of another system takes the work of its own form, which can be told apart.
   * @throws ToriiError ERR_BUSY
   */
  verify(stored: StoredPassword | null, given: GivenPassword | null): Promise<boolean>
  /**
   * Call it before a refusal: where `verify` did not ask the old system of `importedPassword`, it is asked about a random
   * password, so that the refusal takes as long as that of an imported account.
   */
  rehearse(email: string, stored: StoredPassword | null, given: GivenPassword | null): Promise<void>
  /**
   * True if the stored hash has another form, parameters, pepper or key than the current ones, and proves all of the
   * verified password, so that a new hash of it admits the same user.
   */
  needsRehash(stored: PasswordHash, given: GivenPassword): boolean
}

/** Argon2id with limited concurrency. Count an attempt before it hashes: a refused one must take no place. */
export interface PasswordHashing {
  /** Returns the hasher of a caller, who shares the queue with the others. */
  hasherFor(share: HashingShare): PasswordHasher
  /**
   * Runs an attempt after the attempts before it that count under the same key, so that right passwords that are sent at
   * once do not lock an account.
   */
  inTurn<Result>(account: RateLimitKey, work: () => Promise<Result>): Promise<Result>
}

/** The options that hashing reads. */
export interface HashingSettings {
  readonly keys: KeyRing
  readonly log: (event: HashingLogEvent | ImportedPasswordLogEvent) => void
  readonly password: {
    readonly hashing: HashingOptions
    readonly legacyVerifiers: readonly LegacyVerifier[]
    readonly importedPassword: ImportedPasswordHook | null
  }
}

/** @see OWASP Password Storage Cheat Sheet; OWASP ASVS 5.0, 11.4.2, 15.2.2 */
export function createPasswordHashing({ keys, log, password }: HashingSettings): PasswordHashing {
  const options = password.hashing
  const queue = createHashingQueue(options)
  const pepper = createPepper(keys, options.pepper)
  const dummy = dummyHash(options)
  const parameters = bindingParameters(options)
  const current = { ...formOf(options), keyId: pepper.keyId }

  const imported = createImportedPasswords(password.importedPassword, log)
  const computationFor = createStoredHashReader({
    pepper,
    log,
    verifiers: password.legacyVerifiers,
  })

  /** The work of a verification that returns false. */
  const dummyVerification: Computation = async (given) =>
    (await verify(dummy, pepper.applyCurrent(given))) && false

  /** Returns how to ask the old system, where only it has the hash; null for every other account. */
  function questionOf(stored: StoredPassword | null, given: GivenPassword | null) {
    const email = stored === null ? null : importedEmail(stored.hash)
    if (imported === null || email === null || given === null) return null
    return () => imported.ask(email, given.typed)
  }

  const turns = createAccountTurns()
  return {
    hasherFor: (share) => ({
      async hash(given) {
        const text = await queue.run(share, () => hash(pepper.applyCurrent(given), parameters))
        return new PasswordHash(pepper.keyId === null ? text : withKeyId(text, pepper.keyId))
      },
      async verify(stored, given) {
        const asked = questionOf(stored, given)
        const computation =
          stored && given !== null && asked === null ? computationFor(stored) : null
        const spellings = given === null ? [noPassword] : spellingsOf(given)
        const matches = await queue.run(share, () =>
          anyMatches(spellings, computation ?? dummyVerification),
        )
        // Outside the queue: a slow answer must keep no other password waiting.
        return asked === null ? matches : asked()
      },
      async rehearse(email, stored, given) {
        if (questionOf(stored, given) === null) await imported?.rehearse(email)
      },
      needsRehash(stored, given) {
        const text = stored.reveal()
        const form = parseArgon2(text)
        if (form !== null) return !isDeepStrictEqual(form, current)
        const foreign = readForeignHash(text)
        return foreign === null || spellingsOf(given).every(foreign.provesAllOf)
      },
    }),
    inTurn: (account, work) => turns.take(account, work),
  }
}

/** The texts that a system may have hashed: ours hashes NFC, most others what was typed. */
const spellingsOf = ({ password, typed }: GivenPassword): readonly string[] =>
  typed === password ? [password] : [password, typed]

async function anyMatches(spellings: readonly string[], matches: Computation): Promise<boolean> {
  for (const spelling of spellings) if (await matches(spelling)) return true
  return false
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

/** A hash of no password: its output is random, so verifying it takes the same work and never matches. */
function dummyHash({ memoryKib, passes, lanes }: HashingOptions): string {
  const salt = encodeBase64(randomBytes(saltBytes))
  const output = encodeBase64(randomBytes(outputBytes))
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}$${salt}$${output}`
}
