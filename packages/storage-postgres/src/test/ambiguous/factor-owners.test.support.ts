import {
  beginSignIn,
  enroll,
  trustBrowser,
  trustedSession,
} from '../races/enrollment.test.support.js'
import type { Harness } from './ambiguous-operations.test.support.js'
import { count, opened, personWithAttempts } from './ambiguous-operations.test.support.js'

export const enrollments = 'torii.totp_enrollments where user_id = $1'
export const factors = 'torii.totp_factors where user_id = $1'
export const codes = 'torii.recovery_codes where user_id = $1'
export const undoTokens =
  "torii.verification_tokens where user_id = $1 and purpose = 'undo_second_factor'"
export const pendings = 'torii.pending_sign_ins where user_id = $1'
export const browsers = 'torii.trusted_browsers where user_id = $1'

/** A user with a factor, a pending sign-in, and attempts to give back. */
export async function owner(harness: Harness) {
  const person = await personWithAttempts(harness)
  const enrolled = await enroll(harness.observer, person)
  const pending = await beginSignIn(harness.observer, person)
  return { ...person, ...enrolled, pending }
}

/** An owner whose browser is trusted, and a session that it asks for. */
export async function trusting(harness: Harness) {
  const enrolled = await owner(harness)
  const { secretHash } = await trustBrowser(harness.observer, enrolled, enrolled.step + 1)
  const session = trustedSession(secretHash)
  const effect = async () => [
    ...(await opened(harness, enrolled.id, session)),
    await count(harness, pendings, [enrolled.id]),
    await count(harness, `${browsers} and secret_hash = $2`, [
      enrolled.id,
      session.trust?.newSecretHash,
    ]),
  ]
  return { ...enrolled, session, effect }
}

export const tries = ({ value }: Harness, id: string) =>
  value('select tries::int from torii.pending_sign_ins where user_id = $1', [id])
export const lastStep = ({ value }: Harness, id: string) =>
  value('select last_step::int from torii.totp_factors where user_id = $1', [id])

/** A refusal that is what the operation is for. */
export const expecting = (reason: string) => (outcome: object) =>
  Reflect.get(outcome, 'reason') === reason ? true : outcome
export const waits = expecting('second_factor_required')
