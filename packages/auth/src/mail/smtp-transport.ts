import type { ConnectionOptions } from 'node:tls'
import { createTransport } from 'nodemailer'
import type { MailMessage } from './message.js'
import type { Sender } from './sender.js'
import { asciiAddress, messageIdOf } from './sender.js'

/** A resolved SMTP server. All members can be copied to another thread, unless `tls` has functions. */
export interface SmtpSettings {
  readonly host: string
  readonly port: number
  readonly secure: boolean
  readonly requireTLS: boolean
  readonly tls: ConnectionOptions
  readonly auth?: { readonly user: string; readonly pass: string }
  readonly connectionTimeout: number
  readonly greetingTimeout: number
  readonly dnsTimeout: number
  readonly socketTimeout: number
}

/** Sends messages, or only writes them. */
export interface SmtpTransport {
  send(message: MailMessage, signal?: AbortSignal): Promise<void>
  /** Does the work of {@link send} up to the connection. */
  rehearse(message: MailMessage): Promise<void>
}

/** The content of a message is never a file name or a URL to load. */
const closed = { disableFileAccess: true, disableUrlAccess: true }

export function createSmtpTransport(settings: SmtpSettings, from: Sender): SmtpTransport {
  const transport = createTransport({ ...settings, ...closed })
  const writer = createTransport({ streamTransport: true, buffer: true, ...closed })
  const sender = from.name === null ? from.address : { name: from.name, address: from.address }
  const mailOf = (message: MailMessage) => {
    const { subject, text, html, headers } = message
    const to = asciiAddress(message.to)
    return {
      // As objects: nodemailer parses strings as lists of addresses.
      from: sender,
      to: { name: '', address: to },
      envelope: { from: from.address, to: [to] },
      messageId: messageIdOf(message, from),
      subject,
      text,
      html,
      headers: { ...headers },
    }
  }
  return {
    async send(message, signal) {
      const mail = mailOf(message)
      await transport.sendMail(signal === undefined ? mail : { ...mail, signal })
    },
    async rehearse(message) {
      await writer.sendMail(mailOf(message))
    },
  }
}
