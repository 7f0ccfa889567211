import type { ClientData } from '../../webauthn/client-data.js'
import type { PasskeyProblem } from '../../webauthn/verification.js'
import type { ServiceContext } from '../context/context.js'

/** The longest part of an origin that is logged. */
const maxCharacters = 200

/**
 * Logs a refused response if the page was the cause: a developer must then open another URL or change an option, while the
 * answer says no more than for any other cause.
 */
export function logRefusedPage(
  { logPasskeyPage }: Pick<ServiceContext<object>, 'logPasskeyPage'>,
  problem: PasskeyProblem,
  { origin, topOrigin }: ClientData,
): void {
  if (problem !== 'origin' && problem !== 'cross_origin' && problem !== 'rp_id') return
  logPasskeyPage({
    problem,
    origin: origin.slice(0, maxCharacters),
    topOrigin: topOrigin?.slice(0, maxCharacters) ?? null,
  })
}
