import type { EmailKey, MailCharges, MailDecision } from 'torii-core'
import { InvalidInputError, InvalidOptionsError } from 'torii-core'
import { readEmail } from '../../base/email-input.js'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import { hashCode, newCode } from '../../crypto/mailed-code.js'
import { queuedMail, rehearsedMail } from '../../mail/queued-mail.js'
import { callerFor } from '../../rate-limits/caller.js'
import { mailCharges } from '../../rate-limits/rate-limits.js'
import type { ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import { countedMail } from '../links/link-mail.js'
import type { LinkToken, MailLink } from '../links/link-token.js'
import {
  formatMagicToken,
  hashLinkSecret,
  mailLink,
  newMagicLinkSecret,
} from '../links/link-token.js'
import { requireMagicLinks } from '../options/magic-link.js'
import type { RefusedByApplication, TooManyAttempts } from '../refusals.js'

/** The recipient of a magic link. */
export interface MagicLinkInput {
  email: string
}

export type MagicLinkRequest =
  /** The request was accepted. Whether a mail was sent is not revealed. */
  { readonly ok: true } | RefusedByApplication | TooManyAttempts

/** A magic link for the application to deliver itself. Whoever holds `link`, `token` or `code` can sign in. */
export interface CreatedMagicLink {
  /** The email address to deliver it to: the stored spelling if an account has it. Null for a disabled account. */
  readonly to: string | null
  readonly link: MailLink
  readonly token: LinkToken
  /** Eight digits to type instead, or null if the option `magicLink.code` is off. */
  readonly code: string | null
  readonly lifetimeSeconds: number
}

/**
 * Stores a magic link for the email address and mails it. One statement, the same work for every address.
 * @throws InvalidInputError before any query
 * @throws InvalidOptionsError without a mailer
 */
export const requestMagicLink =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (input: MagicLinkInput, requestInfo: RequestInfo): Promise<MagicLinkRequest> => {
    if (context.mailQueue === null)
      throw new InvalidOptionsError(
        'mailer',
        'is required by magicLink.request(); magicLink.create() works without a mailer',
      )
    requireMagicLinks(context.options)
    const info = readRequestInfo(requestInfo)
    const recipient = readRecipient(input)
    const refused = await context.before(['beforeSignIn'], {
      operation: 'magicLink.request',
      email: recipient.email,
      info,
    })
    if (refused !== null) return refused
    const { options } = context
    const mail = countedMail(options, 'magic_link', recipient.emailKey)
    const caller = callerFor(options.keys, info, recipient.emailKey)
    const charges = mailCharges(options.bruteForce, mail, caller)
    const { decision, created } = await issue(context, recipient, charges)
    const eventContext = { userId: null, info }
    if (!decision.ok) {
      context.emit({ events: [event('attempts_refused', eventContext, { path: 'magic_link' })] })
      return decision
    }
    const { link, code, lifetimeSeconds } = created
    const facts = { link: link.reveal(), code, lifetimeSeconds }
    context.emit({
      events: [event('magic_link_requested', eventContext, {})],
      mails:
        decision.to === null
          ? [rehearsedMail('magic_link', recipient.email, facts)]
          : [queuedMail('magic_link', decision.to, facts, [charges.address.key])],
    })
    return { ok: true }
  }

/** Stores a magic link without rate limits and without mailing it. For the application's own code only. */
export const createMagicLink =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (input: MagicLinkInput): Promise<CreatedMagicLink> => {
    const { decision, created } = await issue(context, readRecipient(input), null)
    // Without rate limits the storage has no reason to refuse.
    if (!decision.ok) throw new Error('the storage refused a magic link without rate limits')
    context.emit({ events: [event('magic_link_requested', { userId: null }, {})] })
    return { to: decision.to, ...created }
  }

interface Recipient {
  readonly email: string
  readonly emailKey: EmailKey
}

/** Creates the whole link before the storage looks for the email address, so the work is the same for every address. */
async function issue<Metadata extends object>(
  { options, storage }: ServiceContext<Metadata>,
  { email, emailKey }: Recipient,
  charges: MailCharges | null,
): Promise<{ decision: MailDecision; created: Omit<CreatedMagicLink, 'to'> }> {
  const { lifetimeSeconds, code: hasCode } = requireMagicLinks(options)
  const secret = newMagicLinkSecret(emailKey)
  const token = formatMagicToken(secret)
  const code = hasCode ? newCode() : null
  const decision = await storage.magicLinks.issue({
    email,
    tokenHash: hashLinkSecret('magic_link', secret),
    codeHash:
      code === null
        ? null
        : hashCode(options.keys, { purpose: 'magic-link', subject: emailKey }, code),
    lifetimeSeconds,
    charges,
  })
  const link = mailLink(options, 'magic_link', token)
  return { decision, created: { link, token, code, lifetimeSeconds } }
}

/** @throws InvalidInputError */
function readRecipient(input: MagicLinkInput): Recipient {
  if (typeof input !== 'object' || input === null)
    throw new InvalidInputError('input', 'must be { email }')
  return readEmail(input.email)
}
