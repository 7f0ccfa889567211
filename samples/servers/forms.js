/** What the forms of the servers in this folder send, and what they say when Torii refuses it. */
import { InvalidInputError } from 'torii-auth'

/** The fields of a form whose body the framework has parsed; text only, since a client can send anything. */
export const fieldsOf = (body) => ({
  email: String(body?.email ?? ''),
  password: String(body?.password ?? ''),
})

/**
 * Calls a service with what a user has typed. Services throw for what is no email address at all, and return every other refusal.
 * @template Outcome
 * @param {() => Promise<Outcome>} call
 */
export async function withTyped(call) {
  try {
    return await call()
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    return /** @type {const} */ ({ ok: false, reason: 'invalid_input' })
  }
}

/** The sentence for the user. A wrong password and an unknown email address get the same. */
export function messageOf(outcome) {
  switch (outcome.reason) {
    case 'password_rejected':
      return outcome.problem.message
    case 'email_taken':
      return 'There is an account with this email address. Sign in instead.'
    case 'too_many_attempts':
      return `Too many attempts. Try again in ${Math.ceil(outcome.retryAfterSeconds / 60)} minutes.`
    case 'invalid_input':
      return 'Check the email address.'
    default:
      return 'Incorrect email address or password.'
  }
}
