export type { BruteForcePolicies } from './attempts/attempts.js'
export type { ApplicationKey, KeyPurpose, KeyRing, NamedKey } from './keys/key-ring.js'
export type { Log, LogEvent } from './log.js'
export type { BaseUrl } from './options/base-url.js'
export type {
  HashingOptions,
  PasswordOptions,
  ResolvedOptions,
  SessionOptions,
  ToriiOptions,
} from './options/options.js'
export { defaults } from './options/options.js'
export type { AuthenticateInput, AuthenticateOutcome } from './password/authenticate.js'
export type { PasswordService } from './password/password.js'
export type { PasswordProblem } from './password/policy.js'
export type { RegisterInput, RegisterOutcome } from './password/register.js'
export type { RequestInfo } from './request-info.js'
export type { SessionService } from './sessions/sessions.js'
export type { SignedIn, TooManyAttempts } from './sign-in.js'
export { Torii } from './torii.js'
