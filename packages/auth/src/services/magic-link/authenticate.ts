import type {
  EmailKey,
  Json,
  MailboxProof,
  MailboxSignIn,
  RateLimitRefund,
  TransactionRepositories,
} from 'torii-core'
import { invalidValue, newUserId } from 'torii-core'
import { readEmail } from '../../base/email-input.js'
import type { CheckedRequestInfo, RequestInfo } from '../../base/request-info.js'
import { readRequestInfo, requestOf } from '../../base/request-info.js'
import type { KeyRing } from '../../crypto/key-ring.js'
import { codeCandidates, readCode } from '../../crypto/mailed-code.js'
import type { SessionSecrets } from '../../crypto/session-token.js'
import type { ToriiEvent } from '../../events/event.js'
import type { Caller } from '../../rate-limits/caller.js'
import { callerFor, callerOf } from '../../rate-limits/caller.js'
import { asKnownOrStranger } from '../../rate-limits/known-or-stranger.js'
import { accountAttempt, completionCharge } from '../../rate-limits/rate-limits.js'
import type { OperationContext, ServiceContext } from '../context/context.js'
import type { Effects } from '../effects/effects.js'
import { event, eventsOfSignIn } from '../effects/effects.js'
import { hashOfForm, readLandingNonce, sessionOfForm } from '../links/landing-form.js'
import type { LinkToken } from '../links/link-token.js'
import { parseMagicToken } from '../links/link-token.js'
import { requireMagicLinks } from '../options/magic-link.js'
import { secondFactorRequired } from '../pending-sign-in.js'
import type {
  InvalidToken,
  RefusedByApplication,
  SecondFactorRequired,
  TooManyAttempts,
} from '../refusals.js'
import { invalidToken } from '../refusals.js'
import type { Remembering, SessionTerms } from '../sessions/new-session.js'
import { prepareSessionForUnknownUser, termsOf } from '../sessions/new-session.js'
import type { SignedIn } from '../sign-in.js'

/** The token of the link, or the code with its email address. */
export type MagicLinkProof = Remembering &
  (
    | {
        readonly token: string | LinkToken
        /**
         * The nonce of the browser that posts the form of the link's page. The same form, sent twice within a minute, is
         * then answered by the same session (default: null, the token works once).
         */
        readonly nonce?: string | null
      }
    | { readonly email: string; readonly code: string }
  )

/** The user is signed in by a magic link. */
export interface MagicLinkSignIn<Metadata extends object> extends SignedIn<Metadata> {
  /** True if this created the account. */
  readonly created: boolean
  /** True if this first verified the email address, and credentials that were created before were removed. */
  readonly tookOver: boolean
}

export type MagicLinkOutcome<Metadata extends object = Record<string, Json>> =
  | MagicLinkSignIn<Metadata>
  | InvalidToken
  | RefusedByApplication
  | SecondFactorRequired
  | TooManyAttempts

/** Signs in by the token of a link. One statement, which counts a failure; none for a malformed token. */
export const authenticateByToken =
  <Metadata extends object>(context: OperationContext<Metadata>) =>
  async (
    { token, nonce: given = null, remember }: Extract<MagicLinkProof, { token: unknown }>,
    requestInfo: RequestInfo,
  ): Promise<MagicLinkOutcome<Metadata>> => {
    requireMagicLinks(context.options)
    const info = readRequestInfo(requestInfo)
    const nonce = readLandingNonce(given)
    const terms = termsOf(context.options, remember)
    const hash = parseMagicToken(token)
    if (hash === null) return invalidToken
    const { counting, options } = context
    const caller = callerOf(options.keys, info)
    const ipAddress = counting === null ? null : completionCharge(options.bruteForce, caller)
    if (nonce === null)
      return signIn(context, { info, terms }, ({ magicLinks }, proof) =>
        magicLinks.consume(hash, { ...proof, ipAddress }),
      )
    const usedBy = hashOfForm(nonce, 'magic_link', [])
    const consume: Consume<Metadata> = async ({ magicLinks }, proof) => {
      const outcome = await magicLinks.consume(hash, { ...proof, ipAddress, usedBy })
      if (outcome.ok || outcome.reason !== 'invalid_token') return outcome
      const used = await magicLinks.findUsed(hash, { usedBy, session: proof.session })
      return used === null ? outcome : { ...used, ...notAgain }
    }
    return signIn(context, { info, terms }, consume, sessionOfForm(nonce, token))
  }

/** What a form that was sent before has already done, and emitted. */
const notAgain = { created: false, tookOver: false, isRepeated: true } as const

type Consumption<Metadata extends object> = MailboxSignIn<Metadata> & {
  /** True for a form that was sent twice: nothing has happened now. */
  readonly isRepeated?: boolean
}

/** Runs the hooks before a sign-in by a link, or by a code of this email address. */
export const beforeSignIn = (
  { before }: Pick<ServiceContext<object>, 'before'>,
  info: CheckedRequestInfo,
  email?: string,
): Promise<RefusedByApplication | null> =>
  before(['beforeSignIn', 'beforeSession'], {
    operation: 'magicLink.authenticate',
    info,
    ...(email === undefined ? {} : { email }),
  })

/** Signs in by a typed code. Two statements, the rate limit and the sign-in; the same work for any input. */
export const authenticateByCode =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (
    { email: entered, code, remember }: Extract<MagicLinkProof, { code: string }>,
    requestInfo: RequestInfo,
  ): Promise<MagicLinkOutcome<Metadata>> => {
    const { code: hasCode } = requireMagicLinks(context.options)
    const info = readRequestInfo(requestInfo)
    const { email, emailKey } = readEmail(entered)
    const terms = termsOf(context.options, remember)
    if (typeof code !== 'string') throw invalidValue('code', 'must be a string')
    const refused = await beforeSignIn(context, info, email)
    if (refused !== null) return refused
    // No code was ever mailed.
    if (!hasCode) return invalidToken
    const codeHashes = codeCandidates(
      context.options.keys,
      { purpose: 'magic-link', subject: emailKey },
      readCode(code),
    )
    const caller = callerFor(context.options.keys, info, emailKey)
    const charged = await asKnownOrStranger(context.options.bruteForce, caller, (counted) =>
      countCode(context, emailKey, counted),
    )
    if (!charged.ok) {
      context.emit({ events: [attemptsRefused(info)] })
      return charged
    }
    return signIn(context, { info, terms }, ({ magicLinks }, proof) =>
      magicLinks.consumeCode({ email, codeHashes, refund: charged.refund }, proof),
    )
  }

/** Counts a code. `refund` is what a success gives back. */
async function countCode<Metadata extends object>(
  { options, storage }: ServiceContext<Metadata>,
  email: EmailKey,
  caller: Caller,
): Promise<{ readonly ok: true; readonly refund: RateLimitRefund } | TooManyAttempts> {
  const { charges, refund } = accountAttempt(options.bruteForce, 'code', email, caller)
  const charged = await storage.rateLimits.charge(charges)
  return charged.ok ? { ok: true, refund } : charged
}

type Consume<Metadata extends object> = (
  repositories: Pick<TransactionRepositories<Metadata>, 'magicLinks'>,
  proof: MailboxProof,
) => Promise<Consumption<Metadata>>

async function signIn<Metadata extends object>(
  { options, runWithEffects, counting }: OperationContext<Metadata>,
  { info, terms }: { info: CheckedRequestInfo; terms: SessionTerms },
  consume: Consume<Metadata>,
  secrets?: SessionSecrets,
): Promise<MagicLinkOutcome<Metadata>> {
  const { session, tokenFor, pendingTokenFor } = prepareSessionForUnknownUser(
    options,
    'magic_link',
    info,
    terms,
    secrets,
  )
  const proof = { session, newUserId: requireMagicLinks(options).signUp ? newUserId() : null }
  const outcome = await runWithEffects({
    run: (repositories) => consume(repositories, proof),
    effects: (consumed) => effectsOf(options.keys, consumed, info),
    createsUser: proof.newUserId !== null,
  })
  if (outcome.ok) {
    const { user, session: opened, created, tookOver } = outcome
    return { ok: true, user, session: opened, created, tookOver, token: tokenFor(user.id) }
  }
  if (outcome.reason === 'invalid_token') return invalidToken
  if (outcome.reason === 'second_factor_required')
    return secondFactorRequired(options, outcome.pending, pendingTokenFor(outcome.pending.userId))
  counting?.emit({ events: [attemptsRefused(info)] })
  return outcome
}

const method = 'magic_link' as const

const attemptsRefused = (info: CheckedRequestInfo): ToriiEvent =>
  event('attempts_refused', { userId: null, info }, { path: method })

function effectsOf<Metadata extends object>(
  keys: KeyRing,
  outcome: Consumption<Metadata>,
  info: CheckedRequestInfo,
): Effects<Metadata> {
  if (!outcome.ok) {
    // Emitted apart from the operation, because a refusal is not recorded.
    if (outcome.reason === 'too_many_attempts') return {}
    if (outcome.reason === 'second_factor_required') {
      if (outcome.isRepeated === true) return {}
      const { userId } = outcome.pending
      return { events: eventsOfSignIn(keys, outcome, method, { userId, info }) }
    }
    const detail = { method, reason: outcome.reason }
    return { events: [event('sign_in_failed', { userId: null, info }, detail)] }
  }
  if (outcome.isRepeated === true) return {}
  const { user, session, created, tookOver } = outcome
  const eventContext = { userId: user.id, sessionId: session.id, info }
  const events: ToriiEvent[] = [
    ...(created ? [event('user_created', eventContext, { method })] : []),
    ...(tookOver ? [event('unverified_credentials_removed', eventContext, { method })] : []),
    event('signed_in', eventContext, { method }),
  ]
  const creation = { user, method, fields: undefined, request: requestOf(info) }
  return { events, created: created ? creation : null }
}
