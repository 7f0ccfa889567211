import type { MailboxHolder, SessionToken, User, ValidSession, Verification } from 'torii-core'
import { InvalidInputError } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import type { ToriiEvent } from '../../events/event.js'
import { queuedMail } from '../../mail/queued-mail.js'
import type { PasswordHasher } from '../../password-hashing/hashing.js'
import type { NormalizedPassword } from '../../password-policy/text.js'
import { normalizePassword } from '../../password-policy/text.js'
import type { ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type { LinkToken } from '../links/link-token.js'
import { parseVerificationToken } from '../links/link-token.js'
import { readPassword } from '../password/change.js'
import type { InvalidToken, PasswordRejected } from '../refusals.js'
import { prepareSession } from '../sessions/new-session.js'
import { actorOf } from '../sessions/valid-session.js'
import type { SignedIn } from '../sign-in.js'

/** A person who opened the link. */
export interface VerifyInput<Metadata extends object> {
  token: string | LinkToken
  /** The account's password, or a new one where that is forgotten; absent for neither. */
  password?: string | null
  /** The session of the browser that the link was opened in, or null. */
  valid?: ValidSession<Metadata> | null
}

export type VerifyOutcome<Metadata extends object> =
  /** With a password: the person is signed in. */
  | SignedIn<Metadata>
  /** Without: the address is verified, nobody is signed in by it. */
  | {
      readonly ok: true
      readonly user: User<Metadata>
      readonly session: null
      readonly token: null
    }
  | PasswordRejected
  /** Unknown, used, expired, of another purpose, or the account is verified already: one answer. */
  | InvalidToken

const invalidToken = Object.freeze({ ok: false, reason: 'invalid_token' } as const)

/**
 * The token proves the mailbox, not who made the account. Who also gives its password, or has a live session
 * of it, keeps everything; for everybody else what was made before the proof no longer counts, since
 * somebody else may have made it. Another password given along becomes the password.
 */
export async function verifyEmail<Metadata extends object>(
  context: ServiceContext<Metadata>,
  input: VerifyInput<Metadata>,
  requestInfo: RequestInfo,
): Promise<VerifyOutcome<Metadata>> {
  const info = readRequestInfo(requestInfo)
  if (typeof input !== 'object' || input === null)
    throw new InvalidInputError('input', 'must be { token, password? }')
  const { token, password = null, valid = null } = input
  const text = password === null ? null : readPassword(password, 'password')
  const key = parseVerificationToken('verify_email', token)
  if (key === null) return invalidToken
  if (text !== null) return verifyWithPassword(context, { key, text }, info)
  // A session of another account is no word about this one.
  const actor = valid !== null && valid.user.id === key.userId ? actorOf(valid) : null
  const holder: MailboxHolder = actor === null ? { kind: 'nobody' } : { kind: 'session', actor }
  const outcome = await prove(context, { key, holder }, info)
  if (outcome.ok || holder.kind === 'nobody')
    return outcome.ok ? { ok: true, user: outcome.user, session: null, token: null } : outcome
  // The session has ended meanwhile; the token is still good, and proves the mailbox all the same.
  const alone = await prove(context, { key, holder: { kind: 'nobody' } }, info)
  return alone.ok ? { ok: true, user: alone.user, session: null, token: null } : alone
}

interface Key {
  readonly key: NonNullable<ReturnType<typeof parseVerificationToken>>
}

async function verifyWithPassword<Metadata extends object>(
  context: ServiceContext<Metadata>,
  { key, text }: Key & { text: string },
  info: RequestInfo,
): Promise<VerifyOutcome<Metadata>> {
  const normalized = normalizePassword(text)
  return context.hashing.withSlot(async (hasher) => {
    const found = await context.storage.verificationTokens.find('verify_email', key)
    if (found === null) return invalidToken
    const opened = prepareSession(key.userId, 'password', info, context.options.session)
    const held = await holderOf(context, hasher, found, {
      text,
      password: normalized.ok ? normalized.password : null,
    })
    if (!held.ok) return held
    const outcome = await prove(
      context,
      { key, holder: { ...held.holder, session: opened.session } },
      info,
    )
    if (!outcome.ok) return outcome
    return signedIn(outcome, opened.token)
  })
}

type PasswordHolder =
  | { readonly kind: 'password'; readonly verified: NonNullable<Verification['passwordHash']> }
  | {
      readonly kind: 'new_password'
      readonly passwordHash: NonNullable<Verification['passwordHash']>
    }

/** Whether the given password is the account's; if not, it is judged as a new one. */
async function holderOf<Metadata extends object>(
  { validatePassword }: ServiceContext<Metadata>,
  hasher: PasswordHasher,
  { passwordHash, userId, email }: Verification,
  given: { text: string; password: NormalizedPassword | null },
): Promise<{ readonly ok: true; readonly holder: PasswordHolder } | PasswordRejected> {
  const stored = passwordHash === null ? null : { userId, hash: passwordHash }
  if ((await hasher.verify(stored, given.password)) && passwordHash !== null)
    return { ok: true, holder: { kind: 'password', verified: passwordHash } }
  const validated = await validatePassword(given.text, { email, name: null })
  if (!validated.ok) return { ok: false, reason: 'password_rejected', problem: validated.problem }
  return {
    ok: true,
    holder: { kind: 'new_password', passwordHash: await hasher.hash(validated.password) },
  }
}

async function prove<Metadata extends object>(
  { runWithEffects }: ServiceContext<Metadata>,
  { key, holder }: Key & { holder: MailboxHolder },
  info: RequestInfo,
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
  { user, session }: Extract<Awaited<ReturnType<typeof prove<Metadata>>>, { ok: true }>,
  token: SessionToken,
): SignedIn<Metadata> {
  // The contract opens the session that was handed in; without it nobody is signed in.
  if (session === null) throw new Error('the storage verified an address without its session')
  return { ok: true, user, session, token }
}
