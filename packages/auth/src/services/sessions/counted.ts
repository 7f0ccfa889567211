import type { CountedActor, ValidSession } from 'torii-core'
import type { SessionLimit } from '../../rate-limits/rate-limits.js'
import { sessionCharge } from '../../rate-limits/rate-limits.js'
import type { OperationContext, ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type { TooManyAttempts } from '../refusals.js'
import { actorOf, eventContextOf } from './valid-session.js'

/** An operation that counts itself in its own statement. */
interface CountedOperation<Outcome> {
  run(actor: CountedActor): Promise<Outcome>
  /** Whether the outcome is that of an ended session, and so perhaps that of a rate limit. */
  isUnchanged(outcome: Outcome): boolean
}

/**
 * Runs an operation of a session that is counted against one of the session's rate limits. No statement more than the
 * operation's own, unless it changed nothing: then counting once more shows whether the rate limit was the reason.
 */
export async function runCounted<Outcome>(
  { counting, options }: Pick<OperationContext<object>, 'counting' | 'options'>,
  valid: ValidSession<object>,
  limit: SessionLimit,
  { run, isUnchanged }: CountedOperation<Outcome>,
): Promise<Outcome | TooManyAttempts> {
  if (counting === null) return run(actorOf(valid))
  const charge = sessionCharge(options.bruteForce, limit, valid)
  const outcome = await run({ ...actorOf(valid), charge })
  if (!isUnchanged(outcome)) return outcome
  return (await countInSession({ counting, options }, valid, limit)) ?? outcome
}

/** Counts a request of a session. Returns null, or the refusal of the rate limit, for which it emits an event. */
export async function countInSession(
  { counting, options }: Pick<ServiceContext<object>, 'counting' | 'options'>,
  valid: ValidSession<object>,
  limit: SessionLimit,
): Promise<TooManyAttempts | null> {
  const ipAddress = sessionCharge(options.bruteForce, limit, valid)
  const charged = await counting.rateLimits.charge({ account: null, ipAddress })
  if (charged.ok) return null
  counting.emit({ events: [event('attempts_refused', eventContextOf(valid), { path: 'session' })] })
  return charged
}
