import { ToriiError } from 'torii-core'
import { sessionOperations, userOperations } from './ambiguous-accounts.test.support.js'
import { mailOperations } from './ambiguous-mail.test.support.js'
import type { Operation } from './ambiguous-operations.test.support.js'
import { passkeyOperations } from './ambiguous-passkeys.test.support.js'
import { attemptOperations, passwordOperations } from './ambiguous-passwords.test.support.js'
import { oauthOperations } from './ambiguous-providers.test.support.js'
import { secondFactorOperations } from './ambiguous-second-factors.test.support.js'
import { sweepOperations } from './ambiguous-sweep.test.support.js'

/** Every operation that writes, at least once per statement. */
export const writingOperations: readonly Operation[] = [
  ...userOperations,
  ...sessionOperations,
  ...passwordOperations,
  ...attemptOperations,
  ...mailOperations,
  ...oauthOperations,
  ...passkeyOperations,
  ...secondFactorOperations,
  ...sweepOperations,
]

/** What an answer says, in a word. */
function wordFor(answer: unknown): string {
  if (typeof answer !== 'object' || answer === null)
    return answer === undefined || answer === true || typeof answer === 'number'
      ? 'done'
      : String(answer)
  const reason: unknown = Reflect.get(answer, 'reason')
  return typeof reason === 'string' ? reason : 'done'
}

/** What a call answers, in a word: of a failure its code. */
export const outcomeOf = (answer: Promise<unknown>): Promise<string> =>
  answer.then(wordFor, (error: unknown) => {
    if (error instanceof ToriiError) return error.code
    throw error
  })
