import type {
  Charge,
  EmailVerification,
  MailboxHolder,
  SessionId,
  TokenHash,
  VerificationKey,
  VerificationTokenRepository,
} from 'torii-core'
import { InvalidInputError } from 'torii-core'
import type { Database } from '../../sql/database.js'
import { readBack } from '../../sql/lost-reply.js'
import { nullable, parameter, sql } from '../../sql/parameter.js'
import { one } from '../../sql/rows.js'
import { write } from '../../sql/statement.js'
import { statementTime as now } from '../../sql/time.js'
import type { PendingRow } from '../fragments/new-session.js'
import {
  openedColumns,
  openedRelations,
  openOptionalSession,
  optionalSessionValues,
  toSecondFactorRequired,
} from '../fragments/new-session.js'
import { userId } from '../fragments/parameters.js'
import type { VerdictRow } from '../fragments/rate-limit-charging.js'
import { chargeFailure, chargeValues, toRefusal } from '../fragments/rate-limit-charging.js'
import type { Readback } from '../fragments/readback.js'
import { signInColumns } from '../fragments/second-factor.js'
import type { SessionRow } from '../fragments/session-row.js'
import { liveSession, toSession } from '../fragments/session-row.js'
import type { UserRow } from '../fragments/user-row.js'
import { toUser, userColumns } from '../fragments/user-row.js'
import { actorValues, checkNewSession, checkObject, passwordHashText } from '../input/input.js'
import { checkIpAddressCharge, tokenKeyValues } from '../input/input-credentials.js'
import { endSessions, invalidToken, liveToken, lockTokens, useToken } from './live-token.js'

/** Ends every session and every other sign-in method: the holder has not proved the account. */
const raisesEpochs = parameter('raisesEpochs', 'boolean')<boolean>()
const verified = nullable('verified', 'text')<string>()
const newPassword = nullable('newPassword', 'text')<string>()
const actingSession = nullable('actingSession', 'uuid')<SessionId>()
const sessionEpoch = nullable('sessionEpoch', 'int')<number>()
const ownerEpoch = nullable('ownerEpoch', 'int')<number>()

/** Whether the holder of a token has proved what they claim: the password, or the acting session. */
const holderHolds = (schema: string) => sql`
          (${verified} is null or exists (
            select 1 from ${schema}.passwords p
            where p.user_id = ${userId} and p.hash = ${verified} and p.owner_epoch = u.owner_epoch))
          and (${actingSession} is null or (
            u.session_epoch = ${sessionEpoch} and u.owner_epoch = ${ownerEpoch} and exists (
              select 1 from ${schema}.sessions s
              where s.user_id = u.id and s.id = ${actingSession} and ${liveSession})))`

// The tokens are locked first, the user after them: the lock order of all entry rows. They are used up last, so a claim
// that does not hold leaves them alone.
export const verifyEmail = (schema: string) =>
  write(
    'verification_tokens.verifyEmail',
    sql`
      with ${chargeFailure(
        schema,
        sql`${lockTokens(schema, 'verify_email', 'from gate where gate.until is null', '(select gate.until is null from gate)')}, u as (
        update ${schema}.users u set
          email_verified_at = ${now}, updated_at = ${now},
          session_epoch = u.session_epoch + ${raisesEpochs}::int, owner_epoch = u.owner_epoch + ${raisesEpochs}::int
        from t
        where u.id = t.user_id and ${liveToken(schema)} and ${holderHolds(schema)}
        returning ${userColumns}, ${signInColumns}, ${raisesEpochs} as raised
      ), p as (
        insert into ${schema}.passwords (user_id, hash, owner_epoch, updated_at)
        select u.user_id, ${newPassword}, u.owner_epoch, ${now} from u where ${newPassword} is not null
        on conflict (user_id) do update set
          hash = excluded.hash, owner_epoch = excluded.owner_epoch, updated_at = excluded.updated_at
        returning user_id
      ), ${openOptionalSession(schema, '(select pg_catalog.count(*) from p) >= 0', 'true')}, ${useToken(schema, 'u')}, ${endSessions(schema)}, success as (
        select 1 as one from u union all select 1 from repeated
      )`,
        'success',
      )}
      select v.allowed, v.retry_after, exists (select 1 from repeated) as repeated, u.*, ${openedColumns}
      from verdict v left join u on true ${openedRelations}`,
    {
      schema,
      onLostReply: readBack(
        'the id and the secret of the session; where none is opened it is sent again, and used up means ask for a new one (a failure is counted a second time)',
      ),
    },
  )

/** Verifies the email of a user by a mailed token. */
export function createEmailVerification<Metadata extends object>(
  db: Database,
  statements: { readonly verifyEmail: ReturnType<typeof verifyEmail> },
  readback: Readback,
): Pick<VerificationTokenRepository<Metadata>, 'verifyEmail'> {
  return {
    async verifyEmail(
      key: VerificationKey,
      holder: MailboxHolder,
      ipAddress: Charge | null = null,
      form: TokenHash | null = null,
    ) {
      const values = {
        ...tokenKeyValues(key),
        usedBy: form,
        ...holderValues(holder),
        ...chargeValues(checkIpAddressCharge(ipAddress)),
      }
      const session = 'session' in holder ? holder.session : null
      return db.runWithRecovery<EmailVerification<Metadata>>(
        (call) => one(call, statements.verifyEmail, values, toVerified<Metadata>),
        async (call) => {
          const row = session === null ? null : await readback.opened(call, key.userId, session)
          return row === null ? null : toEmailVerification<Metadata>(row)
        },
      )
    },
  }
}

const noProof = {
  raisesEpochs: true,
  verified: null,
  newPassword: null,
  actingSession: null,
  sessionEpoch: null,
  ownerEpoch: null,
}

/** The values of what the holder claims, and of the session to open. */
function holderValues(holder: MailboxHolder) {
  const given = checkObject(holder, 'holder')
  switch (given.kind) {
    case 'password':
      return {
        ...noProof,
        raisesEpochs: false,
        verified: passwordHashText(given.verified, 'verified'),
        ...optionalSessionValues(checkNewSession(given.session)),
      }
    case 'new_password':
      return {
        ...noProof,
        newPassword: passwordHashText(given.passwordHash, 'passwordHash'),
        ...optionalSessionValues(checkNewSession(given.session)),
      }
    case 'session': {
      const acting = actorValues(given.actor)
      return {
        ...noProof,
        raisesEpochs: false,
        actingSession: acting.sessionId,
        sessionEpoch: acting.sessionEpoch,
        ownerEpoch: acting.ownerEpoch,
        ...optionalSessionValues(null),
      }
    }
    case 'mailbox_only':
      return { ...noProof, ...optionalSessionValues(null) }
    default:
      throw new InvalidInputError('kind', 'must be password, new_password, session or mailbox_only')
  }
}

type VerifiedRow = VerdictRow & { repeated: boolean } & (UsedRow | { user_id: null })

function toVerified<Metadata extends object>(row: VerifiedRow): EmailVerification<Metadata> {
  if (row.user_id !== null) return toEmailVerification(row)
  return row.allowed || row.repeated ? invalidToken : toRefusal(row)
}

type UsedRow = UserRow &
  ((SessionRow & { pending_id: null }) | PendingRow | { session_id: null; pending_id: null })

const toEmailVerification = <Metadata extends object>(
  row: UsedRow,
): EmailVerification<Metadata> => ({
  ok: true,
  user: toUser(row),
  session: row.session_id === null ? null : toSession(row),
  pending: row.pending_id === null ? null : toSecondFactorRequired(row).pending,
})
