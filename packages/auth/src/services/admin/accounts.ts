import type { Json, ProfileChanges, User, UserId } from 'torii-core'
import {
  InvalidInputError,
  InvalidOptionsError,
  newUserId,
  parseSessionId,
  parseUserId,
} from 'torii-core'
import { readEmail } from '../../base/email-input.js'
import type { ToriiEvent } from '../../events/event.js'
import { factorRemovedMail } from '../../mail/second-factor-mail.js'
import type { OperationContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type { Refused } from '../refusals.js'
import { notFound } from '../refusals.js'
import { readChanges, readProfile } from '../users/profile-input.js'

/** The data of an account that an administrator creates. It has no password: the user resets it or signs in otherwise. */
export interface AccountInput<Metadata extends object = Record<string, Json>>
  extends ProfileChanges<Metadata> {
  email: string
  /** Whether the email address counts as verified (default: false). */
  emailVerified?: boolean
}

export type AccountCreation<Metadata extends object = Record<string, Json>> =
  | { readonly ok: true; readonly user: User<Metadata> }
  /** Another account uses this email address. */
  | Refused<'email_taken'>

export type AccountUpdate<Metadata extends object = Record<string, Json>> =
  | { readonly ok: true; readonly user: User<Metadata> }
  | Refused<'not_found' | 'conflict'>

/** The administrator's operations on accounts. Each is one commit and emits an event by `admin`. */
export interface AccountOperations<Metadata extends object = Record<string, Json>> {
  /** Creates an account. @throws InvalidInputError before any query */
  create(input: AccountInput<Metadata>): Promise<AccountCreation<Metadata>>
  /**
   * Changes the given fields of the profile, and no others. Pass as `seen` the `updatedAt` of the account that the
   * administrator read: if the account was changed since then, nothing is written and the result is `conflict`.
   * @throws InvalidInputError before any query
   */
  update(
    id: string,
    changes: ProfileChanges<Metadata>,
    seen: Date,
  ): Promise<AccountUpdate<Metadata>>
  /** Ends every session and refuses every sign-in until `enable`. Null if the user does not exist. */
  disable(id: string): Promise<User<Metadata> | null>
  /** Allows sign-ins again; the sessions stay ended. Null if the user does not exist. */
  enable(id: string): Promise<User<Metadata> | null>
  /** Deletes the account and everything that belongs to it. False if the user does not exist. */
  delete(id: string): Promise<boolean>
  /**
   * Marks this email address as verified. Null if the user does not exist, or the account has another email address by
   * now.
   */
  verifyEmail(id: string, email: string): Promise<User<Metadata> | null>
  /**
   * Removes the second factors of a user who has lost them, ends every session and mails the owner. Opens nothing. Be sure
   * who asks: losing a factor is also what an attacker claims. With `passkeys` (default: false) it removes the passkeys too: for a
   * lost device, and for a user of whom a second factor is required and whose passkey is the only one. False if there was none.
   */
  resetSecondFactors(id: string, options?: { readonly passkeys?: boolean }): Promise<boolean>
  /**
   * Asks a second factor of the user, `graceSeconds` from now on (default: 0, at most a year): a sign-in without one then enrolls one.
   * Of whom it is asked already, the earlier time stays. Ends every session. Null if the user does not exist.
   * @throws InvalidOptionsError unless the option `secondFactor.required` is `per-user`
   */
  requireSecondFactor(
    id: string,
    options?: { readonly graceSeconds?: number },
  ): Promise<User<Metadata> | null>
  /**
   * Asks none any more; a factor of the user stays. Null if the user does not exist.
   * @throws InvalidOptionsError unless the option `secondFactor.required` is `per-user`
   */
  waiveSecondFactor(id: string): Promise<User<Metadata> | null>
  /** Ends one session of the user. False if it is not a live session of this user. */
  endSession(id: string, sessionId: string): Promise<boolean>
  /** Ends every session of the user, including those that are being opened. Returns how many. */
  endSessions(id: string): Promise<number>
}

const by = { by: 'admin' } as const

export function createAccountOperations<Metadata extends object>({
  options,
  runWithEffects,
}: OperationContext<Metadata>): AccountOperations<Metadata> {
  /** The event, unless the user does not exist. */
  const eventOf = (outcome: unknown, type: 'user_disabled' | 'user_enabled', userId: UserId) => ({
    events: outcome === null ? [] : [event(type, { userId }, by)],
  })

  const requirePerUser = () => {
    if (options.secondFactor.required !== 'per-user')
      throw new InvalidOptionsError(
        'secondFactor.required',
        'must be per-user to ask a second factor of single users',
      )
  }

  const setRequired = (id: string, required: { graceSeconds: number } | null) =>
    withUser(id, null, (userId) =>
      runWithEffects({
        run: ({ secondFactors }) => secondFactors.setRequired(userId, required),
        effects: (outcome) => {
          if (outcome === null) return {}
          const detail = { graceSeconds: required?.graceSeconds ?? null, ...by }
          return { events: [event('second_factor_requirement_set', { userId }, detail)] }
        },
      }),
    )

  return {
    async create(input) {
      const account = { ...readAccount(input), id: newUserId() }
      const created = await runWithEffects({
        run: ({ users }) => users.register(account),
        effects: (outcome) => (outcome.ok ? creationOf(outcome.user) : {}),
        createsUser: true,
      })
      return created.ok ? { ok: true, user: created.user } : { ok: false, reason: 'email_taken' }
    },
    async update(id, changes, seen) {
      const profile = readChanges(changes)
      const detail = { fields: Object.keys(profile), ...by }
      return withUser(id, notFound, (userId) =>
        runWithEffects({
          run: ({ users }) => users.update(userId, profile, seen),
          effects: ({ ok }) => (ok ? { events: [event('user_updated', { userId }, detail)] } : {}),
        }),
      )
    },
    disable: (id) =>
      withUser(id, null, (userId) =>
        runWithEffects({
          run: ({ users }) => users.disable(userId),
          effects: (user) => eventOf(user, 'user_disabled', userId),
        }),
      ),
    enable: (id) =>
      withUser(id, null, (userId) =>
        runWithEffects({
          run: ({ users }) => users.enable(userId),
          effects: (user) => eventOf(user, 'user_enabled', userId),
        }),
      ),
    delete: (id) =>
      withUser(id, false, (userId) =>
        runWithEffects({
          run: ({ users }) => users.delete(userId),
          effects: (deleted) => ({
            events: deleted ? [event('user_deleted', { userId }, by)] : [],
          }),
        }),
      ),
    async verifyEmail(id, entered) {
      const { email } = readEmail(entered)
      return withUser(id, null, (userId) =>
        runWithEffects({
          run: ({ users }) => users.verifyEmail(userId, email),
          effects: (user) => ({
            events: user === null ? [] : [event('email_verified', { userId }, by)],
          }),
        }),
      )
    },
    resetSecondFactors: (id, { passkeys = false } = {}) =>
      withUser(id, false, async (userId) => {
        const user = await runWithEffects({
          run: ({ secondFactors }) => secondFactors.reset(userId, { passkeys }),
          effects: (found) =>
            found === null
              ? {}
              : {
                  events: [event('second_factors_reset', { userId }, { ...by, passkeys })],
                  mails: factorRemovedMail(found, passkeys),
                },
        })
        return user !== null
      }),
    async requireSecondFactor(id, { graceSeconds = 0 } = {}) {
      requirePerUser()
      return setRequired(id, { graceSeconds })
    },
    async waiveSecondFactor(id) {
      requirePerUser()
      return setRequired(id, null)
    },
    async endSession(id, sessionId) {
      const revokedSessionId = parseSessionId(sessionId)
      if (revokedSessionId === null) return false
      return withUser(id, false, (userId) =>
        runWithEffects({
          run: ({ sessions }) => sessions.revoke(userId, revokedSessionId),
          effects: (done) => ({
            events: done ? [event('session_revoked', { userId }, { revokedSessionId, ...by })] : [],
          }),
        }),
      )
    },
    endSessions: (id) =>
      withUser(id, 0, (userId) =>
        runWithEffects({
          run: ({ sessions }) => sessions.revokeAll(userId),
          effects: (count) => ({
            events: count === 0 ? [] : [event('sessions_revoked', { userId }, { count, ...by })],
          }),
        }),
      ),
  }
}

const creationOf = <Metadata extends object>(user: User<Metadata>) => {
  const eventContext = { userId: user.id }
  const events: ToriiEvent[] = [event('user_created', eventContext, { method: 'admin' })]
  if (user.emailVerifiedAt !== null) events.push(event('email_verified', eventContext, by))
  return { created: { user, method: 'admin' as const, fields: undefined, request: null }, events }
}

/** Calls `work` with the user's id; returns `otherwise` for a malformed id. */
export async function withUser<Result, Otherwise>(
  id: string,
  otherwise: Otherwise,
  work: (userId: UserId) => Promise<Result>,
): Promise<Result | Otherwise> {
  const userId = parseUserId(id)
  return userId === null ? otherwise : work(userId)
}

/** Reads and validates each member once. @throws InvalidInputError before any query */
function readAccount<Metadata extends object>(input: AccountInput<Metadata>) {
  if (typeof input !== 'object' || input === null)
    throw new InvalidInputError('input', 'must be { email, name?, picture?, metadata? }')
  const { email: entered, emailVerified = false, ...profile } = input
  const { email } = readEmail(entered)
  if (typeof emailVerified !== 'boolean')
    throw new InvalidInputError('emailVerified', 'must be true or false')
  return { email, emailVerified, ...readProfile<Metadata>(profile) }
}
