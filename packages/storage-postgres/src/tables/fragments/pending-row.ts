import type { PendingKey } from 'torii-core'
import { maxPendingTries } from 'torii-core'
import { sql } from '../../sql/parameter.js'
import { statementTime as now } from '../../sql/time.js'
import { sessionKeyValues } from '../input/input.js'
import { secretHash, sessionId, userId } from './parameters.js'
import { hasSecondFactor } from './second-factor.js'

/** The pending sign-in `p` of the key. Takes {@link pendingKeyValues}. */
export const givenPending = sql`p.user_id = ${userId} and p.id = ${sessionId} and p.secret_hash = ${secretHash}`

/** Its id is the one that the session was to have. */
export const pendingKeyValues = (key: PendingKey) => sessionKeyValues(key)

/** Holds of a pending sign-in `p` of the user `u` that a counted try may answer. */
const answerable = `p.session_epoch = u.session_epoch and p.owner_epoch = u.owner_epoch
        and u.disabled_at is null and ${hasSecondFactor} and p.expires_at > ${now}`

/** Holds of one that has a try left; the one definition of a live pending sign-in. */
export const livePending = `${answerable} and p.tries < ${maxPendingTries}`
