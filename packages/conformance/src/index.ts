import { auditCountCases } from './audit/audit-counts.js'
import { auditEventCases } from './audit/audit-events.js'
import { badInputCases } from './bad-calls/bad-input.js'
import type { ConformanceCase } from './fixtures/case.js'
import { magicLinkCases } from './magic-links/magic-links.js'
import { magicLinkCodeCases } from './magic-links/magic-links-codes.js'
import { linkSignInCases } from './magic-links/magic-links-consume.js'
import { linkEpochCases } from './magic-links/magic-links-epochs.js'
import { linkFormCases } from './magic-links/magic-links-forms.js'
import { liveLinkCases } from './magic-links/magic-links-live.js'
import { linkUseCases } from './magic-links/magic-links-single-use.js'
import { oauthSignInCases } from './oauth/oauth-accounts.js'
import { oauthLinkingCases } from './oauth/oauth-accounts-linking.js'
import { oauthTokenCases } from './oauth/oauth-accounts-tokens.js'
import { oauthStateUseCases } from './oauth/oauth-state-uses.js'
import { oauthStateCases } from './oauth/oauth-states.js'
import { passkeyChallengeCases } from './passkeys/passkey-challenges.js'
import { challengeForEmailCases } from './passkeys/passkey-challenges-email.js'
import { passkeySignalCases } from './passkeys/passkey-signals.js'
import { userHandleCases } from './passkeys/passkey-user-handles.js'
import { passkeyCases } from './passkeys/passkeys.js'
import { passkeyAnswerCases } from './passkeys/passkeys-answers.js'
import { passkeyChangeCases } from './passkeys/passkeys-changes.js'
import { passkeySignInCases } from './passkeys/passkeys-sign-in.js'
import { passwordCases } from './passwords/passwords.js'
import { passwordChangeCases } from './passwords/passwords-changes.js'
import { passwordRemovalCases } from './passwords/passwords-removal.js'
import { passwordSignInCases } from './passwords/passwords-sign-in.js'
import { rateLimitCases } from './rate-limits/rate-limits.js'
import { countedFailureCases } from './rate-limits/rate-limits-failures.js'
import { rateLimitLockCases } from './rate-limits/rate-limits-locks.js'
import { mailChargeCases } from './rate-limits/rate-limits-mail.js'
import { countedSessionCases } from './rate-limits/rate-limits-sessions.js'
import { spreadCases } from './rate-limits/rate-limits-spread.js'
import { answerCases } from './second-factors/answers.js'
import { factorEndingCases } from './second-factors/endings.js'
import { enrollmentCases } from './second-factors/enrollment.js'
import { passkeyFactorCases } from './second-factors/passkey-answers.js'
import { passkeyFactorChallengeCases } from './second-factors/passkey-challenges.js'
import { passkeyEnrollmentCases } from './second-factors/passkey-enrollment.js'
import { passwordAnswerCases } from './second-factors/password-answers.js'
import { pendingSignInCases } from './second-factors/pending-sign-ins.js'
import { possessionCases } from './second-factors/possession.js'
import { recoveryCodeCases } from './second-factors/recovery-codes.js'
import { requiredFactorCases } from './second-factors/required.js'
import { requiredEnrollmentCases } from './second-factors/required-enrollment.js'
import { factorSecretCases } from './second-factors/secrets.js'
import { stepUpCases } from './second-factors/step-up.js'
import { trustedBrowserCases } from './second-factors/trusted-browsers.js'
import { sessionCases } from './sessions/sessions.js'
import { sessionDeriveCases } from './sessions/sessions-derive.js'
import { sessionEndingCases } from './sessions/sessions-endings.js'
import { importedSessionCases } from './sessions/sessions-imported.js'
import { sessionListCases } from './sessions/sessions-list.js'
import { sessionRevokeAllCases } from './sessions/sessions-revoke-all.js'
import { sessionRevokeOthersCases } from './sessions/sessions-revoke-others.js'
import { sessionSecretCases } from './sessions/sessions-secrets.js'
import { sessionTouchCases } from './sessions/sessions-touch.js'
import { sweepCases } from './sweep/sweep.js'
import { transactionCases } from './transactions/transactions.js'
import { transactionLimitCases } from './transactions/transactions-limits.js'
import { signInMethodCases } from './users/sign-in-methods.js'
import { userCases } from './users/users.js'
import { userActorCases } from './users/users-actor.js'
import { userDeleteCases } from './users/users-delete.js'
import { userEndingCases } from './users/users-endings.js'
import { userListCases } from './users/users-list.js'
import { userProfileCases } from './users/users-profile.js'
import { userVerificationCases } from './users/users-verification.js'
import { verificationTokenCases } from './verification-tokens/verification-tokens.js'
import { emailChangeCases } from './verification-tokens/verification-tokens-change.js'
import { emailChangeIssueCases } from './verification-tokens/verification-tokens-change-issue.js'
import { emailChangeRefusalCases } from './verification-tokens/verification-tokens-change-refusals.js'
import { tokenEndingCases } from './verification-tokens/verification-tokens-endings.js'
import { verificationFormCases } from './verification-tokens/verification-tokens-forms.js'
import { passwordResetCases } from './verification-tokens/verification-tokens-reset.js'
import { undoCases } from './verification-tokens/verification-tokens-undo.js'
import { emailVerificationCases } from './verification-tokens/verification-tokens-verify.js'

export type { ConformanceCase, ConformanceNeed, ConformanceStorage } from './fixtures/case.js'

/** Every promise of the contract as a case. Leave out those whose needs an engine cannot meet. */
export const conformance: readonly ConformanceCase[] = Object.freeze([
  ...userCases,
  ...userProfileCases,
  ...userListCases,
  ...userEndingCases,
  ...userDeleteCases,
  ...userVerificationCases,
  ...userActorCases,
  ...sessionCases,
  ...sessionListCases,
  ...sessionDeriveCases,
  ...sessionTouchCases,
  ...sessionSecretCases,
  ...sessionEndingCases,
  ...importedSessionCases,
  ...sessionRevokeOthersCases,
  ...sessionRevokeAllCases,
  ...passwordCases,
  ...passwordSignInCases,
  ...passwordChangeCases,
  ...passwordRemovalCases,
  ...rateLimitCases,
  ...rateLimitLockCases,
  ...mailChargeCases,
  ...countedFailureCases,
  ...spreadCases,
  ...countedSessionCases,
  ...magicLinkCases,
  ...linkSignInCases,
  ...linkUseCases,
  ...magicLinkCodeCases,
  ...liveLinkCases,
  ...linkEpochCases,
  ...linkFormCases,
  ...verificationTokenCases,
  ...emailVerificationCases,
  ...undoCases,
  ...passwordResetCases,
  ...emailChangeIssueCases,
  ...emailChangeCases,
  ...emailChangeRefusalCases,
  ...tokenEndingCases,
  ...verificationFormCases,
  ...sweepCases,
  ...oauthStateCases,
  ...oauthStateUseCases,
  ...oauthSignInCases,
  ...oauthLinkingCases,
  ...oauthTokenCases,
  ...signInMethodCases,
  ...passkeyChallengeCases,
  ...challengeForEmailCases,
  ...passkeyCases,
  ...passkeyChangeCases,
  ...passkeySignalCases,
  ...userHandleCases,
  ...passkeyAnswerCases,
  ...passkeySignInCases,
  ...enrollmentCases,
  ...pendingSignInCases,
  ...answerCases,
  ...recoveryCodeCases,
  ...passkeyFactorCases,
  ...passkeyFactorChallengeCases,
  ...stepUpCases,
  ...possessionCases,
  ...trustedBrowserCases,
  ...factorEndingCases,
  ...requiredFactorCases,
  ...requiredEnrollmentCases,
  ...passkeyEnrollmentCases,
  ...passwordAnswerCases,
  ...factorSecretCases,
  ...transactionCases,
  ...transactionLimitCases,
  ...auditEventCases,
  ...auditCountCases,
  ...badInputCases,
])
