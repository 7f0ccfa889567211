import { InvalidOptionsError } from 'torii-core'
import { readSection } from '../../base/option-checks.js'
import type { ResolvedOptions } from '../../services/options/options.js'

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

/** The options of `createHandler`. */
export interface HandlerOptions {
  /** Your own pages: each is a path of the base URL that starts with one `/`, or a URL of a trusted origin. */
  readonly pages?: Partial<Pages>
}

const names: readonly (keyof Pages)[] = ['signedIn', 'signIn', 'account', 'failed']

/** Checks the options and completes the pages. @throws InvalidOptionsError */
export function resolvePages(
  options: unknown,
  { trustedOrigins }: Pick<ResolvedOptions, 'trustedOrigins'>,
): Pages {
  const given = readSection(options, '', ['pages'])
  const pages = readSection(given.pages, 'pages', names)
  const path = (name: keyof Pages) => readPage(pages[name], `pages.${name}`, trustedOrigins)
  return Object.freeze({
    signedIn: path('signedIn'),
    signIn: path('signIn'),
    account: path('account'),
    failed: path('failed'),
  })
}

/** The origins of pages that are not on the base URL. */
export const originsOfPages = (pages: Pages): readonly string[] => [
  ...new Set(
    Object.values(pages)
      .filter((page) => !page.startsWith('/'))
      .map((page) => new URL(page).origin),
  ),
]

/** Exactly as a URL parser writes it, so it cannot lead to another site. */
function readPage(value: unknown, option: string, trustedOrigins: readonly string[]): string {
  if (value === undefined) return '/'
  const site = 'https://site.invalid'
  const isPath =
    typeof value === 'string' &&
    /^\/(?!\/)/.test(value) &&
    URL.canParse(value, site) &&
    new URL(value, site).href === site + value
  if (isPath || isTrustedUrl(value, trustedOrigins)) return value
  throw new InvalidOptionsError(
    option,
    'must be a path of this site, like /account, or a URL of an origin in trustedOrigins, like https://app.example/account',
  )
}

function isTrustedUrl(value: unknown, trustedOrigins: readonly string[]): value is string {
  if (typeof value !== 'string' || !URL.canParse(value)) return false
  const { href, origin, username, password } = new URL(value)
  return href === value && trustedOrigins.includes(origin) && username === '' && password === ''
}
