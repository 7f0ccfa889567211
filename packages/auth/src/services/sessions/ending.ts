import type { OthersRevoked, SessionToken, ValidSession } from 'torii-core'
import { parseSessionId } from 'torii-core'
import type { ActContext } from '../context.js'
import { event } from '../effects/story.js'
import { readToken } from './session-key.js'
import { askingOf, sceneOf } from './valid-session.js'

// Each is one statement. What ended nothing is not told.

/** Ends one session of the person; false for every other id. */
export async function revokeSession<Metadata extends object>(
  { commit }: ActContext<Metadata>,
  valid: ValidSession<object>,
  id: string,
): Promise<boolean> {
  const revokedSessionId = parseSessionId(id)
  if (revokedSessionId === null) return false
  const told = () => event('session_revoked', sceneOf(valid), { revokedSessionId, by: 'user' })
  return commit(
    ({ sessions }) => sessions.revoke(askingOf(valid), revokedSessionId),
    (done) => (done ? { events: [told()] } : {}),
  )
}

/** Ends every session of the person but this one. */
export const revokeOtherSessions = <Metadata extends object>(
  { commit }: ActContext<Metadata>,
  valid: ValidSession<object>,
): Promise<OthersRevoked> =>
  commit(
    ({ sessions }) => sessions.revokeOthers(askingOf(valid)),
    (outcome) => (outcome.ok ? { events: [manyRevoked(valid, outcome.revoked)] } : {}),
  )

/** Ends every session of the person, this one too. */
export async function revokeAllSessions<Metadata extends object>(
  { commit }: ActContext<Metadata>,
  valid: ValidSession<object>,
): Promise<OthersRevoked> {
  const revoked = await commit(
    ({ sessions }) => sessions.revokeAll(askingOf(valid)),
    (count) => (count > 0 ? { events: [manyRevoked(valid, count)] } : {}),
  )
  // A session that may act is live, so it is among those that ended.
  return revoked === 0 ? { ok: false, reason: 'stale' } : { ok: true, revoked }
}

/** Ends the session that a token opens. */
export async function signOut<Metadata extends object>(
  { commit }: ActContext<Metadata>,
  token: string | SessionToken,
): Promise<boolean> {
  const key = readToken(token)
  if (key === null) return false
  const scene = { userId: key.userId, sessionId: key.id }
  return commit(
    ({ sessions }) => sessions.end(key),
    (done) => (done ? { events: [event('signed_out', scene, {})] } : {}),
  )
}

const manyRevoked = (valid: ValidSession<object>, count: number) =>
  event('sessions_revoked', sceneOf(valid), { count, by: 'user' })
