import type { Json, RateLimitPolicy } from 'torii-core'
import { InvalidOptionsError } from 'torii-core'
import type { KeepAlive } from '../../base/background.js'
import type { BaseUrl } from '../../base/base-url.js'
import { resolveBaseUrl } from '../../base/base-url.js'
import { ignoreErrors } from '../../base/ignore-errors.js'
import { readBoolean, readFunction, readSection } from '../../base/option-checks.js'
import { resolveBasePath } from '../../base/paths.js'
import type { ApplicationKey, KeyRing } from '../../crypto/key-ring.js'
import { resolveKeys } from '../../crypto/key-ring.js'
import type { EventHandler, ToriiEvent } from '../../events/event.js'
import type { Mailer } from '../../mail/message.js'
import type { HashingOptions } from '../../password-hashing/hashing.js'
import type { BruteForcePolicies } from '../../rate-limits/rate-limits.js'
import type { AuditOptions } from './audit.js'
import { resolveAudit } from './audit.js'
import { resolveBruteForce } from './brute-force.js'
import { defaults } from './defaults.js'
import type { EmailOptions } from './email.js'
import { resolveEmail } from './email.js'
import type { Hooks } from './hooks.js'
import type { JwtOptions, JwtOptionsInput } from './jwt.js'
import { resolveJwt } from './jwt.js'
import type { Log, LogEvent } from './log.js'
import type { MagicLinkOptions } from './magic-link.js'
import { resolveMagicLink } from './magic-link.js'
import type { MailOptions, MailOptionsInput } from './mail.js'
import { resolveMail, resolveMailer } from './mail.js'
import type { OAuthOptions, OAuthOptionsInput } from './oauth.js'
import { resolveOAuth } from './oauth.js'
import type { PasskeyOptions } from './passkey.js'
import { resolvePasskey } from './passkey.js'
import type { PasswordOptions } from './password.js'
import { resolvePassword } from './password.js'
import type { SessionOptions } from './session.js'
import { resolveSession } from './session.js'

/** What `new Torii(storage, options)` takes. Only `baseUrl` has no default. */
export interface ToriiOptions<Metadata extends object = Record<string, Json>> {
  /**
   * Where browsers reach the application, for example `https://app.example`: https, or http on
   * localhost, 127.0.0.1 or [::1]; no path. Never taken from a request's Host header.
   */
  baseUrl: string
  /**
   * The path under which all of Torii's routes are, also in mailed links, cookies and the redirect URIs of
   * OAuth providers (default: `/auth`). It starts with one slash and ends without one, like `/api/sign-in`.
   */
  basePath?: string
  /**
   * The application's secrets: the first one writes, all of them read. To rotate, add the new one at the
   * end and deploy everywhere, then move it to the front. May be absent until something needs it,
   * such as keeping provider tokens.
   */
  keys?: readonly ApplicationKey[]
  session?: Partial<SessionOptions>
  password?: Partial<Omit<PasswordOptions, 'hashing'>> & { hashing?: Partial<HashingOptions> }
  email?: Partial<EmailOptions>
  passkey?: Partial<PasskeyOptions>
  oauth?: OAuthOptionsInput
  /** Short-lived tokens for services that cannot ask the database (default: none are made). */
  jwt?: JwtOptionsInput
  bruteForce?: { readonly [Name in keyof BruteForcePolicies]?: Partial<RateLimitPolicy> }
  magicLink?: Partial<MagicLinkOptions>
  /** Delivers mail: `smtpMailer`, `fileMailer` or your own. Without one nothing that needs a mail is offered. */
  mailer?: Mailer
  mail?: MailOptionsInput
  /**
   * Whether an address that nobody proved to own signs in no one by password (default: whether there is a
   * mailer). True needs a mailer.
   */
  requireVerifiedEmail?: boolean
  /** Keeps what happens in `audit_events`, in the commit of the act itself (default: not kept). */
  audit?: boolean | Partial<AuditOptions>
  hooks?: Hooks<Metadata>
  /** Receives what happened, after its commit (default: nobody). */
  onEvent?: EventHandler
  /** `waitUntil` of a serverless platform, so that mail still goes out after the answer (default: not needed). */
  keepAlive?: KeepAlive
  /** Receives what an operator may want to know (default: silent). */
  log?: Log
}

/** The options as the services take them: complete, checked, frozen. */
export interface ResolvedOptions {
  readonly baseUrl: BaseUrl
  readonly basePath: string
  readonly keys: KeyRing
  readonly session: SessionOptions
  readonly password: PasswordOptions
  readonly magicLink: MagicLinkOptions
  readonly email: EmailOptions
  readonly passkey: PasskeyOptions
  readonly oauth: OAuthOptions
  /** Null where none are made. */
  readonly jwt: JwtOptions | null
  readonly bruteForce: BruteForcePolicies
  /** Null where nothing can be mailed. */
  readonly mailer: Mailer | null
  readonly mail: MailOptions
  readonly requireVerifiedEmail: boolean
  /** Null when nothing is kept. */
  readonly audit: AuditOptions | null
  readonly onEvent: (event: ToriiEvent) => void
  readonly keepAlive: KeepAlive | null
  readonly log: (event: LogEvent) => void
}

/** Every name of {@link ToriiOptions}; another is refused, since a misspelt limit would be no limit. */
const names: readonly (keyof ToriiOptions)[] = [
  'baseUrl',
  'basePath',
  'keys',
  'session',
  'password',
  'magicLink',
  'email',
  'passkey',
  'oauth',
  'jwt',
  'bruteForce',
  'mailer',
  'mail',
  'requireVerifiedEmail',
  'audit',
  'hooks',
  'onEvent',
  'keepAlive',
  'log',
]

/**
 * Completes and checks the options.
 * @throws InvalidOptionsError naming the first option that is unknown, out of range or contradicts another
 */
export function resolveOptions(options: ToriiOptions<never>): ResolvedOptions {
  const given = readSection(options ?? null, '', names)
  const baseUrl = resolveBaseUrl(given.baseUrl)
  const keys = resolveKeys(given.keys)
  const mailer = resolveMailer(given.mailer)
  return Object.freeze({
    baseUrl,
    basePath: resolveBasePath(given.basePath, defaults.basePath),
    keys,
    session: resolveSession(given.session),
    password: resolvePassword(given.password, keys),
    magicLink: resolveMagicLink(given.magicLink, keys),
    email: resolveEmail(given.email),
    passkey: resolvePasskey(given.passkey, baseUrl, keys),
    oauth: resolveOAuth(given.oauth, keys),
    jwt: resolveJwt(given.jwt),
    bruteForce: resolveBruteForce(given.bruteForce),
    mailer,
    mail: resolveMail(given.mail, baseUrl),
    requireVerifiedEmail: resolveRequireVerifiedEmail(given.requireVerifiedEmail, mailer),
    audit: resolveAudit(given.audit),
    onEvent: ignoreErrors(readFunction<EventHandler>(given.onEvent, 'onEvent')),
    keepAlive: readFunction<KeepAlive>(given.keepAlive, 'keepAlive') ?? null,
    log: ignoreErrors(readFunction<Log>(given.log, 'log')),
  })
}

function resolveRequireVerifiedEmail(value: unknown, mailer: Mailer | null): boolean {
  const required = readBoolean(value, 'requireVerifiedEmail', mailer !== null)
  if (required && mailer === null)
    throw new InvalidOptionsError(
      'requireVerifiedEmail',
      'needs a mailer: without one nobody could ever verify an address and sign in',
    )
  return required
}
