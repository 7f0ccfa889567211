import type { PendingKey } from 'torii-core'
import { maxPendingTries } from 'torii-core'
import type { SqlPart } from '../../sql/parameter.js'
import { sql } from '../../sql/parameter.js'
import { milliseconds, statementTime as now } from '../../sql/time.js'
import { sessionKeyValues } from '../input/input.js'
import { secretHash, sessionId, userId } from './parameters.js'
import { hasPasskey, hasSecondFactor, hasSecondFactorOf, isPossession } from './second-factor.js'
import { userColumns } from './user-row.js'

/** The pending sign-in `p` of the key. Takes {@link pendingKeyValues}. */
export const givenPending = sql`p.user_id = ${userId} and p.id = ${sessionId} and p.secret_hash = ${secretHash}`

/** Its id is the one that the session was to have. */
export const pendingKeyValues = (key: PendingKey) => sessionKeyValues(key)

/**
 * The CTE of the user `u` of a pending sign-in to answer, locked with `strength`. `from` and `condition` are further ones.
 * Other than a sign-in this one waits for a change of the user: a pending sign-in that the change ends is not told that its
 * answer is wrong.
 */
export const lockUserOfPending = (
  schema: string,
  { from = '', condition = '', strength = 'share' }: UserLock = {},
) => sql`u as (
        select ${userColumns}, u.session_epoch, u.owner_epoch, ${hasSecondFactor} as has_factor from ${schema}.users u${from}
        where u.id = ${userId} and u.disabled_at is null${condition}
        for ${strength} of u
      )`

interface UserLock {
  readonly from?: string
  readonly condition?: string
  readonly strength?: 'share' | 'no key update'
}

/** The CTE of the pending sign-in `p` of the locked user `u`, locked after them; `condition` is a further one. */
export const lockPending = <const Condition extends SqlPart>(
  schema: string,
  condition: Condition,
) => sql`p as (
        select p.* from ${schema}.pending_sign_ins p join u on u.user_id = p.user_id
        where ${givenPending} and p.session_epoch = u.session_epoch and p.owner_epoch = u.owner_epoch
          and p.expires_at > ${now}${condition}
        for update of p
      )`

/** Holds of a pending sign-in `p` of the user `u` that has not ended and has a try left; the one definition of a live one. */
export const livePending = `p.session_epoch = u.session_epoch and p.owner_epoch = u.owner_epoch
        and u.disabled_at is null and p.expires_at > ${now} and p.tries < ${maxPendingTries}`

/**
 * Whether a passkey can answer the pending sign-in `p`: its user has one, and the first factor was not a passkey without
 * user verification, which is possession, like the second one.
 */
export const takesPasskey = (schema: string): string =>
  `(not ('passkey' = any (p.methods)) and ${hasPasskey(schema, 'p')})`

/**
 * Whether a code can answer the pending sign-in `p`: its user has a second factor, and something that a code is compared with. An
 * imported factor that could not be read has nothing. Not by `exists`, as in {@link hasPasskey}.
 */
const takesCode = (schema: string): string => `((
          select true from ${schema}.users held where held.id = p.user_id and ${hasSecondFactorOf('held')}
            and coalesce((select true from ${schema}.totp_factors f where f.user_id = held.id),
              (select true from ${schema}.recovery_codes c where c.user_id = held.id limit 1), false)) is not null)`

/**
 * Whether the password can answer the pending sign-in `p`: its user has one, and what was proved is possession alone. Not by
 * `exists`, as in {@link hasPasskey}.
 */
const takesPassword = (schema: string): string => `(${isPossession('p.methods')} and (
          select true from ${schema}.passwords held where held.user_id = p.user_id and held.owner_epoch = p.owner_epoch) is not null)`

/** What every statement that returns a pending sign-in `p` selects besides `user_id`. */
export const pendingColumns = (schema: string): string =>
  `p.id as pending_id, ${milliseconds('p.expires_at')} as pending_expires_at, p.enrolls as pending_enrolls,
        ${takesCode(schema)} as pending_takes_code, ${takesPasskey(schema)} as pending_takes_passkey,
        ${takesPassword(schema)} as pending_takes_password`
