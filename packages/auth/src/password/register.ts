import type { Json, NewUser, ProfileChanges, SessionToken } from 'torii-core'
import {
  checkMetadata,
  checkName,
  checkPicture,
  InvalidInputError,
  newUserId,
  requireEmail,
} from 'torii-core'
import { registrationCharge } from '../attempts/attempts.js'
import type { ActContext, ServiceContext } from '../context.js'
import { event } from '../events/story.js'
import type { RequestInfo } from '../request-info.js'
import { readRequestInfo } from '../request-info.js'
import { prepareSession } from '../sessions/new-session.js'
import type { SignedIn, TooManyAttempts } from '../sign-in.js'
import type { PasswordProblem } from './policy.js'

/** A person who wants an account. */
export interface RegisterInput<Metadata extends object = Record<string, Json>>
  extends ProfileChanges<Metadata> {
  email: string
  password: string
}

export type RegisterOutcome<Metadata extends object = Record<string, Json>> =
  | SignedIn<Metadata>
  /** Another account holds this address. Nothing of it is returned. */
  | { readonly ok: false; readonly reason: 'taken' }
  | { readonly ok: false; readonly reason: 'password_rejected'; readonly problem: PasswordProblem }
  | TooManyAttempts

/** Everything of a registration that takes time or counts, done: what is left is one statement. */
export interface PreparedRegistration<Metadata extends object = Record<string, Json>> {
  readonly ok: true
  readonly user: NewUser<Metadata>
  readonly token: SessionToken
  readonly info: RequestInfo
}

/** What preparing came to: ready, or the refusal that registering would give. */
export type Preparation<Metadata extends object = Record<string, Json>> =
  | PreparedRegistration<Metadata>
  | Exclude<RegisterOutcome<Metadata>, { ok: true } | { reason: 'taken' }>

/**
 * Checks, charges the network, and hashes: the part that holds no connection while it computes and
 * takes no part in a transaction. A taken address is not looked for, so it costs the same.
 */
export async function prepareRegistration<Metadata extends object>(
  { options, hashing, judge, storage, tell }: ServiceContext<Metadata>,
  input: RegisterInput<Metadata>,
  requestInfo: RequestInfo,
): Promise<Preparation<Metadata>> {
  const info = readRequestInfo(requestInfo)
  const { password: text, ...profile } = readInput(input)
  const judged = await judge(text, { email: profile.email, name: profile.name ?? null })
  if (!judged.ok) return { ok: false, reason: 'password_rejected', problem: judged.problem }
  return hashing.admit(async (hasher) => {
    const network = registrationCharge(options.bruteForce, info.ip)
    if (network !== null) {
      const charged = await storage.loginAttempts.charge({ account: null, network })
      if (!charged.ok) {
        tell({ events: [event('attempts_refused', { userId: null, info }, { path: 'register' })] })
        return charged
      }
    }
    const passwordHash = await hasher.hash(judged.password)
    const id = newUserId()
    const { session, token } = prepareSession(id, 'password', info, options.session)
    return { ok: true, user: { ...profile, id, passwordHash, session }, token, info }
  })
}

/** Makes the account and opens its first session, in one commit. */
export async function completeRegistration<Metadata extends object>(
  { commit }: ActContext<Metadata>,
  { user, token, info }: PreparedRegistration<Metadata>,
): Promise<SignedIn<Metadata> | { ok: false; reason: 'taken' }> {
  const made = await commit(
    ({ users }) => users.register(user),
    (outcome) => {
      if (!outcome.ok) return {}
      const scene = { userId: outcome.user.id, sessionId: outcome.session?.id ?? null, info }
      return {
        created: outcome.user,
        events: [
          event('user_created', scene, { method: 'password' }),
          event('signed_in', scene, { method: 'password' }),
        ],
      }
    },
    true,
  )
  if (!made.ok) return { ok: false, reason: 'taken' }
  // The contract opens the session that was handed in; without it nobody is signed in.
  if (made.session === null) throw new Error('the storage made an account without its session')
  return { ok: true, user: made.user, session: made.session, token }
}

type CheckedInput<Metadata extends object> = ProfileChanges<Metadata> & {
  email: string
  password: string
}

/** Each member read once and checked. @throws InvalidInputError before any query */
function readInput<Metadata extends object>(
  input: RegisterInput<Metadata>,
): CheckedInput<Metadata> {
  if (typeof input !== 'object' || input === null)
    throw new InvalidInputError('input', 'must be { email, password }')
  const { email, password, name, picture, metadata } = input
  requireEmail(email)
  if (typeof password !== 'string') throw new InvalidInputError('password', 'must be a string')
  if (metadata !== undefined) checkMetadata(metadata)
  return {
    email,
    password,
    ...(name === undefined ? {} : { name: checkName(name) }),
    ...(picture === undefined ? {} : { picture: checkPicture(picture) }),
    ...(metadata === undefined ? {} : { metadata }),
  }
}
