import type { ResolvedOptions } from '../services/options/options.js'
import { createBreachLookup } from './breach-lookup.js'
import { loadCommonPasswords } from './common-passwords.js'
import type { PasswordContext, PasswordValidation } from './policy.js'
import { checkPassword, refusal } from './policy.js'

/** What was submitted beside the password. */
export type SubmittedContext = Omit<PasswordContext, 'host'>

/**
 * Judges a new password wherever one is given (registering, changing, setting, resetting, verifying), from
 * the submitted values alone and before any query. Never used when signing in: an account keeps its password.
 */
export type PasswordValidator = (
  text: string,
  submitted: SubmittedContext,
) => Promise<PasswordValidation>

/** What a judge is made from. */
export type PasswordValidatorOptions = Pick<ResolvedOptions, 'log'> & {
  readonly baseUrl: Pick<ResolvedOptions['baseUrl'], 'host'>
  readonly password: Pick<ResolvedOptions['password'], 'minLength' | 'breached'>
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
