import type { RepositoryProvider, SessionId, UserId } from 'torii-core'
import type { Background } from '../../base/background.js'
import type { ToriiEvent } from '../../events/event.js'
import { queuedMail } from '../../mail/queued-mail.js'
import type { ResolvedOptions } from '../options/options.js'
import type { EventSink } from './event-sink.js'

/** A sign-in of which the owner of the account is notified. */
interface SignInNotice {
  readonly userId: UserId
  readonly sessionId: SessionId
}

/**
 * Emits effects, and notifies the owner of an account by mail of a sign-in with a browser that has no other live session.
 * Two statements after the response; none if the option `mail.newSignIns` is off. Sign-ins by magic link and new accounts
 * are excluded.
 * @see OWASP ASVS 5.0, 6.3.5
 */
export function emitNewSignIns(
  storage: Pick<RepositoryProvider<object>, 'sessions' | 'users'>,
  { mail, mailer }: Pick<ResolvedOptions, 'mail' | 'mailer'>,
  background: Background,
  emit: EventSink,
): EventSink {
  if (mailer === null || !mail.newSignIns) return emit
  return (effects) => {
    emit(effects)
    for (const notice of noticesOf(effects.events ?? []))
      background.run('new_sign_in', () => mailNotice(storage, emit, notice))
  }
}

function noticesOf(events: readonly ToriiEvent[]): readonly SignInNotice[] {
  if (events.some(({ type }) => type === 'user_created')) return []
  return events.flatMap((event) => {
    const { userId, sessionId } = event
    const notifies = event.type === 'signed_in' && event.detail.method !== 'magic_link'
    return notifies && userId !== null && sessionId !== null ? [{ userId, sessionId }] : []
  })
}

async function mailNotice(
  { sessions, users }: Pick<RepositoryProvider<object>, 'sessions' | 'users'>,
  emit: EventSink,
  { userId, sessionId }: SignInNotice,
): Promise<void> {
  const live = await sessions.list(userId)
  const opened = live.find(({ id }) => id === sessionId)
  if (opened === undefined) return
  const { ip, userAgent, authenticatedAt: at } = opened
  if (live.some((other) => other !== opened && other.userAgent === userAgent)) return
  const user = await users.find(userId)
  if (user === null || user.email === null) return
  emit({ mails: [queuedMail('new_sign_in', user.email, { name: user.name, at, ip, userAgent })] })
}
