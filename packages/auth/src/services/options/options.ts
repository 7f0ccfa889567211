import type { Json, User } from 'torii-core'
import { InvalidOptionsError } from 'torii-core'
import type { KeepAlive } from '../../base/background.js'
import type { BaseUrl } from '../../base/base-url.js'
import { resolveBaseUrl } from '../../base/base-url.js'
import { ignoreErrors } from '../../base/ignore-errors.js'
import { onceAMinute } from '../../base/once-a-minute.js'
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
import type { CookieOptions, ResolvedCookieOptions } from './cookie.js'
import { resolveCookie } from './cookie.js'
import { defaults } from './defaults.js'
import type { EmailOptions } from './email.js'
import { resolveEmail } from './email.js'
import type { Hooks } from './hooks.js'
import type { ImportedSessionOptions, ImportedSessionOptionsInput } from './imported-sessions.js'
import { resolveImportedSessions } from './imported-sessions.js'
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
import type { Profile } from './profile.js'
import { checkProfile, resolveProfile, withProfile } from './profile.js'
import type { SecondFactorOptions } from './second-factor.js'
import { resolveSecondFactor } from './second-factor.js'
import type { SessionOptions } from './session.js'
import { resolveSession } from './session.js'
import type { ResolvedSignUp, SignUpOptions } from './sign-up.js'
import { resolveSignUp } from './sign-up.js'
import { writeToStderr } from './stderr-log.js'
import { resolveTrustedOrigins } from './trusted-origins.js'

/**
 * The options of `new Torii(storage, options)`. Only `baseUrl` is required. `Fields` is what the schema of `signUp.fields`
 * returns.
 */
export interface ToriiOptions<Metadata extends object = Record<string, Json>, Fields = unknown> {
  /**
   * The URL of the application for browsers, for example `https://app.example`: https, or http for localhost, 127.0.0.1
   * or [::1]; no path. It is never taken from a request's Host header.
   */
  baseUrl: string
  /**
   * The path under which all of Torii's routes are, also in links of mails, cookies and the redirect URIs of
   * OAuth providers (default: `/auth`). It starts with one slash and ends without one, like `/api/sign-in`.
   */
  basePath?: string
  /**
   * The exact origins of other pages that act for your users: they pass the Origin rule, and read responses by CORS (default:
   * none, only the pages of `baseUrl`). A script on such a page can do whatever its user can: docs/two-origins.md.
   */
  trustedOrigins?: readonly string[]
  /**
   * `aal2` sets the lifetimes, factors and sign-in methods of authentication assurance level 2 of NIST SP 800-63B-4, and refuses
   * options that fall short of it: docs/levels.md has each with its source (default: none).
   */
  profile?: Profile
  cookie?: Partial<CookieOptions>
  /**
   * The application's secret keys: the first is used for new values, all of them for existing ones. To rotate, add the
   * new key at the end and deploy everywhere, then move it to the front. Optional until a feature needs them, such as
   * passkeys or OAuth providers.
   */
  keys?: readonly ApplicationKey[]
  session?: Partial<SessionOptions>
  /**
   * The cookies of another system, whose imported sessions go on: the first request with such a cookie opens a session here. Needs
   * the option `keys` (default: none).
   */
  importedSessions?: ImportedSessionOptionsInput
  signUp?: SignUpOptions<Metadata, Fields>
  password?: Partial<Omit<PasswordOptions, 'hashing'>> & { hashing?: Partial<HashingOptions> }
  email?: Partial<EmailOptions>
  passkey?: Partial<PasskeyOptions>
  secondFactor?: Partial<SecondFactorOptions>
  oauth?: OAuthOptionsInput
  /** Short-lived tokens for services without access to the database (default: off). */
  jwt?: JwtOptionsInput
  bruteForce?: {
    readonly [Name in keyof BruteForcePolicies]?: Partial<Omit<BruteForcePolicies[Name], 'refill'>>
  }
  /** False: magic links and their codes are off, and a mailbox is no sign-in method (default: on where there is a mailer). */
  magicLink?: Partial<MagicLinkOptions> | false
  /** Delivers mail: `smtpMailer`, `fileMailer` or your own. Without a mailer, features that need mail are off. */
  mailer?: Mailer
  mail?: MailOptionsInput
  /**
   * Whether sign-in by password requires a verified email address (default: true with a mailer, otherwise false). True
   * needs a mailer.
   */
  requireVerifiedEmail?: boolean
  /**
   * What a browser may see of a user's metadata, for example `({ role }) => ({ role })`: the member `metadata` of the user
   * in HTTP responses (default: none). Keep it small, and free of what the user must not read. If the function throws, or
   * returns something other than a JSON object, the response is 500 and the log names this option.
   */
  publicMetadata?(metadata: Metadata, user: User<Metadata>): { readonly [name: string]: Json }
  /** Records events in the table `audit_events`, in the commit of their operation (default: off). */
  audit?: boolean | Partial<AuditOptions>
  hooks?: Hooks<Metadata, Fields>
  /** Receives events after their commit: what has happened cannot be refused any more. Its errors are logged (default: none). */
  onEvent?: EventHandler
  /** `waitUntil` of a serverless platform, so that mail is sent after the response (default: none). */
  keepAlive?: KeepAlive
  /**
   * Receives log events for administrators (default: one line each on stderr, except `busy`). Null turns the log off.
   */
  log?: Log | null
}

/** The options after validation: complete and frozen. */
export interface ResolvedOptions {
  readonly baseUrl: BaseUrl
  readonly basePath: string
  readonly trustedOrigins: readonly string[]
  /** Null without a profile. */
  readonly profile: Profile | null
  readonly cookie: ResolvedCookieOptions
  readonly keys: KeyRing
  readonly session: SessionOptions
  /** Null if the option is absent. */
  readonly importedSessions: ImportedSessionOptions | null
  readonly signUp: ResolvedSignUp
  readonly password: PasswordOptions
  /** Null if magic links are off. */
  readonly magicLink: MagicLinkOptions | null
  readonly email: EmailOptions
  readonly passkey: PasskeyOptions
  readonly secondFactor: SecondFactorOptions
  readonly oauth: OAuthOptions
  /** Null if the option is absent. */
  readonly jwt: JwtOptions | null
  readonly bruteForce: BruteForcePolicies
  /** Null without a mailer. */
  readonly mailer: Mailer | null
  readonly mail: MailOptions
  readonly requireVerifiedEmail: boolean
  /** Null if browsers see no metadata. */
  readonly publicMetadata: PublicMetadata | null
  /** Null if the audit trail is off. */
  readonly audit: AuditOptions | null
  readonly onEvent: (event: ToriiEvent) => void
  readonly keepAlive: KeepAlive | null
  readonly log: (event: LogEvent) => void
}

/** The option `publicMetadata`, without the application's type of the metadata. */
export type PublicMetadata = (
  metadata: object,
  user: User<object>,
) => { readonly [name: string]: Json }

/** The names of {@link ToriiOptions}. Any other name is refused: a misspelled limit would be no limit. */
const names: readonly (keyof ToriiOptions)[] = [
  'baseUrl',
  'basePath',
  'trustedOrigins',
  'profile',
  'cookie',
  'keys',
  'session',
  'importedSessions',
  'signUp',
  'password',
  'magicLink',
  'email',
  'passkey',
  'secondFactor',
  'oauth',
  'jwt',
  'bruteForce',
  'mailer',
  'mail',
  'requireVerifiedEmail',
  'publicMetadata',
  'audit',
  'hooks',
  'onEvent',
  'keepAlive',
  'log',
]

/** The paths of nested options, to suggest one that was given outside its section. */
const nestedNames = Object.entries({
  ...defaults,
  mail: { ...defaults.mail, appName: '' },
}).flatMap(([section, value]) =>
  typeof value === 'object' ? Object.keys(value).map((name) => `${section}.${name}`) : [],
)

/**
 * Validates the options and adds the defaults.
 * @throws InvalidOptionsError with the first option that is unknown, out of range or contradicts another
 */
export function resolveOptions(options: ToriiOptions<object>): ResolvedOptions {
  const own = readSection(options ?? null, '', names, nestedNames)
  const profile = resolveProfile(own.profile)
  const given = withProfile(own, profile)
  const baseUrl = resolveBaseUrl(given.baseUrl)
  const keys = resolveKeys(given.keys)
  const mailer = resolveMailer(given.mailer)
  const trustedOrigins = resolveTrustedOrigins(given.trustedOrigins)
  const oauth = resolveOAuth(given.oauth, keys)
  const log = ignoreErrors(resolveLog(given.log))
  const requireVerifiedEmail = resolveRequireVerifiedEmail(given.requireVerifiedEmail, mailer)
  const resolved = Object.freeze({
    baseUrl,
    basePath: resolveBasePath(given.basePath, defaults.basePath),
    trustedOrigins,
    profile,
    cookie: resolveCookie(given.cookie, baseUrl, { hasProviders: oauth.providers.length > 0 }),
    keys,
    session: resolveSession(given.session),
    importedSessions: resolveImportedSessions(given.importedSessions, {
      keys,
      profile,
      secure: baseUrl.secure,
    }),
    signUp: resolveSignUp(given.signUp),
    password: resolvePassword(given.password, keys),
    magicLink: resolveMagicLink(given.magicLink, keys),
    email: resolveEmail(given.email),
    passkey: resolvePasskey(given.passkey, { baseUrl, trustedOrigins, keys }),
    secondFactor: resolveSecondFactor(given.secondFactor, {
      keys,
      mailer,
      requireVerifiedEmail,
      profile,
    }),
    oauth,
    jwt: resolveJwt(given.jwt),
    bruteForce: resolveBruteForce(given.bruteForce),
    mailer,
    mail: resolveMail(given.mail, baseUrl),
    requireVerifiedEmail,
    publicMetadata: readFunction<PublicMetadata>(given.publicMetadata, 'publicMetadata') ?? null,
    audit: resolveAudit(given.audit),
    onEvent: resolveOnEvent(given.onEvent, log),
    keepAlive: readFunction<KeepAlive>(given.keepAlive, 'keepAlive') ?? null,
    log,
  })
  checkProfile(profile, resolved)
  return resolved
}

/** A handler that fails breaks nothing, since its event has happened. */
function resolveOnEvent(value: unknown, log: (event: LogEvent) => void) {
  const logFailure = onceAMinute<{ type: ToriiEvent['type']; error: unknown }>((count, failure) =>
    log({ level: 'warn', event: 'event_handler_failed', ...failure, count }),
  )
  return ignoreErrors(readFunction<EventHandler>(value, 'onEvent'), (error, { type }) =>
    logFailure({ type, error }),
  )
}

const resolveLog = (value: unknown): Log | undefined =>
  value === null ? undefined : (readFunction<Log>(value, 'log') ?? writeToStderr)

function resolveRequireVerifiedEmail(value: unknown, mailer: Mailer | null): boolean {
  const required = readBoolean(value, 'requireVerifiedEmail', mailer !== null)
  if (required && mailer === null)
    throw new InvalidOptionsError(
      'requireVerifiedEmail',
      'needs the option mailer: without it no user could verify an email address and sign in',
    )
  return required
}
