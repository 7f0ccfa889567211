import { signUp } from '../races/people.test.support.js'
import { count, liveSessions, operation } from './ambiguous-operations.test.support.js'

export const sweepOperations = [
  operation('sweep.sessions', 'done', 0, async (harness) => {
    const { key } = await signUp(harness.observer)
    await harness.value(
      "update torii.sessions set expires_at = now() - interval '1 hour' where id = $1 returning 1",
      [key.id],
    )
    return {
      operation: (storage) => storage.sweep(),
      effect: () => count(harness, 'torii.sessions where id = $1', [key.id]),
    }
  }),
  operation('sweep.raiseEpochs', 'done', 0, async (harness) => {
    const { id } = await signUp(harness.observer)
    return {
      operation: (storage) => storage.revokeAllSessionsAndTokens(),
      effect: () => liveSessions(harness, id),
    }
  }),
]
