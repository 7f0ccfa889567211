export type { AccountAttempts, AccountView } from './admin/account-view.js'
export type { AccountActs, AccountCreation, AccountInput } from './admin/accounts.js'
export type { AdminService, EventCountQuery } from './admin/admin.js'
export type { AuditSearch } from './admin/audit-search.js'
export type { JoinedAdmin } from './admin/joined.js'
export type { UserSearch } from './admin/user-search.js'
export type { AccountCounters, BruteForcePolicies } from './attempts/attempts.js'
export type { KeepAlive } from './background.js'
export type {
  Actor,
  EventContext,
  EventDetails,
  EventHandler,
  EventType,
  ToriiEvent,
} from './events/event.js'
export type { CommittableTorii, JoinedTorii } from './joined.js'
export type { JwtClaims, JwtService, MintedJwt } from './jwt/jwt.js'
export { SessionJwt } from './jwt/jwt.js'
export type { ApplicationKey, KeyPurpose, KeyRing, NamedKey } from './keys/key-ring.js'
export type { Log, LogEvent } from './log.js'
export type {
  InvalidToken,
  MagicLinkOutcome,
  MagicLinkProof,
  MagicLinkSignIn,
} from './magic-link/authenticate.js'
export type { JoinedMagicLink } from './magic-link/joined.js'
export type { MagicLinkService } from './magic-link/magic-link.js'
export type { CreatedMagicLink, MagicLinkInput, MagicLinkRequest } from './magic-link/request.js'
export type { MessageContent } from './mail/compose.js'
export { composeMessage } from './mail/compose.js'
export { englishMessages } from './mail/english.js'
export type { MailFault } from './mail/fault.js'
export type { FileMailerOptions } from './mail/file-mailer.js'
export { fileMailer } from './mail/file-mailer.js'
export { germanMessages } from './mail/german.js'
export type { Mailer, MailMessage, MessageKind } from './mail/message.js'
export type { MessageData, MessageFacts, Messages, RenderedMessage } from './mail/messages.js'
export type { SenderOption } from './mail/sender.js'
export type { AccessTokenOutcome } from './oauth/access-token.js'
export type { OAuthCallbackInput, OAuthCallbackOutcome } from './oauth/callback.js'
export { BrowserSecret } from './oauth/flow-secrets.js'
export { github } from './oauth/github.js'
export { google } from './oauth/google.js'
export type { JoinedOAuth, UnlinkOutcome } from './oauth/joined.js'
export { ProviderToken } from './oauth/kept-tokens.js'
export { microsoft } from './oauth/microsoft.js'
export type { OAuthService, OfferedProvider } from './oauth/oauth.js'
export { oidc } from './oauth/oidc.js'
export type {
  OAuthProvider,
  ProviderAnswer,
  ProviderEndpoints,
  ProviderProfile,
} from './oauth/provider.js'
export type { ProviderProblem } from './oauth/provider-failure.js'
export type { TokensResealed } from './oauth/reseal.js'
export type { OAuthLinkStartOutcome, OAuthStartInput, OAuthStartOutcome } from './oauth/start.js'
export type { AuditOptions } from './options/audit.js'
export type { BaseUrl } from './options/base-url.js'
export { defaults } from './options/defaults.js'
export type { Hooks } from './options/hooks.js'
export type { JwtAlgorithm, JwtKey, JwtOptions, JwtOptionsInput } from './options/jwt.js'
export type { MagicLinkOptions } from './options/magic-link.js'
export type { MailOptions, MailOptionsInput } from './options/mail.js'
export type { OAuthOptions, OAuthOptionsInput } from './options/oauth.js'
export type { ResolvedOptions, ToriiOptions } from './options/options.js'
export type { PasskeyOptions } from './options/passkey.js'
export type { HashingOptions, PasswordOptions } from './options/password.js'
export type { SessionOptions } from './options/session.js'
export type {
  AuthenticatePasskeyOutcome,
  AuthenticatePasskeyStart,
  PasskeyOptionsInput,
} from './passkey/authenticate.js'
export type { PasskeyAnswerInput } from './passkey/input.js'
export type {
  DeletePasskeyOutcome,
  JoinedPasskey,
  RenamePasskeyOutcome,
} from './passkey/joined.js'
export type { PasskeyService } from './passkey/passkey.js'
export type {
  ReauthenticatePasskeyStart,
  ReauthenticateWithPasskeyInput,
  ReauthenticateWithPasskeyOutcome,
} from './passkey/reauthenticate.js'
export type {
  RegisterPasskeyInput,
  RegisterPasskeyOutcome,
  RegisterPasskeyStart,
} from './passkey/register.js'
export type { PasskeyCeremonyStart } from './passkey/start.js'
export type { AuthenticateInput, AuthenticateOutcome } from './password/authenticate.js'
export type { BreachCheckOptions, RangeFetch } from './password/breach-check.js'
export { createBreachCheck } from './password/breach-check.js'
export type { BreachedHook } from './password/breached.js'
export type { JoinedPassword } from './password/joined.js'
export type { BcryptCompare, LegacyVerifier } from './password/legacy-verifier.js'
export { createBcryptVerifier } from './password/legacy-verifier.js'
export type { PasswordService } from './password/password.js'
export type { PasswordProblem } from './password/policy.js'
export type {
  Preparation,
  PreparedRegistration,
  RegisterInput,
  RegisterOutcome,
} from './password/register.js'
export type { RequestInfo } from './request-info.js'
export type { JoinedSessions } from './sessions/joined.js'
export type { DeriveOutcome, OpenedSession, OpenOutcome } from './sessions/opening.js'
export type { ReauthenticateInput, ReauthenticateOutcome } from './sessions/reauthenticate.js'
export type { RotateOutcome } from './sessions/rotate.js'
export type { SessionService } from './sessions/sessions.js'
export type { ReauthenticationRequired } from './sessions/valid-session.js'
export type { SignedIn, TooManyAttempts } from './sign-in.js'
export { LinkToken, MailLink } from './tokens/link-token.js'
export { Torii } from './torii.js'
export type { JoinedUsers } from './users/joined.js'
export type { AccountDeletion, ProfileUpdate, StaleSession } from './users/own-account.js'
export type { PersonalData } from './users/personal-data.js'
export type { DataExport, UserService } from './users/users.js'
export type { WaysIn } from './users/ways-in.js'
export type {
  CredentialDescriptorJson,
  PasskeyCreationOptions,
  PasskeyRequestOptions,
} from './webauthn/ceremony-options.js'
export type { PasskeyProblem } from './webauthn/verification.js'
