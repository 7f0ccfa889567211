import type { Mailer } from 'torii-auth'
import { fileMailer } from 'torii-auth'
import { smtpMailer } from 'torii-auth/smtp'
import type { Reach } from './mailbox/access.js'
import { mayHaveMailbox } from './mailbox/access.js'
import type { Mailbox } from './mailbox/mailbox.js'
import { createMailbox } from './mailbox/mailbox.js'
import type { MailSettings } from './settings.js'

/** How mail leaves, and where a developer reads it; null for what there is none of. */
export interface Mail {
  readonly mailer: Mailer | null
  readonly mailbox: Mailbox | null
}

/** Mail over SMTP, into a folder, into the development mailbox where there may be one, or none at all. */
export function openMail({ smtpUrl, directory, from }: MailSettings, reach: Reach): Mail {
  if (smtpUrl !== null) return { mailer: smtpMailer({ url: smtpUrl, from }), mailbox: null }
  const files = directory === null ? null : fileMailer({ directory, from })
  if (!mayHaveMailbox(reach)) return { mailer: files, mailbox: null }
  const mailbox = createMailbox(files)
  return { mailer: mailbox.mailer, mailbox }
}
