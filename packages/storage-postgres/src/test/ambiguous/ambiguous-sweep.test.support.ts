import { signUp } from '../races/people.test.support.js'
import { count, liveSessions, operation } from './ambiguous-operations.test.support.js'

const monthSeconds = 30 * 86_400

export const sweepOperations = [
  operation('sweep.acquire', 'done', 1, async (harness) => {
    await harness.value('delete from torii.sweep_lease returning 1', [])
    return {
      operation: (storage) => storage.sweepIfDue({ everySeconds: 3600 }),
      effect: () => count(harness, 'torii.sweep_lease where swept_at is not null', []),
    }
  }),
  operation('sweep.deleteUnverifiedUser', 'done', 0, async (harness) => {
    const { id } = await signUp(harness.observer, { emailVerified: false })
    await harness.value(
      'with s as (delete from torii.sessions where user_id = $1) update torii.users set created_at = created_at - make_interval(days => 40) where id = $1 returning 1',
      [id],
    )
    return {
      operation: (storage) => storage.sweep({ unverifiedAccountSeconds: monthSeconds }),
      effect: () => count(harness, 'torii.users where id = $1', [id]),
    }
  }),
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
