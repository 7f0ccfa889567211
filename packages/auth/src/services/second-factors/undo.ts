import type { SecondFactorUndo, TokenHash, UserId, VerificationKey } from 'torii-core'
import { InvalidInputError } from 'torii-core'
import type { CheckedRequestInfo, RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import type { LinkFacts } from '../../mail/messages.js'
import { factorRemovedMail } from '../../mail/second-factor-mail.js'
import { callerOf } from '../../rate-limits/caller.js'
import { completionCharge } from '../../rate-limits/rate-limits.js'
import type { ServiceContext } from '../context/context.js'
import type { Effects } from '../effects/effects.js'
import { event } from '../effects/effects.js'
import { hashOfForm, newLandingNonce, readLandingNonce } from '../links/landing-form.js'
import { linkMail, linkSeconds } from '../links/link-mail.js'
import type { LinkToken } from '../links/link-token.js'
import {
  formatVerificationToken,
  hashLinkSecret,
  mailLink,
  newLinkSecret,
  parseVerificationToken,
} from '../links/link-token.js'
import type { ResolvedOptions } from '../options/options.js'
import type { InvalidToken, TooManyAttempts } from '../refusals.js'
import { invalidToken } from '../refusals.js'

const purpose = 'undo_second_factor'

/** The token of the link in the mail that says that a second factor was turned on. */
export interface UndoSecondFactorInput {
  token: string | LinkToken
  /** The nonce of the browser that posts the form of the link's page, as in {@link MagicLinkProof}. */
  nonce?: string | null
}

export type UndoSecondFactorOutcome =
  | { readonly ok: true }
  /** The link is unknown, used or expired, or its account has another email address now. */
  | InvalidToken
  | TooManyAttempts

/** What is stored of a link that undoes a second factor, and what is mailed. */
interface UndoLink {
  readonly stored: { readonly secretHash: TokenHash; readonly lifetimeSeconds: number }
  readonly facts: LinkFacts
}

/** Creates the link by which the owner of the mailbox undoes a second factor. Null without a mailer. */
export function undoLink(options: ResolvedOptions, userId: UserId): UndoLink | null {
  if (options.mailer === null) return null
  const secret = newLinkSecret()
  const lifetimeSeconds = linkSeconds(options, purpose)
  const link = mailLink(options, purpose, formatVerificationToken(purpose, userId, secret))
  return {
    stored: { secretHash: hashLinkSecret(purpose, secret), lifetimeSeconds },
    facts: { link: link.reveal(), lifetimeSeconds },
  }
}

/**
 * Undoes a second factor that the owner did not turn on: removes it and everything that was added since, and the password, ends
 * every session, and mails a reset link. Two statements; one if the link is not valid.
 */
export const undoSecondFactor =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (
    input: UndoSecondFactorInput,
    requestInfo: RequestInfo,
  ): Promise<UndoSecondFactorOutcome> => {
    const { options, runWithEffects, emit } = context
    const info = readRequestInfo(requestInfo)
    const { token, nonce } = readInput(input)
    const key = parseVerificationToken(purpose, token)
    if (key === null) return invalidToken
    // Without a form the hash is that of this call alone, which finds itself after a lost reply.
    const usedBy = hashOfForm(nonce ?? newLandingNonce(), purpose, [])
    const ipAddress = completionCharge(options.bruteForce, callerOf(options.keys, info))
    const outcome = await runWithEffects({
      run: ({ verificationTokens }) =>
        verificationTokens.undoSecondFactor(key, { ipAddress, usedBy }),
      effects: (undone) => effectsOf(undone, key, info),
    })
    if (!outcome.ok) {
      if (outcome.reason === 'too_many_attempts')
        emit({ events: [event('attempts_refused', { userId: null, info }, { path: purpose })] })
      return outcome
    }
    if (!outcome.repeated) await mailReset(context, outcome.user.email)
    return { ok: true }
  }

/** @throws InvalidInputError before any query */
function readInput(input: UndoSecondFactorInput) {
  if (typeof input !== 'object' || input === null)
    throw new InvalidInputError('input', 'must be { token }')
  return { token: input.token, nonce: readLandingNonce(input.nonce) }
}

function effectsOf<Metadata extends object>(
  outcome: SecondFactorUndo<Metadata>,
  { userId }: VerificationKey,
  info: CheckedRequestInfo,
): Effects<Metadata> {
  if (!outcome.ok || outcome.repeated) return {}
  const { user, removed, sessionsEnded } = outcome
  return {
    events: [event('second_factor_undone', { userId, info }, { ...removed, sessionsEnded })],
    mails: removed.factors > 0 ? factorRemovedMail(user) : [],
  }
}

/** The link that proved the mailbox may be days old, so the new password needs one of now. */
async function mailReset<Metadata extends object>(
  { options, storage, emit }: ServiceContext<Metadata>,
  email: string | null,
): Promise<void> {
  if (email === null) return
  const secret = newLinkSecret()
  const issued = await storage.verificationTokens.issue({
    purpose: 'reset_password',
    email,
    secretHash: hashLinkSecret('reset_password', secret),
    lifetimeSeconds: linkSeconds(options, 'reset_password'),
    charges: null,
  })
  if (!issued.ok || issued.to === null) return
  emit({ mails: [linkMail(options, 'reset_password', { ...issued, secret }, [])] })
}
