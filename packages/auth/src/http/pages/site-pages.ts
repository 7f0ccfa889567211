import { readFunction, readSection } from '../../base/option-checks.js'
import type { ResolvedOptions } from '../../services/options/options.js'
import type { Texts } from '../../texts/texts.js'
import type { ChooseLanguage } from './languages.js'
import { resolveLanguages } from './languages.js'
import type { Look } from './look.js'
import { resolveLook } from './look.js'
import type { RenderPage } from './own-renderer.js'
import { readPage } from './page-option.js'
import type { ShowPage } from './page-response.js'
import { createShowPage } from './page-response.js'

/** Pages of the application that Torii redirects browsers to. */
export interface Pages {
  /** After a sign-in by link, verification or provider (default: `/`). */
  readonly signedIn: string
  /**
   * After an email address was verified without a sign-in, and after a password reset; linked from the page of a refused
   * sign-in at a provider (default: `/`).
   */
  readonly signIn: string
  /** After the email address of an account was changed (default: `/`). */
  readonly account: string
  /** Shows `?error=CODE` when an OAuth flow fails (default: `/`). */
  readonly failed: string
}

/**
 * The paths below `/.well-known` where browsers and password managers look. Each is a path of the base URL that starts with one
 * `/`, or a URL of a trusted origin.
 */
export interface WellKnown {
  /**
   * The page where a user changes the password: `/.well-known/change-password` redirects to it (default: none, the path is not
   * served).
   * @see W3C, A Well-Known URL for Changing Passwords
   */
  readonly changePassword: string | null
  /**
   * The page where a user adds a passkey: `enroll` of `/.well-known/passkey-endpoints` (default: none).
   * @see W3C, A Well-Known URL for Relying Party Passkey Endpoints
   */
  readonly enrollPasskey: string | null
  /** The page where users manage their passkeys: `manage` of the same document (default: none). */
  readonly managePasskeys: string | null
  /**
   * Whether `/.well-known/webauthn` names the origins of `passkey.origins` outside of `passkey.rpId`; without any the path is not
   * served (default: true).
   * @see WebAuthn Level 3, section 5.11
   */
  readonly relatedOrigins: boolean
}

/** The options of `createHandler`. */
export interface HandlerOptions {
  /** Your own pages: each is a path of the base URL that starts with one `/`, or a URL of a trusted origin. */
  readonly pages?: Partial<Pages>
  /** The look of the pages behind links in mails (default: without logo and style sheet). */
  readonly look?: Partial<Look>
  /**
   * The languages of pages and error messages, by code; `Accept-Language` chooses one, and the first is taken where it fits none
   * (default: `{ en: englishTexts, de: germanTexts }`).
   */
  readonly languages?: Readonly<Record<string, Texts>>
  /** Renders the pages behind links in mails instead of Torii (default: none). */
  readonly renderPage?: RenderPage
  /** Paths below `/.well-known`, outside of the base path (default: only `/.well-known/webauthn`, if there are related origins). */
  readonly wellKnown?: Partial<WellKnown>
}

/** What the options of a handler come to. */
export interface HandlerSettings {
  readonly pages: Pages
  readonly chooseLanguage: ChooseLanguage
  readonly showPage: ShowPage
}

const names: readonly (keyof Pages)[] = ['signedIn', 'signIn', 'account', 'failed']

/** Checks the options of a handler and completes them. @throws InvalidOptionsError */
export function resolveHandlerOptions(
  options: unknown,
  { trustedOrigins, password, log }: Pick<ResolvedOptions, 'trustedOrigins' | 'password' | 'log'>,
): HandlerSettings {
  const given = readSection(options, '', ['pages', 'look', 'languages', 'renderPage', 'wellKnown'])
  const pages = resolvePages(given.pages, trustedOrigins)
  return {
    pages,
    chooseLanguage: resolveLanguages(given.languages, password.minLength),
    showPage: createShowPage({
      look: resolveLook(given.look),
      renderPage: readFunction<RenderPage>(given.renderPage, 'renderPage') ?? null,
      leadsTo: originsOfPages(pages),
      log,
    }),
  }
}

function resolvePages(value: unknown, trustedOrigins: readonly string[]): Pages {
  const pages = readSection(value, 'pages', names)
  const path = (name: keyof Pages) =>
    pages[name] === undefined ? '/' : readPage(pages[name], `pages.${name}`, trustedOrigins)
  return Object.freeze({
    signedIn: path('signedIn'),
    signIn: path('signIn'),
    account: path('account'),
    failed: path('failed'),
  })
}

/** The origins of pages that are not on the base URL. */
const originsOfPages = (pages: Pages): readonly string[] => [
  ...new Set(
    Object.values(pages)
      .filter((page) => !page.startsWith('/'))
      .map((page) => new URL(page).origin),
  ),
]
