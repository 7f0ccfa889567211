import type { AskingSession, ValidSession } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import type { Scene } from '../effects/story.js'

/** The session as every act on its behalf takes it: with the epochs that its validation saw. */
export const askingOf = ({ user, session, epochs }: ValidSession<object>): AskingSession => ({
  userId: user.id,
  sessionId: session.id,
  epochs,
})

/** Whom and what an act of this session concerns. */
export const sceneOf = (
  { user, session }: ValidSession<object>,
  info: RequestInfo | null = null,
): Scene => ({
  userId: user.id,
  sessionId: session.id,
  info,
})

/** The refusal of an act that needs a fresh proof of who asks. @see OWASP ASVS 5.0, 7.5.1 */
export interface ReauthenticationRequired {
  readonly ok: false
  readonly reason: 'reauthentication_required'
}

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
