import type { KeyObject } from 'node:crypto'
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'
import { InvalidOptionsError } from 'torii-core'
import { readSection, readText } from '../../base/option-checks.js'
import type { KeyRing } from '../../crypto/key-ring.js'
import type { Profile } from './profile.js'

/** A system whose session cookies are known. */
export type ImportedSessionSource = 'better-auth' | 'authjs' | 'lucia'

/** The cookie by which the users of another system are still signed in. */
export interface ImportedSessionOptionsInput {
  /** Which system set the cookie. */
  readonly from: ImportedSessionSource
  /** For `better-auth` its secret, BETTER_AUTH_SECRET, by which it signed its cookies; for no other. */
  readonly secret?: string
  /** The name of the cookie, with its prefix, if the other system was told another name (default: the one of `from`). */
  readonly cookieName?: string
}

/** The option `importedSessions` after validation. */
export interface ImportedSessionOptions {
  readonly from: ImportedSessionSource
  /** The first cookie that a request has counts. */
  readonly cookieNames: readonly string[]
  /** Returns the token in a cookie; null for what that system did not write. Never throws. */
  readToken(cookie: string): string | null
}

/** The names of the cookies on http. On https the prefix `__Secure-` comes before those that `prefixed` says. */
const cookies: Readonly<
  Record<ImportedSessionSource, { names: readonly string[]; prefixed: boolean }>
> = {
  'better-auth': { names: ['better-auth.session_token'], prefixed: true },
  // The second one is that of NextAuth.js 4.
  authjs: { names: ['authjs.session-token', 'next-auth.session-token'], prefixed: true },
  lucia: { names: ['auth_session'], prefixed: false },
}
const sources = Object.keys(cookies) as ImportedSessionSource[]

interface Site {
  readonly keys: KeyRing
  readonly profile: Profile | null
  readonly secure: boolean
}

/** Returns null where the option is absent. @throws InvalidOptionsError */
export function resolveImportedSessions(
  value: unknown,
  { keys, profile, secure }: Site,
): ImportedSessionOptions | null {
  if (value === undefined) return null
  const given = readSection(value, 'importedSessions', ['from', 'secret', 'cookieName'])
  const from = sources.find((source) => source === given.from)
  if (from === undefined)
    throw new InvalidOptionsError('importedSessions.from', `must be one of ${sources.join(', ')}`)
  if (profile !== null)
    throw new InvalidOptionsError(
      'importedSessions',
      `must be absent with profile ${profile}: how a session of another system was proved is not known`,
    )
  keys.writing('imported-sessions')
  const secret = readSecret(from, given.secret)
  return Object.freeze({
    from,
    cookieNames: readCookieNames(given.cookieName, from, secure),
    readToken: (cookie: string) => readToken(cookie, secret),
  })
}

function readSecret(from: ImportedSessionSource, value: unknown): KeyObject | null {
  const option = 'importedSessions.secret'
  if (from === 'better-auth') {
    if (value === undefined || value === '')
      throw new InvalidOptionsError(
        option,
        'is missing: pass the secret of Better Auth, BETTER_AUTH_SECRET, by which it signed its cookies',
      )
    return createSecretKey(Buffer.from(readText(value, option)))
  }
  if (value === undefined) return null
  throw new InvalidOptionsError(
    option,
    `is for better-auth alone: ${from} does not sign its cookies`,
  )
}

function readCookieNames(value: unknown, from: ImportedSessionSource, secure: boolean) {
  if (value !== undefined) {
    if (typeof value !== 'string' || !/^[!#$%&'*+.^_`|~\w-]{1,128}$/.test(value))
      throw new InvalidOptionsError('importedSessions.cookieName', 'must be the name of a cookie')
    return [value]
  }
  const { names, prefixed } = cookies[from]
  return names.map((name) => (prefixed && secure ? `__Secure-${name}` : name))
}

/** Browsers keep cookies up to this size. */
const maxCookieCharacters = 4096
const tokenForm = /^[!-~]{16,255}$/

function readToken(cookie: string, secret: KeyObject | null): string | null {
  const text = cookie.length > maxCookieCharacters ? null : decode(cookie)
  const token = text === null || secret === null ? text : verifySignature(text, secret)
  return token !== null && tokenForm.test(token) ? token : null
}

function decode(cookie: string): string | null {
  try {
    return decodeURIComponent(cookie)
  } catch {
    return null
  }
}

/** The token of `TOKEN.SIGNATURE`, where the signature is base64 of HMAC-SHA-256 of the token. */
function verifySignature(text: string, secret: KeyObject): string | null {
  const at = text.lastIndexOf('.')
  const token = text.slice(0, Math.max(at, 0))
  const expected = createHmac('sha256', secret).update(token).digest('base64')
  const given = text.slice(at + 1)
  const isSigned =
    given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected))
  return isSigned ? token : null
}
