import type { SessionActor, ValidSession } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import type { EventContextInput } from '../effects/effects.js'
import type { ReauthenticationRequired } from '../refusals.js'

/** The session as every act on its behalf takes it: with the epochs that its validation saw. */
export const actorOf = ({ user, session, epochs }: ValidSession<object>): SessionActor => ({
  userId: user.id,
  sessionId: session.id,
  epochs,
})

/** Whom and what an act of this session concerns. */
export const eventContextOf = (
  { user, session }: ValidSession<object>,
  info: RequestInfo | null = null,
): EventContextInput => ({
  userId: user.id,
  sessionId: session.id,
  info,
})

const recent = Object.freeze({ ok: true } as const)
const reauthenticationRequired: ReauthenticationRequired = Object.freeze({
  ok: false,
  reason: 'reauthentication_required',
})

/**
 * Whether the person proved who they are within `session.recentSeconds` before the validation, by the
 * database's clock. Any sign-in counts as one, and so does a reauthentication.
 */
export const requireRecent = (
  valid: ValidSession<object>,
): { readonly ok: true } | ReauthenticationRequired =>
  valid.recent === true ? recent : reauthenticationRequired
