import type { PendingSignIn, SessionId, SignInMethod, User, UserId } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import type { KeyRing } from '../../crypto/key-ring.js'
import type { EventDetails, EventType, ToriiEvent } from '../../events/event.js'
import type { QueuedMail } from '../../mail/queued-mail.js'
import { callerForUser } from '../../rate-limits/caller.js'
import type { UserCreation } from '../options/hooks.js'

/** Events, mail and hook input of an operation, dispatched after its commit or not at all. */
export interface Effects<Metadata extends object> {
  readonly events?: readonly ToriiEvent[]
  /** The account that the operation created, for the hook that runs in the same commit. */
  readonly created?: CreatedUser<Metadata> | null
  /** Mail to send. */
  readonly mails?: readonly QueuedMail[]
}

/** A new account, and how it was created. */
export interface CreatedUser<Metadata extends object> extends UserCreation {
  readonly user: User<Metadata>
}

/** The user, the session and the request of an event. */
export interface EventContextInput {
  readonly userId: UserId | null
  readonly sessionId?: SessionId | null
  readonly info?: RequestInfo | null
}

/** The event of a sign-in that opened a session, or waits for a second factor. */
export const eventsOfSignIn = (
  keys: KeyRing,
  outcome: {
    readonly ok: boolean
    readonly reason?: string
    readonly pending?: Pick<PendingSignIn, 'mustEnroll'>
  },
  method: SignInMethod,
  context: EventContextInput,
): readonly ToriiEvent[] => {
  if (outcome.ok) return [event('signed_in', context, { method })]
  return outcome.reason === 'second_factor_required' && outcome.pending !== undefined
    ? [waitsForFactor(keys, method, context, outcome.pending)]
    : []
}

/** The event of a sign-in that waits for a second factor. */
export function waitsForFactor(
  keys: KeyRing,
  method: SignInMethod | 'imported',
  { userId, info = null }: EventContextInput,
  { mustEnroll }: Pick<PendingSignIn, 'mustEnroll'>,
): ToriiEvent {
  const knownBrowser =
    userId !== null &&
    info !== null &&
    callerForUser(keys, readRequestInfo(info), userId).knownBrowser !== null
  // Its id names no session.
  return event('second_factor_required', { userId, info }, { method, knownBrowser, mustEnroll })
}

/** Creates an event whose detail fits its type. */
export function event<Type extends EventType>(
  type: Type,
  { userId, sessionId = null, info = null }: EventContextInput,
  detail: EventDetails[Type],
): ToriiEvent {
  const context = { userId, sessionId, ip: info?.ip ?? null, userAgent: info?.userAgent ?? null }
  // The signature ties the three to one type, but TypeScript cannot index the union by a type parameter.
  return { type, ...context, detail } as ToriiEvent
}
