/**
 * Cookies ignore ports, so the site's cookie comes here too when both are opened by one name; the names differ.
 * Without Secure: the console speaks plain http, and not every browser keeps such a cookie on 127.0.0.1.
 */
const cookieName = 'torii-admin'

const attributes = 'Path=/; HttpOnly; SameSite=Strict'

/** The token of a Cookie header; empty when there is none, or more than one. */
export function readCookie(header: string | undefined): string {
  const found = (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${cookieName}=`))
  return found.length === 1 ? (found[0] ?? '').slice(cookieName.length + 1) : ''
}

/** A session cookie of the browser. The console ends its session earlier. */
export const setCookie = (token: string): string => `${cookieName}=${token}; ${attributes}`

export const clearedCookie = `${cookieName}=; ${attributes}; Max-Age=0`
