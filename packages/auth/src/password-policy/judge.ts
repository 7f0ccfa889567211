import type { ResolvedOptions } from '../services/options/options.js'
import { createBreachedQuestion } from './breached.js'
import { loadCommonPasswords } from './common-passwords.js'
import type { PasswordContext, PasswordJudgement } from './policy.js'
import { judgePassword, refusal } from './policy.js'

/** What was submitted beside the password. */
export type SubmittedContext = Omit<PasswordContext, 'host'>

/**
 * Judges a new password wherever one is given (registering, changing, setting, resetting, verifying), from
 * the submitted values alone and before any query. Never used when signing in: an account keeps its password.
 */
export type PasswordJudge = (
  text: string,
  submitted: SubmittedContext,
) => Promise<PasswordJudgement>

/** What a judge is made from. */
export type JudgeSettings = Pick<ResolvedOptions, 'log'> & {
  readonly baseUrl: Pick<ResolvedOptions['baseUrl'], 'host'>
  readonly password: Pick<ResolvedOptions['password'], 'minLength' | 'breached'>
}

export function createPasswordJudge({ baseUrl, log, password }: JudgeSettings): PasswordJudge {
  const { minLength } = password
  const isBreached = createBreachedQuestion(password.breached, log)
  return async (text, submitted) => {
    const common = await loadCommonPasswords()
    const context = { ...submitted, host: baseUrl.host }
    const judged = judgePassword(text, context, { minLength, common })
    if (!judged.ok || !(await isBreached(judged.password))) return judged
    return refusal('breached', minLength)
  }
}
