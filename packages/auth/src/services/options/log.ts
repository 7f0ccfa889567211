import type { SessionId, UserId } from 'torii-core'
import type { BackgroundLogEvent } from '../../base/background.js'
import type { EventType } from '../../events/event.js'
import type { MailLogEvent } from '../../mail/mail-queue.js'
import type { ProviderLogEvent } from '../../oauth-client/provider-failure.js'
import type { ImportedPasswordLogEvent } from '../../password-hashing/imported-password.js'
import type { HashingLogEvent } from '../../password-hashing/stored-hash.js'
import type { BreachLogEvent } from '../../password-policy/breach-lookup.js'

/**
 * An event that an administrator may want to know of. It holds names, ids and codes; never a password, a token, a
 * hash or an email address. `error` is the thrown value, for its stack trace: it goes to the log only, never into a
 * response.
 */
export type LogEvent =
  | BackgroundLogEvent
  | MailLogEvent
  | ProviderLogEvent
  | HashingLogEvent
  | ImportedPasswordLogEvent
  | BreachLogEvent
  | ServiceLogEvent
  | HttpLogEvent

/** Logged by the services. */
export type ServiceLogEvent =
  /** A session was read, but its last use could not be recorded. The read itself succeeded. */
  | { level: 'warn'; event: 'session_touch_failed'; sessionId: SessionId; error: unknown }
  /** The password was right, but could not be rehashed under the current parameters. */
  | { level: 'warn'; event: 'rehash_failed'; userId: UserId; error: unknown }
  /**
   * A passkey was refused because of the page that used it: its origin or its RP ID is not the expected one. `origin` is the
   * page's, and `topOrigin` that of the page around it. At most one line a minute; `count` refusals since the last one.
   */
  | {
      level: 'warn'
      event: 'passkey_origin_refused'
      problem: 'origin' | 'cross_origin' | 'rp_id'
      origin: string
      topOrigin: string | null
      expectedOrigins: readonly string[]
      rpId: string
      count: number
    }
  /**
   * `onEvent` threw or rejected; the event itself has happened. At most one line a minute, with the last event's type;
   * `count` failures since the last line.
   */
  | {
      level: 'warn'
      event: 'event_handler_failed'
      type: EventType
      count: number
      error: unknown
    }
  /** A sweep of `startSweeping` failed. It is repeated. */
  | { level: 'warn'; event: 'sweep_failed'; error: unknown }

/** Logged by the HTTP handler. */
export type HttpLogEvent =
  /** A user signed in, but the session that the browser held before could not be ended. */
  | { level: 'warn'; event: 'former_session_not_ended'; error: unknown }
  /** Torii was created without the option `keys`, so it knows no browsers: strangers' guesses also lock the owner. */
  | { level: 'warn'; event: 'known_browsers_off' }
  /** A request came without an IP address. All strangers then share their rate limits. Logged once. */
  | { level: 'warn'; event: 'ip_address_unknown' }
  /**
   * The server has read a request's body before Torii, for example by `express.json()`, so requests with a body are refused with
   * 400. `route` is the pattern of the first one. Logged once.
   */
  | { level: 'warn'; event: 'body_already_read'; route: string }
  /** A request needed a feature that is off without this option. Logged once for each feature. */
  | { level: 'warn'; event: 'feature_not_enabled'; feature: string; option: string }
  /**
   * A page of another origin sent a request. `origin` is its Origin header, or null without one. At most one line a minute;
   * `count` refusals since the last one.
   */
  | {
      level: 'warn'
      event: 'origin_refused'
      origin: string | null
      expected: readonly string[]
      count: number
    }
  /**
   * Browsers count this origin of `trustedOrigins` as another site than `baseUrl`, so its pages have no cookies of Torii. Logged
   * once for each origin: at start if its domain says so, otherwise when a browser does.
   */
  | { level: 'warn'; event: 'trusted_origin_cross_site'; origin: string }
  /** The function `renderPage` threw, or left out a part of the page `page`; Torii showed its own page. */
  | { level: 'error'; event: 'page_renderer_failed'; page: string; error: unknown }
  /** So many requests were refused with 503 `busy` since the last such line. At most one line a minute. */
  | { level: 'warn'; event: 'busy'; count: number }
  /**
   * A request was answered with status 500 or above, but for `busy`. `route` is the pattern, not the path, or
   * `requireSession` for a route of the application.
   */
  | { level: 'error'; event: 'request_failed'; route: string; status: number; error: unknown }

/** Receives log events. Whatever it throws or rejects with is ignored: a log hook never breaks a request. */
export type Log = (event: LogEvent) => unknown
