import type { Json } from 'torii-core'
import type { OperationContext } from '../context/context.js'
import type { PreparedRegistration, RegisterOutcome } from './register.js'
import { completeRegistration } from './register.js'

/** Passwords in the application's own transaction. */
export interface TransactionalPassword<Metadata extends object = Record<string, Json>> {
  /** Makes the account that `torii.password.prepare` has charged and hashed for. */
  register(
    prepared: PreparedRegistration<Metadata>,
  ): Promise<Extract<RegisterOutcome<Metadata>, { ok: true } | { reason: 'email_taken' }>>
}

export const createTransactionalPassword = <Metadata extends object>(
  context: OperationContext<Metadata>,
): TransactionalPassword<Metadata> => ({
  register: (prepared) => completeRegistration(context, prepared),
})
