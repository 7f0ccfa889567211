// The exports of torii-core that an application needs, so that it does not import a package that it has not installed.
export type {
  AuditCountQuery,
  AuditCursor,
  AuditEvent,
  AuditEventId,
  AuditInterval,
  AuditPage,
  AuthenticationMethod,
  CallerTransaction,
  Json,
  MethodRemoval,
  NewUser,
  OAuthAccount,
  OAuthAccountId,
  OthersRevoked,
  Passkey,
  PasskeyId,
  PendingSignIn,
  ProfileChanges,
  RateLimitPolicy,
  RateLimitStatus,
  RepositoryProvider,
  SecondFactor,
  SecondFactors,
  Session,
  SessionId,
  SessionLevel,
  SignInMethod,
  StorageHealth,
  StorageTransaction,
  ToriiErrorCode,
  TrustedBrowser,
  User,
  UserCursor,
  UserId,
  UserPage,
  ValidSession,
} from 'torii-core'
export {
  canonicalEmail,
  InvalidInputError,
  InvalidOptionsError,
  newUserId,
  OutcomeUnknownError,
  PasswordHash,
  PendingToken,
  parseSessionId,
  parseUserId,
  Secret,
  SessionToken,
  ToriiError,
} from 'torii-core'
export type { BackgroundLogEvent, KeepAlive } from './base/background.js'
export type { BaseUrl } from './base/base-url.js'
export type { RequestFacts, RequestInfo } from './base/request-info.js'
export type { StandardIssue, StandardResult, StandardSchema } from './base/standard-schema.js'
export type { TokenRecord } from './crypto/encrypted-tokens.js'
export type { ApplicationKey, KeyPurpose, KeyRing, NamedKey } from './crypto/key-ring.js'
export type {
  Actor,
  EventContext,
  EventDetails,
  EventHandler,
  EventType,
  ToriiEvent,
} from './events/event.js'
export type { CommittableTorii, TransactionalTorii } from './in-transaction.js'

export { composeMessage } from './mail/compose.js'
export { englishMessages } from './mail/english.js'
export type { MailFault } from './mail/fault.js'
export type { FileMailerOptions } from './mail/file-mailer.js'
export { fileMailer } from './mail/file-mailer.js'
export { germanMessages } from './mail/german.js'
export type { MailLogEvent } from './mail/mail-queue.js'
export type { Mailer, MailMessage, MessageKind } from './mail/message.js'
export type {
  AccountFacts,
  LinkFacts,
  MessageContent,
  MessageContext,
  MessageData,
  MessageFacts,
  Messages,
  RenderedMessage,
} from './mail/messages.js'
export type { SenderOption } from './mail/sender.js'
export { BrowserSecret } from './oauth-client/flow-secrets.js'
export type {
  ClientSecret,
  ClientSecretFactory,
  OAuthProvider,
  ProviderAnswer,
  ProviderEndpoints,
  ProviderProfile,
  ResolvedProvider,
  TrustedSecondFactor,
} from './oauth-client/provider.js'
export type { ProviderLogEvent, ProviderProblem } from './oauth-client/provider-failure.js'
export { ProviderToken } from './oauth-client/provider-tokens.js'
export type { AppleOptions } from './oauth-client/providers/apple.js'
export { apple } from './oauth-client/providers/apple.js'
export { discord } from './oauth-client/providers/discord.js'
export { facebook } from './oauth-client/providers/facebook.js'
export type { GitHubOptions } from './oauth-client/providers/github.js'
export { github } from './oauth-client/providers/github.js'
export type { GitLabOptions } from './oauth-client/providers/gitlab.js'
export { gitlab } from './oauth-client/providers/gitlab.js'
export { google } from './oauth-client/providers/google.js'
export { linkedin } from './oauth-client/providers/linkedin.js'
export type { MicrosoftOptions } from './oauth-client/providers/microsoft.js'
export { microsoft } from './oauth-client/providers/microsoft.js'
export { notion } from './oauth-client/providers/notion.js'
export type { OidcOptions, ProviderCredentials } from './oauth-client/providers/oidc.js'
export { oidc } from './oauth-client/providers/oidc.js'
export { slack } from './oauth-client/providers/slack.js'
export { spotify } from './oauth-client/providers/spotify.js'
export { twitch } from './oauth-client/providers/twitch.js'
export { x } from './oauth-client/providers/x.js'
export type { TokenEncryption, TokenOwner } from './oauth-client/token-encryption.js'
export { createTokenEncryption } from './oauth-client/token-encryption.js'
export type { HashingOptions } from './password-hashing/hashing.js'
export type {
  ImportedPasswordHook,
  ImportedPasswordLogEvent,
} from './password-hashing/imported-password.js'
export type { LegacyVerifier } from './password-hashing/legacy-verifier.js'
export type { HashingLogEvent } from './password-hashing/stored-hash.js'
export type { BreachCheckOptions, RangeFetch } from './password-policy/breach-check.js'
export { createBreachCheck } from './password-policy/breach-check.js'
export type { BreachedHook, BreachLogEvent } from './password-policy/breach-lookup.js'
export type { PasswordProblem } from './password-policy/policy.js'
export type { AccountCounters, MailPurpose } from './rate-limits/keys.js'
export type { BruteForcePolicies, MailboxPolicy } from './rate-limits/rate-limits.js'
export type { AccountAttempts, AccountView } from './services/admin/account-view.js'
export type {
  AccountCreation,
  AccountInput,
  AccountOperations,
  AccountUpdate,
} from './services/admin/accounts.js'
export type { AdminService, EventCountQuery } from './services/admin/admin.js'
export type { AuditSearch } from './services/admin/audit-search.js'
export type { UserSearch } from './services/admin/user-search.js'
export type {
  CompleteChangeOutcome as CompleteEmailChangeOutcome,
  RequestChangeOutcome as RequestEmailChangeOutcome,
} from './services/email/change.js'
export type { EmailService } from './services/email/email.js'
export type {
  VerifyInput as VerifyEmailInput,
  VerifyOutcome as VerifyEmailOutcome,
} from './services/email/verify.js'
export type { JwtClaims, JwtService, MintedJwt } from './services/jwt/jwt.js'
export { SessionJwt } from './services/jwt/jwt.js'
export type { CreatedLink } from './services/links/create-link.js'
export { LinkToken, MailLink } from './services/links/link-token.js'
export type { InspectedLink, LinkService } from './services/links/links.js'
export type { RequestOutcome as LinkRequestOutcome } from './services/links/request-link.js'
export type {
  MagicLinkOutcome,
  MagicLinkProof,
  MagicLinkSignIn,
} from './services/magic-link/authenticate.js'
export type { MagicLinkService, TransactionalMagicLink } from './services/magic-link/magic-link.js'
export type {
  CreatedMagicLink,
  MagicLinkInput,
  MagicLinkRequest,
} from './services/magic-link/request.js'
export type { AccessTokenOutcome } from './services/oauth/access-token.js'
export type { OAuthCallbackInput, OAuthCallbackOutcome } from './services/oauth/callback.js'
export type { OAuthFormPost, OAuthFormPostOutcome } from './services/oauth/form-post.js'
export type {
  IdTokenInput,
  IdTokenNonceOutcome,
  IdTokenOutcome,
} from './services/oauth/id-token.js'
export type { OAuthService, OfferedProvider, TransactionalOAuth } from './services/oauth/oauth.js'
export type { ReencryptOptions, TokensReencrypted } from './services/oauth/reencrypt-tokens.js'
export type { IdentitySignIn } from './services/oauth/sign-in-with-identity.js'
export type {
  OAuthLinkStartOutcome,
  OAuthStartInput,
  OAuthStartOutcome,
} from './services/oauth/start.js'
export type { UnlinkOutcome } from './services/oauth/unlink.js'
export type { AuditOptions } from './services/options/audit.js'
export type { CookieOptions, ResolvedCookieOptions } from './services/options/cookie.js'
export { defaults } from './services/options/defaults.js'
export type { EmailOptions } from './services/options/email.js'
export type {
  Attempt,
  HookRefusal,
  Hooks,
  HookVerdict,
  RegistrationAttempt,
  UserCreation,
} from './services/options/hooks.js'
export type {
  ImportedSessionOptions,
  ImportedSessionOptionsInput,
  ImportedSessionSource,
} from './services/options/imported-sessions.js'
export type {
  JwtAlgorithm,
  JwtKey,
  JwtOptions,
  JwtOptionsInput,
  SigningKey,
} from './services/options/jwt.js'
export type { HttpLogEvent, Log, LogEvent, ServiceLogEvent } from './services/options/log.js'
export type { MagicLinkOptions } from './services/options/magic-link.js'
export type { MailOptions, MailOptionsInput } from './services/options/mail.js'
export type { OAuthOptions, OAuthOptionsInput } from './services/options/oauth.js'
export type { PublicMetadata, ResolvedOptions, ToriiOptions } from './services/options/options.js'
export type { PasskeyOptions } from './services/options/passkey.js'
export type { PasswordOptions } from './services/options/password.js'
export type { SecondFactorOptions } from './services/options/second-factor.js'
export type { SessionOptions } from './services/options/session.js'
export type { ResolvedSignUp, SignUpOptions } from './services/options/sign-up.js'
export type { SweepingOptions } from './services/options/sweeping.js'
export type {
  AuthenticateOptionsInput,
  AuthenticatePasskeyOutcome,
  AuthenticatePasskeyStart,
} from './services/passkey/authenticate.js'
export type { PasskeyAnswerInput } from './services/passkey/input.js'
export type {
  DeletePasskeyOutcome,
  PasskeySignals,
  RenamePasskeyOutcome,
} from './services/passkey/manage.js'
export type { PasskeyService, TransactionalPasskey } from './services/passkey/passkey.js'
export type {
  ReauthenticatePasskeyStart,
  ReauthenticateWithPasskeyInput,
  ReauthenticateWithPasskeyOutcome,
} from './services/passkey/reauthenticate.js'
export type {
  RegisterPasskeyInput,
  RegisterPasskeyOutcome,
  RegisterPasskeyStart,
  UpgradePasskeyStart,
} from './services/passkey/register.js'
export type { PasskeyCeremonyStart } from './services/passkey/start.js'
export type { AuthenticateInput, AuthenticateOutcome } from './services/password/authenticate.js'
export type {
  ChangePasswordInput,
  ChangePasswordOutcome,
  RemovePasswordOutcome,
  SetPasswordOutcome,
} from './services/password/change.js'
export type { PasswordService, TransactionalPassword } from './services/password/password.js'
export type {
  Preparation,
  PreparedRegistration,
  RegisteredUnverified,
  RegisterInput,
  RegisterOutcome,
} from './services/password/register.js'
export type {
  PasswordResetService,
  ResetInput as ResetPasswordInput,
  ResetOutcome as ResetPasswordOutcome,
} from './services/password/reset.js'
export type { PendingSignInFactors, PendingSignInToken } from './services/pending-sign-in.js'
export type {
  FieldsProblem,
  InvalidToken,
  LevelProofs,
  PasswordRejected,
  ReauthenticationRequired,
  RefusalReason,
  Refusals,
  Refused,
  RefusedByApplication,
  SecondFactorRequired,
  StaleSession,
  TooManyAttempts,
} from './services/refusals.js'
export type {
  ConfirmTotpInput,
  ConfirmTotpOutcome,
  RemoveTotpOutcome,
  ReplaceRecoveryCodesOutcome,
  StartTotpOutcome,
  TotpStarted,
} from './services/second-factors/enroll.js'
export type {
  ConfirmTotpAtSignInInput,
  ConfirmTotpAtSignInOutcome,
  StartTotpAtSignInInput,
  StartTotpAtSignInOutcome,
} from './services/second-factors/enroll-at-sign-in.js'
export type {
  RegisterPasskeyAtSignInInput,
  RegisterPasskeyAtSignInOutcome,
  StartPasskeyAtSignInOutcome,
} from './services/second-factors/enroll-passkey-at-sign-in.js'
export type { PasskeyFactorStart } from './services/second-factors/passkey.js'
export type { SecretsReencrypted } from './services/second-factors/reencrypt-secrets.js'
export type {
  FoundSecondFactors,
  SecondFactorService,
} from './services/second-factors/second-factors.js'
export type {
  ReauthenticateByFactorInput,
  ReauthenticateByFactorOutcome,
} from './services/second-factors/step-up.js'
export type {
  UndoSecondFactorInput,
  UndoSecondFactorOutcome,
} from './services/second-factors/undo.js'
export type {
  SecondFactorCode,
  SecondFactorProof,
  VerifySecondFactorInput,
  VerifySecondFactorOutcome,
} from './services/second-factors/verify.js'
export type { ContinueImportedOutcome } from './services/sessions/imported.js'
export type { Remembering } from './services/sessions/new-session.js'
export type {
  DeriveOutcome,
  OpenedSession,
  OpeningOptions,
  OpenOutcome,
} from './services/sessions/opening.js'
export type {
  ReauthenticateInput,
  ReauthenticateOutcome,
} from './services/sessions/reauthenticate.js'
export type { RotateOutcome } from './services/sessions/rotate.js'
export type {
  SessionPageQuery,
  SessionService,
  TransactionalSessions,
} from './services/sessions/sessions.js'
export type { SignedIn } from './services/sign-in.js'
export type { AccountDeletion, ProfileUpdate } from './services/users/own-account.js'
export type { PersonalData } from './services/users/personal-data.js'
export type { SignInMethods } from './services/users/sign-in-methods.js'
export type { DataExport, TransactionalUsers, UserService } from './services/users/users.js'
export { englishTexts } from './texts/english.js'
export { germanTexts } from './texts/german.js'
export type { ErrorTexts, LinkTexts, PageTexts, PasswordTexts, Texts } from './texts/texts.js'
export { Torii } from './torii.js'
export type {
  CredentialDescriptorJson,
  PasskeyCreationOptions,
  PasskeyRequestOptions,
} from './webauthn/ceremony-options.js'
export type { PasskeyHint } from './webauthn/hints.js'
export type { PasskeyProblem } from './webauthn/verification.js'
