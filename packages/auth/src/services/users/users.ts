import type { Json, ProfileChanges, User, ValidSession } from 'torii-core'
import { parseUserId } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import type { ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type { ReauthenticationRequired, StaleSession } from '../refusals.js'
import { eventContextOf } from '../sessions/valid-session.js'
import type { AccountDeletion, ProfileUpdate } from './own-account.js'
import { deleteAccount, reauthenticationRequired, updateProfile } from './own-account.js'
import type { PersonalData } from './personal-data.js'
import { readPersonalData } from './personal-data.js'
import type { SignInMethods } from './sign-in-methods.js'
import { readSignInMethods } from './sign-in-methods.js'

export type DataExport<Metadata extends object = Record<string, Json>> =
  | { readonly ok: true; readonly data: PersonalData<Metadata> }
  | ReauthenticationRequired
  | StaleSession

/**
 * A person's own account. Whose it is always comes from a session that was validated in this request, never from
 * what a request says. `requestInfo` only tells the events where the request came from.
 * @see OWASP ASVS 5.0, 7.5.1, 15.3.3
 */
export interface UserService<Metadata extends object = Record<string, Json>> {
  /** The account of this id, for the application's own use; null for every text that is nobody's id. */
  find(id: string): Promise<User<Metadata> | null>
  /** What lets this person in, for a page of settings. */
  signInMethods(valid: ValidSession<Metadata>): Promise<SignInMethods>
  /**
   * Changes the fields given and no other.
   * @throws InvalidInputError for a value of the wrong shape and for every other member, such as `emailVerified`
   */
  update(
    valid: ValidSession<Metadata>,
    changes: ProfileChanges<Metadata>,
    requestInfo?: RequestInfo,
  ): Promise<ProfileUpdate<Metadata>>
  /** Deletes the account with everything that belongs to it, at once. Needs a recent proof of identity. */
  delete(valid: ValidSession<Metadata>, requestInfo?: RequestInfo): Promise<AccountDeletion>
  /** Everything that is kept of this person. Needs a recent proof of identity. */
  export(valid: ValidSession<Metadata>, requestInfo?: RequestInfo): Promise<DataExport<Metadata>>
}

export function createUserService<Metadata extends object>(
  context: ServiceContext<Metadata>,
): UserService<Metadata> {
  const { storage } = context
  return {
    async find(id) {
      const userId = parseUserId(id)
      return userId === null ? null : storage.users.find(userId)
    },
    signInMethods: ({ user }) => readSignInMethods(storage, user.id),
    update: async (valid, changes, requestInfo) =>
      updateProfile(context, valid, changes, infoOf(requestInfo)),
    delete: async (valid, requestInfo) => deleteAccount(context, valid, infoOf(requestInfo)),
    async export(valid, requestInfo) {
      const info = infoOf(requestInfo)
      if (!valid.recent) return reauthenticationRequired
      const data = await readPersonalData(storage, valid.user.id)
      if (data === null) return { ok: false, reason: 'stale' }
      // Reading changes nothing; the trail says that it happened.
      await context.runWithEffects({
        run: async () => null,
        effects: () => ({ events: [event('user_exported', eventContextOf(valid, info), {})] }),
      })
      return { ok: true, data }
    },
  }
}

/** @throws InvalidInputError */
export const infoOf = (requestInfo: RequestInfo | undefined): RequestInfo | null =>
  requestInfo === undefined ? null : readRequestInfo(requestInfo)
