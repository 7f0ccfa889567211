import type { RateLimitPolicy, RepositoryProvider } from 'torii-core'
import type { Background } from '../../base/background.js'
import type { ToriiEvent } from '../../events/event.js'
import { queuedMail } from '../../mail/queued-mail.js'
import { incompleteSignInKey } from '../../rate-limits/keys.js'
import type { ResolvedOptions } from '../options/options.js'
import type { EventSink } from './event-sink.js'

type Storage = Pick<RepositoryProvider<object>, 'rateLimits' | 'users'>

/**
 * Emits effects, and notifies the owner of an account by mail when the first factor of a sign-in was right and the second one
 * was missing or wrong: where a browser that is not known was asked for it, and where a code was wrong. At most once a day,
 * after the response: one statement, and another one for the mail. A sign-in by the mailbox itself is excluded.
 * @see OWASP ASVS 5.0, 6.3.5
 */
export function emitIncompleteSignIns(
  storage: Storage,
  { mailer }: Pick<ResolvedOptions, 'mailer'>,
  background: Background,
  emit: EventSink,
): EventSink {
  if (mailer === null) return emit
  return (effects) => {
    emit(effects)
    for (const event of (effects.events ?? []).filter(isIncomplete))
      background.run('sign_in_incomplete', () => mailNotice(storage, emit, event, new Date()))
  }
}

function isIncomplete(event: ToriiEvent): boolean {
  switch (event.type) {
    case 'second_factor_required':
      // Before an enrollment a code is mailed, which tells the owner as much.
      if (event.detail.mustEnroll) return false
      return !event.detail.knownBrowser && event.detail.method !== 'magic_link'
    case 'second_factor_failed':
      // In a session it is a step-up.
      return event.sessionId === null && event.detail.factor !== 'email_code'
    default:
      return false
  }
}

/** One mail, and the next one a day later. */
const daily: RateLimitPolicy = {
  cap: 1,
  refill: 1,
  windowSeconds: 86_400,
  lockSeconds: 86_400,
  maxLockSeconds: 86_400,
  limit: 1_000_000,
  forgetSeconds: 172_800,
}

async function mailNotice(
  { rateLimits, users }: Storage,
  emit: EventSink,
  { userId, ip, userAgent }: ToriiEvent,
  at: Date,
): Promise<void> {
  if (userId === null) return
  const account = { key: incompleteSignInKey(userId), policy: daily }
  if (!(await rateLimits.charge({ account, ipAddress: null })).ok) return
  const user = await users.find(userId)
  if (user === null || user.email === null) return
  const facts = { name: user.name, at, ip, userAgent }
  emit({ mails: [queuedMail('sign_in_incomplete', user.email, facts)] })
}
