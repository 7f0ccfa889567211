import type { SessionToken } from 'torii-core'
import type { OperationContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type { StaleSession } from '../refusals.js'
import type { OpenedSession } from './opening.js'
import { freshSecret, readToken } from './session-key.js'

export type RotateOutcome =
  | OpenedSession
  /** The token opens no session, or no longer: of two callers at once, one is told this. */
  | StaleSession

/** Gives the session of a token a new one. One statement, which checks the token it replaces. */
export async function rotateToken<Metadata extends object>(
  { runWithEffects }: OperationContext<Metadata>,
  presented: string | SessionToken,
): Promise<RotateOutcome> {
  const key = readToken(presented)
  if (key === null) return { ok: false, reason: 'stale' }
  const { secretHash, token } = freshSecret(key)
  const eventContext = { userId: key.userId, sessionId: key.id }
  const session = await runWithEffects({
    run: ({ sessions }) => sessions.rotate(key, secretHash),
    effects: (rotated) =>
      rotated === null ? {} : { events: [event('session_rotated', eventContext, {})] },
  })
  return session === null ? { ok: false, reason: 'stale' } : { ok: true, session, token }
}
