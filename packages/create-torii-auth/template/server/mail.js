import { smtpMailer } from 'torii-auth/smtp'

/** Sends mail by SMTP; without a server for it, shows mail in the terminal. */
export const createMailer = ({ smtpUrl, mailFrom }) =>
  smtpUrl === null ? terminalMailer : smtpMailer({ url: smtpUrl, from: mailFrom })

const terminalMailer = {
  async send({ to, subject, text }) {
    console.log(`\nMail to ${to}: ${subject}\n\n${text.replace(/^/gm, '  ')}\n`)
  },
}
