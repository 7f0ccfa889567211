import type { SessionActor, ValidSession } from 'torii-core'
import { possessionMethods } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import type { EventContextInput } from '../effects/effects.js'
import type { LevelProofs, ReauthenticationRequired, Refused } from '../refusals.js'
import { reauthenticationRequired } from '../refusals.js'

/** Returns the session as the actor of an operation, with the epochs that its validation saw. */
export const actorOf = ({ user, session, epochs }: ValidSession<object>): SessionActor => ({
  userId: user.id,
  sessionId: session.id,
  epochs,
})

/** Returns the event context of an operation of this session. */
export const eventContextOf = (
  { user, session }: ValidSession<object>,
  info: RequestInfo | null = null,
): EventContextInput => ({
  userId: user.id,
  sessionId: session.id,
  info,
})

const withFactor: LevelProofs = Object.freeze({
  methods: Object.freeze(['totp', 'recovery_code', 'passkey'] as const),
  enroll: Object.freeze([]),
})
/** What the user has was proved already: something they know is missing. A passkey with user verification is both. */
const withPossession: LevelProofs = Object.freeze({
  methods: Object.freeze(['password', 'passkey'] as const),
  enroll: Object.freeze([]),
})
const withoutFactor: LevelProofs = Object.freeze({
  methods: Object.freeze(['passkey'] as const),
  enroll: Object.freeze(['totp', 'passkey'] as const),
})

/** A session of level 2 without a second factor was proved by a passkey with user verification. */
const withPasskey: LevelProofs = Object.freeze({
  methods: Object.freeze(['passkey'] as const),
  enroll: Object.freeze([]),
})

/** What raises a session to level 2. */
export function proofsOfLevel2({
  session,
  hasSecondFactor,
}: Pick<ValidSession<object>, 'session' | 'hasSecondFactor'>): LevelProofs {
  const isPossession = session.methods.every((method) => possessionMethods.includes(method))
  if (session.level === 1 && isPossession) return withPossession
  if (hasSecondFactor) return withFactor
  return session.level === 2 ? withPasskey : withoutFactor
}

const levelRequired = (valid: ValidSession<object>): Refused<'level_required'> => ({
  ok: false,
  reason: 'level_required',
  ...proofsOfLevel2(valid),
})

const recent = Object.freeze({ ok: true } as const)

/**
 * Checks that a user who has a second factor proved two factors recently, for operations that prove one by themselves.
 * Without a second factor it lets every session pass.
 * @see OWASP ASVS 5.0, 7.5.3
 */
export const requireSecondFactor = (
  valid: ValidSession<object>,
): { readonly ok: true } | Refused<'level_required'> =>
  valid.hasSecondFactor && !valid.recent ? levelRequired(valid) : recent

/**
 * Checks that the user authenticated within `session.recentSeconds` before the session was validated, by the database's
 * clock. Signing in and re-authentication count; where the user has a second factor, only a proof of two factors does.
 * @see OWASP ASVS 5.0, 7.5.1 and 7.5.3
 */
export const requireRecent = (
  valid: ValidSession<object>,
): { readonly ok: true } | ReauthenticationRequired => {
  if (valid.recent === true) return recent
  return valid.hasSecondFactor ? levelRequired(valid) : reauthenticationRequired
}
