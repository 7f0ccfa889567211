import { InvalidOptionsError } from 'torii-core'
import { readSection } from '../../base/option-checks.js'

/** The look of the built-in pages. The name on them is the option `mail.appName` of Torii. */
export interface Look {
  /**
   * An image instead of the name: a path of this site, or an https URL, whose origin the Content-Security-Policy then allows for
   * images (default: none). Its alternative text is the name.
   */
  readonly logo: string | null
  /**
   * A style sheet, as a path of this site, that is loaded after the built-in style: it can set custom properties such as `--act`
   * (default: none).
   */
  readonly stylesheet: string | null
}

const none: Look = Object.freeze({ logo: null, stylesheet: null })

/** Checks the option `look`. @throws InvalidOptionsError */
export function resolveLook(value: unknown): Look {
  const { logo = null, stylesheet = null } = readSection(value, 'look', Object.keys(none))
  if (logo !== null && !isSitePath(logo) && !isImageUrl(logo))
    throw new InvalidOptionsError(
      'look.logo',
      'must be a path of this site, like /logo.svg, or an https URL, like https://cdn.example/logo.svg',
    )
  if (stylesheet !== null && !isSitePath(stylesheet))
    throw new InvalidOptionsError(
      'look.stylesheet',
      'must be a path of this site, like /torii.css: a style sheet of another site could change the pages',
    )
  return Object.freeze({ logo, stylesheet })
}

/** Whether a value is a path exactly as a URL parser writes it, so it cannot lead to another site. */
export function isSitePath(value: unknown): value is string {
  const site = 'https://site.invalid'
  return (
    typeof value === 'string' &&
    /^\/(?!\/)/.test(value) &&
    URL.canParse(value, site) &&
    new URL(value, site).href === site + value
  )
}

/** A URL parser accepts hosts with `;` and `*`, which mean something else in a Content-Security-Policy. */
function isImageUrl(value: unknown): value is string {
  if (typeof value !== 'string' || !URL.canParse(value)) return false
  const { href, protocol, host, username, password } = new URL(value)
  const isPlain = /^[a-z0-9.-]+(?::\d+)?$/.test(host) && username === '' && password === ''
  return protocol === 'https:' && href === value && isPlain
}

/** The source of the logo in a Content-Security-Policy; null without one. */
export function logoSource({ logo }: Look): string | null {
  if (logo === null) return null
  return isSitePath(logo) ? "'self'" : new URL(logo).origin
}
