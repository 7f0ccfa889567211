import type { OthersRevoked, SessionToken, ValidSession } from 'torii-core'
import { parseSessionId } from 'torii-core'
import type { OperationContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import { readToken } from './session-key.js'
import { actorOf, eventContextOf } from './valid-session.js'

// Each is one statement. What ended nothing is not told.

/** Ends one session of the person; false for every other id. */
export async function revokeSession<Metadata extends object>(
  { runWithEffects }: OperationContext<Metadata>,
  valid: ValidSession<object>,
  id: string,
): Promise<boolean> {
  const revokedSessionId = parseSessionId(id)
  if (revokedSessionId === null) return false
  const told = () =>
    event('session_revoked', eventContextOf(valid), { revokedSessionId, by: 'user' })
  return runWithEffects({
    run: ({ sessions }) => sessions.revoke(actorOf(valid), revokedSessionId),
    effects: (done) => (done ? { events: [told()] } : {}),
  })
}

/** Ends every session of the person but this one. */
export const revokeOtherSessions = <Metadata extends object>(
  { runWithEffects }: OperationContext<Metadata>,
  valid: ValidSession<object>,
): Promise<OthersRevoked> =>
  runWithEffects({
    run: ({ sessions }) => sessions.revokeOthers(actorOf(valid)),
    effects: (outcome) => (outcome.ok ? { events: [manyRevoked(valid, outcome.revoked)] } : {}),
  })

/** Ends every session of the person, this one too. */
export async function revokeAllSessions<Metadata extends object>(
  { runWithEffects }: OperationContext<Metadata>,
  valid: ValidSession<object>,
): Promise<OthersRevoked> {
  const revoked = await runWithEffects({
    run: ({ sessions }) => sessions.revokeAll(actorOf(valid)),
    effects: (count) => (count > 0 ? { events: [manyRevoked(valid, count)] } : {}),
  })
  // A session that may act is live, so it is among those that ended.
  return revoked === 0 ? { ok: false, reason: 'stale' } : { ok: true, revoked }
}

/** Ends the session that a token opens. */
export async function signOut<Metadata extends object>(
  { runWithEffects }: OperationContext<Metadata>,
  token: string | SessionToken,
): Promise<boolean> {
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
