import type { Session, User } from 'torii-core'

/** A user as the person may see it. */
export const userAnswer = (user: User<object>) => ({
  id: user.id,
  email: user.email,
  emailVerified: user.emailVerifiedAt !== null,
  name: user.name,
  picture: user.picture,
  createdAt: user.createdAt.toISOString(),
})

/** A session as its owner may see it. `current` marks the one that asks. */
export const sessionAnswer = (session: Session, current: boolean) => ({
  id: session.id,
  current,
  createdAt: session.createdAt.toISOString(),
  lastActiveAt: session.lastActiveAt.toISOString(),
  expiresAt: session.expiresAt.toISOString(),
  absoluteExpiresAt: session.absoluteExpiresAt.toISOString(),
  ip: session.ip,
  userAgent: session.userAgent,
  methods: session.methods,
})
