import type { Json, ProfileChanges, User, UserId } from 'torii-core'
import { InvalidInputError, newUserId, parseSessionId, parseUserId, requireEmail } from 'torii-core'
import type { ToriiEvent } from '../../events/event.js'
import type { OperationContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type { Refused } from '../refusals.js'
import { readProfile } from '../users/profile-input.js'

/** An account that an operator makes. It has no password: the person sets one by reset, or signs in another way. */
export interface AccountInput<Metadata extends object = Record<string, Json>>
  extends ProfileChanges<Metadata> {
  email: string
  /** Whether the operator vouches for the mailbox (default: false). */
  emailVerified?: boolean
}

export type AccountCreation<Metadata extends object = Record<string, Json>> =
  | { readonly ok: true; readonly user: User<Metadata> }
  /** Another account holds this address. */
  | Refused<'email_taken'>

/** What an operator does to an account. Each is one commit, told as an event by `admin`. */
export interface AccountOperations<Metadata extends object = Record<string, Json>> {
  /** Makes an account. @throws InvalidInputError before any query */
  create(input: AccountInput<Metadata>): Promise<AccountCreation<Metadata>>
  /** Ends every session at once and lets nobody sign in, until `enable`. Null if there is no such user. */
  disable(id: string): Promise<User<Metadata> | null>
  /** Lets the person sign in again; sessions stay ended. Null if there is no such user. */
  enable(id: string): Promise<User<Metadata> | null>
  /** Deletes the account with everything that belongs to it. False if there is no such user. */
  delete(id: string): Promise<boolean>
  /**
   * Marks the address as verified: the operator vouches for the one named here. Null if there is no such user,
   * or the account has another address by now.
   */
  verifyEmail(id: string, email: string): Promise<User<Metadata> | null>
  /** Ends one session of the person. False if it is no live session of theirs. */
  endSession(id: string, sessionId: string): Promise<boolean>
  /** Ends every session of the person, also those being opened right now. How many there were. */
  endSessions(id: string): Promise<number>
}

const by = { by: 'admin' } as const

export function createAccountOperations<Metadata extends object>({
  runWithEffects,
}: OperationContext<Metadata>): AccountOperations<Metadata> {
  /** The event of a user who is there, none of one who is not. */
  const told = (outcome: unknown, type: 'user_disabled' | 'user_enabled', userId: UserId) => ({
    events: outcome === null ? [] : [event(type, { userId }, by)],
  })

  return {
    async create(input) {
      const account = { ...readAccount(input), id: newUserId() }
      const made = await runWithEffects({
        run: ({ users }) => users.register(account),
        effects: (outcome) => (outcome.ok ? creationOf(outcome.user) : {}),
        createsUser: true,
      })
      return made.ok ? { ok: true, user: made.user } : { ok: false, reason: 'email_taken' }
    },
    disable: (id) =>
      withUser(id, null, (userId) =>
        runWithEffects({
          run: ({ users }) => users.disable(userId),
          effects: (user) => told(user, 'user_disabled', userId),
        }),
      ),
    enable: (id) =>
      withUser(id, null, (userId) =>
        runWithEffects({
          run: ({ users }) => users.enable(userId),
          effects: (user) => told(user, 'user_enabled', userId),
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
    async verifyEmail(id, email) {
      requireEmail(email)
      return withUser(id, null, (userId) =>
        runWithEffects({
          run: ({ users }) => users.verifyEmail(userId, email),
          effects: (user) => ({
            events: user === null ? [] : [event('email_verified', { userId }, by)],
          }),
        }),
      )
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
  return { created: user, events }
}

/** What `work` makes of the user's id; `otherwise` for a text that is nobody's. */
export async function withUser<Result, Otherwise>(
  id: string,
  otherwise: Otherwise,
  work: (userId: UserId) => Promise<Result>,
): Promise<Result | Otherwise> {
  const userId = parseUserId(id)
  return userId === null ? otherwise : work(userId)
}

/** Each member read once and checked. @throws InvalidInputError before any query */
function readAccount<Metadata extends object>(input: AccountInput<Metadata>) {
  if (typeof input !== 'object' || input === null)
    throw new InvalidInputError('input', 'must be { email, name?, picture?, metadata? }')
  const { email, emailVerified = false, ...profile } = input
  requireEmail(email)
  if (typeof emailVerified !== 'boolean')
    throw new InvalidInputError('emailVerified', 'must be true or false')
  return { email, emailVerified, ...readProfile<Metadata>(profile) }
}
