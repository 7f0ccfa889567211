import assert from 'node:assert/strict'
import type { RequestInfo, Torii } from '../../index.js'
import { AuthenticatorApp } from '../../one-time-codes/authenticator-app.test.support.js'

/** A user with an authenticator application, and the session that enrolled it. */
export interface Enrolled {
  readonly app: AuthenticatorApp
  readonly recoveryCodes: readonly string[]
  readonly token: string
}

/** Enrolls an authenticator application in the session of a token. */
export async function enroll(torii: Torii, token: string, info: RequestInfo): Promise<Enrolled> {
  const valid = (await torii.sessions.validate(token)) ?? assert.fail('no session')
  const started = await torii.secondFactors.startTotp(valid)
  assert.ok(started.ok, JSON.stringify(started))
  const app = new AuthenticatorApp(started.uri)
  const confirmed = await torii.secondFactors.confirmTotp(valid, { code: app.code(), token }, info)
  assert.ok(confirmed.ok, JSON.stringify(confirmed))
  return { app, recoveryCodes: confirmed.recoveryCodes, token: confirmed.token.reveal() }
}
