import type { OthersRevoked, SessionToken, ValidSession } from 'torii-core'
import { parseSessionId } from 'torii-core'
import type { OperationContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type { TooManyAttempts } from '../refusals.js'
import { staleSession } from '../refusals.js'
import { runCounted } from './counted.js'
import { readToken } from './session-key.js'
import { actorOf, eventContextOf } from './valid-session.js'

// Each operation is one statement. It emits no event if it ended no session.

/** Ends one session of the user; false for any other id. */
export const revokeSession =
  <Metadata extends object>({ runWithEffects }: OperationContext<Metadata>) =>
  async (valid: ValidSession<object>, id: string): Promise<boolean> => {
    const revokedSessionId = parseSessionId(id)
    if (revokedSessionId === null) return false
    const revoked = () =>
      event('session_revoked', eventContextOf(valid), { revokedSessionId, by: 'user' })
    return runWithEffects({
      run: ({ sessions }) => sessions.revoke(actorOf(valid), revokedSessionId),
      effects: (done) => (done ? { events: [revoked()] } : {}),
    })
  }

/** Ends every session of the user except this one. */
export const revokeOtherSessions =
  <Metadata extends object>(context: OperationContext<Metadata>) =>
  (valid: ValidSession<object>): Promise<OthersRevoked | TooManyAttempts> =>
    runCounted(context, valid, 'sessionRequests', {
      run: (actor) =>
        context.runWithEffects({
          run: ({ sessions }) => sessions.revokeOthers(actor),
          effects: (outcome) =>
            outcome.ok ? { events: [manyRevoked(valid, outcome.revoked)] } : {},
        }),
      isUnchanged: ({ ok }) => !ok,
    })

/** Ends every session of the user, including this one. */
export const revokeAllSessions =
  <Metadata extends object>({ runWithEffects }: OperationContext<Metadata>) =>
  async (valid: ValidSession<object>): Promise<OthersRevoked> => {
    const revoked = await runWithEffects({
      run: ({ sessions }) => sessions.revokeAll(actorOf(valid)),
      effects: (count) => (count > 0 ? { events: [manyRevoked(valid, count)] } : {}),
    })
    // A live session is among those that it ends.
    return revoked === 0 ? staleSession : { ok: true, revoked }
  }

/** Ends the session of a token. */
export const signOut =
  <Metadata extends object>({ runWithEffects }: OperationContext<Metadata>) =>
  async (token: string | SessionToken): Promise<boolean> => {
    const key = readToken(token)
    if (key === null) return false
    const eventContext = { userId: key.userId, sessionId: key.id }
    return runWithEffects({
      run: ({ sessions }) => sessions.end(key),
      effects: (done) => (done ? { events: [event('signed_out', eventContext, {})] } : {}),
    })
  }

const manyRevoked = (valid: ValidSession<object>, count: number) =>
  event('sessions_revoked', eventContextOf(valid), { count, by: 'user' })
