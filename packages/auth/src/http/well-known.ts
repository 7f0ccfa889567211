import { InvalidOptionsError } from 'torii-core'
import { readBoolean, readSection } from '../base/option-checks.js'
import type { ResolvedOptions } from '../services/options/options.js'
import { relatedOrigins } from '../services/options/passkey.js'
import { readPage } from './pages/page-option.js'
import type { WellKnown } from './pages/site-pages.js'
import { errorResponse } from './response/errors.js'
import { findFeatureOff } from './routes/features.js'

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
