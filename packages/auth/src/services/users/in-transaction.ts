import type { Json, ProfileChanges, ValidSession } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import type { OperationContext } from '../context/context.js'
import type { AccountDeletion, ProfileUpdate } from './own-account.js'
import { deleteAccount, updateProfile } from './own-account.js'
import { infoOf } from './users.js'

/** A person's own account in the application's own transaction. */
export interface TransactionalUsers<Metadata extends object = Record<string, Json>> {
  /** As `torii.users.update`. */
  update(
    valid: ValidSession<Metadata>,
    changes: ProfileChanges<Metadata>,
    requestInfo?: RequestInfo,
  ): Promise<ProfileUpdate<Metadata>>
  /** As `torii.users.delete`: the application's own rows of this person go in the same commit. */
  delete(valid: ValidSession<Metadata>, requestInfo?: RequestInfo): Promise<AccountDeletion>
}

export const createTransactionalUsers = <Metadata extends object>(
  context: OperationContext<Metadata>,
): TransactionalUsers<Metadata> => ({
  update: async (valid, changes, requestInfo) =>
    updateProfile(context, valid, changes, infoOf(requestInfo)),
  delete: async (valid, requestInfo) => deleteAccount(context, valid, infoOf(requestInfo)),
})
