import type {
  Charge,
  DerivedSession,
  EmailKey,
  IpAddressCharge,
  NewSession,
  NewUser,
  ProfileChanges,
  RateLimitCharges,
  RateLimitKey,
  RateLimitRefund,
  SecondFactorPolicy,
  SessionActor,
  SessionId,
  SessionKey,
  SessionLevel,
  SessionLifetime,
  SignInMethod,
  TokenHash,
  UsableMethods,
  UserId,
  UserQuery,
} from 'torii-core'
import {
  checkMetadata,
  checkName,
  checkPicture,
  checkText,
  InvalidInputError,
  PasswordHash,
  parseSessionId,
  parseUserId,
  rateLimitKey,
  requireEmail,
} from 'torii-core'

// Checks of plain values: numbers, texts, lists, objects. A branded value (an id, a hash, a key) was checked where
// its brand was made, and is trusted here; the statements refuse one that is missing. A brand is checked again only
// where a null would mean more rights: who acts, what is counted, who may answer a challenge, whose events are listed.
// Nothing is sent before every check has passed.

/** Thirty years: long enough for any lifetime, short enough that no timestamp overflows. */
export const maxSeconds = 30 * 365 * 86_400
const maxCount = 1_000_000
export const maxEpoch = 2_147_483_647
const methods: readonly SignInMethod[] = ['password', 'magic_link', 'oauth', 'passkey']

/** The argument if it is an object whose members can be read. */
export function checkObject<T extends object>(value: T, field: string): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidInputError(field, 'must be an object')
  return value
}

export function checkUserId(value: unknown, field = 'userId'): UserId {
  const id = parseUserId(value)
  if (id === null) throw new InvalidInputError(field, 'must be a UUID')
  return id
}

function checkSessionId(value: unknown, field = 'sessionId'): SessionId {
  const id = parseSessionId(value)
  if (id === null) throw new InvalidInputError(field, 'must be a UUID')
  return id
}

export function checkInteger(value: unknown, field: string, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max)
    throw new InvalidInputError(field, `must be a whole number from ${min} to ${max}`)
  return value
}

export const checkSeconds = (value: unknown, field: string): number =>
  checkInteger(value, field, 1, maxSeconds)

export function checkBoolean(value: unknown, field: string): boolean {
  if (typeof value !== 'boolean') throw new InvalidInputError(field, 'must be true or false')
  return value
}

/** The text of the hash, for a column. Its length was checked when it was made. */
export function passwordHashText(value: PasswordHash, field: string): string {
  if (value instanceof PasswordHash) return value.reveal()
  throw new InvalidInputError(field, 'must be a PasswordHash of torii-core')
}

export function checkMethod(value: unknown, field = 'method'): SignInMethod {
  const method = methods.find((known) => known === value)
  if (method === undefined)
    throw new InvalidInputError(field, `must be one of ${methods.join(', ')}`)
  return method
}

/** How many factors a session was proved by. */
export const checkLevel = (value: unknown): SessionLevel =>
  checkInteger(value, 'level', 1, 2) === 2 ? 2 : 1

const secondFactorPolicies: readonly SecondFactorPolicy[] = ['optional', 'per-user', 'always']

/** Of whom a second factor is asked. */
export function checkPolicy(value: unknown = 'optional'): SecondFactorPolicy {
  const policy = secondFactorPolicies.find((known) => known === value)
  if (policy === undefined)
    throw new InvalidInputError('secondFactor', `must be one of ${secondFactorPolicies.join(', ')}`)
  return policy
}

function checkMethods(value: unknown): SignInMethod[] {
  if (!Array.isArray(value) || value.length < 1 || value.length > methods.length)
    throw new InvalidInputError('methods', `must name 1 to ${methods.length} ways to sign in`)
  return Array.from(new Set(value.map((method: unknown) => checkMethod(method, 'methods'))))
}

export const textOrNull = (value: unknown, field: string, bytes: number): string | null =>
  value === null ? null : checkText(value, field, { bytes })

export function checkLifetime(value: SessionLifetime): SessionLifetime {
  const idleSeconds = checkSeconds(value.idleSeconds, 'idleSeconds')
  const absoluteSeconds = checkSeconds(value.absoluteSeconds, 'absoluteSeconds')
  if (idleSeconds > absoluteSeconds)
    throw new InvalidInputError('idleSeconds', 'must be at most absoluteSeconds')
  return { idleSeconds, absoluteSeconds }
}

export function checkNewSession(value: NewSession): NewSession {
  checkObject(value, 'session')
  return {
    id: value.id,
    secretHash: value.secretHash,
    methods: checkMethods(value.methods),
    level: checkLevel(value.level ?? 1),
    secondFactor: checkPolicy(value.secondFactor),
    ip: textOrNull(value.ip, 'ip', 64),
    userAgent: textOrNull(value.userAgent, 'userAgent', 1024),
    ...checkLifetime(value),
    trust: value.trust ?? null,
  }
}

/** The session of a new user, who has no second factor. */
function checkFirstSession(value: NewSession): NewSession {
  const session = checkNewSession(value)
  if (session.secondFactor === 'always' && session.level === 1)
    throw new InvalidInputError(
      'session.secondFactor',
      'must not be always: a new user has no second factor',
    )
  return session
}

export function checkDerivedSession(value: DerivedSession): DerivedSession {
  checkObject(value, 'session')
  return {
    id: value.id,
    secretHash: value.secretHash,
    idleSeconds: checkSeconds(value.idleSeconds, 'idleSeconds'),
    ip: textOrNull(value.ip, 'ip', 64),
    userAgent: textOrNull(value.userAgent, 'userAgent', 1024),
  }
}

function checkActor(value: SessionActor): SessionActor {
  checkObject(value, 'actor')
  const epochs = checkObject(value.epochs, 'epochs')
  return {
    userId: checkUserId(value.userId),
    sessionId: checkSessionId(value.sessionId),
    epochs: {
      session: checkInteger(epochs.session, 'epochs.session', 0, maxEpoch),
      owner: checkInteger(epochs.owner, 'epochs.owner', 0, maxEpoch),
    },
  }
}

export function checkDate(value: unknown, field: string): Date {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value
  throw new InvalidInputError(field, 'must be a valid Date')
}

/** What of a profile is to be written: undefined where a field stays as it is. */
export interface CheckedProfile {
  readonly name: string | null | undefined
  readonly picture: string | null | undefined
  readonly metadata: string | undefined
}

export function checkProfile(value: ProfileChanges<object>): CheckedProfile {
  checkObject(value, 'changes')
  const { name, picture, metadata } = value
  return {
    name: name === undefined ? undefined : checkName(name),
    picture: picture === undefined ? undefined : checkPicture(picture),
    metadata: metadata === undefined ? undefined : checkMetadata(metadata),
  }
}

export interface CheckedUser extends CheckedProfile {
  readonly id: UserId
  readonly email: string
  readonly emailKey: EmailKey
  readonly emailVerified: boolean
  readonly passwordHash: string | null
  readonly session: NewSession | null
  readonly verification: { secretHash: TokenHash; lifetimeSeconds: number } | null
}

export function checkNewUser(value: NewUser<object>): CheckedUser {
  checkObject(value, 'user')
  const { id, email, emailVerified = false, passwordHash, session, verification } = value
  return {
    id,
    emailKey: requireEmail(email),
    email,
    emailVerified: checkBoolean(emailVerified, 'emailVerified'),
    passwordHash:
      passwordHash === undefined ? null : passwordHashText(passwordHash, 'passwordHash'),
    session: session === undefined ? null : checkFirstSession(session),
    verification: verification === undefined ? null : checkVerification(verification),
    ...checkProfile(value),
  }
}

function checkVerification(value: { secretHash: TokenHash; lifetimeSeconds: number }) {
  const { secretHash, lifetimeSeconds } = checkObject(value, 'verification')
  return {
    secretHash,
    lifetimeSeconds: checkSeconds(lifetimeSeconds, 'lifetimeSeconds'),
  }
}

export interface CheckedUserQuery {
  readonly limit: number
  readonly emailPrefix: string | null
  readonly after: string | null
}

export function checkUserQuery(value: UserQuery): CheckedUserQuery {
  checkObject(value, 'query')
  const { limit = 50, emailPrefix, after } = value
  if (emailPrefix !== undefined && !isAddressText(emailPrefix))
    throw new InvalidInputError('emailPrefix', 'must be 1 to 254 printable ASCII characters')
  return {
    limit: checkInteger(limit, 'limit', 1, 200),
    emailPrefix: emailPrefix?.toLowerCase() ?? null,
    after: after === undefined ? null : checkCursor(after, emailPrefix !== undefined),
  }
}

const isAddressText = (value: unknown): value is string =>
  typeof value === 'string' && /^[!-~]{1,254}$/.test(value)

function checkCursor(value: unknown, byAddress: boolean): string {
  const cursor = byAddress ? (isAddressText(value) ? value : null) : parseUserId(value)
  if (cursor === null)
    throw new InvalidInputError('after', 'must be the `next` of a page of this list')
  return cursor
}

function checkCharge(value: Charge, field: string): Charge {
  const { key, policy } = checkObject(value, field)
  checkObject(policy, `${field}.policy`)
  const checked = {
    cap: checkInteger(policy.cap, 'cap', 1, maxCount),
    windowSeconds: checkSeconds(policy.windowSeconds, 'windowSeconds'),
    lockSeconds: checkSeconds(policy.lockSeconds, 'lockSeconds'),
    maxLockSeconds: checkSeconds(policy.maxLockSeconds, 'maxLockSeconds'),
    limit: checkInteger(policy.limit, 'limit', 1, maxCount),
    forgetSeconds: checkSeconds(policy.forgetSeconds, 'forgetSeconds'),
    refill: checkInteger(policy.refill ?? policy.cap, 'refill', 1, maxCount),
  }
  if (checked.lockSeconds > checked.maxLockSeconds)
    throw new InvalidInputError('lockSeconds', 'must be at most maxLockSeconds')
  if (Math.max(checked.maxLockSeconds, checked.windowSeconds) > checked.forgetSeconds)
    throw new InvalidInputError(
      'forgetSeconds',
      'must be at least maxLockSeconds and windowSeconds',
    )
  const { cap, refill, windowSeconds, lockSeconds, maxLockSeconds } = checked
  if (refill < cap && !(lockSeconds === windowSeconds && maxLockSeconds === windowSeconds))
    throw new InvalidInputError('refill', 'needs lockSeconds and maxLockSeconds like windowSeconds')
  return { key: rateLimitKey(key), policy: checked }
}

function checkIpAddress(value: IpAddressCharge): IpAddressCharge {
  const { block = null } = checkObject(value, 'ipAddress')
  return {
    ...checkCharge(value, 'ipAddress'),
    block: block === null ? null : checkCharge(block, 'block'),
  }
}

export function checkCharges(value: RateLimitCharges): RateLimitCharges {
  const given = checkObject(value, 'charges')
  const account = given.account === null ? null : checkCharge(given.account, 'account')
  const ipAddress = given.ipAddress === null ? null : checkIpAddress(given.ipAddress)
  if (account === null && ipAddress === null)
    throw new InvalidInputError('charges', 'must name an account or an IP address')
  const keys = [account?.key, ipAddress?.key, ipAddress?.block?.key]
    .filter((key) => key !== undefined)
    .map((key) => Buffer.from(key).toString('base64'))
  if (new Set(keys).size < keys.length)
    throw new InvalidInputError('charges', 'must have different keys')
  return { account, ipAddress }
}

/** The values of the sign-in methods that the application offers. */
export function usableMethodValues(value: UsableMethods) {
  const given = checkObject(value, 'usable')
  const { mailSignIn, unverifiedPasswordSignIn = true, passkeySignIn = true, providers } = given
  return {
    mailSignIn: checkBoolean(mailSignIn, 'mailSignIn'),
    unverifiedPasswordSignIn: checkBoolean(unverifiedPasswordSignIn, 'unverifiedPasswordSignIn'),
    passkeySignIn: checkBoolean(passkeySignIn, 'passkeySignIn'),
    providers: providers === undefined ? null : checkProviders(providers),
  }
}

function checkProviders(value: readonly string[]): string[] {
  if (!Array.isArray(value)) throw new InvalidInputError('providers', 'must be a list of names')
  return value.map((name: unknown) => checkText(name, 'providers', { bytes: 64 }))
}

const maxKeys = 10_000

export function checkRateLimitKeys(value: readonly RateLimitKey[]): RateLimitKey[] {
  if (!Array.isArray(value) || value.length > maxKeys)
    throw new InvalidInputError('keys', `must be a list of at most ${maxKeys} keys`)
  return value.map((key: RateLimitKey) => rateLimitKey(key))
}

export function checkRefund(value: RateLimitRefund): RateLimitRefund {
  const { account, ipAddress, block = null } = checkObject(value, 'refund')
  const keyOrNull = (key: RateLimitKey | null) => (key === null ? null : rateLimitKey(key))
  return {
    account: keyOrNull(account),
    ipAddress: keyOrNull(ipAddress),
    block: keyOrNull(block),
  }
}

/** The values of an acting session. */
export function actorValues(value: SessionActor) {
  const { userId, sessionId, epochs } = checkActor(value)
  return { userId, sessionId, sessionEpoch: epochs.session, ownerEpoch: epochs.owner }
}

/** The values of who acts: an administrator on the user of this id, or an acting session on its own user. */
export function actorOrAdminValues(who: UserId | SessionActor) {
  if (typeof who === 'object' && who !== null) return actorValues(who)
  return { userId: who, sessionId: null, sessionEpoch: null, ownerEpoch: null }
}

/** The values of what names and opens a session. */
export function sessionKeyValues(value: SessionKey) {
  const { userId, id, secretHash } = checkObject(value, 'key')
  return { userId, sessionId: id, secretHash }
}
