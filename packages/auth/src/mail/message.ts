/** The kinds of messages, which the header `X-Torii-Message` names. A published kind is never removed. */
export const messageKinds = Object.freeze([
  'magic_link',
  'verify_email',
  'reset_password',
  'change_email',
  'already_registered',
  'password_changed',
  'email_changed',
  'new_sign_in',
  'account_linked',
  'passkey_added',
  'second_factor_added',
  'second_factor_removed',
  'recovery_code_used',
  'enrollment_code',
  'sign_in_incomplete',
] as const)

/**
 * The kind of a message.
 * @useDeclaredType
 */
export type MessageKind = (typeof messageKinds)[number]

/** A message to one recipient, complete except for its sender. */
export interface MailMessage {
  /**
   * A UUID, the same for each attempt: use it as the idempotency key of a mail provider. It is also the left half of the
   * Message-ID.
   */
  readonly id: string
  readonly kind: MessageKind
  /** One email address, as stored. Pass it to a library as an address, never as part of a header. */
  readonly to: string
  /** One line. */
  readonly subject: string
  readonly text: string
  readonly html: string
  /** When its link expires; without a link, one day from now. It is not sent after that. */
  readonly expiresAt: Date
  /** Headers to send: `X-Torii-Message`, and those that suppress automatic replies. */
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Delivers messages.
 *
 * `send` resolves when the message was accepted. After an error with `permanent: true` the message is not retried; after
 * any other error it is retried, with growing waits, until it expires.
 */
export interface Mailer {
  /** `signal` aborts when the attempt has timed out. */
  send(message: MailMessage, options?: { readonly signal?: AbortSignal }): Promise<void>
  /**
   * Does the work of `send` that this process can be seen to do, and sends nothing (default: none). Torii calls it where
   * it sends nothing because an email address has no account, so that the time of other responses does not reveal it.
   */
  rehearse?(message: MailMessage): Promise<void>
}

/**
 * Returns the headers of a kind of message.
 * @see RFC 3834 section 5: Auto-Submitted keeps vacation notices away; Exchange reads only the last one
 */
export const headersOf = (kind: MessageKind): MailMessage['headers'] =>
  Object.freeze({
    'X-Torii-Message': kind,
    'Auto-Submitted': 'auto-generated',
    'X-Auto-Response-Suppress': 'All',
  })
