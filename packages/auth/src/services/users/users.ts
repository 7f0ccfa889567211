import type { Json, ProfileChanges, User, ValidSession } from 'torii-core'
import { parseUserId } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import type { OperationContext, ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type { ReauthenticationRequired, StaleSession, TooManyAttempts } from '../refusals.js'
import { staleSession } from '../refusals.js'
import { countInSession } from '../sessions/counted.js'
import { eventContextOf, requireRecent } from '../sessions/valid-session.js'
import type { AccountDeletion, ProfileUpdate } from './own-account.js'
import { deleteAccount, readOptionalInfo, updateProfile } from './own-account.js'
import type { PersonalData } from './personal-data.js'
import { readPersonalData } from './personal-data.js'
import type { SignInMethods } from './sign-in-methods.js'
import { readSignInMethods } from './sign-in-methods.js'

export type DataExport<Metadata extends object = Record<string, Json>> =
  | { readonly ok: true; readonly data: PersonalData<Metadata> }
  | ReauthenticationRequired
  | TooManyAttempts
  | StaleSession

/** The operations on the user's own account that also run in a transaction of the application. */
export interface TransactionalUsers<Metadata extends object = Record<string, Json>> {
  /**
   * Updates the given fields of the profile, and no others.
   * @throws InvalidInputError for an invalid value, and for any other field, such as `emailVerified`
   */
  update(
    valid: ValidSession<Metadata>,
    changes: ProfileChanges<Metadata>,
    requestInfo?: RequestInfo,
  ): Promise<ProfileUpdate<Metadata>>
  /**
   * Deletes the account and everything that belongs to it. Needs a recent authentication. In a transaction, delete the
   * application's own rows of this user with it.
   */
  delete(valid: ValidSession<Metadata>, requestInfo?: RequestInfo): Promise<AccountDeletion>
}

/**
 * The user's own account. The user always comes from a session that was validated in this request, never from other
 * data of the request. `requestInfo` is only recorded in the events.
 * @see OWASP ASVS 5.0, 7.5.1, 15.3.3
 */
export interface UserService<Metadata extends object = Record<string, Json>>
  extends TransactionalUsers<Metadata> {
  /** Finds an account by id, for the application's own use. Null for an unknown or malformed id. */
  find(id: string): Promise<User<Metadata> | null>
  /** Lists the user's sign-in methods, for a settings page. */
  signInMethods(valid: ValidSession<Metadata>): Promise<SignInMethods>
  /** Exports all data that is stored about the user. Needs a recent authentication. */
  export(valid: ValidSession<Metadata>, requestInfo?: RequestInfo): Promise<DataExport<Metadata>>
}

export const createTransactionalUsers = <Metadata extends object>(
  context: OperationContext<Metadata>,
): TransactionalUsers<Metadata> => ({
  update: updateProfile(context),
  delete: deleteAccount(context),
})

export function createUserService<Metadata extends object>(
  context: ServiceContext<Metadata>,
): UserService<Metadata> {
  const { storage } = context
  return {
    ...createTransactionalUsers(context),
    async find(id) {
      const userId = parseUserId(id)
      return userId === null ? null : storage.users.find(userId)
    },
    signInMethods: ({ user }) => readSignInMethods(storage, user.id),
    export: exportData(context),
  }
}

const exportData =
  <Metadata extends object>(context: ServiceContext<Metadata>) =>
  async (
    valid: ValidSession<Metadata>,
    requestInfo?: RequestInfo,
  ): Promise<DataExport<Metadata>> => {
    const eventContext = eventContextOf(valid, readOptionalInfo(requestInfo))
    const recent = requireRecent(valid)
    if (!recent.ok) return recent
    const refused = await countInSession(context, valid, 'sessionRequests')
    if (refused !== null) return refused
    const data = await readPersonalData(context.storage, valid.user.id)
    if (data === null) return staleSession
    // Reading changes nothing; only the event is committed.
    await context.runWithEffects({
      run: async () => null,
      effects: () => ({ events: [event('user_exported', eventContext, {})] }),
    })
    return { ok: true, data }
  }
