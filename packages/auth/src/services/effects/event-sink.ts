import { diagnosticsChannels } from 'torii-core'
import type { ToriiEvent } from '../../events/event.js'
import type { MailSink } from '../../mail/queued-mail.js'
import type { Effects } from './effects.js'

/** Dispatches committed effects: events to the handler, mail to the queue. Never throws, never waits. */
export type EventSink = (effects: Pick<Effects<object>, 'events' | 'mails'>) => void

/** Creates an event sink. Without a mail queue, mail is dropped. */
export function createEventSink(
  handler: (event: ToriiEvent) => void,
  mailQueue: MailSink | null,
): EventSink {
  return ({ events = [], mails = [] }) => {
    for (const event of events) {
      if (event.type === 'attempts_refused') publishRefusal(event.detail.path)
      handler(event)
    }
    if (mailQueue !== null) for (const queue of mails) queue(mailQueue)
  }
}

function publishRefusal(path: string): void {
  const { authRateLimited } = diagnosticsChannels
  if (authRateLimited.hasSubscribers) authRateLimited.publish({ path })
}
