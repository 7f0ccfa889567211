import type { LinkPurpose } from '../../services/links/link-token.js'
import type { PageTexts } from '../../texts/texts.js'

/** A field that the user does not see. Its value must come back unchanged. */
export interface HiddenField {
  readonly type: 'hidden'
  readonly name: 'token' | 'nonce' | 'pendingId' | 'redirectTo'
  readonly value: string
}

/** A field for a password of at most 256 characters. It is required. */
export interface PasswordField {
  readonly type: 'password'
  readonly name: 'password' | 'newPassword'
  readonly label: string
  readonly autocomplete: 'current-password' | 'new-password'
}

/** A field for a code that the user types. It is required. */
export interface CodeField {
  readonly type: 'code'
  readonly name: 'code' | 'recoveryCode' | 'emailCode'
  readonly label: string
  /** True for digits alone, for which telephones show another keyboard. */
  readonly digits: boolean
}

/** A checkbox that is not checked. `note` says when to check it. */
export interface CheckboxField {
  readonly type: 'checkbox'
  readonly name: 'removeOtherSignInMethods' | 'trustBrowser'
  readonly value: 'true'
  readonly label: string
  readonly note: string
}

/** A form of a page. It is sent with POST, urlencoded, as browsers do by default. */
export interface PageForm {
  /** The path that the form posts to. */
  readonly action: string
  readonly fields: readonly (HiddenField | PasswordField | CodeField | CheckboxField)[]
  /** The label of its button. */
  readonly button: string
  /** For a second form, which is closed at first: the question that opens it, and what it does. Otherwise null. */
  readonly alternative: { readonly question: string; readonly note: string } | null
}

/**
 * A passkey as the second factor, or one that is enrolled. It needs a script: it posts `{ pendingId }` as JSON to `options`, passes the answer's `options`
 * to `navigator.credentials.get()` or `create()`, as `ceremony` says, and posts `pendingId`, `nonce`, the answer's `challengeId` and the response as JSON in the
 * field `response` to `action`, urlencoded. If the checkbox `trustBrowser` of a form is checked, it posts that too.
 */
export interface PasskeyForm {
  readonly ceremony: 'get' | 'create'
  readonly options: string
  readonly action: string
  readonly fields: readonly HiddenField[]
  /** The label of its button. */
  readonly button: string
  /** What to show when the browser's dialog was canceled. */
  readonly failed: string
}

/** What every page knows. All is plain text: escape it for HTML. */
interface PageFacts {
  /** The chosen language, as in the HTML attribute `lang`. */
  readonly language: string
  /** All texts of pages in that language. */
  readonly texts: PageTexts
  /** The option `mail.appName`. */
  readonly appName: string
  readonly heading: string
}

/** A link of a page, which leads to the application. */
export interface PageLink {
  readonly href: string
  readonly label: string
}

/** The page of a valid link: its purpose, and a button that uses it. Opening the page does not use the link. */
export interface LinkPage extends PageFacts {
  readonly kind: LinkPurpose
  /** Whose account it is. A link that an attacker put into this browser would sign in to the attacker's: show it. */
  readonly email: string
  /** For `change_email`: the email address that `email` replaces, masked; null otherwise. */
  readonly formerEmail: string | null
  /** The message of the form that was just posted; null on the first visit. */
  readonly error: string | null
  /** One form; a second one for `verify_email`, with a new password. */
  readonly forms: readonly PageForm[]
}

/** The page of a sign-in that waits for the second factor. */
export interface SecondFactorPage extends PageFacts {
  readonly kind: 'second_factor'
  readonly introduction: string
  /** The message of the form that was just posted; null on the first visit. */
  readonly error: string | null
  /** One form for the code of an authenticator application, and one for a recovery code; one for the password; none for a user without them. */
  readonly forms: readonly PageForm[]
  /** Null where the user has no passkey that can be used. */
  readonly passkey: PasskeyForm | null
  /** Leads to the sign-in, where the user can begin with another method. */
  readonly otherWay: PageLink
}

/** A page on which a user sets up an authenticator app or a passkey to complete a sign-in. */
export interface EnrollPage extends PageFacts {
  readonly kind: 'enroll_second_factor'
  readonly step: 'start' | 'email_code' | 'confirm' | 'done'
  readonly introduction: string
  /** The message of the form that was just posted; null on the first visit. */
  readonly error: string | null
  /** The QR code as SVG, which may be written into the page as it is; null without the package `uqr`. */
  readonly qr: string | null
  /** The secret in base 32, to type; null where none is shown. */
  readonly secret: string | null
  /** Shown once, on the last page; null before. */
  readonly recoveryCodes: readonly string[] | null
  readonly forms: readonly PageForm[]
  /** Sets up a passkey instead of the app, on the step `confirm`; null on the others, and where passkeys are off. */
  readonly passkey: PasskeyForm | null
  /** Leads to the sign-in; on the last page to the application. */
  readonly otherWay: PageLink
}

/** The same page for unknown, used and expired links. */
export interface ExpiredPage extends PageFacts {
  readonly kind: 'expired'
  readonly message: string
  readonly back: PageLink
}

/** The page of a sign-in at a provider that was refused: what happened, and the way back. */
export interface ErrorPage extends PageFacts {
  readonly kind: 'error'
  readonly message: string
  readonly back: PageLink
}

/** What a page says, for the built-in renderer and for the application's own. */
export type Page = LinkPage | SecondFactorPage | EnrollPage | ExpiredPage | ErrorPage
