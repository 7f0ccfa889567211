import type { RepositoryProvider, SessionId, UserId } from 'torii-core'
import type { Background } from '../base/background.js'
import type { ToriiEvent } from '../events/event.js'
import type { Tell } from '../services/effects/tell.js'
import type { ResolvedOptions } from '../services/options/options.js'
import { letter } from './letter.js'

/** A sign-in that its owner may want to know of. */
interface SignInNotice {
  readonly userId: UserId
  readonly sessionId: SessionId
}

/**
 * Tells, and mails the owner of an account when somebody signs in with a browser that has no other live session
 * there. Two statements after the answer; none where the option `mail.newSignIns` is off. A link in the
 * mailbox needs no mail about it, and neither does an account that was made just now.
 * @see OWASP ASVS 5.0, 6.3.5
 */
export function tellNewSignIns(
  storage: Pick<RepositoryProvider<object>, 'sessions' | 'users'>,
  { mail, mailer }: Pick<ResolvedOptions, 'mail' | 'mailer'>,
  background: Background,
  tell: Tell,
): Tell {
  if (mailer === null || !mail.newSignIns) return tell
  return (story) => {
    tell(story)
    for (const notice of noticesOf(story.events ?? []))
      background.run('new_sign_in', () => mailNotice(storage, tell, notice))
  }
}

function noticesOf(events: readonly ToriiEvent[]): readonly SignInNotice[] {
  if (events.some(({ type }) => type === 'user_created')) return []
  return events.flatMap((event) => {
    const { userId, sessionId } = event
    const told = event.type === 'signed_in' && event.detail.method !== 'magic_link'
    return told && userId !== null && sessionId !== null ? [{ userId, sessionId }] : []
  })
}

async function mailNotice(
  { sessions, users }: Pick<RepositoryProvider<object>, 'sessions' | 'users'>,
  tell: Tell,
  { userId, sessionId }: SignInNotice,
): Promise<void> {
  const live = await sessions.list(userId)
  const opened = live.find(({ id }) => id === sessionId)
  if (opened === undefined) return
  const { ip, userAgent, authenticatedAt: at } = opened
  if (live.some((other) => other !== opened && other.userAgent === userAgent)) return
  const user = await users.find(userId)
  if (user === null || user.email === null) return
  tell({ letters: [letter('new_sign_in', user.email, { name: user.name, at, ip, userAgent })] })
}
