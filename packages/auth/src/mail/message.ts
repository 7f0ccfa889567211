/**
 * What a message is about. Stands in the header `X-Torii-Message`; the list only ever grows.
 */
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
] as const)

export type MessageKind = (typeof messageKinds)[number]

/** A message to one person, complete but for who sends it. */
export interface MailMessage {
  /**
   * A UUID, the same when the message is tried again after a fault: a provider's idempotency key, and
   * the left half of the Message-ID.
   */
  readonly id: string
  readonly kind: MessageKind
  /** One address, as it is stored. Give it to a library as an address, never inside a header text. */
  readonly to: string
  /** One line. */
  readonly subject: string
  readonly text: string
  readonly html: string
  /** To be sent along: `X-Torii-Message`, and what keeps automatic answers away. */
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Hands messages to whoever delivers them.
 *
 * Resolves when the message was taken over. An error with `permanent: true` says that trying again is
 * useless; after any other the message is tried once more.
 */
export interface Mailer {
  /** `signal` aborts when nobody waits any longer. */
  send(message: MailMessage, options?: { readonly signal?: AbortSignal }): Promise<void>
}

/**
 * The headers of every message of a kind.
 * @see RFC 3834 section 5: Auto-Submitted keeps vacation notices away; Exchange listens to the last one only
 */
export const headersOf = (kind: MessageKind): MailMessage['headers'] =>
  Object.freeze({
    'X-Torii-Message': kind,
    'Auto-Submitted': 'auto-generated',
    'X-Auto-Response-Suppress': 'All',
  })
