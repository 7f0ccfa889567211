import type { ConnectionOptions } from 'node:tls'
import { InvalidOptionsError } from 'torii-core'
import type { Mailer } from './message.js'
import type { SenderOption } from './sender.js'
import { checkMessage, resolveSender } from './sender.js'
import { createSmtpThread } from './smtp-thread.js'
import type { SmtpSettings } from './smtp-transport.js'

/** The SMTP server and the sender. Pass `url`, or `host` with the options that it needs. */
export interface SmtpMailerOptions {
  /**
   * `smtps://user:password@host:465` (TLS from the start) or `smtp://user:password@host:587` (STARTTLS);
   * special characters of user and password percent-encoded. `?tls=optional` is the option `tls`.
   */
  readonly url?: string
  readonly host?: string
  /** Default: 465 when `secure`, else 587. */
  readonly port?: number
  /** TLS from the start (default: false, STARTTLS). */
  readonly secure?: boolean
  readonly user?: string
  readonly password?: string
  /**
   * `required` (default) never sends without TLS: anyone who reads a message in transit could sign in. `optional` is for
   * a server without TLS on your own network. On loopback, TLS is optional and certificates are not verified.
   */
  readonly tls?: 'required' | 'optional'
  /** Options for `tls.connect`, for example `{ ca }`. */
  readonly tlsOptions?: ConnectionOptions
  /** For example `Acme Books <no-reply@acme.example>`. */
  readonly from: SenderOption
  /** Seconds to wait for the connection, and again for the server's greeting (default: 10). */
  readonly connectSeconds?: number
  /** Seconds without data until the connection is given up (default: 30). */
  readonly idleSeconds?: number
}

/**
 * Creates a mailer that sends through an SMTP server. It needs the package nodemailer. Each message uses its own
 * connection, in a thread, so that its work delays no response. Rejects with nodemailer's error.
 * @throws InvalidOptionsError
 */
export function smtpMailer(options: SmtpMailerOptions): Mailer {
  const from = resolveSender(options.from)
  const server = resolveServer(options)
  const milliseconds = (value: number | undefined, otherwise: number, option: string) => {
    const seconds = value ?? otherwise
    if (!Number.isFinite(seconds) || seconds <= 0 || seconds > 600)
      throw new InvalidOptionsError(option, 'must be greater than 0 and at most 600 seconds')
    return seconds * 1000
  }
  const connectionTimeout = milliseconds(options.connectSeconds, 10, 'connectSeconds')
  const settings: SmtpSettings = {
    ...server,
    connectionTimeout,
    greetingTimeout: connectionTimeout,
    dnsTimeout: connectionTimeout,
    socketTimeout: milliseconds(options.idleSeconds, 30, 'idleSeconds'),
  }
  const transport = createSmtpThread(settings, from)
  return {
    async send(message, { signal } = {}) {
      checkMessage(message)
      await transport.send(message, signal)
    },
    async rehearse(message) {
      checkMessage(message)
      await transport.rehearse(message)
    },
  }
}

type Server = Omit<SmtpMailerOptions, 'url' | 'from'>

function resolveServer(options: SmtpMailerOptions) {
  const server: Server = options.url === undefined ? options : { ...options, ...readUrl(options) }
  const { host, port, secure = false, user, password, tlsOptions } = server
  if (typeof host !== 'string' || host === '')
    throw new InvalidOptionsError('url', 'is required unless host is set')
  const loopback = /^(?:localhost|127(?:\.\d+){3}|::1)$/.test(host)
  if (server.tls !== undefined && server.tls !== 'required' && server.tls !== 'optional')
    throw new InvalidOptionsError('tls', 'must be "required" or "optional"')
  return {
    host,
    port: port ?? (secure ? 465 : 587),
    secure,
    requireTLS: (server.tls ?? (loopback ? 'optional' : 'required')) === 'required',
    // Loopback traffic cannot be intercepted, and development servers use self-signed certificates.
    tls: {
      minVersion: 'TLSv1.2' as const,
      ...(loopback ? { rejectUnauthorized: false } : {}),
      ...tlsOptions,
    },
    ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
  }
}

/** Error messages never repeat the URL, since it contains the password. */
function readUrl(options: SmtpMailerOptions): Server {
  const { url: text, host, port, secure, user, password } = options
  if ([host, port, secure, user, password].some((value) => value !== undefined))
    throw new InvalidOptionsError(
      'url',
      'cannot be combined with host, port, secure, user or password: pass one or the other',
    )
  if (typeof text !== 'string' || !/^smtps?:\/\//i.test(text) || !URL.canParse(text))
    throw new InvalidOptionsError('url', 'must be like smtps://user:password@mail.example:465')
  const url = new URL(text)
  const { tls, ...unknown } = Object.fromEntries(url.searchParams)
  if (Object.keys(unknown).length > 0 || !/^\/?$/.test(url.pathname) || url.hash !== '')
    throw new InvalidOptionsError(
      'url',
      'accepts only the query parameter tls=optional, and no path or fragment',
    )
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    secure: url.protocol === 'smtps:',
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    ...(url.username === '' ? {} : readLogin(url)),
    // Validated with the other options.
    ...(tls === undefined ? {} : { tls: tls as 'optional' }),
  }
}

function readLogin({ username, password }: URL): { user: string; password: string } {
  try {
    return { user: decodeURIComponent(username), password: decodeURIComponent(password) }
  } catch {
    throw new InvalidOptionsError('url', 'must have its user and password percent-encoded')
  }
}
