import type * as core from 'torii-core'
import { checkMetadata, ToriiError } from 'torii-core'
import type { ResolvedOptions } from '../../services/options/options.js'
import type { OAuthAccount, Passkey, Session, SignedIn, User } from '../schema/response-bodies.js'

/**
 * Returns a user as the JSON that this user sees. `metadata` is the result of the option `publicMetadata`.
 * @throws ToriiError ERR_HOOK if the function throws, or returns something other than a JSON object
 */
export const serializeUser = (
  user: core.User<object>,
  options: Pick<ResolvedOptions, 'publicMetadata'>,
): User => ({
  id: user.id,
  email: user.email,
  emailVerified: user.emailVerified,
  name: user.name,
  picture: user.picture,
  createdAt: user.createdAt.toISOString(),
  ...shownMetadata(user, options),
})

function shownMetadata(
  user: core.User<object>,
  { publicMetadata }: Pick<ResolvedOptions, 'publicMetadata'>,
): Pick<User, 'metadata'> {
  if (publicMetadata === null) return {}
  try {
    const metadata = publicMetadata(user.metadata, user)
    // A promise, for example, would be `{}` in JSON.
    checkMetadata(metadata)
    return { metadata }
  } catch (cause) {
    const message =
      'publicMetadata threw, or did not return a JSON object of at most 16 KiB; see cause'
    throw new ToriiError('ERR_HOOK', message, { cause })
  }
}

/** A session, as shown to its owner. `current` marks the session of the request. */
export const serializeSession = (session: core.Session, current: boolean): Session => ({
  id: session.id,
  current,
  createdAt: session.createdAt.toISOString(),
  lastActiveAt: session.lastActiveAt.toISOString(),
  expiresAt: session.expiresAt.toISOString(),
  absoluteExpiresAt: session.absoluteExpiresAt.toISOString(),
  ip: session.ip,
  userAgent: session.userAgent,
  methods: session.methods,
  level: session.level,
  level2At: session.level2At?.toISOString() ?? null,
})

/** The user and the session of a request, as `GET session` responds. */
export const serializeSignedIn = (
  { user, session }: Pick<core.ValidSession<object>, 'user' | 'session'>,
  options: Pick<ResolvedOptions, 'publicMetadata'>,
): SignedIn => ({ user: serializeUser(user, options), session: serializeSession(session, true) })

/** A linked account, as shown to its owner. */
export const serializeOAuthAccount = (account: core.OAuthAccount): OAuthAccount => ({
  id: account.id,
  provider: account.provider,
  label: account.label,
  createdAt: account.createdAt.toISOString(),
  lastUsedAt: account.lastUsedAt.toISOString(),
})

/** A passkey, as shown to its owner. */
export const serializePasskey = (passkey: core.Passkey): Passkey => ({
  id: passkey.id,
  name: passkey.name,
  createdAt: passkey.createdAt.toISOString(),
  lastUsedAt: passkey.lastUsedAt?.toISOString() ?? null,
  backedUp: passkey.backedUp,
})
