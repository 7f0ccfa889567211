import type { Json } from 'torii-core'
import type { ActContext } from '../context.js'
import type { PreparedRegistration, RegisterOutcome } from './register.js'
import { completeRegistration } from './register.js'

/** Passwords in the application's own transaction. */
export interface JoinedPassword<Metadata extends object = Record<string, Json>> {
  /** Makes the account that `torii.password.prepare` has charged and hashed for. */
  register(
    prepared: PreparedRegistration<Metadata>,
  ): Promise<Extract<RegisterOutcome<Metadata>, { ok: true } | { reason: 'taken' }>>
}

export const joinPassword = <Metadata extends object>(
  context: ActContext<Metadata>,
): JoinedPassword<Metadata> => ({
  register: (prepared) => completeRegistration(context, prepared),
})
