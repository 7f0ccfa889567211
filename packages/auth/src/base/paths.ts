import { InvalidOptionsError } from 'torii-core'

/** Segments of letters, digits, `_` and `-`: no URL parser or router reads such a path in another way. */
const plainPath = /^(?:\/[\w-]+)+$/

/**
 * Reads the option `basePath`, under which all routes are.
 * @throws InvalidOptionsError
 */
export function resolveBasePath(value: unknown, otherwise: string): string {
  if (value === undefined) return otherwise
  if (typeof value !== 'string' || !plainPath.test(value))
    throw new InvalidOptionsError(
      'basePath',
      'must be a path like /api/sign-in: it starts with one slash, ends without one, and its segments have only letters, digits, _ and -',
    )
  return value
}

/** Where each kind of link in a mail leads, and where the form of that page posts to; below the base path. */
export const linkPaths = Object.freeze({
  magic_link: { page: 'magic-link', action: 'magic-link/authenticate' },
  verify_email: { page: 'email/verify', action: 'email/verify' },
  reset_password: { page: 'password/reset', action: 'password/reset/complete' },
  change_email: { page: 'email/change', action: 'email/change/complete' },
  undo_second_factor: { page: 'second-factors/undo', action: 'second-factors/undo' },
})

/** The page that asks for the second factor, and where its form posts to; below the base path. */
export const secondFactorPath = 'second-factors/verify'

/** Where an authenticator application is enrolled, below the base path. */
export const totpStartPath = 'second-factors/totp/start'
export const totpConfirmPath = 'second-factors/totp/confirm'
/** Where its script gets the options of a passkey from. */
export const passkeyFactorPath = 'second-factors/passkey/options'
/** Where a passkey is registered, below the base path. */
export const passkeyStartPath = 'passkeys/register/options'
export const passkeyRegistrationPath = 'passkeys/register/verify'

/** Where a provider sends the browser back to, below the base path. */
export const oauthCallbackPath = (provider: string): string => `oauth/${provider}/callback`
