import type { Mailer, MailMessage } from 'torii-auth'

/** A received message. */
export interface ReceivedMail {
  readonly message: MailMessage
  readonly receivedAt: Date
}

/** All mail of the site, for development: the newest hundred messages, in memory. */
export interface Mailbox {
  readonly mailer: Mailer
  /** Newest first. */
  messages(): readonly ReceivedMail[]
}

export const maxMessages = 100

/** Creates a mailbox. @param next also receives every message, before the message counts as delivered */
export function createMailbox(next: Mailer | null = null): Mailbox {
  const received: ReceivedMail[] = []
  return {
    messages: () => received,
    mailer: {
      async send(message, options) {
        await next?.send(message, options)
        received.unshift({ message, receivedAt: new Date() })
        received.splice(maxMessages)
      },
    },
  }
}
