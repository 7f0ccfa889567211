import { InvalidOptionsError } from 'torii-core'
import type { BaseUrl } from '../../base/base-url.js'
import {
  readBoolean,
  readFunction,
  readSection,
  readWholeNumber,
} from '../../base/option-checks.js'
import { englishMessages } from '../../mail/english.js'
import type { MailQueueOptions } from '../../mail/mail-queue.js'
import type { Mailer } from '../../mail/message.js'
import { messageKinds } from '../../mail/message.js'
import type { Messages } from '../../mail/messages.js'
import { defaults } from './defaults.js'

/** The options of mail. */
export interface MailOptions extends MailQueueOptions {
  /** The application's name in messages (default: the host of `baseUrl`). */
  readonly appName: string
  /**
   * The messages (default: `englishMessages`). A kind that is left out stays English; `germanMessages` is a complete
   * translation.
   */
  readonly messages: Messages
  /**
   * Whether the owner of an account is notified of sign-ins with a browser that has no other live session (default:
   * false). Costs two statements after the response.
   */
  readonly newSignIns: boolean
}

/** The options of mail, all optional. */
export type MailOptionsInput = Partial<Omit<MailOptions, 'messages'>> & {
  readonly messages?: Partial<Messages>
}

/** @throws InvalidOptionsError */
export function resolveMail(value: unknown, { host }: BaseUrl): MailOptions {
  const given = readSection(value, 'mail', ['appName', 'messages', ...Object.keys(defaults.mail)])
  const number = (name: keyof MailQueueOptions, min: number, max: number) =>
    readWholeNumber(given[name], `mail.${name}`, { min, max, otherwise: defaults.mail[name] })
  return Object.freeze({
    appName: resolveAppName(given.appName, host),
    messages: resolveMessages(given.messages),
    newSignIns: readBoolean(given.newSignIns, 'mail.newSignIns', defaults.mail.newSignIns),
    concurrency: number('concurrency', 1, 100),
    maxInMemory: number('maxInMemory', 1, 1_000_000),
    sendSeconds: number('sendSeconds', 1, 600),
    retrySeconds: number('retrySeconds', 1, 600),
    shutdownSeconds: number('shutdownSeconds', 0, 600),
  })
}

/** Returns the mailer, or null. @throws InvalidOptionsError */
export function resolveMailer(value: unknown): Mailer | null {
  if (value === undefined || value === null) return null
  if (typeof value !== 'object' || !('send' in value) || typeof value.send !== 'function')
    throw new InvalidOptionsError(
      'mailer',
      'must have a method send, like the result of smtpMailer() or fileMailer()',
    )
  return value as Mailer
}

function resolveAppName(value: unknown, host: string): string {
  if (value === undefined) return host
  if (
    typeof value !== 'string' ||
    value.trim() === '' ||
    value.length > 100 ||
    /\p{Cc}/u.test(value)
  )
    throw new InvalidOptionsError('mail.appName', 'must be 1 to 100 characters on one line')
  return value
}

function resolveMessages(value: unknown): Messages {
  const given = readSection(value, 'mail.messages', messageKinds)
  for (const kind of messageKinds) readFunction(given[kind], `mail.messages.${kind}`)
  // Each is a function; its result is validated when it is called.
  const own = Object.entries(given).filter(([, write]) => write !== undefined)
  return Object.freeze({ ...englishMessages, ...(Object.fromEntries(own) as Partial<Messages>) })
}
