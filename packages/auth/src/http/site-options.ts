import { InvalidOptionsError } from 'torii-core'
import { readSection } from '../base/option-checks.js'

/** Paths of the application that Torii sends a browser to. */
export interface Pages {
  /** After signing in by a link, a verification or a provider (default: `/`). */
  readonly signedIn: string
  /** After an address was verified without signing in, and after a password was reset (default: `/`). */
  readonly signIn: string
  /** After the address of an account was changed (default: `/`). */
  readonly account: string
  /** Where `?error=CODE` is shown when a provider's flow fails (default: `/`). */
  readonly failed: string
}

/** What `createHandler` takes beside Torii. */
export interface HandlerOptions {
  /** Paths of your own pages, each below the base URL and beginning with one `/`. */
  readonly pages?: Partial<Pages>
}

/** The options as the routes take them. */
export interface SiteOptions {
  readonly pages: Pages
}

const names: readonly (keyof Pages)[] = ['signedIn', 'signIn', 'account', 'failed']

/** @throws InvalidOptionsError */
export function resolveSiteOptions(options: unknown): SiteOptions {
  const given = readSection(options, '', ['pages'])
  const pages = readSection(given.pages, 'pages', names)
  const path = (name: keyof Pages) => readPath(pages[name], `pages.${name}`)
  return Object.freeze({
    pages: Object.freeze({
      signedIn: path('signedIn'),
      signIn: path('signIn'),
      account: path('account'),
      failed: path('failed'),
    }),
  })
}

/** A path below the base URL, as the URL parser itself would write it: nothing can lead elsewhere. */
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
