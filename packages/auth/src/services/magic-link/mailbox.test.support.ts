import type { ToriiEvent, ToriiOptions } from '../../index.js'
import { smtpMailer } from '../../mail/smtp.js'
import type { ReceivedMail, TestSmtpServer } from '../../mail/smtp-server.test.support.js'
import { startSmtpServer } from '../../mail/smtp-server.test.support.js'
import type { TestSite } from '../../test/site.test.support.js'
import { openTestSite } from '../../test/site.test.support.js'

/** A site that mails through a real SMTP server. */
export interface MailingSite extends TestSite {
  readonly smtp: TestSmtpServer
  /** Options with which another Torii mails through the same server. */
  readonly mailing: Partial<ToriiOptions>
  readonly emitted: ToriiEvent[]
  /** What arrived for an address so far, after every mail in progress has arrived. */
  mailsTo(email: string): Promise<readonly ReceivedMail[]>
}

export const applicationKey = (id: string, byte: number) => ({
  id,
  secret: Buffer.from(Array.from({ length: 32 }, (_, at) => (byte + at) % 256)),
})

export async function openMailingSite(): Promise<MailingSite> {
  const smtp = await startSmtpServer()
  const emitted: ToriiEvent[] = []
  const mailing: Partial<ToriiOptions> = {
    mailer: smtpMailer({ url: smtp.url, from: 'Acme <no-reply@acme.example>' }),
    mail: { appName: 'Acme' },
    magicLink: { code: true },
    keys: [applicationKey('one', 1)],
    onEvent: (event) => emitted.push(event),
  }
  const site = await openTestSite(mailing)
  return {
    ...site,
    smtp,
    mailing,
    emitted,
    async mailsTo(email) {
      await site.torii.settled()
      return smtp.received.filter(({ to }) => to.includes(email))
    },
  }
}

/** What the newest message to an address holds. */
export async function newestMail(site: Pick<MailingSite, 'mailsTo'>, email: string) {
  const mails = await site.mailsTo(email)
  const text = mails.at(-1)?.mail.text ?? ''
  const [link = ''] = text.match(/^https:\S+$/m) ?? []
  const [code = ''] = text.match(/^\d{8}$/m) ?? []
  return { count: mails.length, link, token: new URL(link).searchParams.get('token') ?? '', code }
}
