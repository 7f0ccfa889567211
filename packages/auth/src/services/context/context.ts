import type { RateLimitKey, RateLimitRepository, RepositoryProvider } from 'torii-core'
import type { Background } from '../../base/background.js'
import { createBackground } from '../../base/background.js'
import { onceAMinute } from '../../base/once-a-minute.js'
import type { MailQueue } from '../../mail/mail-queue.js'
import { createMailQueue } from '../../mail/mail-queue.js'
import type { PasswordHashing } from '../../password-hashing/hashing.js'
import { createPasswordHashing } from '../../password-hashing/hashing.js'
import type { PasswordValidator } from '../../password-policy/password-validator.js'
import { createPasswordValidator } from '../../password-policy/password-validator.js'
import { recordAfterResponse } from '../effects/audit.js'
import type { EventSink } from '../effects/event-sink.js'
import { createEventSink } from '../effects/event-sink.js'
import { emitIncompleteSignIns } from '../effects/incomplete-sign-in.js'
import { emitNewSignIns } from '../effects/new-sign-in.js'
import type { RunWithEffects } from '../effects/run-with-effects.js'
import { createRunWithEffects } from '../effects/run-with-effects.js'
import type { Hooks } from '../options/hooks.js'
import type { ResolvedOptions } from '../options/options.js'
import type { BeforeHooks } from './before-hooks.js'
import { createBeforeHooks } from './before-hooks.js'

/**
 * The context of an operation that only writes to the database: no rate limit, hashing, mail or request to a provider.
 * It also works in a transaction of the application.
 */
export interface OperationContext<Metadata extends object> {
  readonly options: ResolvedOptions
  /** Runs every write, so that audit events, hook, events and mail are committed with it or not at all. */
  readonly runWithEffects: RunWithEffects<Metadata>
  /** Null in a transaction of the application, whose rollback would give what was counted back. */
  readonly counting: Counting | null
}

/** Counts operations against rate limits. */
export interface Counting {
  readonly rateLimits: RateLimitRepository
  /** Emits the refusals. */
  readonly emit: EventSink
}

/** The context of a service. */
export interface ServiceContext<Metadata extends object> extends OperationContext<Metadata> {
  readonly counting: Counting
  /** For reads, and for rate limits, which never run in a transaction of the application. */
  readonly storage: RepositoryProvider<Metadata>
  /** Runs the application's hooks before an operation. */
  readonly before: BeforeHooks
  /** Shared by all services of one Torii, since it limits how many passwords are hashed at once. */
  readonly hashing: PasswordHashing
  /** Validates every new password. */
  readonly validatePassword: PasswordValidator
  /**
   * Emits effects that need no commit: a refusal, or a write that `storage` ran as a separate statement. Their audit
   * events are recorded after the response.
   */
  readonly emit: EventSink
  /** Emits effects whose operation and audit events are committed. */
  readonly emitCommitted: EventSink
  /** Runs work after the response. */
  readonly background: Background
  /** The outgoing mail; null without a mailer. */
  readonly mailQueue: MailQueue | null
  /** Logs a passkey that was refused because of the page that used it. */
  readonly logPasskeyPage: (refused: RefusedPage) => void
}

/** The page of a refused passkey, as the browser reported it. */
export interface RefusedPage {
  readonly problem: 'origin' | 'cross_origin' | 'rp_id'
  readonly origin: string
  readonly topOrigin: string | null
}

/** Creates the context of one Torii. */
export function createContext<Metadata extends object>(
  storage: RepositoryProvider<Metadata>,
  options: ResolvedOptions,
  hooks: Hooks<Metadata>,
): ServiceContext<Metadata> {
  const mailQueue = openMailQueue(storage, options)
  const background = createBackground(options.keepAlive, options.log)
  const sink = createEventSink(options.onEvent, mailQueue)
  const emitIncomplete = emitIncompleteSignIns(storage, options, background, sink)
  const emitCommitted = emitNewSignIns(storage, options, background, emitIncomplete)
  const emit = recordAfterResponse(storage, options.audit, background, emitCommitted)
  return {
    options,
    storage,
    before: createBeforeHooks(hooks),
    hashing: createPasswordHashing(options),
    validatePassword: createPasswordValidator(options),
    runWithEffects: createRunWithEffects(storage, { audit: options.audit, hooks }, emitCommitted),
    counting: { rateLimits: storage.rateLimits, emit },
    emit,
    emitCommitted,
    background,
    mailQueue,
    logPasskeyPage: createPasskeyPageLog(options),
  }
}

function createPasskeyPageLog({ passkey, log }: ResolvedOptions): (refused: RefusedPage) => void {
  const { origins: expectedOrigins, rpId } = passkey
  return onceAMinute<RefusedPage>((count, refused) =>
    log({
      level: 'warn',
      event: 'passkey_origin_refused',
      ...refused,
      expectedOrigins,
      rpId,
      count,
    }),
  )
}

function openMailQueue(
  { rateLimits }: Pick<RepositoryProvider<object>, 'rateLimits'>,
  { mailer, mail, baseUrl, keepAlive, log }: ResolvedOptions,
): MailQueue | null {
  if (mailer === null) return null
  const { appName, messages, newSignIns: _, ...options } = mail
  const app = { name: appName, url: baseUrl.origin }
  const giveBack = (allowances: readonly RateLimitKey[]) => rateLimits.giveBack(allowances)
  const now = () => performance.now()
  return createMailQueue({ mailer, app, messages, options, keepAlive, log, now, giveBack })
}
