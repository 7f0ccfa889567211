import type { Json, MailboxProof, MailboxSignIn } from 'torii-core'
import { InvalidInputError, newUserId, requireEmail } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import type { ToriiEvent } from '../../events/event.js'
import { codeAttempt } from '../../rate-limits/attempts.js'
import type { ActContext, ServiceContext } from '../context.js'
import type { Story } from '../effects/story.js'
import { event } from '../effects/story.js'
import type { LinkToken } from '../links/link-token.js'
import { parseMagicToken } from '../links/link-token.js'
import { prepareAnybodysSession } from '../sessions/new-session.js'
import type { SignedIn, TooManyAttempts } from '../sign-in.js'
import { codeCandidates, readCode } from './code.js'

/** What a person brings from their mailbox: the token of the link, or the code and its address. */
export type MagicLinkProof =
  | { readonly token: string | LinkToken }
  | { readonly email: string; readonly code: string }

/** A person who opened their link. */
export interface MagicLinkSignIn<Metadata extends object> extends SignedIn<Metadata> {
  /** True when this made the account. */
  readonly created: boolean
  /** True when this was the first proof of the address: ways in that somebody made before are gone. */
  readonly tookOver: boolean
}

/** Unknown, used, expired, of a disabled account, or of nobody where `magicLink.signUp` is off. */
export interface InvalidToken {
  readonly ok: false
  readonly reason: 'invalid_token'
}

export type MagicLinkOutcome<Metadata extends object = Record<string, Json>> =
  | MagicLinkSignIn<Metadata>
  | InvalidToken
  /** Only for a code. */
  | TooManyAttempts

const invalidToken: InvalidToken = Object.freeze({ ok: false, reason: 'invalid_token' })

/** One statement; none for a text that is no token. */
export async function authenticateByToken<Metadata extends object>(
  context: ActContext<Metadata>,
  token: unknown,
  requestInfo: RequestInfo,
): Promise<MagicLinkSignIn<Metadata> | InvalidToken> {
  const info = readRequestInfo(requestInfo)
  const hash = parseMagicToken(token)
  if (hash === null) return invalidToken
  return signIn(context, info, ({ magicLinks }, proof) => magicLinks.consume(hash, proof))
}

/** Two statements, the charge and the act; the same work whatever was typed. */
export async function authenticateByCode<Metadata extends object>(
  context: ServiceContext<Metadata>,
  { email, code }: { email: string; code: string },
  requestInfo: RequestInfo,
): Promise<MagicLinkOutcome<Metadata>> {
  const info = readRequestInfo(requestInfo)
  const emailKey = requireEmail(email)
  if (typeof code !== 'string') throw new InvalidInputError('code', 'must be a string')
  // No code was mailed to anybody.
  if (!context.options.magicLink.code) return invalidToken
  const codeHashes = codeCandidates(context.options.keys, emailKey, readCode(code))
  const { charges, refund } = codeAttempt(context.options.bruteForce, emailKey, info.ip)
  const charged = await context.storage.loginAttempts.charge(charges)
  if (!charged.ok) {
    const refused = event('attempts_refused', { userId: null, info }, { path: 'magic_link' })
    context.tell({ events: [refused] })
    return charged
  }
  return signIn(context, info, ({ magicLinks }, proof) =>
    magicLinks.consumeCode({ email, codeHashes, refund }, proof),
  )
}

type Consume<Metadata extends object> = (
  repositories: Parameters<Parameters<ActContext<Metadata>['commit']>[0]>[0],
  proof: MailboxProof,
) => Promise<MailboxSignIn<Metadata>>

async function signIn<Metadata extends object>(
  { options, commit }: ActContext<Metadata>,
  info: RequestInfo,
  consume: Consume<Metadata>,
): Promise<MagicLinkSignIn<Metadata> | InvalidToken> {
  const { session, tokenFor } = prepareAnybodysSession('magic_link', info, options.session)
  const proof = { session, newUserId: options.magicLink.signUp ? newUserId() : null }
  const outcome = await commit(
    (repositories) => consume(repositories, proof),
    (told) => storyOf(told, info),
    proof.newUserId !== null,
  )
  return outcome.ok ? { ...outcome, token: tokenFor(outcome.user.id) } : invalidToken
}

const method = 'magic_link' as const

function storyOf<Metadata extends object>(
  outcome: MailboxSignIn<Metadata>,
  info: RequestInfo,
): Story<Metadata> {
  if (!outcome.ok) {
    const detail = { method, reason: outcome.reason }
    return { events: [event('sign_in_failed', { userId: null, info }, detail)] }
  }
  const { user, session, created, tookOver } = outcome
  const scene = { userId: user.id, sessionId: session.id, info }
  const events: ToriiEvent[] = [
    ...(created ? [event('user_created', scene, { method })] : []),
    ...(tookOver ? [event('account_taken_over', scene, { method })] : []),
    event('signed_in', scene, { method }),
  ]
  return { events, created: created ? user : null }
}
