import type {
  MailboxHolder,
  SessionToken,
  User,
  ValidSession,
  Verification,
  VerificationKey,
} from 'torii-core'
import { InvalidInputError } from 'torii-core'
import type { CheckedRequestInfo, RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import type { ToriiEvent } from '../../events/event.js'
import { queuedMail } from '../../mail/queued-mail.js'
import type { PasswordHasher } from '../../password-hashing/hashing.js'
import { normalizePassword, requirePasswordText } from '../../password-policy/text.js'
import type { OperationContext, ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type { LinkToken } from '../links/link-token.js'
import { parseVerificationToken } from '../links/link-token.js'
import type { InvalidToken, PasswordRejected } from '../refusals.js'
import { invalidToken } from '../refusals.js'
import { prepareSession } from '../sessions/new-session.js'
import { actorOf } from '../sessions/valid-session.js'
import type { SignedIn } from '../sign-in.js'

/** The token of a verification link, with an optional password or session. */
export interface VerifyInput<Metadata extends object> {
  token: string | LinkToken
  /** The account's password, or a new one if the user has forgotten it. Optional. */
  password?: string | null
  /** The session of the browser that opened the link, or null. */
  valid?: ValidSession<Metadata> | null
}

export type VerifyOutcome<Metadata extends object> =
  /** With a password, the user is signed in. */
  | SignedIn<Metadata>
  /** Without a password, the email address is verified, and the user is not signed in. */
  | {
      readonly ok: true
      readonly user: User<Metadata>
      readonly session: null
      readonly token: null
    }
  | PasswordRejected
  | InvalidToken

/**
 * Verifies an email address. The token proves who reads the mailbox, not who created the account. A user who also has
 * the account's password, or a live session of it, keeps all credentials. For any other user the credentials that were
 * created before the verification are removed, since an attacker may have created them. A new password is set.
 */
export const verifyEmail =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (
    input: VerifyInput<Metadata>,
    requestInfo: RequestInfo,
  ): Promise<VerifyOutcome<Metadata>> => {
    const info = readRequestInfo(requestInfo)
    if (typeof input !== 'object' || input === null)
      throw new InvalidInputError('input', 'must be { token, password? }')
    const { token, password = null, valid = null } = input
    const text = password === null ? null : requirePasswordText(password, 'password')
    const key = parseVerificationToken('verify_email', token)
    if (key === null) return invalidToken
    if (text !== null) return verifyWithPassword(context, { key, text }, info)
    // A session of another account proves nothing about this one.
    const actor = valid !== null && valid.user.id === key.userId ? actorOf(valid) : null
    const holder: MailboxHolder =
      actor === null ? { kind: 'mailbox_only' } : { kind: 'session', actor }
    const outcome = await verify(context, { key, holder }, info)
    if (outcome.ok || holder.kind === 'mailbox_only')
      return outcome.ok ? verified(outcome) : outcome
    // The session has ended since. The token is still valid, and proves the mailbox without it.
    const alone = await verify(context, { key, holder: { kind: 'mailbox_only' } }, info)
    return alone.ok ? verified(alone) : alone
  }

const verified = <Metadata extends object>({ user }: { readonly user: User<Metadata> }) =>
  ({ ok: true, user, session: null, token: null }) as const

async function verifyWithPassword<Metadata extends object>(
  context: ServiceContext<Metadata>,
  { key, text }: { readonly key: VerificationKey; readonly text: string },
  info: CheckedRequestInfo,
): Promise<VerifyOutcome<Metadata>> {
  return context.hashing.withSlot(async (hasher) => {
    const found = await context.storage.verificationTokens.find('verify_email', key)
    if (found === null) return invalidToken
    const { session, token } = prepareSession(key.userId, 'password', info, context.options.session)
    const proof = await passwordProofOf(context, hasher, found, text)
    if (!proof.ok) return proof
    const outcome = await verify(context, { key, holder: { ...proof.holder, session } }, info)
    return outcome.ok ? signedIn(outcome, token) : outcome
  })
}

type PasswordHolder =
  | { readonly kind: 'password'; readonly verified: NonNullable<Verification['passwordHash']> }
  | {
      readonly kind: 'new_password'
      readonly passwordHash: NonNullable<Verification['passwordHash']>
    }

/** Verifies the given password as the account's; if it is not, validates and hashes it as a new one. */
async function passwordProofOf<Metadata extends object>(
  { validatePassword }: ServiceContext<Metadata>,
  hasher: PasswordHasher,
  { passwordHash, userId, email }: Verification,
  text: string,
): Promise<{ readonly ok: true; readonly holder: PasswordHolder } | PasswordRejected> {
  const stored = passwordHash === null ? null : { userId, hash: passwordHash }
  const normalized = normalizePassword(text)
  const password = normalized.ok ? normalized.password : null
  if ((await hasher.verify(stored, password)) && passwordHash !== null)
    return { ok: true, holder: { kind: 'password', verified: passwordHash } }
  const validated = await validatePassword(text, { email, name: null })
  if (!validated.ok) return { ok: false, reason: 'password_rejected', problem: validated.problem }
  return {
    ok: true,
    holder: { kind: 'new_password', passwordHash: await hasher.hash(validated.password) },
  }
}

async function verify<Metadata extends object>(
  { runWithEffects }: OperationContext<Metadata>,
  { key, holder }: { readonly key: VerificationKey; readonly holder: MailboxHolder },
  info: CheckedRequestInfo,
) {
  const replaces = holder.kind === 'new_password'
  const keeps = holder.kind === 'password' || holder.kind === 'session'
  return runWithEffects({
    run: ({ verificationTokens }) => verificationTokens.verifyEmail(key, holder),
    effects: (outcome) => {
      if (!outcome.ok) return {}
      const { user, session } = outcome
      const eventContext = { userId: user.id, sessionId: session?.id ?? null, info }
      const events: ToriiEvent[] = [event('email_verified', eventContext, { by: 'user' })]
      if (!keeps)
        events.push(event('unverified_credentials_removed', eventContext, { method: 'email' }))
      if (session !== null) events.push(event('signed_in', eventContext, { method: 'password' }))
      const mails =
        replaces && user.email !== null
          ? [queuedMail('password_changed', user.email, { name: user.name })]
          : []
      return { events, mails }
    },
  })
}

function signedIn<Metadata extends object>(
  { user, session }: Extract<Awaited<ReturnType<typeof verify<Metadata>>>, { ok: true }>,
  token: SessionToken,
): SignedIn<Metadata> {
  // The storage opens the session that it is given; without one the user must not be signed in.
  if (session === null) throw new Error('the storage verified an email address without its session')
  return { ok: true, user, session, token }
}
