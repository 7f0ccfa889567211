import type { ToriiEvent } from '../../events/event.js'
import type { MailSink } from '../../mail/queued-mail.js'
import type { Effects } from './effects.js'

/** Tells what has been committed: events to the handler, letters to the post. Never throws, never waits. */
export type EventSink = (effects: Pick<Effects<object>, 'events' | 'mails'>) => void

/** `post` is null where nothing can be mailed: letters are dropped there. */
export function createEventSink(
  handler: (event: ToriiEvent) => void,
  mailQueue: MailSink | null,
): EventSink {
  return ({ events = [], mails = [] }) => {
    events.forEach(handler)
    if (mailQueue !== null) for (const queuedMail of mails) queuedMail(mailQueue)
  }
}
