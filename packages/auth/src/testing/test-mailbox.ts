import { canonicalEmail, InvalidInputError, ToriiError } from 'torii-core'
import type { Mailer, MailMessage, MessageKind } from '../mail/message.js'
import { refuseProduction } from './not-in-production.js'

/** A message that was sent, with what its reader uses. */
export interface TestMail extends MailMessage {
  /** The link with a token; null if there is none. */
  readonly link: string | null
  /** The token of the link, for `torii.email.verify` and its like; null if there is none. */
  readonly token: string | null
  /** The eight digits to type, in the place of the link or before an enrollment; null if there are none. */
  readonly code: string | null
}

/** What {@link TestMailbox.next} waits for. */
export interface TestMailQuery {
  /** Only messages of this kind, for example `reset_password` (default: any). */
  readonly kind?: MessageKind
  /** How long to wait for the message (default: 5). */
  readonly seconds?: number
}

/** A mailer that sends nothing: every message stays in memory. */
export interface TestMailbox extends Mailer {
  /** Every message so far, oldest first. Await `torii.settled()` before you say that none was sent. */
  readonly messages: readonly TestMail[]
  /**
   * Returns the newest message to an email address, and waits until there is one: mail is sent after the response. A
   * message is returned once, and the older ones that fit are skipped, so the next call waits for the next message.
   * @throws ToriiError `ERR_UNAVAILABLE` if none was sent in time; it lists what was sent instead
   */
  next(email: string, query?: TestMailQuery): Promise<TestMail>
}

/**
 * Creates a mailbox for the option `mailer`, for tests.
 *
 * ```ts
 * const mailbox = createTestMailbox()
 * const torii = new Torii(storage, { baseUrl, mailer: mailbox })
 * const { link } = await mailbox.next('ada@example.com', { kind: 'magic_link' })
 * ```
 * @throws ToriiError `ERR_MISUSE` if `NODE_ENV` is `production`
 */
export function createTestMailbox(): TestMailbox {
  refuseProduction()
  const messages: TestMail[] = []
  const taken = new Set<TestMail>()
  const waiting = new Set<() => void>()

  const take = (key: string, kind: MessageKind | undefined): TestMail | undefined => {
    const fitting = messages.filter(
      (mail) =>
        !taken.has(mail) &&
        canonicalEmail(mail.to) === key &&
        (kind === undefined || mail.kind === kind),
    )
    for (const mail of fitting) taken.add(mail)
    return fitting.at(-1)
  }

  return {
    messages,
    async send(message, options) {
      // As a mail server that the attempt gave up.
      options?.signal?.throwIfAborted()
      messages.push(readMail(message))
      for (const look of waiting) look()
    },
    async next(email, { kind, seconds = 5 } = {}) {
      const key = canonicalEmail(email)
      if (key === null) throw new InvalidInputError('email', 'must be an email address')
      return new Promise((resolve, reject) => {
        const look = () => {
          const mail = take(key, kind)
          if (mail === undefined) return
          end()
          resolve(mail)
        }
        const end = () => {
          clearTimeout(timer)
          waiting.delete(look)
        }
        const timer = setTimeout(() => {
          end()
          const what = kind === undefined ? 'no mail' : `no mail of kind ${kind}`
          reject(notSent(`${what} to ${email} within ${seconds} s`, messages))
        }, seconds * 1000)
        waiting.add(look)
        look()
      })
    },
  }
}

/** The messages that have a code to type. */
const kindsWithCode: ReadonlySet<MessageKind> = new Set(['magic_link', 'enrollment_code'])

/** Also of a message that the application renders itself. */
function readMail(message: MailMessage): TestMail {
  const link = findLink(message.text) ?? findLink(message.html.replaceAll('&amp;', '&'))
  const token = link === null ? null : new URL(link).searchParams.get('token')
  const prose = message.text.replace(/https?:\/\/\S+/g, '')
  const code = kindsWithCode.has(message.kind) ? /(?<!\d)\d{8}(?!\d)/.exec(prose) : null
  return Object.freeze({ ...message, link, token, code: code?.[0] ?? null })
}

const findLink = (text: string): string | null =>
  /https?:\/\/[^\s"'<>]+[?&]token=[\w-]+(?:[&#][^\s"'<>]*)?/.exec(text)?.[0] ?? null

/** Lists what was sent instead. */
function notSent(what: string, messages: readonly TestMail[]): ToriiError {
  const others = messages.map(({ kind, to }) => `${kind} to ${to}`)
  const sent = others.length === 0 ? 'nothing was sent' : `sent were: ${others.join(', ')}`
  return new ToriiError(
    'ERR_UNAVAILABLE',
    `${what} that no call has returned before; ${sent}. Make this mailbox the option mailer of the Torii that sends`,
  )
}
