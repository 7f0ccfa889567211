import type { BreachedHook, BreachLogEvent } from './breach-lookup.js'
import { createBreachLookup } from './breach-lookup.js'
import { loadCommonPasswords } from './common-passwords.js'
import type { PasswordContext, PasswordValidation } from './policy.js'
import { checkPassword, refusal } from './policy.js'

/** The values that were submitted with the password. */
export type SubmittedContext = Omit<PasswordContext, 'host'>

/**
 * Validates a new password when registering, changing, setting, resetting or verifying, by the submitted values alone
 * and before any query. Never used for signing in, so an existing password stays valid.
 */
export type PasswordValidator = (
  text: string,
  submitted: SubmittedContext,
) => Promise<PasswordValidation>

/** The options that validation reads. */
export interface PasswordValidatorOptions {
  readonly log: (event: BreachLogEvent) => void
  readonly baseUrl: { readonly host: string }
  readonly password: { readonly minLength: number; readonly breached: BreachedHook | null }
}

export function createPasswordValidator({
  baseUrl,
  log,
  password,
}: PasswordValidatorOptions): PasswordValidator {
  const { minLength } = password
  const isBreached = createBreachLookup(password.breached, log)
  return async (text, submitted) => {
    const common = await loadCommonPasswords()
    const context = { ...submitted, host: baseUrl.host }
    const validated = checkPassword(text, context, { minLength, common })
    if (!validated.ok || !(await isBreached(validated.password))) return validated
    return refusal('breached', minLength)
  }
}
