export type { BruteForcePolicies } from './attempts.js'
export type { AuthenticateInput, AuthenticateOutcome } from './authenticate.js'
export type { BaseUrl } from './base-url.js'
export type { ApplicationKey, KeyPurpose, KeyRing, NamedKey } from './key-ring.js'
export type { Log, LogEvent } from './log.js'
export type {
  HashingOptions,
  PasswordOptions,
  ResolvedOptions,
  SessionOptions,
  ToriiOptions,
} from './options.js'
export { defaults } from './options.js'
export type { PasswordService } from './password.js'
export type { PasswordProblem } from './password-policy.js'
export type { RegisterInput, RegisterOutcome } from './register.js'
export type { RequestInfo } from './request-info.js'
export type { SessionService } from './sessions.js'
export type { SignedIn, TooManyAttempts } from './sign-in.js'
export { Torii } from './torii.js'
