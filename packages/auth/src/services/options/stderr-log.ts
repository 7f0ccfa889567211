import { ToriiError } from 'torii-core'
import { describeFault } from '../../mail/fault.js'
import type { LogEvent } from './log.js'

/**
 * Writes log events to stderr, one line each, with a sentence that says what to do: the default of the option `log`. Leaves out
 * `busy`, which reports requests that were refused as intended. A line holds names, ids, codes and the messages of Torii's
 * own errors. The message of any other error is left out, since it may repeat a value; `log` receives the whole error.
 */
export function writeToStderr(event: LogEvent): void {
  if (event.event === 'busy') return
  process.stderr.write(`${lineOf(event)}\n`)
}

/** The line for an event, without a line break. */
export const lineOf = (event: LogEvent): string =>
  `torii ${event.level}: ${event.event}: ${sentenceOf(event)}`.replace(
    /[\p{Cc}\p{Zl}\p{Zp}]+/gu,
    ' ',
  )

/** Every installation has this file; the pages of the repository it does not have. */
const readme = '(README.md of torii-auth, "The log")'

/** A new event does not compile until it has a sentence. */
function sentenceOf(event: LogEvent): string {
  switch (event.event) {
    case 'background_task_failed':
      return `the task "${event.task}" after a response failed: ${describe(event.error)}`
    case 'mail_delayed':
      return `a message of the kind ${event.kind} is tried again after ${faultOf(event)}. Check that the mail server can be reached`
    case 'mail_failed':
      return `a message of the kind ${event.kind} was not sent after ${faultOf(event)}. Check the options mailer and mail, and the mail server`
    case 'mail_dropped':
      return `a message of the kind ${event.kind} was dropped because mail.maxInMemory messages are waiting, or torii.shutdown() was called. Check the mail server`
    case 'mail_unsent':
      return `torii.shutdown() ended before these messages were sent: ${JSON.stringify(event.counts)}. Raise mail.shutdownSeconds, or send mail by a job queue ${readme}`
    case 'provider_failed':
      return `the OAuth provider "${event.provider}" failed at the step "${event.problem}"${event.detail === null ? '' : ` (${event.detail})`}. Check its client id, client secret and redirect URI ${readme}`
    case 'stored_hash_refused':
      return `the stored password hash of the user ${event.userId} has an unsupported format or cost. Verify it with password.legacyVerifiers, or let the user reset the password`
    case 'pepper_key_missing':
      return `the password of the user ${event.userId} was hashed with the key "${event.keyId}". Add that key to the option keys`
    case 'legacy_verifier_failed':
      return `a verifier of password.legacyVerifiers threw ${describe(event.error)}`
    case 'imported_password_failed':
      return `password.importedPassword did not answer, and the password counted as wrong: ${describe(event.error)}`
    case 'breached_check_failed':
      return `password.breached did not answer, and the password was accepted: ${describe(event.error)}`
    case 'session_touch_failed':
      return `the last use of the session ${event.sessionId} was not stored: ${describe(event.error)}`
    case 'rehash_failed':
      return `the password of the user ${event.userId} was not hashed again: ${describe(event.error)}`
    case 'passkey_origin_refused':
      return `a passkey was refused (${event.problem}) on a page of ${pageOf(event)}; expected origins: ${event.expectedOrigins.join(', ')}, RP ID: ${event.rpId}. Open the page there, or change the options passkey.origins and passkey.rpId`
    case 'event_handler_failed':
      return `onEvent failed ${event.count} times, the last time for ${event.type}; the events themselves have happened: ${describe(event.error)}`
    case 'sweep_failed':
      return `expired rows were not deleted, which is tried again: ${describe(event.error)}`
    case 'former_session_not_ended':
      return `a user signed in, but the former session of the browser was not ended: ${describe(event.error)}`
    case 'known_browsers_off':
      return `without the option keys, wrong passwords from other browsers also lock out the owner of an account. Set keys ${readme}`
    case 'ip_address_unknown':
      return `a request came without an IP address, so all callers share one rate limit. Pass { ip } to the handler ${readme}`
    case 'body_already_read':
      return `the body of a request (${event.route}) was read before Torii, which answered 400. Mount the Torii handler before express.json() and other body parsers`
    case 'feature_not_enabled':
      return event.option === 'magicLink'
        ? `a request needs the feature "${event.feature}", which the option ${event.option} turns off ${readme}`
        : `a request needs the feature "${event.feature}", which is off. Set the option ${event.option} ${readme}`
    case 'origin_refused':
      return `a request ${event.origin === null ? 'with a cookie and without an Origin header' : `from a page of ${event.origin}`} was refused; expected origins: ${event.expected.join(', ')}. Open the page there, or change the options baseUrl or trustedOrigins ${readme}`
    case 'trusted_origin_cross_site':
      return `browsers count ${event.origin} of trustedOrigins as another site than baseUrl, so its pages have no session cookie. Use bearer tokens there, or a host of the same domain ${readme}`
    case 'page_renderer_failed':
      return `the option renderPage failed for the page ${event.page}, and Torii showed its own page ${readme}: ${describe(event.error)}`
    case 'busy':
      return `${event.count} requests were refused because too much work was waiting`
    case 'request_failed':
      return `${event.route} answered ${event.status}: ${describe(event.error)}`
    default:
      return event satisfies never
  }
}

/** A ToriiError says what to do and holds no value. Of any other error only the name, the code and the place are safe. */
function describe(error: unknown): string {
  const { name, code, stack } = describeFault(error)
  if (error instanceof ToriiError) {
    const { code: cause } = describeFault(error.cause)
    const isSaid = cause === null || error.message.includes(cause)
    return `${error.code}: ${error.message}${isSaid ? '' : ` (${cause})`}`
  }
  // A call of the application says more than the library that it was in.
  const call = stack.find((frame) => !frame.includes('node_modules')) ?? stack[0]
  const place = call === undefined ? '' : ` ${call}`
  return `${name}${code === null ? '' : ` (${code})`}${place}. The option log receives the whole error`
}

const pageOf = ({ origin, topOrigin }: { origin: string; topOrigin: string | null }): string =>
  topOrigin === null ? origin : `${origin} within ${topOrigin}`

const faultOf = ({
  fault: { name, code, status },
}: Extract<LogEvent, { fault: unknown }>): string =>
  [name, code, status].filter((part) => part !== null).join(' ')
