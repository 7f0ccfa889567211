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
   * The icon of the browser's tab: a path of this site, or an https URL, like the logo (default: none, and browsers ask for
   * `/favicon.ico` where `look` allows images of this site).
   */
  readonly icon: string | null
  /**
   * A style sheet, as a path of this site, that is loaded after the built-in style: it can set custom properties such as `--act`
   * (default: none).
   */
  readonly stylesheet: string | null
}

const none: Look = Object.freeze({ logo: null, icon: null, stylesheet: null })

/** Checks the option `look`. @throws InvalidOptionsError */
export function resolveLook(value: unknown): Look {
  const {
    logo = null,
    icon = null,
    stylesheet = null,
  } = readSection(value, 'look', Object.keys(none))
  if (logo !== null && !isImage(logo)) throw notAnImage('look.logo', 'logo.svg')
  if (icon !== null && !isImage(icon)) throw notAnImage('look.icon', 'favicon.svg')
  if (stylesheet !== null && !isSitePath(stylesheet))
    throw new InvalidOptionsError(
      'look.stylesheet',
      'must be a path of this site, like /torii.css: a style sheet of another site could change the pages',
    )
  return Object.freeze({ logo, icon, stylesheet })
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

const isImage = (value: unknown): value is string => isSitePath(value) || isImageUrl(value)

const notAnImage = (option: string, file: string): InvalidOptionsError =>
  new InvalidOptionsError(
    option,
    `must be a path of this site, like /${file}, or an https URL, like https://cdn.example/${file}`,
  )

/** The sources of the logo and the icon in a Content-Security-Policy. */
export const imageSources = ({ logo, icon }: Look): readonly string[] =>
  [logo, icon]
    .filter((image) => image !== null)
    .map((image) => (isSitePath(image) ? "'self'" : new URL(image).origin))
