import type { SessionToken } from 'torii-core'
import type { OperationContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type { StaleSession } from '../refusals.js'
import { staleSession } from '../refusals.js'
import type { OpenedSession } from './opening.js'
import { readToken, rotateSecret } from './session-key.js'

export type RotateOutcome =
  | OpenedSession
  /** The token belongs to no live session, or another call has rotated it. */
  | StaleSession

/** Replaces a session's token. One statement, which checks the token that it replaces. */
export const rotateToken =
  <Metadata extends object>({ runWithEffects }: OperationContext<Metadata>) =>
  async (presented: string | SessionToken): Promise<RotateOutcome> => {
    const key = readToken(presented)
    if (key === null) return staleSession
    const { secretHash, token } = rotateSecret(key)
    const eventContext = { userId: key.userId, sessionId: key.id }
    const session = await runWithEffects({
      run: ({ sessions }) => sessions.rotate(key, secretHash),
      effects: (rotated) =>
        rotated === null ? {} : { events: [event('session_rotated', eventContext, {})] },
    })
    return session === null ? staleSession : { ok: true, session, token }
  }
