import type { RepositoryProvider } from 'torii-core'
import type { Background } from '../../base/background.js'
import { createBackground } from '../../base/background.js'
import type { MailQueue } from '../../mail/mail-queue.js'
import { createMailQueue } from '../../mail/mail-queue.js'
import type { PasswordHashing } from '../../password-hashing/hashing.js'
import { createPasswordHashing } from '../../password-hashing/hashing.js'
import type { PasswordValidator } from '../../password-policy/password-validator.js'
import { createPasswordValidator } from '../../password-policy/password-validator.js'
import { recordAfterResponse } from '../effects/audit.js'
import type { EventSink } from '../effects/event-sink.js'
import { createEventSink } from '../effects/event-sink.js'
import { emitNewSignIns } from '../effects/new-sign-in.js'
import type { RunWithEffects } from '../effects/run-with-effects.js'
import { createRunWithEffects } from '../effects/run-with-effects.js'
import type { Hooks } from '../options/hooks.js'
import type { ResolvedOptions } from '../options/options.js'

/** What an act needs that neither charges, hashes, sends nor asks anybody: it works in any transaction. */
export interface OperationContext<Metadata extends object> {
  readonly options: ResolvedOptions
  /** Every write goes through it, so that audit, hook, events and mail share its fate. */
  readonly runWithEffects: RunWithEffects<Metadata>
}

/** What every service is made with. */
export interface ServiceContext<Metadata extends object> extends OperationContext<Metadata> {
  /** For what reads, and for what counts attempts, which never happens in a caller's transaction. */
  readonly storage: RepositoryProvider<Metadata>
  /** Shared by all services of one Torii: its queue only bounds what passes through it. */
  readonly hashing: PasswordHashing
  /** Judges every new password. */
  readonly validatePassword: PasswordValidator
  /**
   * Tells what needed no commit: a refusal, or something that `storage` did in one statement of its own. The
   * audit trail, where it is on, gets it after the answer.
   */
  readonly emit: EventSink
  /** Tells what has been committed, its part of the audit trail with it. */
  readonly emitCommitted: EventSink
  /** Work that goes on after the answer. */
  readonly background: Background
  /** Mail on its way out; null where nothing can be mailed. */
  readonly mailQueue: MailQueue | null
}

/** The context of one Torii. */
export function createContext<Metadata extends object>(
  storage: RepositoryProvider<Metadata>,
  options: ResolvedOptions,
  hooks: Hooks<Metadata>,
): ServiceContext<Metadata> {
  const mailQueue = openMailQueue(options)
  const background = createBackground(options.keepAlive, options.log)
  const told = createEventSink(options.onEvent, mailQueue)
  const emitCommitted = emitNewSignIns(storage, options, background, told)
  return {
    options,
    storage,
    hashing: createPasswordHashing(options),
    validatePassword: createPasswordValidator(options),
    runWithEffects: createRunWithEffects(storage, { audit: options.audit, hooks }, emitCommitted),
    emit: recordAfterResponse(storage, options.audit, background, emitCommitted),
    emitCommitted,
    background,
    mailQueue,
  }
}

function openMailQueue({
  mailer,
  mail,
  baseUrl,
  keepAlive,
  log,
}: ResolvedOptions): MailQueue | null {
  if (mailer === null) return null
  const { appName, messages, newSignIns: _, ...options } = mail
  const app = { name: appName, url: baseUrl.origin }
  return createMailQueue({ mailer, app, messages, options, keepAlive, log })
}
