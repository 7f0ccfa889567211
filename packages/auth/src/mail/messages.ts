import type { MessageKind } from './message.js'

/** What every message may say. */
export interface MessageContext {
  /** The application: the option `mail.appName`, and the base URL. */
  readonly app: { readonly name: string; readonly url: string }
  /** The address that the message goes to. */
  readonly to: string
}

/** A message whose reader is to open a link. */
export interface LinkFacts {
  /** The link, made from the base URL. It opens a page with a button; only that uses it up. */
  readonly link: string
  /** How long it works. */
  readonly lifetimeSeconds: number
}

/** A message about an account, to its owner. */
export interface AccountFacts {
  /** The name on the account, as its owner or an administrator wrote it; null for none. */
  readonly name: string | null
}

/** What a message of each kind is about, as the service that sends it knows it. */
export interface MessageFacts {
  /** `code` may be typed instead of opening the link; null when there is none. */
  readonly magic_link: LinkFacts & { readonly code: string | null }
  readonly verify_email: LinkFacts
  readonly reset_password: LinkFacts
  /** Goes to the new address. */
  readonly change_email: LinkFacts
  /** Somebody tried to register with the address of this account. */
  readonly already_registered: object
  readonly password_changed: AccountFacts
  /** Goes to the former address. `newEmail` is masked: that mailbox may be a stranger's by now. */
  readonly email_changed: AccountFacts & { readonly newEmail: string }
  readonly new_sign_in: AccountFacts & {
    readonly at: Date
    readonly ip: string | null
    readonly userAgent: string | null
  }
  /** A provider such as Google vouched for the address, and now opens the account. */
  readonly account_linked: AccountFacts & { readonly provider: string }
  /** `passkey` is the name its owner gave it, or null. */
  readonly passkey_added: AccountFacts & { readonly passkey: string | null }
}

/** What the function for a kind is called with. */
export type MessageData<Kind extends MessageKind> = MessageContext & MessageFacts[Kind]

/** A message as a person reads it. */
export interface RenderedMessage {
  readonly subject: string
  readonly text: string
  readonly html: string
}

/**
 * How each kind of message is written. A translation is one of these; without one kind it does not compile.
 *
 * A function may be asynchronous, for example to look up the reader's language; it runs after the
 * answer has gone out. Escape in `html` whatever you take from the data, or let `composeMessage` do it.
 */
export type Messages = {
  readonly [Kind in MessageKind]: (
    data: MessageData<Kind>,
  ) => RenderedMessage | Promise<RenderedMessage>
}
