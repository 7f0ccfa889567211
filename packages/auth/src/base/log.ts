import type { SessionId, UserId } from 'torii-core'
import type { MailFault } from '../mail/fault.js'
import type { MessageKind } from '../mail/message.js'
import type { ProviderProblem } from '../oauth-client/provider-failure.js'

/**
 * Something an operator may want to know. Holds names, ids and codes; never a password, a token, a
 * hash or an address. `error` is what was thrown, for the stack trace: it goes to the log only,
 * never into an answer.
 */
export type LogEvent =
  /** A session was read, but its last use could not be noted. The read itself succeeded. */
  | { level: 'warn'; event: 'session_touch_failed'; sessionId: SessionId; error: unknown }
  /** A stored hash has a form or a cost that is never computed. It counts as a wrong password. */
  | { level: 'warn'; event: 'stored_hash_refused'; userId: UserId }
  /** The password was right, but could not be hashed again under today's parameters. */
  | { level: 'warn'; event: 'rehash_failed'; userId: UserId; error: unknown }
  /** A provider could not be asked, or answered what it must not. Nothing of its answer but a code is told. */
  | {
      level: 'warn'
      event: 'provider_failed'
      provider: string
      problem: ProviderProblem
      detail: string | null
    }
  /** Something that was to happen after the answer failed; `task` says what. */
  | { level: 'warn'; event: 'background_task_failed'; task: string; error: unknown }
  /** The hook for breached passwords failed, was late, or too busy. The password was taken without it. */
  | { level: 'warn'; event: 'breached_check_failed'; error: unknown }
  /** A stored hash is peppered under a key that is not in `keys`. It counts as a wrong password. */
  | { level: 'error'; event: 'pepper_key_missing'; userId: UserId; keyId: string }
  /** A verifier of imported hashes threw. It counts as a wrong password. */
  | { level: 'error'; event: 'legacy_verifier_failed'; userId: UserId; error: unknown }
  /** Somebody signed in, but the session that the browser held before could not be ended. */
  | { level: 'warn'; event: 'former_session_not_ended'; error: unknown }
  /** A message could not be written or delivered; `attempts` is 0 when it could not be written. */
  | {
      level: 'error'
      event: 'mail_failed'
      kind: MessageKind
      id: string
      attempts: number
      fault: MailFault
    }
  /** Too many messages were waiting already. */
  | { level: 'error'; event: 'mail_dropped'; kind: MessageKind }
  /** A request was answered with a status of 500 or above. `route` is the pattern, not the path. */
  | { level: 'error'; event: 'request_failed'; route: string; status: number; error: unknown }

/** Receives log events. What it throws or rejects with is dropped: a log hook breaks nothing. */
export type Log = (event: LogEvent) => unknown
