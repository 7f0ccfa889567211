import type { OAuthStateKey } from 'torii-core'
import type { CheckedRequestInfo } from '../../base/request-info.js'
import { ProviderFailure } from '../../oauth-client/provider-failure.js'
import { callerOf } from '../../rate-limits/caller.js'
import { completionCharge } from '../../rate-limits/rate-limits.js'
import type { ServiceContext } from '../context/context.js'
import type { InvalidToken, TooManyAttempts } from '../refusals.js'
import { invalidToken } from '../refusals.js'
import { emitRefused } from './start.js'

/** A flow to complete. */
export interface FlowToComplete<Outcome> {
  /** The state, or null where it is not genuine. */
  readonly state: OAuthStateKey | null
  readonly info: CheckedRequestInfo
  /**
   * Asks the provider, then signs in or links. A success uses the state in its own commit. Null if the flow cannot be
   * completed.
   */
  complete(state: OAuthStateKey): Promise<Outcome | null>
  /** Called for a failure of the provider, once per state. */
  failed(failure: ProviderFailure): Outcome
}

/** Completes a flow at most once. */
export type CompleteOnce = <Outcome>(
  flow: FlowToComplete<Outcome>,
) => Promise<Outcome | InvalidToken | TooManyAttempts>

/**
 * Completes flows whose state is live, each at most once. The state is checked before any request to the provider, and
 * used by the sign-in itself or, where the flow fails, by a separate statement. A process asks a provider for one
 * state only once: callers that come meanwhile are refused without a statement.
 */
export function createCompleteOnce<Metadata extends object>(
  context: ServiceContext<Metadata>,
): CompleteOnce {
  const { oauthStates } = context.storage
  const inProgress = new Set<string>()

  return async ({ state, info, complete, failed }) => {
    const name = state === null ? null : Buffer.from(state.hash).toString('base64')
    if (name !== null && inProgress.has(name)) return invalidToken
    if (name !== null) inProgress.add(name)
    try {
      const ipAddress = completionCharge(
        context.options.bruteForce,
        callerOf(context.options.keys, info),
      )
      const checked = await oauthStates.check({ state, ipAddress })
      if (!checked.ok && checked.reason === 'too_many_attempts')
        return emitRefused(context, checked, info)
      if (!checked.ok || state === null) return invalidToken
      try {
        const outcome = await complete(state)
        if (outcome !== null) return outcome
        await oauthStates.use(state)
        return invalidToken
      } catch (error) {
        if (!(error instanceof ProviderFailure)) throw error
        return (await oauthStates.use(state)) ? failed(error) : invalidToken
      }
    } finally {
      if (name !== null) inProgress.delete(name)
    }
  }
}
