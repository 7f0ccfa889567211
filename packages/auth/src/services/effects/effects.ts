import type { SessionId, User, UserId } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import type { EventDetails, EventType, ToriiEvent } from '../../events/event.js'
import type { QueuedMail } from '../../mail/queued-mail.js'

/** What an act came to, beside its outcome: told once it is committed, or never. */
export interface Effects<Metadata extends object> {
  readonly events?: readonly ToriiEvent[]
  /** The account that the act made, for the hook that runs in the same commit. */
  readonly created?: User<Metadata> | null
  /** Mail to send. */
  readonly mails?: readonly QueuedMail[]
}

/** Who and where, of an event. */
export interface EventContextInput {
  readonly userId: UserId | null
  readonly sessionId?: SessionId | null
  readonly info?: RequestInfo | null
}

/** Writes an event so that its detail fits its type. */
export function event<Type extends EventType>(
  type: Type,
  { userId, sessionId = null, info = null }: EventContextInput,
  detail: EventDetails[Type],
): ToriiEvent {
  const context = { userId, sessionId, ip: info?.ip ?? null, userAgent: info?.userAgent ?? null }
  // The three belong to one type by the signature; the union cannot be indexed by a type parameter.
  return { type, ...context, detail } as ToriiEvent
}
