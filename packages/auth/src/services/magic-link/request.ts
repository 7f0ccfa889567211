import type { MailCharges, MailDecision } from 'torii-core'
import { InvalidInputError, InvalidOptionsError, requireEmail } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import { queuedMail } from '../../mail/queued-mail.js'
import { mailCharges } from '../../rate-limits/rate-limits.js'
import type { ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type { LinkToken, MailLink } from '../links/link-token.js'
import { formatMagicToken, hashLinkSecret, mailLink, newLinkSecret } from '../links/link-token.js'
import type { TooManyAttempts } from '../refusals.js'
import { hashCode, newCode } from './code.js'

/** Whom a link is for. */
export interface MagicLinkInput {
  email: string
}

export type MagicLinkRequest =
  /** The link is on its way, or nothing is to be sent; nobody is told which. */
  { readonly ok: true } | TooManyAttempts

/** A link that the application delivers by itself. Each member signs in who has it. */
export interface CreatedMagicLink {
  /** The address to deliver it to: the stored one where an account has it. Null for a disabled account. */
  readonly to: string | null
  readonly link: MailLink
  readonly token: LinkToken
  /** Eight digits to type instead, or null where the option `magicLink.code` is off. */
  readonly code: string | null
  readonly lifetimeSeconds: number
}

/**
 * Stores a link for the address, whoever has it, and mails it: one statement, the same work for each address.
 * @throws InvalidInputError before any query
 * @throws InvalidOptionsError without a mailer
 */
export async function requestMagicLink<Metadata extends object>(
  context: ServiceContext<Metadata>,
  input: MagicLinkInput,
  requestInfo: RequestInfo,
): Promise<MagicLinkRequest> {
  if (context.mailQueue === null)
    throw new InvalidOptionsError('mailer', 'is needed to send links; create() makes one without')
  const info = readRequestInfo(requestInfo)
  const email = readEmail(input)
  const charges = mailCharges(context.options.bruteForce, requireEmail(email), info.ip)
  const { decision, made } = await issue(context, email, charges)
  const eventContext = { userId: null, info }
  if (!decision.ok) {
    context.emit({ events: [event('attempts_refused', eventContext, { path: 'magic_link' })] })
    return decision
  }
  const { link, code, lifetimeSeconds } = made
  const facts = { link: link.reveal(), code, lifetimeSeconds }
  context.emit({
    events: [event('magic_link_requested', eventContext, {})],
    mails: decision.to === null ? [] : [queuedMail('magic_link', decision.to, facts)],
  })
  return { ok: true }
}

/** The same without charging and mailing: for the application's own code, never for a request of a stranger. */
export async function createMagicLink<Metadata extends object>(
  context: ServiceContext<Metadata>,
  input: MagicLinkInput,
): Promise<CreatedMagicLink> {
  const { decision, made } = await issue(context, readEmail(input), null)
  // Without charges there is nothing to refuse.
  if (!decision.ok) throw new Error('the storage refused a link that costs nothing')
  context.emit({ events: [event('magic_link_requested', { userId: null }, {})] })
  return { to: decision.to, ...made }
}

type MadeLink = Omit<CreatedMagicLink, 'to'>

/** Everything of a link is made before its address is looked for. */
async function issue<Metadata extends object>(
  { options, storage }: ServiceContext<Metadata>,
  email: string,
  charges: MailCharges | null,
): Promise<{ decision: MailDecision; made: MadeLink }> {
  const { lifetimeSeconds } = options.magicLink
  const secret = newLinkSecret()
  const token = formatMagicToken(secret)
  const code = options.magicLink.code ? newCode() : null
  const decision = await storage.magicLinks.issue({
    email,
    tokenHash: hashLinkSecret('magic_link', secret),
    codeHash: code === null ? null : hashCode(options.keys, requireEmail(email), code),
    lifetimeSeconds,
    charges,
  })
  const link = mailLink(options.baseUrl, 'magic_link', token)
  return { decision, made: { link, token, code, lifetimeSeconds } }
}

/** @throws InvalidInputError */
function readEmail(input: MagicLinkInput): string {
  if (typeof input !== 'object' || input === null)
    throw new InvalidInputError('input', 'must be { email }')
  const { email } = input
  requireEmail(email)
  return email
}
