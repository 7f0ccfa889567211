import { InvalidOptionsError } from 'torii-core'
import { isSitePath } from './look.js'

/**
 * Reads a page of the application: a path of this site or a URL of a trusted origin, exactly as a URL parser writes it, so it
 * cannot lead to another site.
 * @throws InvalidOptionsError
 */
export function readPage(
  value: unknown,
  option: string,
  trustedOrigins: readonly string[],
): string {
  if (isSitePath(value) || isTrustedUrl(value, trustedOrigins)) return value
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
