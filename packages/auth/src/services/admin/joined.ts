import type { Json } from 'torii-core'
import type { ActContext } from '../context.js'
import type { AccountActs } from './accounts.js'
import { createAccountActs } from './accounts.js'

/** What an operator does to an account, in the application's own transaction. */
export type JoinedAdmin<Metadata extends object = Record<string, Json>> = AccountActs<Metadata>

export const joinAdmin = <Metadata extends object>(
  context: ActContext<Metadata>,
): JoinedAdmin<Metadata> => createAccountActs(context)
