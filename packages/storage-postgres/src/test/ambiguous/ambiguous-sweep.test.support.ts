import { signUp } from '../races/people.test.support.js'
import { count, liveSessions, operation } from './ambiguous-operations.test.support.js'

export const sweepOperations = [
  operation('sweep.sessions', 'done', 0, async (world) => {
    const { key } = await signUp(world.aside)
    await world.value(
      "update torii.sessions set expires_at = now() - interval '1 hour' where id = $1 returning 1",
      [key.id],
    )
    return {
      operation: (storage) => storage.sweep(),
      effect: () => count(world, 'torii.sessions where id = $1', [key.id]),
    }
  }),
  operation('sweep.raiseEpochs', 'done', 0, async (world) => {
    const { id } = await signUp(world.aside)
    return {
      operation: (storage) => storage.revokeAllSessionsAndTokens(),
      effect: () => liveSessions(world, id),
    }
  }),
]
