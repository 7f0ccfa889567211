/** An authenticator app: the codes come from a library that others wrote. */
import { setTimeout as sleep } from 'node:timers/promises'
import { AuthenticatorApp } from '../../packages/auth/dist/one-time-codes/authenticator-app.test.support.js'

const stepMs = 30_000
/** Longer than a form needs from the code to the server's answer. */
const neededMs = 3000

/** An app into which the key of the page was typed. */
export const appWithKey = (key) =>
  new AuthenticatorApp(`otpauth://totp/Torii:Ada?secret=${key.replaceAll(' ', '')}`)

/**
 * The code of the step before, which is accepted like that of the present step. Who uses it first has the present one left
 * for a sign-in: a code works once. Waits at most three seconds, where the step is about to end.
 */
export async function earlierCode(app) {
  const left = stepMs - (Date.now() % stepMs)
  if (left < neededMs) await sleep(left)
  return app.code(-1)
}
