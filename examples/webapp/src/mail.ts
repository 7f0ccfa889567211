import type { Mailer } from 'torii-auth'
import { fileMailer } from 'torii-auth'
import { smtpMailer } from 'torii-auth/smtp'
import type { Reach } from './mailbox/access.js'
import { mayHaveMailbox } from './mailbox/access.js'
import type { Mailbox } from './mailbox/mailbox.js'
import { createMailbox } from './mailbox/mailbox.js'
import type { MailSettings } from './settings.js'

/** How mail is sent, and where a developer reads it. Null where there is none. */
export interface Mail {
  readonly mailer: Mailer | null
  readonly mailbox: Mailbox | null
}

/** Sends mail over SMTP, to a folder, to the development mailbox where it is allowed, or not at all. */
export function openMail({ smtpUrl, directory, from }: MailSettings, reach: Reach): Mail {
  if (smtpUrl !== null) return { mailer: smtpMailer({ url: smtpUrl, from }), mailbox: null }
  const files = directory === null ? null : fileMailer({ directory, from })
  if (!mayHaveMailbox(reach)) return { mailer: files, mailbox: null }
  const mailbox = createMailbox(files)
  return { mailer: mailbox.mailer, mailbox }
}
