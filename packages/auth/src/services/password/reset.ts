import { InvalidInputError, requireEmail } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import { queuedMail } from '../../mail/queued-mail.js'
import { accountAttempts } from '../../rate-limits/rate-limits.js'
import type { ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type { CreatedLink } from '../links/created-link.js'
import { createLink } from '../links/created-link.js'
import type { LinkToken } from '../links/link-token.js'
import { parseVerificationToken } from '../links/link-token.js'
import type { RequestOutcome } from '../links/request-link.js'
import { requestLink } from '../links/request-link.js'
import type { InvalidToken, PasswordRejected } from '../refusals.js'
import { readPassword } from './change.js'

/** A person who opened the link, and their new password. */
export interface ResetInput {
  token: string | LinkToken
  password: string
}

export type ResetOutcome =
  | { readonly ok: true; readonly sessionsEnded: number }
  | PasswordRejected
  /** Unknown, used, expired, of another purpose: one answer. */
  | InvalidToken

/** Setting a new password by a mailed link. */
export interface PasswordResetService {
  /**
   * Mails a link where there is an account for it: one statement and one answer for every address.
   * @throws InvalidInputError for what is not an address, before any query
   */
  request(email: string, requestInfo: RequestInfo): Promise<RequestOutcome>
  /**
   * Sets the password, proves the mailbox, ends every session and every mailed token, and opens an account
   * that was locked by guesses; on an account whose address was unverified, everything that somebody made
   * before ends too. Two statements: the token is read before a password is hashed for it. Signs nobody in.
   * @throws ToriiError ERR_BUSY when too many passwords are waiting to be hashed
   */
  complete(input: ResetInput, requestInfo: RequestInfo): Promise<ResetOutcome>
  /** Makes the link for the server to hand over by itself: nothing is mailed or charged. Null without an account. */
  create(email: string): Promise<CreatedLink | null>
}

const invalidToken = Object.freeze({ ok: false, reason: 'invalid_token' } as const)

export const createPasswordReset = <Metadata extends object>(
  context: ServiceContext<Metadata>,
): PasswordResetService => ({
  request: (email, requestInfo) => requestLink(context, 'reset_password', email, requestInfo),
  complete: (input, requestInfo) => completeReset(context, input, requestInfo),
  create: (email) => createLink(context, 'reset_password', email),
})

async function completeReset<Metadata extends object>(
  { validatePassword, hashing, storage, runWithEffects }: ServiceContext<Metadata>,
  input: ResetInput,
  requestInfo: RequestInfo,
): Promise<ResetOutcome> {
  const info = readRequestInfo(requestInfo)
  if (typeof input !== 'object' || input === null)
    throw new InvalidInputError('input', 'must be { token, password }')
  // What a stranger submits has no address: the account's own is not read before the token is proved.
  const validated = await validatePassword(readPassword(input.password, 'password'), {
    email: '',
    name: null,
  })
  if (!validated.ok) return { ok: false, reason: 'password_rejected', problem: validated.problem }
  const key = parseVerificationToken('reset_password', input.token)
  if (key === null) return invalidToken
  return hashing.withSlot(async (hasher) => {
    const found = await storage.verificationTokens.find('reset_password', key)
    if (found === null) return invalidToken
    const hash = await hasher.hash(validated.password)
    const refund = { account: accountAttempts(requireEmail(found.email)), ipAddress: null }
    const outcome = await runWithEffects({
      run: ({ verificationTokens }) => verificationTokens.resetPassword(key, { hash, refund }),
      effects: (reset) =>
        reset.ok
          ? {
              events: [
                event(
                  'password_reset',
                  { userId: key.userId, info },
                  { sessionsEnded: reset.sessionsEnded },
                ),
              ],
              mails: [queuedMail('password_changed', reset.email, { name: null })],
            }
          : {},
    })
    return outcome.ok ? { ok: true, sessionsEnded: outcome.sessionsEnded } : outcome
  })
}
