import type { Json, ProfileChanges, User, ValidSession } from 'torii-core'
import { InvalidInputError } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import type { OperationContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type { ReauthenticationRequired, StaleSession } from '../refusals.js'
import { actorOf, eventContextOf } from '../sessions/valid-session.js'
import { readProfile } from './profile-input.js'

export type ProfileUpdate<Metadata extends object = Record<string, Json>> =
  | { readonly ok: true; readonly user: User<Metadata> }
  | StaleSession

export type AccountDeletion = { readonly ok: true } | ReauthenticationRequired | StaleSession

const stale = Object.freeze({ ok: false, reason: 'stale' } as const)
export const reauthenticationRequired = Object.freeze({
  ok: false,
  reason: 'reauthentication_required',
} as const)

/** Changes the profile of whom the session belongs to. @throws InvalidInputError before any query */
export async function updateProfile<Metadata extends object>(
  { runWithEffects }: OperationContext<Metadata>,
  valid: ValidSession<Metadata>,
  changes: ProfileChanges<Metadata>,
  info: RequestInfo | null,
): Promise<ProfileUpdate<Metadata>> {
  const profile = readProfile(changes)
  const fields = Object.keys(profile)
  if (fields.length === 0) throw new InvalidInputError('changes', 'must name something to change')
  const user = await runWithEffects({
    run: ({ users }) => users.updateProfile(actorOf(valid), profile),
    effects: (updated) =>
      updated === null
        ? {}
        : { events: [event('user_updated', eventContextOf(valid, info), { fields, by: 'user' })] },
  })
  return user === null ? stale : { ok: true, user }
}

/** Deletes the account of whom the session belongs to. */
export async function deleteAccount<Metadata extends object>(
  { runWithEffects }: OperationContext<Metadata>,
  valid: ValidSession<Metadata>,
  info: RequestInfo | null,
): Promise<AccountDeletion> {
  if (!valid.recent) return reauthenticationRequired
  const deleted = await runWithEffects({
    run: ({ users }) => users.delete(actorOf(valid)),
    effects: (done) =>
      done ? { events: [event('user_deleted', eventContextOf(valid, info), { by: 'user' })] } : {},
  })
  return deleted ? { ok: true } : stale
}
