import type { SessionId } from 'torii-core'
import type { Parameter } from '../../sql/parameter.js'
import { nullable, parameter, sql } from '../../sql/parameter.js'
import { userId } from './parameters.js'
import { liveSession } from './session-row.js'

/** The parameters of an acting session: its user, itself, and the epochs that its validation saw. */
export const actor = {
  userId,
  sessionId: parameter('sessionId', 'uuid')<SessionId>(),
  sessionEpoch: parameter('sessionEpoch', 'int')<number>(),
  ownerEpoch: parameter('ownerEpoch', 'int')<number>(),
}

/** The parameters of an acting session. If an administrator acts, all but the user are null. */
const actorOrAdmin = {
  sessionId: nullable('sessionId', 'uuid')<SessionId>(),
  sessionEpoch: nullable('sessionEpoch', 'int')<number>(),
  ownerEpoch: nullable('ownerEpoch', 'int')<number>(),
}

type ActingSession<Id, Epoch> = {
  readonly sessionId: Parameter<'sessionId', Id>
  readonly sessionEpoch: Parameter<'sessionEpoch', Epoch>
  readonly ownerEpoch: Parameter<'ownerEpoch', Epoch>
}

const isLive = <Id, Epoch>(schema: string, session: ActingSession<Id, Epoch>) => sql`
        u.session_epoch = ${session.sessionEpoch} and u.owner_epoch = ${session.ownerEpoch} and u.disabled_at is null
        and exists (
          select 1 from ${schema}.sessions s
          where s.user_id = ${userId} and s.id = ${session.sessionId} and ${liveSession})`

/** Holds while the acting session has not been ended; `u` is its user's row. Takes the values of `actorValues`. */
export const actorIsLive = (schema: string) => isLive(schema, actor)

/**
 * Holds where an administrator acts, or the user by a session that has not been ended. `u` is the row of the user
 * who is acted upon. Takes the values of `actorOrAdminValues`.
 */
export const isAllowed = (schema: string) => sql`
        (${actorOrAdmin.sessionId} is null or (${isLive(schema, actorOrAdmin)}))`

/**
 * CTEs that end every session of a user but the acting one, after a CTE `raised (id, session_epoch)` has raised
 * the epoch: the acting session is carried along, the others are deleted to free their space (the epoch has ended
 * them already, and also those that this statement cannot see yet).
 */
export const endOtherSessions = (schema: string) => sql`
      kept as (
        update ${schema}.sessions s set epoch = raised.session_epoch from raised, ${schema}.users u
        where s.user_id = raised.id and s.id = ${actor.sessionId} and u.id = raised.id and ${liveSession}
        returning s.id
      ), gone as (
        delete from ${schema}.sessions s using raised, ${schema}.users u
        where s.user_id = raised.id and s.id <> ${actor.sessionId} and u.id = raised.id
        returning ${liveSession} as live
      )`
