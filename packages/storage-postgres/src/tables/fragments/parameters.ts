import type { EmailKey, SessionId, TokenHash, UserId, VerificationPurpose } from 'torii-core'
import { nullable, parameter } from '../../sql/parameter.js'

// Parameters that the statements of several tables take.

export const userId = parameter('userId', 'uuid')<UserId>()
export const sessionId = parameter('sessionId', 'uuid')<SessionId>()
export const secretHash = parameter('secretHash', 'bytea')<TokenHash>()
export const newSecretHash = parameter('newSecretHash', 'bytea')<TokenHash>()
export const email = parameter('email', 'text')<string>()
export const emailKey = parameter('emailKey', 'text')<EmailKey>()
export const lifetimeSeconds = parameter('lifetimeSeconds', 'float8')<number>()
/** Whether a verified email address is a sign-in method. */
export const mailSignIn = parameter('mailSignIn', 'boolean')<boolean>()
/** Whether a password signs in while the email address is unverified. */
export const unverifiedPasswordSignIn = parameter('unverifiedPasswordSignIn', 'boolean')<boolean>()
/** Whether passkeys sign in. */
export const passkeySignIn = parameter('passkeySignIn', 'boolean')<boolean>()
/** The configured providers; null for every provider. */
export const providers = nullable('providers', 'text[]')<readonly string[]>()
export const purpose = parameter('purpose', 'text')<VerificationPurpose>()
