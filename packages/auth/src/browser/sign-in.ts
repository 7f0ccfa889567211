import type { Accepted, SignedIn } from '../http/schema/response-bodies.js'
import type { Failure, Outcome, Success } from './client.js'

/**
 * How a sign-in ended. `switch (outcome.status)` narrows it. More members will follow, such as `second_factor_required`: give
 * the `switch` a `default` that shows `outcome.message`, which every outcome with `ok: false` has.
 */
export type SignInOutcome =
  | (Success<SignedIn> & { readonly status: 'signed_in' })
  | (Failure & { readonly status: 'failed' })

/** How a registration ended: like a sign-in, or `accepted` where email addresses are verified and a mail follows. */
export type RegistrationOutcome = SignInOutcome | Success<Accepted>

/** Gives the outcome of a sign-in its status. That of an accepted registration comes from the server. */
export async function withStatus<Value extends object>(
  sent: Promise<Outcome<Value>>,
): Promise<
  ({ readonly status: 'signed_in' } & Success<Value>) | (Failure & { readonly status: 'failed' })
> {
  const outcome = await sent
  return outcome.ok ? { status: 'signed_in', ...outcome } : { ...outcome, status: 'failed' }
}
