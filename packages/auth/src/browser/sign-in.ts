import type { Accepted, SignedIn } from '../http/schema/response-bodies.js'
import type { Failure, Outcome, Success } from './client.js'

/**
 * How a sign-in ended. `switch (outcome.status)` narrows it. With `second_factor_required` the first factor was right: ask for
 * a code and call `secondFactors.verify` with the `pendingId`. More members may follow: give the `switch` a `default` that
 * shows `outcome.message`, which every outcome with `ok: false` has.
 */
export type SignInOutcome =
  | (Success<SignedIn> & { readonly status: 'signed_in' })
  | PendingOutcome
  | (Failure & { readonly status: 'failed' })

/** The sign-in waits for the second factor. */
export type PendingOutcome = Extract<Failure, { error: 'second_factor_required' }> & {
  readonly status: 'second_factor_required'
}

/** How a registration ended: like a sign-in, or `accepted` where email addresses are verified and a mail follows. */
export type RegistrationOutcome = SignInOutcome | Success<Accepted>

/** Gives the outcome of a sign-in its status. That of an accepted registration comes from the server. */
export async function withStatus<Value extends object>(
  sent: Promise<Outcome<Value>>,
): Promise<
  | ({ readonly status: 'signed_in' } & Success<Value>)
  | PendingOutcome
  | (Failure & { readonly status: 'failed' })
> {
  const outcome = await sent
  if (outcome.ok) return { status: 'signed_in', ...outcome }
  return outcome.error === 'second_factor_required'
    ? { ...outcome, status: outcome.error }
    : { ...outcome, status: 'failed' }
}
