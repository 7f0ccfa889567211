import type { RepositoryProvider, TransactionRepositories } from 'torii-core'
import type { Database } from '../sql/db.js'
import { createAuditEventRepository } from './audit-events.js'
import { createMagicLinkRepository } from './magic-links.js'
import { createOAuthAccountRepository } from './oauth-accounts.js'
import { createOAuthStateRepository } from './oauth-states.js'
import { createPasskeyChallengeRepository } from './passkey-challenges.js'
import { createPasskeyRepository } from './passkeys.js'
import { createPasswordRepository } from './passwords.js'
import { createRateLimitRepository } from './rate-limits.js'
import { createSessionRepository } from './sessions/sessions.js'
import { createUserRepository } from './users.js'
import { createVerificationTokenRepository } from './verification-tokens.js'

/** Every repository over one database. */
type Repositories<Metadata extends object> = Omit<
  RepositoryProvider<Metadata>,
  'transaction' | 'migrate' | 'healthCheck' | 'sweep' | 'revokeAllSessionsAndTokens' | 'close'
>

/** `schema` is an already quoted identifier. */
export function createRepositories<Metadata extends object>(
  db: Database,
  schema: string,
): Repositories<Metadata> {
  return {
    users: createUserRepository(db, schema),
    sessions: createSessionRepository(db, schema),
    passwords: createPasswordRepository(db, schema),
    rateLimits: createRateLimitRepository(db, schema),
    oauthAccounts: createOAuthAccountRepository(db, schema),
    oauthStates: createOAuthStateRepository(db, schema),
    passkeys: createPasskeyRepository(db, schema),
    passkeyChallenges: createPasskeyChallengeRepository(db, schema),
    magicLinks: createMagicLinkRepository(db, schema),
    verificationTokens: createVerificationTokenRepository(db, schema),
    auditEvents: createAuditEventRepository(db, schema),
  }
}

/** What may be done in a caller's transaction: charging there would be given back when it rolls back. */
export function withoutCharging<Metadata extends object>(
  repositories: Repositories<Metadata>,
): TransactionRepositories<Metadata> {
  const { users, sessions, oauthAccounts, passkeys, auditEvents } = repositories
  const { findForSignIn: _, findForUser: __, ...passwords } = repositories.passwords
  const {
    issue: ___,
    issueEmailChange: ____,
    ...verificationTokens
  } = repositories.verificationTokens
  const { issue: _____, ...magicLinks } = repositories.magicLinks
  return {
    users,
    sessions,
    passwords,
    oauthAccounts,
    passkeys,
    magicLinks,
    verificationTokens,
    auditEvents,
  }
}
