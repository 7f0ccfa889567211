import type {
  PasswordLookup,
  PasswordRepository,
  PasswordSignIn,
  RateLimitCharges,
  UserId,
} from 'torii-core'
import { PasswordHash, requireEmail } from 'torii-core'
import type { Database } from '../../sql/database.js'
import { countedTwice, readBack, repeat } from '../../sql/lost-reply.js'
import { nullable, parameter, sql } from '../../sql/parameter.js'
import { maybeOne, one } from '../../sql/rows.js'
import { write } from '../../sql/statement.js'
import { actor } from '../fragments/actor.js'
import {
  openedColumns,
  openedRelations,
  openSessionWithRefund,
  signInSessionValues,
} from '../fragments/new-session.js'
import { emailKey, userId } from '../fragments/parameters.js'
import type { VerdictRow } from '../fragments/rate-limit-charging.js'
import { chargeRateLimit, chargeValues, toRefusal } from '../fragments/rate-limit-charging.js'
import { refundRateLimit, refundValues } from '../fragments/rate-limit-refund.js'
import type { OpenedRow, Readback } from '../fragments/readback.js'
import { toSignedIn } from '../fragments/readback.js'
import { signInColumns } from '../fragments/second-factor.js'
import { toSession } from '../fragments/session-row.js'
import { toUser, userColumns } from '../fragments/user-row.js'
import {
  checkCharges,
  checkInteger,
  checkNewSession,
  checkObject,
  checkRefund,
  maxEpoch,
  passwordHashText,
} from '../input/input.js'

const { sessionEpoch, ownerEpoch } = actor
const verified = parameter('verified', 'text')<string>()
/** Null leaves the stored hash as it is. */
const rehash = nullable('rehash', 'text')<string>()

const credentialColumns = `
  u.id as user_id, u.session_epoch, u.owner_epoch, u.email_verified_at is not null as email_verified,
  u.disabled_at is not null as disabled, p.hash`

export const passwordSignInStatements = (schema: string) => ({
  // A refused charge joins no user, so no hash leaves the database for it.
  findForSignIn: write(
    'passwords.findForSignIn',
    sql`
      with ${chargeRateLimit(schema)}
      select v.allowed, v.retry_after, ${credentialColumns}
      from verdict v
      left join ${schema}.user_emails e on v.allowed and e.email_key = ${emailKey}
      left join ${schema}.users u on u.id = e.user_id
      left join ${schema}.passwords p on p.user_id = u.id and p.owner_epoch = u.owner_epoch`,
    { schema, onLostReply: repeat(countedTwice) },
  ),
  findForUser: write(
    'passwords.findForUser',
    sql`
      with ${chargeRateLimit(schema)}
      select v.allowed, v.retry_after, ${credentialColumns}
      from verdict v
      left join ${schema}.users u on v.allowed and u.id = ${userId}
      left join ${schema}.passwords p on p.user_id = u.id and p.owner_epoch = u.owner_epoch`,
    { schema, onLostReply: repeat(countedTwice) },
  ),
  // The key lock fixes the order user before password, and sees a user that is being deleted. Where a second factor is due, a
  // right password gives nothing back yet: the pending sign-in keeps the refund.
  signIn: write(
    'passwords.signIn',
    sql`
      with u as (
        select ${userColumns}, ${signInColumns} from ${schema}.users u
        where u.id = ${userId} and u.session_epoch = ${sessionEpoch} and u.owner_epoch = ${ownerEpoch}
          and u.disabled_at is null
        for key share
      ), p as (
        update ${schema}.passwords p set hash = ${rehash}
        from u where p.user_id = u.user_id and p.hash = ${verified} and ${rehash} is not null
        returning p.user_id
      ), ${openSessionWithRefund(schema)}, ${refundRateLimit(schema, 's', 'p')}
      select u.*, ${openedColumns} from u ${openedRelations}`,
    { schema, onLostReply: readBack('the id and the secret of the session') },
  ),
})

interface CredentialRow extends VerdictRow {
  user_id: UserId | null
  session_epoch: number
  owner_epoch: number
  email_verified: boolean
  disabled: boolean
  hash: string | null
}

function toLookup(row: CredentialRow): PasswordLookup {
  if (!row.allowed) return toRefusal(row)
  if (row.user_id === null || row.hash === null) return { ok: true, credential: null }
  return {
    ok: true,
    credential: {
      userId: row.user_id,
      hash: new PasswordHash(row.hash),
      epochs: { session: row.session_epoch, owner: row.owner_epoch },
      emailVerified: row.email_verified,
      disabled: row.disabled,
    },
  }
}

/** Looks credentials up and signs in with them. */
export function createPasswordSignIn<Metadata extends object>(
  db: Database,
  statements: ReturnType<typeof passwordSignInStatements>,
  readback: Readback,
): Pick<PasswordRepository<Metadata>, 'findForSignIn' | 'findForUser' | 'signIn'> {
  return {
    async findForSignIn(input: { email: string; charges: RateLimitCharges }) {
      const { email, charges } = checkObject(input, 'input')
      const values = { ...chargeValues(checkCharges(charges)), emailKey: requireEmail(email) }
      return one(db, statements.findForSignIn, values, toLookup)
    },
    async findForUser(input: { userId: UserId; charges: RateLimitCharges }) {
      const { userId: user, charges } = checkObject(input, 'input')
      const values = { ...chargeValues(checkCharges(charges)), userId: user }
      return one(db, statements.findForUser, values, toLookup)
    },
    async signIn(input: PasswordSignIn) {
      const values = signInValues(input)
      const opened = await db.runWithRecovery(
        (call) => maybeOne(call, statements.signIn, values, (row: OpenedRow) => row),
        (call) => readback.opened(call, values.userId, input.session),
      )
      if (opened === null) return { ok: false, reason: 'stale' }
      return toSignedIn(opened, (row) => ({
        ok: true,
        user: toUser<Metadata>(row),
        session: toSession(row),
      }))
    },
  }
}

function signInValues(input: PasswordSignIn) {
  const { credential, session, refund, rehash: next } = checkObject(input, 'input')
  const { userId: user, hash, epochs } = checkObject(credential, 'credential')
  const { session: seenSession, owner: seenOwner } = checkObject(epochs, 'epochs')
  return {
    userId: user,
    sessionEpoch: checkInteger(seenSession, 'epochs.session', 0, maxEpoch),
    ownerEpoch: checkInteger(seenOwner, 'epochs.owner', 0, maxEpoch),
    verified: passwordHashText(hash, 'hash'),
    rehash: next === undefined ? null : passwordHashText(next, 'rehash'),
    ...signInSessionValues(checkNewSession(session)),
    ...refundValues(checkRefund(refund)),
  }
}
