import { InvalidOptionsError } from 'torii-core'
import { readSection } from '../../base/option-checks.js'

/** Paths of the application that Torii redirects browsers to. */
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

/** The options of `createHandler`. */
export interface HandlerOptions {
  /** Paths of your own pages. Each is a path of the base URL and starts with one `/`. */
  readonly pages?: Partial<Pages>
}

const names: readonly (keyof Pages)[] = ['signedIn', 'signIn', 'account', 'failed']

/** Checks the options and completes the pages. @throws InvalidOptionsError */
export function resolvePages(options: unknown): Pages {
  const given = readSection(options, '', ['pages'])
  const pages = readSection(given.pages, 'pages', names)
  const path = (name: keyof Pages) => readPath(pages[name], `pages.${name}`)
  return Object.freeze({
    signedIn: path('signedIn'),
    signIn: path('signIn'),
    account: path('account'),
    failed: path('failed'),
  })
}

/** A path of the base URL, exactly as a URL parser writes it, so it cannot lead to another site. */
function readPath(value: unknown, option: string): string {
  if (value === undefined) return '/'
  const site = 'https://site.invalid'
  const isPlain =
    typeof value === 'string' &&
    /^\/(?!\/)/.test(value) &&
    URL.canParse(value, site) &&
    new URL(value, site).href === site + value
  if (!isPlain) throw new InvalidOptionsError(option, 'must be a path of this site, like /account')
  return value
}
