import { auditCountCases } from './audit-counts.js'
import { auditEventCases } from './audit-events.js'
import { badInputCases } from './bad-input.js'
import type { ConformanceCase } from './case.js'
import { loginAttemptCases } from './login-attempts.js'
import { loginAttemptLockCases } from './login-attempts-locks.js'
import { mailChargeCases } from './login-attempts-mail.js'
import { magicLinkCases } from './magic-links.js'
import { magicLinkCodeCases } from './magic-links-codes.js'
import { oauthSignInCases } from './oauth-accounts.js'
import { oauthLinkingCases } from './oauth-accounts-linking.js'
import { oauthTokenCases } from './oauth-accounts-tokens.js'
import { oauthStateCases } from './oauth-states.js'
import { passkeyChallengeCases } from './passkey-challenges.js'
import { challengeForEmailCases } from './passkey-challenges-email.js'
import { passkeyCases } from './passkeys.js'
import { passkeyAnswerCases } from './passkeys-answers.js'
import { passkeyChangeCases } from './passkeys-changes.js'
import { passkeySignInCases } from './passkeys-sign-in.js'
import { passwordCases } from './passwords.js'
import { passwordChangeCases } from './passwords-changes.js'
import { passwordRemovalCases } from './passwords-removal.js'
import { passwordSignInCases } from './passwords-sign-in.js'
import { sessionCases } from './sessions.js'
import { sessionDeriveCases } from './sessions-derive.js'
import { sessionEndingCases } from './sessions-endings.js'
import { sessionListCases } from './sessions-list.js'
import { sessionRevokeAllCases } from './sessions-revoke-all.js'
import { sessionRevokeOthersCases } from './sessions-revoke-others.js'
import { sessionSecretCases } from './sessions-secrets.js'
import { sessionTouchCases } from './sessions-touch.js'
import { transactionCases } from './transactions.js'
import { transactionLimitCases } from './transactions-limits.js'
import { userCases } from './users.js'
import { userAskingCases } from './users-asking.js'
import { userDeleteCases } from './users-delete.js'
import { userEndingCases } from './users-endings.js'
import { userListCases } from './users-list.js'
import { userProfileCases } from './users-profile.js'
import { userVerificationCases } from './users-verification.js'
import { verificationTokenCases } from './verification-tokens.js'
import { emailChangeCases } from './verification-tokens-change.js'
import { passwordResetCases } from './verification-tokens-reset.js'
import { emailVerificationCases } from './verification-tokens-verify.js'
import { waysInCases } from './ways-in.js'

export type { ConformanceCase, ConformanceNeed, ConformanceStorage } from './case.js'

/** Every promise of the contract as a case. Leave out those whose needs an engine cannot meet. */
export const conformance: readonly ConformanceCase[] = Object.freeze([
  ...userCases,
  ...userProfileCases,
  ...userListCases,
  ...userEndingCases,
  ...userDeleteCases,
  ...userVerificationCases,
  ...userAskingCases,
  ...sessionCases,
  ...sessionListCases,
  ...sessionDeriveCases,
  ...sessionTouchCases,
  ...sessionSecretCases,
  ...sessionEndingCases,
  ...sessionRevokeOthersCases,
  ...sessionRevokeAllCases,
  ...passwordCases,
  ...passwordSignInCases,
  ...passwordChangeCases,
  ...passwordRemovalCases,
  ...loginAttemptCases,
  ...loginAttemptLockCases,
  ...mailChargeCases,
  ...magicLinkCases,
  ...magicLinkCodeCases,
  ...verificationTokenCases,
  ...emailVerificationCases,
  ...passwordResetCases,
  ...emailChangeCases,
  ...oauthStateCases,
  ...oauthSignInCases,
  ...oauthLinkingCases,
  ...oauthTokenCases,
  ...waysInCases,
  ...passkeyChallengeCases,
  ...challengeForEmailCases,
  ...passkeyCases,
  ...passkeyChangeCases,
  ...passkeyAnswerCases,
  ...passkeySignInCases,
  ...transactionCases,
  ...transactionLimitCases,
  ...auditEventCases,
  ...auditCountCases,
  ...badInputCases,
])
