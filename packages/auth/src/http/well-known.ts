import { InvalidOptionsError } from 'torii-core'
import { readBoolean, readSection } from '../base/option-checks.js'
import type { ResolvedOptions } from '../services/options/options.js'
import { relatedOrigins } from '../services/options/passkey.js'
import { readPage } from './pages/page-option.js'
import { errorResponse } from './response/errors.js'
import { findFeatureOff } from './routes/features.js'

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

const names: readonly (keyof WellKnown)[] = [
  'changePassword',
  'enrollPasskey',
  'managePasskeys',
  'relatedOrigins',
]

/** A document or a redirect outside of the base path, by its path. */
export type WellKnownPaths = ReadonlyMap<string, () => Response>

/** Checks the option `wellKnown`, and returns what is served. @throws InvalidOptionsError */
export function resolveWellKnown(value: unknown, options: ResolvedOptions): WellKnownPaths {
  const given = readSection(value, 'wellKnown', names)
  const page = (name: 'changePassword' | 'enrollPasskey' | 'managePasskeys') =>
    given[name] === undefined || given[name] === null
      ? null
      : absolute(
          readPage(given[name], `wellKnown.${name}`, options.trustedOrigins),
          options.baseUrl.origin,
        )
  const changePassword = page('changePassword')
  const endpoints = { enroll: page('enrollPasskey'), manage: page('managePasskeys') }
  const isRelated = readBoolean(given.relatedOrigins, 'wellKnown.relatedOrigins', true)
  const origins = isRelated ? relatedOrigins(options.passkey) : []
  requirePasskeys(endpoints, options)
  const paths = new Map<string, () => Response>()
  if (changePassword !== null)
    paths.set('/.well-known/change-password', () => redirect(changePassword))
  if (endpoints.enroll !== null || endpoints.manage !== null)
    paths.set('/.well-known/passkey-endpoints', () => Response.json(present(endpoints)))
  if (origins.length > 0) paths.set('/.well-known/webauthn', () => Response.json({ origins }))
  return paths
}

/** Responds to a request of one of these paths; null for any other path. */
export function answerWellKnown(
  paths: WellKnownPaths,
  { method }: Pick<Request, 'method'>,
  pathname: string,
): Response | null {
  const answer = paths.get(pathname)
  if (answer === undefined) return null
  if (method === 'GET' || method === 'HEAD') return answer()
  return errorResponse({ error: 'method_not_allowed', allow: 'GET, HEAD' })
}

/** Temporary, so that no browser keeps it. @see W3C, A Well-Known URL for Changing Passwords, section 3 */
const redirect = (location: string) => new Response(null, { status: 303, headers: { location } })

const absolute = (page: string, origin: string): string =>
  page.startsWith('/') ? origin + page : page

const present = (members: Readonly<Record<string, string | null>>) =>
  Object.fromEntries(Object.entries(members).filter(([, page]) => page !== null))

/** Password managers would otherwise send users to a page without passkeys. */
function requirePasskeys(
  { enroll, manage }: { readonly enroll: string | null; readonly manage: string | null },
  options: ResolvedOptions,
): void {
  const off = enroll === null && manage === null ? null : findFeatureOff('passkey', options)
  if (off !== null)
    throw new InvalidOptionsError(
      enroll === null ? 'wellKnown.managePasskeys' : 'wellKnown.enrollPasskey',
      `must not be set while passkeys are off: they need the option ${off.option}`,
    )
}
