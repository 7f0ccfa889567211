import { randomBytes } from 'node:crypto'
import type {
  NewSession,
  RateLimitKey,
  RateLimitPolicy,
  SessionKey,
  TokenHash,
  UserId,
} from 'torii-core'
import { newSessionId, newUserId, PasswordHash, rateLimitKey, tokenHash } from 'torii-core'
import type { PostgresStorage } from '../../index.js'

/** A user with an email, a password and a session, as the tests know them. */
export interface Person {
  readonly id: UserId
  readonly email: string
  readonly hash: PasswordHash
  readonly key: SessionKey
}

/** The epochs of a user that nothing has ended yet. */
export const firstEpochs = { session: 0, owner: 0 } as const

export const freshEmail = (): string => `w${randomBytes(8).toString('hex')}@example.com`
export const freshSecretHash = (): TokenHash => tokenHash(randomBytes(32))
export const freshRateLimitKey = (): RateLimitKey => rateLimitKey(randomBytes(32))
export const freshPasswordHash = (): PasswordHash =>
  new PasswordHash(`$argon2id$v=19$m=19456,t=2,p=1$${randomBytes(48).toString('hex')}`)

/** A policy that no test reaches. */
export const widePolicy: RateLimitPolicy = {
  cap: 1000,
  windowSeconds: 1000,
  lockSeconds: 1000,
  maxLockSeconds: 1000,
  limit: 100_000,
  forgetSeconds: 100_000,
}

export const newSession = (): NewSession => ({
  id: newSessionId(),
  secretHash: freshSecretHash(),
  methods: ['password'],
  ip: '192.0.2.7',
  userAgent: 'Mozilla/5.0',
  idleSeconds: 1000,
  absoluteSeconds: 10_000,
})

export const keyOf = (userId: UserId, { id, secretHash }: NewSession): SessionKey => ({
  userId,
  id,
  secretHash,
})

/** Registers a user, verified by default. */
export async function signUp(
  storage: Pick<PostgresStorage, 'users'>,
  given: { emailVerified?: boolean; password?: boolean } = {},
): Promise<Person> {
  const session = newSession()
  const person = { id: newUserId(), email: freshEmail(), hash: freshPasswordHash() }
  const made = await storage.users.register({
    id: person.id,
    email: person.email,
    emailVerified: given.emailVerified ?? true,
    session,
    ...(given.password === false ? {} : { passwordHash: person.hash }),
  })
  if (!made.ok) throw new Error('a fresh address was taken')
  return { ...person, key: keyOf(person.id, session) }
}

/** The person's first session as one that asks, before anything was ended. */
export const actorOf = ({ key }: Person) => ({
  userId: key.userId,
  sessionId: key.id,
  epochs: firstEpochs,
})

export const isLive = async (storage: Pick<PostgresStorage, 'sessions'>, key: SessionKey) =>
  (await storage.sessions.validate(key, { touchSeconds: 60 })) !== null
