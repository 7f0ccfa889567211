import type { Repositories, TransactionRepositories } from 'torii-core'
import type { Database } from '../sql/database.js'
import type { Statement } from '../sql/statement.js'
import { auditEventStatements, createAuditEventRepository } from './audit-events.js'
import type { Readback } from './fragments/readback.js'
import { createReadback, readbackStatements } from './fragments/readback.js'
import { createMagicLinkRepository, magicLinkStatements } from './magic-links.js'
import {
  createOAuthAccountRepository,
  oauthAccountStatements,
} from './oauth-accounts/oauth-accounts.js'
import { createOAuthStateRepository, oauthStateStatements } from './oauth-states.js'
import {
  createPasskeyChallengeRepository,
  passkeyChallengeStatements,
} from './passkey-challenges.js'
import { createPasskeyRepository, passkeyStatements } from './passkeys/passkeys.js'
import { createPasswordRepository, passwordStatements } from './passwords/passwords.js'
import { createRateLimitRepository, rateLimitStatements } from './rate-limits.js'
import {
  createSecondFactorRepository,
  secondFactorStatements,
} from './second-factors/second-factors.js'
import { createSessionRepository, sessionStatements } from './sessions/sessions.js'
import { createSweeper, sweepStatements } from './sweep.js'
import { createUserRepository, userStatements } from './users/users.js'
import {
  createVerificationTokenRepository,
  verificationTokenStatements,
} from './verification-tokens/verification-tokens.js'

type StatementRecord = Readonly<Record<string, Statement>>

/** The repository of one table. */
interface TableRepository<Repository, LeftOut> {
  readonly statements: StatementRecord
  create(db: Database, readback: Readback): Repository
  /** The methods that a caller's transaction has not, or `true` where it has none of them. */
  readonly notInTransactions: LeftOut
}

/** Builds the statements of a table once for a schema; repositories over them are cheap. */
const table =
  <Own extends StatementRecord, Repository, const LeftOut>(
    statementsFor: (schema: string) => Own,
    create: (db: Database, own: Own, readback: Readback) => Repository,
    notInTransactions: LeftOut,
  ) =>
  (schema: string): TableRepository<Repository, LeftOut> => {
    const statements = statementsFor(schema)
    return {
      statements,
      create: (db, readback) => create(db, statements, readback),
      notInTransactions,
    }
  }

/** What of a repository the contract leaves out of transactions. */
type LeftOut<Name extends keyof Repositories> = Name extends keyof TransactionRepositories
  ? Readonly<Record<Exclude<keyof Repositories[Name], keyof TransactionRepositories[Name]>, true>>
  : true

type TableList<Metadata extends object> = {
  [Name in keyof Repositories]: (
    schema: string,
  ) => TableRepository<Repositories<Metadata>[Name], LeftOut<Name>>
}

/** Every repository: the one list of them. What is missing here, or says something else than the contract, does not compile. */
const tableList = <Metadata extends object>(): TableList<Metadata> => ({
  users: table(userStatements, createUserRepository<Metadata>, {}),
  sessions: table(sessionStatements, createSessionRepository<Metadata>, {}),
  passwords: table(passwordStatements, createPasswordRepository<Metadata>, {
    findForSignIn: true,
    findForUser: true,
  }),
  rateLimits: table(rateLimitStatements, createRateLimitRepository, true),
  oauthAccounts: table(oauthAccountStatements, createOAuthAccountRepository<Metadata>, {}),
  oauthStates: table(oauthStateStatements, createOAuthStateRepository, true),
  passkeys: table(passkeyStatements, createPasskeyRepository<Metadata>, {}),
  passkeyChallenges: table(passkeyChallengeStatements, createPasskeyChallengeRepository, true),
  secondFactors: table(secondFactorStatements, createSecondFactorRepository<Metadata>, {
    findForSignIn: true,
    findForSession: true,
  }),
  magicLinks: table(magicLinkStatements, createMagicLinkRepository<Metadata>, { issue: true }),
  verificationTokens: table(
    verificationTokenStatements,
    createVerificationTokenRepository<Metadata>,
    { findCounted: true, issue: true, issueEmailChange: true },
  ),
  auditEvents: table(auditEventStatements, createAuditEventRepository, {}),
})

/** The tables of one storage. Its statements are built once, here. */
export interface Tables<Metadata extends object> {
  /** Every statement, by its repository and its name. */
  readonly statements: Readonly<Record<string, StatementRecord>>
  repositories(db: Database): Repositories<Metadata>
  transactionRepositories(db: Database): TransactionRepositories<Metadata>
  sweeper(db: Database): ReturnType<typeof createSweeper>
}

/** `schema` is an already quoted identifier. */
export function createTables<Metadata extends object>(schema: string): Tables<Metadata> {
  const entries = Object.entries(tableList<Metadata>()).map(
    ([name, tableOf]) => [name, tableOf(schema)] as const,
  )
  const transactional = entries.flatMap(([name, own]) =>
    own.notInTransactions === true
      ? []
      : [[name, own, Object.keys(own.notInTransactions)] as const],
  )
  const readback = readbackStatements(schema)
  const sweep = sweepStatements(schema)
  const own = entries.map(([name, { statements }]) => [name, statements] as const)
  return {
    statements: { ...Object.fromEntries(own), readback, sweep },
    repositories(db) {
      const reads = createReadback(readback)
      const created = entries.map(([name, { create }]) => [name, create(db, reads)] as const)
      // `TableList` says of every name which repository it creates.
      return Object.fromEntries(created) as unknown as Repositories<Metadata>
    },
    transactionRepositories(db) {
      const reads = createReadback(readback)
      const created = transactional.map(
        ([name, { create }, leftOut]) => [name, without(leftOut, create(db, reads))] as const,
      )
      // `LeftOut` says of every name what the contract leaves out.
      return Object.fromEntries(created) as unknown as TransactionRepositories<Metadata>
    },
    sweeper: (db) => createSweeper(db, sweep, schema),
  }
}

function without(names: readonly string[], repository: object): object {
  if (names.length === 0) return repository
  const left: Record<string, unknown> = { ...repository }
  for (const name of names) delete left[name]
  return left
}
