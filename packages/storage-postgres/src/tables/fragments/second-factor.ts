import type { SecondFactorPolicy } from 'torii-core'
import { possessionMethods } from 'torii-core'
import type { SqlPart } from '../../sql/parameter.js'
import { sql } from '../../sql/parameter.js'
import { statementTime as now } from '../../sql/time.js'

/** Holds while the user `user` has a second factor. A first proof of the mailbox raises the owner epoch, and ends it. */
export const hasSecondFactorOf = (user: string): string =>
  `coalesce(${user}.second_factor_epoch = ${user}.owner_epoch, false)`

/** {@link hasSecondFactorOf} the user `u`. */
export const hasSecondFactor = hasSecondFactorOf('u')

/**
 * Holds where the user of the row `row` has a passkey that counts. Not by `exists`, which the planner may answer by reading
 * all passkeys.
 */
export const hasPasskey = (schema: string, row = 'u') => `((
            select true from ${schema}.passkeys k where k.user_id = ${row}.user_id and k.owner_epoch = ${row}.owner_epoch
            limit 1) is not null)`

const possession = `'{${possessionMethods.join(',')}}'::text[]`

/** Holds where `methods` prove something that the user has, and nothing else. A passkey with user verification reaches level 2 by itself. */
export const isPossession = (methods: string): string => `(${methods} <@ ${possession})`

/** Holds where `methods` prove something that the user has. */
export const provesPossession = (methods: string): string => `(${methods} && ${possession})`

/** Holds of a session `s` that has level 2 once its user proves something that they have: what they have twice is one factor. */
export const reachesLevel2 = `(s.level = 2 or not ${isPossession('s.methods')})`

/** The columns of a session `s` in which its user has proved now something that they have. */
export const raisedLevel = `authenticated_at = ${now},
          level = case when ${reachesLevel2} then 2 else 1 end, level2_at = case when ${reachesLevel2} then ${now} else s.level2_at end`

/** Of the user `u`, whom the statement has locked: what opening a session needs to know. */
export const signInColumns = `u.session_epoch, u.owner_epoch, ${hasSecondFactor} as has_factor,
          u.second_factor_required_at as factor_required_at`

/**
 * What a policy is in SQL: a second factor is due where there is one; also once the user's `second_factor_required_at` has come;
 * or of all.
 */
const policies = { optional: 0, 'per-user': 1, always: 2 } as const

export const policyValue = (policy: SecondFactorPolicy = 'optional'): number => policies[policy]

/** Holds of a row `row` with the {@link signInColumns} where `policy` asks for a second factor, although there may be none. */
export const isRequired = <const Policy extends SqlPart>(row: string, policy: Policy) => sql`
        (${policy} = ${String(policies.always)} or (${policy} = ${String(policies['per-user'])} and coalesce(${row}.factor_required_at <= ${now}, false)))`

/** Holds where `policy` asks a second factor of every user, and so of one who is created at this moment. */
export const isEveryone = <const Policy extends SqlPart>(policy: Policy) =>
  sql`(${policy} = ${String(policies.always)})`

/** Until when a session of level 1 may last by `policy`, or null: the time from which the user `u` needs a second factor. */
export const graceEnd = <const Policy extends SqlPart>(policy: Policy) =>
  sql`case when ${policy} = ${String(policies['per-user'])} then u.factor_required_at end`
