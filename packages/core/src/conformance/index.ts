import { badInputCases } from './bad-input.js'
import type { ConformanceCase } from './case.js'
import { loginAttemptCases } from './login-attempts.js'
import { loginAttemptLockCases } from './login-attempts-locks.js'
import { passwordCases } from './passwords.js'
import { passwordChangeCases } from './passwords-changes.js'
import { passwordRemovalCases } from './passwords-removal.js'
import { passwordSignInCases } from './passwords-sign-in.js'
import { sessionCases } from './sessions.js'
import { sessionEndingCases } from './sessions-endings.js'
import { sessionListCases } from './sessions-list.js'
import { sessionRevokeAllCases } from './sessions-revoke-all.js'
import { sessionRevokeOthersCases } from './sessions-revoke-others.js'
import { sessionSecretCases } from './sessions-secrets.js'
import { sessionTouchCases } from './sessions-touch.js'
import { transactionCases } from './transactions.js'
import { transactionLimitCases } from './transactions-limits.js'
import { userCases } from './users.js'
import { userDeleteCases } from './users-delete.js'
import { userEndingCases } from './users-endings.js'
import { userListCases } from './users-list.js'
import { userProfileCases } from './users-profile.js'

export type { ConformanceCase, ConformanceNeed, ConformanceStorage } from './case.js'

/** Every promise of the contract as a case. Leave out those whose needs an engine cannot meet. */
export const conformance: readonly ConformanceCase[] = Object.freeze([
  ...userCases,
  ...userProfileCases,
  ...userListCases,
  ...userEndingCases,
  ...userDeleteCases,
  ...sessionCases,
  ...sessionListCases,
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
  ...transactionCases,
  ...transactionLimitCases,
  ...badInputCases,
])
