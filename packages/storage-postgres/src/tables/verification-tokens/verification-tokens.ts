import type {
  Json,
  RateLimitCharges,
  UsedForm,
  UsedLink,
  UserId,
  Verification,
  VerificationKey,
  VerificationLookup,
  VerificationPurpose,
  VerificationTokenRepository,
} from 'torii-core'
import { PasswordHash } from 'torii-core'
import type { Database } from '../../sql/database.js'
import { countedTwice, repeat } from '../../sql/lost-reply.js'
import { sql } from '../../sql/parameter.js'
import { maybeOne, one } from '../../sql/rows.js'
import { read, write } from '../../sql/statement.js'
import { statementTime as now } from '../../sql/time.js'
import { usedBy } from '../fragments/link-row.js'
import type { PendingRow } from '../fragments/new-session.js'
import { optionalSession, toSecondFactorRequired } from '../fragments/new-session.js'
import { purpose } from '../fragments/parameters.js'
import { livePending, pendingColumns } from '../fragments/pending-row.js'
import type { VerdictRow } from '../fragments/rate-limit-charging.js'
import { chargeRateLimit, chargeValues, toRefusal } from '../fragments/rate-limit-charging.js'
import type { Readback } from '../fragments/readback.js'
import type { SessionRow } from '../fragments/session-row.js'
import { liveSession, sessionColumns, toSession } from '../fragments/session-row.js'
import type { UserRow } from '../fragments/user-row.js'
import { toUser, userColumns } from '../fragments/user-row.js'
import { checkCharges, checkObject } from '../input/input.js'
import { checkPurpose, tokenKeyValues } from '../input/input-credentials.js'
import { changeEmail, createEmailChange } from './email-change.js'
import { createEmailVerification, verifyEmail } from './email-verification.js'
import { givenToken, liveToken } from './live-token.js'
import { createPasswordReset, resetPassword } from './password-reset.js'
import { createSecondFactorUndo, undoSecondFactor } from './second-factor-undo.js'
import { createTokenIssue, tokenIssueStatements } from './token-issue.js'

const foundColumns = 'u.id as user_id, t.email, u.session_epoch, u.owner_epoch, p.hash'

const foundToken = (schema: string) => sql`
      from ${schema}.verification_tokens t join ${schema}.users u on u.id = t.user_id
      left join ${schema}.passwords p on p.user_id = u.id and p.owner_epoch = u.owner_epoch
      where ${givenToken} and t.purpose = ${purpose} and ${liveToken(schema)}`

export const verificationTokenStatements = (schema: string) => ({
  ...tokenIssueStatements(schema),
  find: read(
    'verification_tokens.find',
    sql`
      select ${foundColumns}
      ${foundToken(schema)}`,
  ),
  // A refused charge joins no token, so no hash leaves the database for it.
  findCounted: write(
    'verification_tokens.findCounted',
    sql`
      with ${chargeRateLimit(schema)}, found as (
        select ${foundColumns}
        ${foundToken(schema)} and (select v.allowed from verdict v)
      )
      select v.allowed, v.retry_after, found.* from verdict v left join found on true`,
    { schema, onLostReply: repeat(countedTwice) },
  ),
  findUsed: read(
    'verification_tokens.findUsed',
    sql`
      select ${userColumns}, ${sessionColumns}, ${pendingColumns(schema)}
      from ${schema}.verification_tokens t join ${schema}.users u on u.id = t.user_id
      left join ${schema}.sessions s
        on s.user_id = u.id and s.id = ${optionalSession.id} and s.secret_hash = ${optionalSession.secretHash} and ${liveSession}
      left join ${schema}.pending_sign_ins p
        on p.user_id = u.id and p.id = ${optionalSession.id} and p.secret_hash = ${optionalSession.secretHash} and ${livePending}
      where ${givenToken} and t.purpose = ${purpose} and t.used_by = ${usedBy} and t.expires_at > ${now}
        and u.disabled_at is null and (${optionalSession.id} is null or s.id is not null or p.id is not null)`,
  ),
  verifyEmail: verifyEmail(schema),
  resetPassword: resetPassword(schema),
  changeEmail: changeEmail(schema),
  undoSecondFactor: undoSecondFactor(schema),
})

interface FoundRow {
  user_id: UserId
  email: string
  session_epoch: number
  owner_epoch: number
  hash: string | null
}

export function createVerificationTokenRepository<Metadata extends object = Record<string, Json>>(
  db: Database,
  statements: ReturnType<typeof verificationTokenStatements>,
  readback: Readback,
): VerificationTokenRepository<Metadata> {
  return {
    ...createTokenIssue(db, statements),
    ...createEmailVerification<Metadata>(db, statements, readback),
    ...createPasswordReset(db, statements, readback),
    ...createEmailChange<Metadata>(db, statements, readback),
    ...createSecondFactorUndo<Metadata>(db, statements),
    async find(wanted: VerificationPurpose, key: VerificationKey) {
      const values = { ...tokenKeyValues(key), purpose: checkPurpose(wanted) }
      return maybeOne(db, statements.find, values, toVerification)
    },
    async findUsed(wanted: VerificationPurpose, key: VerificationKey, form: UsedForm) {
      const { usedBy: formHash, session } = checkObject(form, 'form')
      const values = {
        ...tokenKeyValues(key),
        purpose: checkPurpose(wanted),
        usedBy: formHash,
        newSessionId: session?.id ?? null,
        newSessionSecretHash: session?.secretHash ?? null,
      }
      return maybeOne(db, statements.findUsed, values, toUsed<Metadata>)
    },
    async findCounted(
      wanted: VerificationPurpose,
      key: VerificationKey,
      charges: RateLimitCharges | null,
    ) {
      const values = {
        ...tokenKeyValues(key),
        purpose: checkPurpose(wanted),
        ...chargeValues(charges === null ? noCharges : checkCharges(charges)),
      }
      return one(db, statements.findCounted, values, toLookup)
    },
  }
}

type UsedRow = UserRow &
  ((SessionRow & { pending_id: null }) | PendingRow | { session_id: null; pending_id: null })

const toUsed = <Metadata extends object>(row: UsedRow): UsedLink<Metadata> => ({
  user: toUser(row),
  session: row.session_id === null ? null : toSession(row),
  pending: row.pending_id === null ? null : toSecondFactorRequired(row).pending,
})

type LookupRow = VerdictRow & (FoundRow | { user_id: null })

function toLookup(row: LookupRow): VerificationLookup {
  if (!row.allowed) return toRefusal(row)
  return { ok: true, verification: row.user_id === null ? null : toVerification(row) }
}

const noCharges: RateLimitCharges = { account: null, ipAddress: null }

const toVerification = (row: FoundRow): Verification => ({
  userId: row.user_id,
  email: row.email,
  passwordHash: row.hash === null ? null : new PasswordHash(row.hash),
  epochs: { session: row.session_epoch, owner: row.owner_epoch },
})
