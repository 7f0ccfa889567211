import type { Json, ProfileChanges, User, ValidSession } from 'torii-core'
import type { CheckedRequestInfo, RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import type { OperationContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type { ReauthenticationRequired, StaleSession, TooManyAttempts } from '../refusals.js'
import { staleSession } from '../refusals.js'
import { runCounted } from '../sessions/counted.js'
import { actorOf, eventContextOf, requireRecent } from '../sessions/valid-session.js'
import { readChanges } from './profile-input.js'

export type ProfileUpdate<Metadata extends object = Record<string, Json>> =
  | { readonly ok: true; readonly user: User<Metadata> }
  | TooManyAttempts
  | StaleSession

export type AccountDeletion = { readonly ok: true } | ReauthenticationRequired | StaleSession

/** Updates the profile of the session's user. @throws InvalidInputError before any query */
export const updateProfile =
  <Metadata extends object>(context: OperationContext<Metadata>) =>
  async (
    valid: ValidSession<Metadata>,
    changes: ProfileChanges<Metadata>,
    requestInfo?: RequestInfo,
  ): Promise<ProfileUpdate<Metadata>> => {
    const info = readOptionalInfo(requestInfo)
    const profile = readChanges(changes)
    const fields = Object.keys(profile)
    const eventContext = eventContextOf(valid, info)
    const user = await runCounted(context, valid, 'sessionRequests', {
      run: (actor) =>
        context.runWithEffects({
          run: ({ users }) => users.updateProfile(actor, profile),
          effects: (updated) =>
            updated === null
              ? {}
              : { events: [event('user_updated', eventContext, { fields, by: 'user' })] },
        }),
      isUnchanged: (updated) => updated === null,
    })
    if (user === null) return staleSession
    return 'reason' in user ? user : { ok: true, user }
  }

/** Deletes the account of the session's user. */
export const deleteAccount =
  <Metadata extends object>({ runWithEffects }: OperationContext<Metadata>) =>
  async (valid: ValidSession<Metadata>, requestInfo?: RequestInfo): Promise<AccountDeletion> => {
    const eventContext = eventContextOf(valid, readOptionalInfo(requestInfo))
    const recent = requireRecent(valid)
    if (!recent.ok) return recent
    const deleted = await runWithEffects({
      run: ({ users }) => users.delete(actorOf(valid)),
      effects: (done) =>
        done ? { events: [event('user_deleted', eventContext, { by: 'user' })] } : {},
    })
    return deleted ? { ok: true } : staleSession
  }

/** Here request information only adds to the events, so it is optional. @throws InvalidInputError */
export const readOptionalInfo = (info: RequestInfo | undefined): CheckedRequestInfo | null =>
  info === undefined ? null : readRequestInfo(info)
