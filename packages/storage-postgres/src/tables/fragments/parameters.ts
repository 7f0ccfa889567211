import type { EmailKey, SessionId, TokenHash, UserId, VerificationPurpose } from 'torii-core'
import { parameter } from '../../sql/parameter.js'

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
export const purpose = parameter('purpose', 'text')<VerificationPurpose>()
