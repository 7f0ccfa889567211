import type { Mailer, MailMessage } from 'torii-auth'

/** A message as it arrived. */
export interface ReceivedMail {
  readonly message: MailMessage
  readonly receivedAt: Date
}

/** Everybody's mail, for development: in memory, and no more than the newest hundred. */
export interface Mailbox {
  readonly mailer: Mailer
  /** Newest first. */
  messages(): readonly ReceivedMail[]
}

export const maxMessages = 100

/** @param next also gets every message, before it counts as delivered */
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
