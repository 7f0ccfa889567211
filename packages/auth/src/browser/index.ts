export type {
  ChangePasswordBody,
  PasswordSignInBody,
  ProfileBody,
  RegisterBody,
  ResetPasswordBody,
} from '../http/schema/request-bodies.js'
export type {
  Accepted,
  Authorization,
  OAuthAccount,
  OAuthAccounts,
  OAuthProvider,
  OAuthProviders,
  Passkey,
  PasskeyBody,
  PasskeyRegistered,
  Passkeys,
  RecoveryCodes,
  Revoked,
  SecondFactors,
  Session,
  Sessions,
  SignedIn,
  TotpConfirmed,
  TotpStart,
  User,
  UserBody,
} from '../http/schema/response-bodies.js'
export type {
  Client,
  ClientOptions,
  Failure,
  FailureCode,
  FailureDetails,
  Outcome,
  Success,
} from './client.js'
export { createClient } from './client.js'
export * as email from './email.js'
export * as magicLink from './magic-link.js'
export * as oauth from './oauth.js'
export * as passkey from './passkey.js'
export * as password from './password.js'
export type { SecondFactorCode } from './second-factors.js'
export * as secondFactors from './second-factors.js'
export type { SessionClient, SessionClientOptions } from './session-client.js'
export { createSessionClient } from './session-client.js'
export type { SessionState } from './session-store.js'
export * as sessions from './sessions.js'
export type { PendingOutcome, RegistrationOutcome, SignInOutcome } from './sign-in.js'
export * as user from './user.js'
