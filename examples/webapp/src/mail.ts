import type { Mailer, MailMessage } from 'torii-auth'
import { fileMailer } from 'torii-auth'
import { smtpMailer } from 'torii-auth/smtp'
import { mayHaveMailbox } from './local-only.js'
import type { Settings } from './settings.js'

/** All mail of the site, for development: the newest hundred messages, in memory, newest first. */
export type Mailbox = readonly (MailMessage & { readonly receivedAt: Date })[]

export const maxMessages = 100

/** How mail is sent, and where a developer reads it. Null where there is none. */
export interface Mail {
  readonly mailer: Mailer | null
  readonly mailbox: Mailbox | null
}

/** Sends mail over SMTP, to a folder, to the development mailbox where it is allowed, or not at all. */
export function openMail(
  { smtpUrl, directory, from }: Settings['mail'],
  { baseUrl, boundAddress }: { readonly baseUrl: string; readonly boundAddress: string },
): Mail {
  if (smtpUrl !== null) return { mailer: smtpMailer({ url: smtpUrl, from }), mailbox: null }
  const files = directory === null ? null : fileMailer({ directory, from })
  return mayHaveMailbox(baseUrl, boundAddress)
    ? createMailbox(files)
    : { mailer: files, mailbox: null }
}

/** Creates a mailbox. @param next also receives every message, before the message counts as delivered */
export function createMailbox(next: Mailer | null = null) {
  const mailbox: Mailbox[number][] = []
  const mailer: Mailer = {
    async send(message, options) {
      await next?.send(message, options)
      mailbox.unshift({ ...message, receivedAt: new Date() })
      mailbox.splice(maxMessages)
    },
  }
  return { mailer, mailbox }
}
