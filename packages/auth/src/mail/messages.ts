import type { MessageKind } from './message.js'

/** The content of a message, in reading order. Plain text, without markup. */
export interface MessageContent {
  /** The language, as in the HTML attribute `lang`. */
  readonly language: string
  readonly subject: string
  readonly heading: string
  /** The paragraphs before the link. */
  readonly paragraphs: readonly string[]
  /** The only link. `hint` introduces its URL as text, for readers whose button does not work; null for no URL. */
  readonly action: { readonly label: string; readonly url: string; readonly hint: string | null }
  /** Digits to type, and the line above them. */
  readonly code?: { readonly hint: string; readonly digits: string } | null
  /** Labels and values. */
  readonly details?: readonly (readonly [label: string, value: string])[]
  /** The paragraphs after the link: what to do if the reader did not cause the message. */
  readonly notes: readonly string[]
}

/** The data that every message can use. */
export interface MessageContext {
  /** The application: the option `mail.appName`, and the base URL. */
  readonly app: { readonly name: string; readonly url: string }
  /** The recipient's email address. */
  readonly to: string
}

/** The data of a message with a link. */
export interface LinkFacts {
  /** The link. It opens a page with a button; only the button uses the token. */
  readonly link: string
  /** How long the link is valid. */
  readonly lifetimeSeconds: number
}

/** The data of a message about an account to its owner. */
export interface AccountFacts {
  /** The name on the account, or null. */
  readonly name: string | null
}

/** The data of each kind of message. To add a kind, start in message.ts: the compiler leads to the rest. */
export interface MessageFacts {
  /** `code` can be typed instead of opening the link; null if there is none. */
  readonly magic_link: LinkFacts & { readonly code: string | null }
  readonly verify_email: LinkFacts
  readonly reset_password: LinkFacts
  /** Sent to the new email address. */
  readonly change_email: LinkFacts
  /** Someone tried to register with the email address of this account. */
  readonly already_registered: object
  readonly password_changed: AccountFacts
  /** Sent to the previous email address. `newEmail` is masked, since the mailbox may belong to someone else by now. */
  readonly email_changed: AccountFacts & { readonly newEmail: string }
  readonly new_sign_in: AccountFacts & {
    readonly at: Date
    readonly ip: string | null
    readonly userAgent: string | null
  }
  /** A provider account was linked, because the provider has verified the email address or the user linked it. */
  readonly account_linked: AccountFacts & { readonly provider: string }
  /** `passkey` is its name, or null. */
  readonly passkey_added: AccountFacts & { readonly passkey: string | null }
  /**
   * An authenticator application asks for a code at each sign-in from now on. `undo` is the link of an owner who did not do
   * this, and removes what was added since; null if the application replaces another one.
   */
  readonly second_factor_added: AccountFacts & { readonly undo: LinkFacts | null }
  /** `passkeys`: an administrator removed the passkeys too. */
  readonly second_factor_removed: AccountFacts & { readonly passkeys: boolean }
  /** `remaining` is how many recovery codes are left. */
  readonly recovery_code_used: AccountFacts & { readonly remaining: number }
  /** Sent before a user enrolls a second factor during a sign-in. `code` has eight digits. */
  readonly enrollment_code: AccountFacts & {
    readonly code: string
    readonly lifetimeSeconds: number
  }
  /** The first factor of a sign-in was right, and the second one was missing or wrong. */
  readonly sign_in_incomplete: AccountFacts & {
    readonly at: Date
    readonly ip: string | null
    readonly userAgent: string | null
  }
}

/** The argument of the function that renders a kind of message. */
export type MessageData<Kind extends MessageKind> = MessageContext & MessageFacts[Kind]

/** A rendered message. */
export interface RenderedMessage {
  readonly subject: string
  readonly text: string
  readonly html: string
}

/**
 * Renders each kind of message. A translation implements all of them; otherwise it does not compile.
 *
 * A function may be asynchronous, for example to look up the reader's language; it runs after the response. Escape all
 * data in `html`, or use `composeMessage`, which does.
 */
export type Messages = {
  readonly [Kind in MessageKind]: (
    data: MessageData<Kind>,
  ) => RenderedMessage | Promise<RenderedMessage>
}
