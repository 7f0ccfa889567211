import type { User } from 'torii-core'
import { canonicalEmail } from 'torii-core'

/**
 * Whether an ID token says that its issuer has verified the email address of this user. Auth.js has validated the
 * signature of the token in the request that it links in.
 */
export function idTokenVerifies(idToken: unknown, user: User): boolean {
  const claims = claimsOf(idToken)
  const email = canonicalEmail(user.email)
  return claims?.email_verified === true && email !== null && canonicalEmail(claims.email) === email
}

function claimsOf(idToken: unknown): Record<string, unknown> | null {
  if (typeof idToken !== 'string') return null
  try {
    const claims: unknown = JSON.parse(
      Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString(),
    )
    return typeof claims === 'object' && claims !== null ? { ...claims } : null
  } catch {
    return null
  }
}
