import type { PendingKey } from 'torii-core'
import { maxPendingTries } from 'torii-core'
import type { SqlPart } from '../../sql/parameter.js'
import { sql } from '../../sql/parameter.js'
import { statementTime as now } from '../../sql/time.js'
import { sessionKeyValues } from '../input/input.js'
import { secretHash, sessionId, userId } from './parameters.js'

/** The pending sign-in `p` of the key. Takes {@link pendingKeyValues}. */
export const givenPending = sql`p.user_id = ${userId} and p.id = ${sessionId} and p.secret_hash = ${secretHash}`

/** Its id is the one that the session was to have. */
export const pendingKeyValues = (key: PendingKey) => sessionKeyValues(key)

/** Holds of a pending sign-in `p` of the user `u` that a counted try may answer. */
const answerable = `p.session_epoch = u.session_epoch and p.owner_epoch = u.owner_epoch
        and u.disabled_at is null and p.expires_at > ${now}`

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

/** Holds of one that has a try left; the one definition of a live pending sign-in. */
export const livePending = `${answerable} and p.tries < ${maxPendingTries}`
