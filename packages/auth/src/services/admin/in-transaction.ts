import type { Json } from 'torii-core'
import type { OperationContext } from '../context/context.js'
import type { AccountOperations } from './accounts.js'
import { createAccountOperations } from './accounts.js'

/** What an operator does to an account, in the application's own transaction. */
export type TransactionalAdmin<Metadata extends object = Record<string, Json>> =
  AccountOperations<Metadata>

export const createTransactionalAdmin = <Metadata extends object>(
  context: OperationContext<Metadata>,
): TransactionalAdmin<Metadata> => createAccountOperations(context)
