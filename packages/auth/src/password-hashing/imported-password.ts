import { randomBytes } from 'node:crypto'
import type { PasswordHash } from 'torii-core'
import type { CallLimits } from '../base/bounded-call.js'
import { createBoundedCall } from '../base/bounded-call.js'

/**
 * Asks the system that an account was imported from, whether this is its password. `email` is the one that the import stored,
 * `password` what the user typed.
 */
export type ImportedPasswordHook = (email: string, password: string) => Promise<boolean>

/** The old system failed, was late or was too busy. The password counted as wrong. */
export interface ImportedPasswordLogEvent {
  level: 'warn'
  event: 'imported_password_failed'
  error: unknown
}

/** The limits of the hook. An attempt is counted before it, so a flood on one account stops there. */
const importedPasswordLimits = Object.freeze({
  /** The longest wait for its result. */
  seconds: 5,
  /** Concurrent calls. */
  concurrency: 32,
})

/** What an import stores in the place of a hash that only the old system has, followed by the email address there. */
const start = '$imported$'

/** Returns the email address in the old system, or null for a stored text that is a hash. */
export function importedEmail(stored: PasswordHash): string | null {
  const text = stored.reveal()
  return text.startsWith(start) ? text.slice(start.length) : null
}

/** Returns what {@link importedEmail} reads. */
export const importedPasswordMark = (email: string): string => `${start}${email}`

/** Passwords that the old system verifies. */
export interface ImportedPasswords {
  /** Returns false if the old system fails or is late. */
  ask(email: string, password: string): Promise<boolean>
  /** Asks about a random password, so that a refusal without a question takes as long. */
  rehearse(email: string): Promise<void>
}

/** Returns null without a hook. */
export function createImportedPasswords(
  hook: ImportedPasswordHook | null,
  log: (event: ImportedPasswordLogEvent) => void,
  limits: CallLimits = importedPasswordLimits,
): ImportedPasswords | null {
  if (hook === null) return null
  const call = createBoundedCall(hook, limits)
  const ask = async (email: string, password: string) => {
    try {
      return (await call(email, password)) === true
    } catch (error) {
      log({ level: 'warn', event: 'imported_password_failed', error })
      return false
    }
  }
  return {
    ask,
    async rehearse(email) {
      await ask(email, randomBytes(16).toString('base64url'))
    },
  }
}
