import type {
  CallerTransaction,
  Json,
  RepositoryProvider,
  StorageHealth,
  StorageTransaction,
  UserId,
} from 'torii-core'
import { diagnosticsChannels, requireNode, requireSameCore, traceMethods } from 'torii-core'
import type { Background } from './base/background.js'
import { readEmail } from './base/email-input.js'
import type { Repeating } from './base/repeating.js'
import { repeat } from './base/repeating.js'
import type { RequestInfo } from './base/request-info.js'
import { readRequestInfo } from './base/request-info.js'
import { waitAtMost } from './base/wait-at-most.js'
import { requireStorage } from './base/wrong-place.js'
import { parseSessionToken } from './crypto/session-token.js'
import type { CommittableTorii, TransactionalTorii } from './in-transaction.js'
import { createTransactionalTorii } from './in-transaction.js'
import type { MailQueue } from './mail/mail-queue.js'
import { nextDeviceCookie } from './rate-limits/known-browsers.js'
import type { AdminService } from './services/admin/admin.js'
import { createAdminService } from './services/admin/admin.js'
import { createContext } from './services/context/context.js'
import type { EventSink } from './services/effects/event-sink.js'
import type { EmailService } from './services/email/email.js'
import { createEmailService } from './services/email/email.js'
import type { JwtService } from './services/jwt/jwt.js'
import { createJwtService } from './services/jwt/jwt.js'
import type { LinkService } from './services/links/links.js'
import { createLinkService } from './services/links/links.js'
import type { MagicLinkService } from './services/magic-link/magic-link.js'
import { createMagicLinkService } from './services/magic-link/magic-link.js'
import type { OAuthService } from './services/oauth/oauth.js'
import { createOAuthService } from './services/oauth/oauth.js'
import type { Hooks } from './services/options/hooks.js'
import { resolveHooks } from './services/options/hooks.js'
import type { ResolvedOptions, ToriiOptions } from './services/options/options.js'
import { resolveOptions } from './services/options/options.js'
import type { SweepingOptions } from './services/options/sweeping.js'
import { resolveSweeping } from './services/options/sweeping.js'
import type { PasskeyService } from './services/passkey/passkey.js'
import { createPasskeyService } from './services/passkey/passkey.js'
import type { PasswordService } from './services/password/password.js'
import { createPasswordService } from './services/password/password.js'
import type { SecondFactorService } from './services/second-factors/second-factors.js'
import { createSecondFactorService } from './services/second-factors/second-factors.js'
import type { SessionService } from './services/sessions/sessions.js'
import { createSessionService } from './services/sessions/sessions.js'
import { nextTrustedCookie } from './services/sessions/trusted-cookie.js'
import type { SignedIn } from './services/sign-in.js'
import type { UserService } from './services/users/users.js'
import { createUserService } from './services/users/users.js'

/**
 * Authentication for one storage. `Metadata` is the type of the application's own data on a user, and `Fields` that of
 * the fields that its schema `signUp.fields` returns; both are inferred. Create one per process and share it, since it limits
 * how many passwords are hashed at once.
 *
 * ```ts
 * const torii = new Torii(storage, { baseUrl: 'https://app.example' })
 * ```
 */
export class Torii<Metadata extends object = Record<string, Json>, Fields = unknown> {
  /** The validated options with defaults. */
  readonly options: ResolvedOptions
  readonly admin: AdminService<Metadata>
  readonly password: PasswordService<Metadata>
  readonly email: EmailService<Metadata>
  readonly passkey: PasskeyService<Metadata>
  readonly oauth: OAuthService<Metadata>
  readonly secondFactors: SecondFactorService<Metadata>
  readonly sessions: SessionService<Metadata>
  readonly links: LinkService
  readonly jwt: JwtService<Metadata>
  readonly users: UserService<Metadata>
  readonly magicLink: MagicLinkService<Metadata>
  readonly #storage: Pick<RepositoryProvider, 'healthCheck' | 'sweepIfDue'>
  readonly #hooks: Hooks<Metadata>
  readonly #background: Background
  readonly #mailQueue: MailQueue | null
  readonly #emit: EventSink
  #sweeping: Repeating | null = null
  #isShutDown = false

  /** @throws InvalidOptionsError with the name of the option */
  constructor(storage: RepositoryProvider<Metadata>, options: ToriiOptions<Metadata, Fields>) {
    requireNode()
    requireSameCore(storage)
    requireStorage(storage)
    this.options = resolveOptions(options)
    this.#storage = storage
    this.#hooks = resolveHooks(options.hooks)
    const context = createContext(storage, this.options, this.#hooks)
    this.#background = context.background
    this.#mailQueue = context.mailQueue
    this.#emit = context.emitCommitted
    this.admin = traced('admin', createAdminService(context))
    this.password = traced('password', createPasswordService(context))
    this.email = traced('email', createEmailService(context))
    this.oauth = traced('oauth', createOAuthService(context))
    this.passkey = traced('passkey', createPasskeyService(context))
    this.secondFactors = traced('secondFactors', createSecondFactorService(context))
    this.sessions = traced('sessions', createSessionService(context))
    this.jwt = traced('jwt', createJwtService(this.options))
    this.links = traced('links', createLinkService(context))
    this.users = traced('users', createUserService(context))
    this.magicLink = traced('magicLink', createMagicLinkService(context))
    if (this.options.keys.isEmpty) this.options.log({ level: 'warn', event: 'known_browsers_off' })
  }

  /**
   * Returns Torii for a transaction of the application, so that the rows of both commit together.
   *
   * ```ts
   * await storage.transaction(async (tx) => {
   *   const registered = await torii.with(tx).password.register(prepared)
   *   if (registered.ok)
   *     await tx.query('insert into customers (user_id) values ($1)', [registered.user.id])
   * })
   * ```
   *
   * With `storage.withClient(client)` the application commits the transaction itself, and then calls `committed()`.
   */
  with(tx: StorageTransaction<Metadata>): TransactionalTorii<Metadata>
  with(tx: CallerTransaction<Metadata>): CommittableTorii<Metadata>
  with(
    tx: StorageTransaction<Metadata> | CallerTransaction<Metadata>,
  ): TransactionalTorii<Metadata> {
    return createTransactionalTorii(tx, this.options, this.#hooks, this.#emit)
  }

  /**
   * Returns the device cookie for a browser that has just signed in to the account with this email address, or reset its
   * password; null without the option `keys`. After a sign-in pass the user's id too: then codes of a second factor are counted by
   * the browser as well. Set it for 180 days with HttpOnly, Secure and SameSite=Lax, and pass it as
   * `requestInfo.deviceCookie` from then on. The HTTP handler does both.
   * @throws InvalidInputError for an invalid email address
   */
  deviceCookie(email: string, requestInfo: RequestInfo, userId?: UserId): string | null {
    const { deviceCookie } = readRequestInfo(requestInfo)
    const { emailKey } = readEmail(email)
    return nextDeviceCookie(this.options.keys, deviceCookie, emailKey, userId)
  }

  /**
   * Returns the trusted-browser cookie after a sign-in of a service; null where the browser's cookie stays as it is. Every sign-in by
   * a trusted browser replaces it. Set it for `secondFactor.trustedBrowsers.days` with HttpOnly, Secure and SameSite=Lax, and pass it
   * as `requestInfo.trustedCookie` from then on. The HTTP handler does both.
   */
  trustedCookie(
    { user, session, token, trustsBrowser = false }: SignedIn<object>,
    requestInfo: RequestInfo,
  ): string | null {
    const key = parseSessionToken(token.reveal())
    if (key === null) return null
    const { secretHash } = key
    const opened = { userId: user.id, session, secretHash, isNewlyTrusted: trustsBrowser }
    return nextTrustedCookie(this.options, readRequestInfo(requestInfo), opened)
  }

  /** Checks the storage. Never throws because of a problem: the result describes it. */
  health(): Promise<StorageHealth> {
    return this.#storage.healthCheck()
  }

  /**
   * Waits for work after responses, such as mail, however long a mail server is away. For tests and for jobs; a server
   * calls {@link shutdown}.
   */
  async settled(): Promise<void> {
    // Background work may send mail, but mail starts no background work.
    await this.#background.settled()
    await this.#mailQueue?.settled()
  }

  /**
   * Deletes expired rows now and then, in the background. Call it in every process: the database lets one of them sweep at
   * a time. It keeps no process alive, and {@link shutdown} ends it. A second call replaces the options of the first.
   * @throws InvalidOptionsError
   */
  startSweeping(options: SweepingOptions = {}): void {
    const sweep = resolveSweeping(options, this.options)
    if (this.#isShutDown) return
    void this.#sweeping?.stop()
    this.#sweeping = repeat(
      sweep.everySeconds,
      (signal) => this.#storage.sweepIfDue({ ...sweep, signal }),
      (error) => this.options.log({ level: 'warn', event: 'sweep_failed', error }),
    )
  }

  /**
   * Ends the work after responses and the sweeping; call it on SIGTERM, after the last response. Waits for it, at most
   * `mail.shutdownSeconds`. Mail that is unsent by then is logged as a count by message type, and its allowance is given
   * back, so a new request sends mail again.
   */
  async shutdown(): Promise<void> {
    this.#isShutDown = true
    const work = Promise.all([this.#background.settled(), this.#sweeping?.stop()])
    if (this.#mailQueue !== null) return this.#mailQueue.shutdown(work)
    await waitAtMost(this.options.mail.shutdownSeconds * 1000, work)
  }
}

/** The service, each of whose calls is published as `service.method` on the channel `torii.auth.operation`. */
const traced = <Service extends object>(name: string, service: Service): Service =>
  traceMethods(diagnosticsChannels.authOperation, name, service)
