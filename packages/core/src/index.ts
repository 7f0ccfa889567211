export type {
  AuditCountQuery,
  AuditCursor,
  AuditEvent,
  AuditEventRepository,
  AuditInterval,
  AuditPage,
  AuditQuery,
  NewAuditEvent,
} from './audit-events.js'
export type { Brand, Branded } from './brand.js'
export type { Ciphertext } from './ciphertext.js'
export { ciphertext } from './ciphertext.js'
export { markCore, requireSameCore } from './copies.js'
export type {
  AuthRequestMessage,
  BatchedCallMessage,
  ConnectionMessage,
  DiagnosticsChannel,
  Ending,
  MailStateMessage,
  OperationMessage,
  PoolState,
  RateLimitedMessage,
  StatementMessage,
  TracedChannel,
  TracedMessage,
} from './diagnostics.js'
export { diagnosticsChannels, trace, traceMethods } from './diagnostics.js'
export type { EmailKey } from './email.js'
export { canonicalEmail, requireEmail } from './email.js'
export type { InvalidInputKind, ToriiErrorCode } from './errors.js'
export {
  InvalidInputError,
  InvalidOptionsError,
  invalidValue,
  OutcomeUnknownError,
  ToriiError,
} from './errors.js'
export type {
  AuditEventId,
  OAuthAccountId,
  PasskeyId,
  SessionId,
  TrustedBrowserId,
  UserId,
} from './ids.js'
export {
  newAuditEventId,
  newOAuthAccountId,
  newPasskeyId,
  newSessionId,
  newTrustedBrowserId,
  newUserId,
  parseOAuthAccountId,
  parsePasskeyId,
  parseSessionId,
  parseTrustedBrowserId,
  parseUserId,
} from './ids.js'
export type {
  MagicLinkRepository,
  MailboxProof,
  MailboxSignIn,
  MailCharges,
  MailDecision,
  NewMagicLink,
  UsedForm,
  UsedLink,
  UsedSignIn,
} from './magic-links.js'
export { maxCodeTries, maxLiveLinks } from './magic-links.js'
export { requireNode } from './node-version.js'
export type {
  MethodRemoval,
  NewOAuthLink,
  OAuthAccount,
  OAuthAccountRepository,
  OAuthIdentity,
  OAuthLink,
  OAuthSignIn,
  OAuthSignInOutcome,
  ProviderAuthentication,
  ProviderTokens,
  StoredTokens,
  TokensCursor,
  UsableMethods,
} from './oauth-accounts.js'
export { maxAuthenticationAge } from './oauth-accounts.js'
export type { OAuthStart, OAuthStateKey, OAuthStateRepository } from './oauth-states.js'
export type {
  ChallengeForEmail,
  ChallengeForPending,
  ChallengeHolder,
  ChallengeStart,
  NewPasskeyChallenge,
  PasskeyCeremony,
  PasskeyChallengeRepository,
} from './passkey-challenges.js'
export type {
  AcceptedCredential,
  NewPasskey,
  Passkey,
  PasskeyAddition,
  PasskeyCredential,
  PasskeyReauthentication,
  PasskeyRepository,
  PasskeySignInOutcome,
  PasskeyUse,
} from './passkeys.js'
export type {
  PasswordChange,
  PasswordCredential,
  PasswordLookup,
  PasswordRemoval,
  PasswordRepository,
  PasswordSetting,
  PasswordSignIn,
  PasswordSignInOutcome,
} from './passwords.js'
export type { PendingKey, PendingSignIn, SecondFactorRequired } from './pending-sign-ins.js'
export { maxPendingTries, pendingSignInSeconds } from './pending-sign-ins.js'
export type { Json, ProfileChanges } from './profile.js'
export { checkMetadata, checkName, checkPicture, profileLimits } from './profile.js'
export type {
  Charge,
  ChargeOutcome,
  ChargeRefusal,
  IpAddressCharge,
  MailChargeOutcome,
  RateLimitCharges,
  RateLimitPolicy,
  RateLimitRefund,
  RateLimitRepository,
  RateLimitStatus,
} from './rate-limits.js'
export type {
  EncryptedTotpSecret,
  EnrollingSignIn,
  EnrollmentSignIn,
  EnrollmentStart,
  PasskeyEnrollment,
  PasskeyFactorSignIn,
  PasskeyStartUse,
  PendingLookup,
  PendingPasskeyLookup,
  PendingPasswordLookup,
  RecoveryCodesReplaced,
  SecondFactorChange,
  SecondFactorRepository,
  SecondFactorSignIn,
  SecondFactors,
  SessionOfPending,
  TotpConfirmation,
  TotpCredential,
  TotpEnrollment,
  TotpLookup,
} from './second-factors.js'
export { encryptedTotpSecret, recoveryCodeCount, totpStepSeconds } from './second-factors.js'
export { PasswordHash, PendingToken, Secret, SessionToken } from './secret.js'
export type {
  AuthenticationMethod,
  CountedActor,
  DerivedSession,
  Epochs,
  ImportedSession,
  ImportedSessionOpening,
  NewSession,
  OthersRevoked,
  SecondFactor,
  SecondFactorPolicy,
  Session,
  SessionActor,
  SessionCursor,
  SessionKey,
  SessionLevel,
  SessionLifetime,
  SessionOfImported,
  SessionOpening,
  SessionPage,
  SessionQuery,
  SessionRepository,
  SessionRepository as SessionStorage,
  SignInMethod,
  ValidSession,
} from './sessions.js'
export { possessionMethods } from './sessions.js'
export type {
  CallerTransaction,
  RepeatedSweepOptions,
  Repositories,
  RepositoryProvider,
  StorageHealth,
  StorageTransaction,
  SweepCounts,
  SweepOptions,
  SweepProgress,
  TransactionRepositories,
} from './storage.js'
export type { TextLimits } from './text.js'
export { checkText, countCodePoints, isStorable } from './text.js'
export type { RateLimitKey, TokenHash } from './token-hash.js'
export { rateLimitKey, tokenHash } from './token-hash.js'
export type { NewTrustedBrowser, PresentedTrust, TrustedBrowser } from './trusted-browsers.js'
export { maxTrustedAccounts } from './trusted-browsers.js'
export { findSimilar, unknownOption } from './unknown-option.js'
export type {
  NewUser,
  Registration,
  TakenNotice,
  User,
  UserCursor,
  UserEmail,
  UserPage,
  UserQuery,
  UserRepository,
  UserRepository as UserStorage,
  UserUpdate,
} from './users.js'
export type {
  EmailChange,
  EmailChangeRequest,
  EmailVerification,
  MailboxHolder,
  NewEmailChange,
  NewVerification,
  PasswordReset,
  SecondFactorUndo,
  Verification,
  VerificationDecision,
  VerificationKey,
  VerificationLookup,
  VerificationPurpose,
  VerificationTokenRepository,
} from './verification-tokens.js'
export { undoSeconds } from './verification-tokens.js'
